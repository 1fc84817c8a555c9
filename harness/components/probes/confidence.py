"""How sure a network is of its predictions: the simplest guess at how well it does."""

from collections.abc import Iterator
from typing import Literal

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled, Unlabelled
from harness.measure.confidence import mean_over, opinions
from harness.measure.estimators import average_of
from harness.measure.rows import Row
from harness.spec.options import Fraction


@probe(
    metrics=("confidence", "certainty", "mean_confidence", "mean_certainty"),
    estimates={"mean_confidence": "confidence", "mean_certainty": "certainty"},
)
def confidence(
    net: nn.Module,
    test: Labelled | Unlabelled,
    *,
    pixels: Literal["all", "foreground"] = "all",
    average: Literal["median", "mean"] = "median",
    threshold: Fraction = 0.5,
) -> Iterator[Row]:
    """The probability of the predicted label, and 1 less the normalised entropy, over the pixels
    of each image or of its predicted foreground.
    """
    scores: dict[str, list[float]] = {"confidence": [], "certainty": []}
    for index, opinion in opinions(net, test.images, threshold):
        counted = opinion.looked_at(pixels)
        image, group = test.images.ids[index], test.images.groups[index]
        for metric, values in scores.items():
            value = mean_over(getattr(opinion, metric), counted)
            values.append(value)
            yield Row(metric, value, image, group)
    for metric, values in scores.items():
        yield Row(f"mean_{metric}", average_of(values, average))
