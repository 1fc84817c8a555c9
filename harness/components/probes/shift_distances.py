"""The feature histograms of every layer over two test sets, and their distances (paper 004,
equations 4 to 9).
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure.histograms import Span, count_values, hellinger, wasserstein, widen
from harness.measure.layers import pooled_features

Array = NDArray[Any]


@dataclass(frozen=True)
class Side:
    """A network and the images that it looks at: one side of a comparison."""

    net: nn.Module
    images: Unlabelled


@dataclass(frozen=True)
class LayerShift:
    """What is known of one layer: a row or a value for each of its channels."""

    low: Array  # (channels,): the range that the bins divide
    high: Array
    original: Array  # (channels, bins): counts
    hellinger_null: Array | None = None  # (channels,): between two halves of the original
    shifted: Array | None = None  # (channels, bins): counts; None where nothing is shifted
    hellinger: Array | None = None  # (channels,): between original and shifted
    representation_shift: Array | None = None

    def arrays(self) -> dict[str, Array]:
        """Returns what there is by its name."""
        arrays: dict[str, Array] = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                arrays[field.name] = value
        return arrays


def compare_layers(
    start: Side,
    end: Side | None,
    layers: Sequence[str],
    bins: int,
) -> dict[str, LayerShift]:
    """Compares each layer's features on both sides; where there is no `end`, two halves of the
    start alone.
    """
    spans = _spans(start, {}, layers)
    if end is not None:
        spans = _spans(end, spans, layers)
    original = _histograms(start, spans, bins)
    shifted = {} if end is None else _histograms(end, spans, bins)
    shifts: dict[str, LayerShift] = {}
    for layer in layers:
        shifts[layer] = _distances(spans[layer], original[layer], shifted.get(layer))
    return shifts


def _spans(side: Side, spans: dict[str, Span], layers: Sequence[str]) -> dict[str, Span]:
    """Widens the range of every channel of every layer by what one side gives."""
    wider = dict(spans)
    for _, maps in pooled_features(side.net, side.images, layers):
        for layer, values in maps.items():
            wider[layer] = widen(wider.get(layer), _by_channel(values))
    return wider


def _histograms(side: Side, spans: dict[str, Span], bins: int) -> dict[str, Tensor]:
    """Counts the features of two random halves of the images: (2, channels, bins) of each layer."""
    rng = torch.Generator().manual_seed(0)
    half_of_image = torch.randperm(len(side.images), generator=rng) % 2
    histograms: dict[str, Tensor] = {}
    for layer, span in spans.items():
        shape = (2, len(span.low), bins)
        histograms[layer] = torch.zeros(shape, dtype=torch.long, device=span.low.device)
    for which, maps in pooled_features(side.net, side.images, list(spans)):
        halves = half_of_image[which.cpu()]
        for layer, values in maps.items():
            for half in (0, 1):
                values_of_half = _by_channel(values[(halves == half).to(values.device)])
                histograms[layer][half] += count_values(values_of_half, spans[layer], bins)
    return histograms


def _distances(span: Span, original: Tensor, shifted: Tensor | None) -> LayerShift:
    """Measures the distances of a layer's histograms, which come as (2 halves, channels, bins)."""
    tensors = {"low": span.low, "high": span.high, "original": original.sum(0)}
    if bool(original.sum((1, 2)).all()):  # one image has no halves
        tensors["hellinger_null"] = hellinger(original[0], original[1])
    if shifted is not None:
        before = original.sum(0)
        after = shifted.sum(0)
        tensors["shifted"] = after
        tensors["hellinger"] = hellinger(before, after)
        tensors["representation_shift"] = wasserstein(before, after, span)
    return LayerShift(**{name: values.cpu().numpy() for name, values in tensors.items()})


def _by_channel(maps: Tensor) -> Tensor:
    """Brings (n, channels, h, w) to (channels, n h w)."""
    return maps.movedim(1, 0).flatten(1)
