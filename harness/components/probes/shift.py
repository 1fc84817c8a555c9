"""How far the features of each layer move between an original and a shifted test set (paper 004, section IV-B)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.probes import probe
from harness.components.probes.shift_figures import violins
from harness.data.images import Labelled, Unlabelled
from harness.measure.forward import logits_of
from harness.measure.histograms import Span, count_values, hellinger, wasserstein, widen
from harness.measure.layers import hooked_layers, pooled_features, stages
from harness.measure.rows import Arrays, Figure, Original, Row
from harness.spec.options import Count, Dataset

METRICS = ("hellinger", "hellinger_null", "representation_shift")
Side = tuple[nn.Module, Unlabelled]
Arrays = dict[str, NDArray[Any]]


@probe(
    metrics=("hellinger", "hellinger_null", "representation_shift"),
    lower=("hellinger", "hellinger_null", "representation_shift"),
    dimensions=("layer",),
    needs=("original",),
)
def shift(
    net: nn.Module,
    test: Labelled | Unlabelled,
    original: Original | None,
    *,
    against: Dataset | None = None,
    layers: list[str] | None = None,
    bins: Count = 100,
) -> Iterator[Row | Figure | Arrays]:
    """Hellinger and Wasserstein-1 distance of each layer's features from the unperturbed test set, or from `against`.

    The mean over channels, of feature maps averaged to one position per 32 x 32 pixels, in equal bins over the joint
    range. `hellinger_null` is the distance between two random halves of the original images in the same bins: what is
    left where nothing is shifted, and more than that, for a half has half the images. It is all there is where a trial
    has no perturbation and names nothing to compare `against`. `representation_shift` (Stacke 2020) is in the features'
    own units, so it compares no layers and no networks.
    """
    first = original or Original(net, test)
    start = (first.net, _images(first.test if against is None else against))
    end = None if original is None and against is None else (net, _images(test))
    found = _compared(start, end, _named(start, end, layers), bins)
    for layer, arrays in found.items():
        for metric in METRICS:
            if metric in arrays:
                yield Row(metric, float(arrays[metric].mean()), dimensions={"layer": layer})
    yield Arrays(
        "shift",
        {
            f"{layer}/{name}": array
            for layer, arrays in found.items()
            for name, array in arrays.items()
        },
    )
    if end is not None or len(start[1]) > 1:
        yield Figure("shift", violins(found, end is not None))


def _images(test: Labelled | Unlabelled) -> Unlabelled:
    return test.images if isinstance(test, Labelled) else test


def _named(start: Side, end: Side | None, layers: list[str] | None) -> list[str]:
    """The layers to look at: those that the study names, or all stages that give feature maps."""
    net, images = start
    if end is not None and end[1].channels != images.channels:
        raise ValueError(
            f"shift.against: {images.channels} channels, where test_on has {end[1].channels}"
        )
    names = stages(net) if layers is None else list(dict.fromkeys(layers))
    seen: dict[str, Tensor] = {}
    with hooked_layers(net, names, seen.__setitem__):
        list(logits_of(net, replace(images, ids=images.ids[:1])))
    found = [name for name in names if _gives_maps(seen.get(name))]
    if not found or (layers is not None and len(found) < len(names)):
        wrong = ", ".join(name for name in names if name not in found)
        raise ValueError(
            f"shift.layers: {wrong}: no feature maps (n, channels, h, w); there is {', '.join(stages(net))}"
        )
    return found


def _gives_maps(output: object) -> bool:
    return isinstance(output, Tensor) and output.ndim == 4 and output.shape[1] > 0


def _compared(start: Side, end: Side | None, names: list[str], bins: int) -> dict[str, Arrays]:
    """The histograms of each layer over all images, and for each of its channels the range and the distances."""
    spans: dict[str, Span] = {}
    for net, images in [start] if end is None else [start, end]:
        for _, maps in pooled_features(net, images, names):
            for name, values in maps.items():
                spans[name] = widen(spans.get(name), _by_channel(values))
    original = _counts(start, spans, bins)
    shifted = {} if end is None else _counts(end, spans, bins)
    return {name: _distances(spans[name], original[name], shifted.get(name)) for name in names}


def _counts(side: Side, spans: dict[str, Span], bins: int) -> dict[str, Tensor]:
    """(2, channels, bins) of each layer: the counts of two random halves of the images."""
    net, images = side
    half = torch.randperm(len(images), generator=torch.Generator().manual_seed(0)) % 2
    counts = {
        name: torch.zeros(2, len(span.low), bins, dtype=torch.long, device=span.low.device)
        for name, span in spans.items()
    }
    for which, maps in pooled_features(net, images, list(spans)):
        for name, values in maps.items():
            for i in (0, 1):
                some = values[(half[which.cpu()] == i).to(values.device)]
                counts[name][i] += count_values(_by_channel(some), spans[name], bins)
    return counts


def _distances(span: Span, original: Tensor, shifted: Tensor | None) -> Arrays:
    found = {"low": span.low, "high": span.high, "original": original.sum(0)}
    if bool(original.sum((1, 2)).all()):  # one image has no halves
        found["hellinger_null"] = hellinger(*original)
    if shifted is not None:
        found["shifted"] = shifted.sum(0)
        found["hellinger"] = hellinger(found["original"], found["shifted"])
        found["representation_shift"] = wasserstein(found["original"], found["shifted"], span)
    return {name: values.cpu().numpy() for name, values in found.items()}


def _by_channel(maps: Tensor) -> Tensor:
    return maps.movedim(1, 0).flatten(1)
