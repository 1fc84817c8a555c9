"""Difference of confidences (Guillory 2021): the source's accuracy, less the confidence that was
lost on the way to the target.
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


@probe(metrics=("image_doc", "doc"), estimates={"doc": "image_doc"}, needs=("source",))
def doc(
    net: nn.Module,
    test: Labelled | Unlabelled,
    source: Labelled,
    *,
    pixels: Literal["all", "foreground"] = "all",
    threshold: Fraction = 0.5,
) -> Iterator[Row]:
    """Accuracy of pixels in the source's validation images, less their mean confidence, plus that
    of the image.
    """
    of_source = source_confidence(net, source, pixels, threshold)
    scores = []
    for index, opinion in opinions(net, test.images, threshold):
        mean = mean_over(opinion.confidence, opinion.looked_at(pixels))
        scores.append(of_source.accuracy - of_source.mean + mean)
        image, group = test.images.ids[index], test.images.groups[index]
        yield Row("image_doc", scores[-1], image, group)
    yield Row("doc", average_of(scores, "mean"))
