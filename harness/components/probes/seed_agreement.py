"""Agreement of the networks that one training gives with other seeds."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor, nn

from harness.components.probes import probe
from harness.data.images import Labelled, Unlabelled
from harness.measure.consistency import predictions
from harness.measure.estimators import average_of
from harness.measure.overlap import Counts, dice
from harness.measure.rows import Row
from harness.spec.options import Fraction, Whole


@probe(
    metrics=("seed_dice", "seed_agreement"),
    estimates={"seed_agreement": "seed_dice"},
    needs=("seeds",),
)
def seed_agreement(
    net: nn.Module,
    test: Labelled | Unlabelled,
    others: Sequence[nn.Module],
    *,
    seeds: list[Whole] = [0, 1, 2],  # noqa: B006  the signature is the schema
    average: Literal["median", "mean"] = "median",
    threshold: Fraction = 0.5,
) -> Iterator[Row]:
    """The mean Dice of each pair of predictions by the networks of these seeds, its own among
    them.

    An image that all take for background has no value.
    """
    if not others:
        raise ValueError("seed_agreement.seeds: name a seed beside that of the fit itself")
    scores = []
    networks = [predictions(network, test.images, threshold) for network in (net, *others)]
    for answers in zip(*networks, strict=True):
        index = answers[0][0]
        labels = [prediction.labels.long() for _, prediction in answers]
        pairs = [dice(_counts(*pair)) for pair in combinations(labels, 2)]
        scores.append(average_of(pairs, "mean"))
        image, group = test.images.ids[index], test.images.groups[index]
        yield Row("seed_dice", scores[-1], image, group)
    yield Row("seed_agreement", average_of(scores, average))


def _counts(first: Tensor, second: Tensor) -> Counts:
    """How often each pair of labels stands at one pixel of two predictions."""
    classes = 1 + int(torch.maximum(first, second).max())
    classes = max(2, classes)
    pairs = first * classes + second
    matrix = torch.bincount(pairs.flatten(), minlength=classes * classes)
    return Counts(matrix.view(classes, classes).double())
