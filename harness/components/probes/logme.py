"""LogME (You 2021): how well a linear model of features explains labels, for dense prediction."""

from collections.abc import Iterator

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled
from harness.measure.pixel_features import balanced_pixels
from harness.measure.rows import Row
from harness.measure.separability import logme as score_of
from harness.spec.options import Count


@probe(metrics=("logme",), estimates={"logme": ""}, needs=("labels",))
def logme(
    net: nn.Module,
    test: Labelled,
    *,
    layer: str | None = None,
    samples: Count = 200,
) -> Iterator[Row]:
    """The largest log evidence of a linear model of each class, per pixel, at pixels of each class
    in equal numbers.

    The features are those of the last stage of the decoder, or of `layer`.
    """
    if not isinstance(test, Labelled):
        raise ValueError("logme needs masks, and this test set has none")
    features, labels = balanced_pixels(net, test, layer, samples)
    yield Row("logme", score_of(features, labels))
