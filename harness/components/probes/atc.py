"""Average thresholded confidence (Garg 2022): how many pixels a network should get right, by the
threshold that says so of labelled source images.
"""

from collections.abc import Iterator
from typing import Literal

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled, Unlabelled
from harness.measure.confidence import mean_over, opinions, source_confidence
from harness.measure.estimators import average_of
from harness.measure.rows import Row
from harness.spec.options import Fraction


@probe(metrics=("above_threshold", "atc"), estimates={"atc": "above_threshold"}, needs=("source",))
def atc(
    net: nn.Module,
    test: Labelled | Unlabelled,
    source: Labelled,
    *,
    pixels: Literal["all", "foreground"] = "all",
    threshold: Fraction = 0.5,
) -> Iterator[Row]:
    """The share of pixels whose confidence is above that of so many validation pixels of the source
    as are right there.
    """
    of_source = source_confidence(net, source, pixels, threshold)
    scores = []
    for index, opinion in opinions(net, test.images, threshold):
        is_above = opinion.confidence > of_source.confidence_of_right
        scores.append(mean_over(is_above, opinion.looked_at(pixels)))
        image, group = test.images.ids[index], test.images.groups[index]
        yield Row("above_threshold", scores[-1], image, group)
    yield Row("atc", average_of(scores, "mean"))
