"""Histograms of many channels in two passes over batches, and the distances of histograms."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Span:
    """The smallest and the largest value of each channel so far."""

    low: Tensor  # (channels,) float64
    high: Tensor


def widen(span: Span | None, values: Tensor) -> Span:
    """Returns the span with the values (channels, n) of one more batch."""
    low, high = values.double().aminmax(dim=1)
    if span is None:
        return Span(low, high)
    lower = torch.minimum(span.low, low)
    higher = torch.maximum(span.high, high)
    return Span(lower, higher)


def count_values(values: Tensor, span: Span, bins: int) -> Tensor:
    """Counts the values (channels, n) in equal bins over the span, the last one closed.

    A channel that is constant falls into the first bin; one that is not finite somewhere has no
    counts at all. The counts are (channels, bins).
    """
    channels = len(values)
    width = span.high - span.low
    width = width[:, None]
    above_low = values.double() - span.low[:, None]
    position = above_low / width * bins
    bin_of_value = position.nan_to_num(0).long()
    bin_of_value = bin_of_value.clamp(0, bins - 1)
    # every channel counts into bins of its own
    channel = torch.arange(channels, device=values.device)
    own_bin = bin_of_value + bins * channel[:, None]
    counts = torch.bincount(own_bin.flatten(), minlength=channels * bins)
    counts = counts.view(channels, bins)
    return torch.where(width.isfinite(), counts, 0)


def hellinger(counts: Tensor, others: Tensor) -> Tensor:
    """The distance of two histograms of each channel: 0 if they are equal, 1 if no bin is shared.

    Eq. 9 of paper 004: 1 - BC is half the summed squared difference of the roots, which rounds to 0
    at no distance.
    """
    roots = _shares(counts).sqrt()
    other_roots = _shares(others).sqrt()
    squares = (roots - other_roots).square()
    half = squares.sum(dim=1) / 2
    distance = half.sqrt()
    return distance.clamp(max=1)


def wasserstein(counts: Tensor, others: Tensor, span: Span) -> Tensor:
    """The earth mover's distance in the channel's own units; bins stand for their centres."""
    below = _shares(counts).cumsum(dim=1)
    others_below = _shares(others).cumsum(dim=1)
    difference = (below - others_below).abs()
    bins_moved = difference.sum(dim=1)
    bins = counts.shape[1]
    width = span.high - span.low
    return bins_moved * width / bins


def _shares(counts: Tensor) -> Tensor:
    total = counts.sum(dim=1, keepdim=True)
    return counts.double() / total
