"""How well the predicted masks agree with the true ones."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import add

import numpy as np
import torch
from torch import Tensor, nn

from harness.components.losses import bce, ce
from harness.components.probes import probe
from harness.components.probes.segmentation_figures import panel
from harness.data.images import Labelled
from harness.measure import overlap
from harness.measure.estimators import average_of
from harness.measure.forward import logits_of
from harness.measure.overlap import Counts, counts, labels_of
from harness.measure.rows import Figure, Row
from harness.spec.options import Fraction, Whole

SCORES: dict[str, Callable[[Counts], float]] = {
    "dice": overlap.dice,
    "iou": overlap.iou,
    "foreground_iou": overlap.foreground_iou,
    "precision": overlap.precision,
    "recall": overlap.recall,
    "accuracy": overlap.accuracy,
}


@probe(
    metrics=(
        "dice",
        "iou",
        "foreground_iou",
        "precision",
        "recall",
        "accuracy",
        "loss",
        "volume_dice",
        "volume_iou",
        "volume_foreground_iou",
        "volume_precision",
        "volume_recall",
        "volume_accuracy",
        "set_dice",
        "set_iou",
        "set_foreground_iou",
        "set_precision",
        "set_recall",
        "set_accuracy",
        "class_dice",
        "class_iou",
        "median_dice",
        "median_foreground_iou",
    ),
    later=("medians", "figure_threshold"),
    dimensions=("class",),
    lower=("loss",),
)
def segmentation(
    net: nn.Module,
    test: Labelled,
    *,
    threshold: Fraction = 0.5,
    figures: Whole = 3,
    medians: bool = False,
    figure_threshold: Fraction | None = None,
) -> Iterator[Row | Figure]:
    """Dice, IoU, precision, recall, accuracy, loss: of each image; by pixels, of each volume, the
    set, its classes.

    `medians` are over images, as paper 001 judges networks. Figures show masks at
    `figure_threshold` where it is given, at `threshold` elsewhere.
    """
    shown_from = threshold if figure_threshold is None else figure_threshold
    volumes: dict[str, Counts] = {}
    of_images: dict[str, list[float]] = {metric: [] for metric in SCORES}
    pictured = np.linspace(0, len(test) - 1, min(figures, len(test))).astype(int).tolist()
    for which, logits in logits_of(net, test.images):
        masks = test.masks_of(which).to(logits.device)
        confusions = counts(logits, masks, test.ignore, threshold)
        losses = _losses(logits, masks, test.ignore)
        batch = zip(which.tolist(), confusions, losses, strict=True)
        for position, (i, confusion, loss) in enumerate(batch):
            image = test.images.ids[i]
            volume = test.images.groups[i]
            if volume in volumes:
                volumes[volume] += confusion
            else:
                volumes[volume] = confusion
            for metric, score in SCORES.items():
                of_images[metric].append(score(confusion))
                yield Row(metric, of_images[metric][-1], image, volume)
            yield Row("loss", loss, image, volume)
            if i in pictured:
                prediction = labels_of(logits[position, None], shown_from)[0]
                picture = panel(test.images.image(i), masks[position], prediction)
                yield Figure(f"prediction-{image}", picture)
    for volume, confusion in volumes.items():
        for metric, score in SCORES.items():
            yield Row(f"volume_{metric}", score(confusion), None, volume)
    yield from _rows_of_set(reduce(add, volumes.values()), test.classes)
    if medians:
        for metric in ("dice", "foreground_iou"):
            yield Row(f"median_{metric}", average_of(of_images[metric], "median"))


def _rows_of_set(confusion: Counts, classes: Sequence[str]) -> Iterator[Row]:
    """Scores all pixels by one confusion matrix, then each class by it (the dimension `class`)."""
    for metric, score in SCORES.items():
        yield Row(f"set_{metric}", score(confusion))
    names = _class_names(len(confusion.matrix), classes)
    for name, value in zip(names, overlap.class_dice(confusion), strict=True):
        yield Row("class_dice", value, dimensions={"class": name})
    for name, value in zip(names, overlap.class_iou(confusion), strict=True):
        yield Row("class_iou", value, dimensions={"class": name})


def _class_names(count: int, classes: Sequence[str]) -> Sequence[str]:
    """Names the classes that the network tells apart: as the data set does, where it has as
    many.
    """
    if len(classes) == count:
        return classes
    if count == 2:
        return ("background", "foreground")
    return [str(number) for number in range(count)]


def _losses(logits: Tensor, masks: Tensor, ignore: int | None) -> list[float]:
    """Returns the mean cross-entropy of each image; a card is asked for all of them at once."""
    cross_entropy = bce if logits.shape[1] == 1 else ce
    losses = []
    for image_logits, mask in zip(logits, masks, strict=True):
        losses.append(cross_entropy(image_logits[None], mask[None], ignore))
    values: list[float] = torch.stack(losses).tolist()
    return values
