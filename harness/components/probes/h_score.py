"""H-score (Bao 2019): how far apart the features of the classes lie, for dense prediction."""

from collections.abc import Iterator

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled
from harness.measure.pixel_features import balanced_pixels
from harness.measure.rows import Row
from harness.measure.separability import h_score as score_of
from harness.spec.options import Count


@probe(metrics=("h_score",), estimates={"h_score": ""}, needs=("labels",))
def h_score(
    net: nn.Module,
    test: Labelled,
    *,
    layer: str | None = None,
    samples: Count = 200,
) -> Iterator[Row]:
    """How much of the features' variance lies between the classes, at pixels of each class in
    equal numbers.

    The features are those of the last stage of the decoder, or of `layer`.
    """
    if not isinstance(test, Labelled):
        raise ValueError("h_score needs masks, and this test set has none")
    features, labels = balanced_pixels(net, test, layer, samples)
    yield Row("h_score", score_of(features, labels))
