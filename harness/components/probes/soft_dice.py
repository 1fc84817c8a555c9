"""Soft Dice confidence: the Dice that a network expects of its own prediction."""

from collections.abc import Iterator
from typing import Literal

from torch import nn

from harness.components.probes import probe
from harness.data.images import Labelled, Unlabelled
from harness.measure.confidence import opinions, soft_dice_confidence
from harness.measure.estimators import average_of
from harness.measure.rows import Row
from harness.spec.options import Fraction


@probe(
    metrics=("soft_dice", "soft_dice_confidence"),
    estimates={"soft_dice_confidence": "soft_dice"},
)
def soft_dice(
    net: nn.Module,
    test: Labelled | Unlabelled,
    *,
    average: Literal["median", "mean"] = "median",
    threshold: Fraction = 0.5,
) -> Iterator[Row]:
    """2 sum(p y) / sum(p + y) of the probabilities p and the prediction y of each image.

    An image of which nothing is predicted has 0, by the formula.
    """
    scores = []
    for index, opinion in opinions(net, test.images, threshold):
        scores.append(soft_dice_confidence(opinion))
        image, group = test.images.ids[index], test.images.groups[index]
        yield Row("soft_dice", scores[-1], image, group)
    yield Row("soft_dice_confidence", average_of(scores, average))
