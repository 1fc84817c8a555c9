"""CCFV (Yang 2023): class consistency and feature variety, paper 001's rival with labels."""

from collections.abc import Iterator, Sequence
from typing import Literal

import torch
from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled
from harness.measure.pixel_features import ImageFeatures, decoder_layers, pixel_features
from harness.measure.rows import Row
from harness.measure.separability import hyperspherical_energy, log_ccfv, wasserstein
from harness.spec.options import Count


@probe(
    metrics=("ccfv", "layer_ccfv", "class_inconsistency", "feature_energy"),
    estimates={"ccfv": ""},
    lower=("class_inconsistency",),
    dimensions=("layer",),
    needs=("labels",),
)
def ccfv(
    net: nn.Module,
    test: Labelled,
    *,
    layers: list[str] | None = None,
    variety: Literal["energy", "inverse"] = "energy",
    samples: Count = 800,
    pairs: Count = 500,
) -> Iterator[Row]:
    """The log of feature variety over class inconsistency, averaged over the bottleneck and the
    stages of the decoder, or `layers`.

    Inconsistency is the mean 2-Wasserstein distance of a foreground class between two images, by
    normal distributions of `samples` pixels in the last layer, half as many in each before it.
    Variety is the hyperspherical energy of the images' mean features, as in the authors' code, or
    its inverse, as the paper says. Of more pairs of images than `pairs` so many are drawn.
    """
    if not isinstance(test, Labelled):
        raise ValueError("ccfv needs masks, and this test set has none")
    names = decoder_layers(net) if layers is None else list(dict.fromkeys(layers))
    images = list(pixel_features(net, test, names, samples))
    if len(images) < 2:
        raise ValueError("ccfv compares images, and this test set has one")
    logarithms = []
    for number, layer in enumerate(reversed(names)):
        at_most = max(2, samples >> number)
        inconsistency = _inconsistency(images, layer, at_most, pairs)
        energy = hyperspherical_energy([image.means[layer] for image in images])
        logarithms.append(log_ccfv(energy, inconsistency, variety))
        where = {"layer": layer}
        yield Row("class_inconsistency", inconsistency, dimensions=where)
        yield Row("feature_energy", energy, dimensions=where)
        yield Row("layer_ccfv", logarithms[-1], dimensions=where)
    yield Row("ccfv", sum(logarithms) / len(logarithms))


def _inconsistency(
    images: Sequence[ImageFeatures], layer: str, at_most: int, most_pairs: int
) -> float:
    """Returns how far a foreground class lies apart in two images, over pairs and classes."""
    first, second = torch.triu_indices(len(images), len(images), offset=1)
    order = torch.randperm(len(first), generator=torch.Generator().manual_seed(0))
    distances = []
    for number in order[:most_pairs].tolist():
        pair = images[int(first[number])], images[int(second[number])]
        for label in pair[0].labels.unique().tolist():
            of_class = [image.of_class(layer, label, at_most) for image in pair]
            if label > 0 and min(map(len, of_class)) >= 2:
                distances.append(wasserstein(*of_class))
    return sum(distances) / len(distances) if distances else float("nan")
