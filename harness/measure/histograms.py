"""Histograms of many channels at once, in two passes over batches: ranges first, then counts; and their distances."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """The smallest and the largest value of each channel so far."""

    low: Tensor  # (channels,) float64
    high: Tensor


def widened(span: Span | None, values: Tensor) -> Span:
    """The span with the values (channels, n) of one more batch."""
    low, high = values.double().aminmax(dim=1)
    return (
        Span(low, high)
        if span is None
        else Span(torch.minimum(span.low, low), torch.maximum(span.high, high))
    )


def counted(values: Tensor, span: Span, bins: int) -> Tensor:
    """(channels, bins): the values (channels, n) in equal bins over the span, the last one closed.

    A channel that is constant falls into the first bin; one that is not finite somewhere has no counts at all.
    """
    width = (span.high - span.low)[:, None]
    place = (
        ((values.double() - span.low[:, None]) / width * bins)
        .nan_to_num(0)
        .long()
        .clamp(0, bins - 1)
    )
    channels = len(values)
    offset = bins * torch.arange(channels, device=values.device)[:, None]
    found = torch.bincount((place + offset).flatten(), minlength=channels * bins).view(
        channels, bins
    )
    return torch.where(width.isfinite(), found, 0)


def hellinger(counts: Tensor, others: Tensor) -> Tensor:
    """The distance of two histograms, for each channel: 0 where they are the same, 1 where no bin is shared.

    Eq. 9 of paper 004: 1 - BC is half the summed squared difference of the roots, which rounds to 0 at no distance.
    """
    return (
        ((_shares(counts).sqrt() - _shares(others).sqrt()).square().sum(dim=1) / 2)
        .sqrt()
        .clamp(max=1)
    )


def wasserstein(counts: Tensor, others: Tensor, span: Span) -> Tensor:
    """The earth mover's distance in the channel's own units; bins stand for their centres."""
    apart = (_shares(counts).cumsum(dim=1) - _shares(others).cumsum(dim=1)).abs().sum(dim=1)
    return apart * (span.high - span.low) / counts.shape[1]


def _shares(counts: Tensor) -> Tensor:
    return counts.double() / counts.sum(dim=1, keepdim=True)
