"""How well the predicted masks agree with the true ones."""

from collections.abc import Callable, Iterator, Sequence
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.components.losses import bce, ce
from harness.components.probes import probe
from harness.data.images import Labelled, unit
from harness.measure import overlap
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
    ),
    dimensions=("class",),
    lower=("loss",),
)
def segmentation(
    net: nn.Module, test: Labelled, *, threshold: Fraction = 0.5, figures: Whole = 3
) -> Iterator[Row | Figure]:
    """Dice, IoU, precision, recall, accuracy, loss: of each image; by pixels, of each volume, the set, its classes."""
    total: dict[str, Counts] = {}
    shown = set(np.linspace(0, len(test) - 1, min(figures, len(test))).astype(int).tolist())
    for which, logits in logits_of(net, test.images):
        masks = test.masks[which].long().to(logits.device)
        for i, one, logit, mask in zip(
            which.tolist(),
            counts(logits, masks, test.ignore, threshold),
            logits,
            masks,
            strict=True,
        ):
            name, group = test.images.ids[i], test.images.groups[i]
            total[group] = total[group] + one if group in total else one
            for metric, score in SCORES.items():
                yield Row(metric, score(one), name, group)
            yield Row("loss", _loss(logit[None], mask[None], test.ignore), name, group)
            if i in shown:
                predicted = labels_of(logit[None], threshold)[0]
                yield Figure(
                    f"prediction-{name}", panel(unit(test.images.pixels[i]), mask, predicted)
                )
    for group, summed in total.items():
        for metric, score in SCORES.items():
            yield Row(f"volume_{metric}", score(summed), None, group)
    yield from _of_the_set(reduce(add, total.values()), test.classes)


def _of_the_set(whole: Counts, classes: Sequence[str]) -> Iterator[Row]:
    """From one confusion matrix of all pixels: the scores, and those of each class (the dimension `class`)."""
    for metric, score in SCORES.items():
        yield Row(f"set_{metric}", score(whole))
    count = len(whole.matrix)
    names = (
        classes
        if len(classes) == count
        else ("background", "foreground")
        if count == 2
        else range(count)
    )
    for metric, each in (
        ("class_dice", overlap.class_dice(whole)),
        ("class_iou", overlap.class_iou(whole)),
    ):
        for name, value in zip(names, each, strict=True):
            yield Row(metric, value, dimensions={"class": str(name)})


def _loss(logits: Tensor, masks: Tensor, ignore: int | None) -> float:
    return float((bce if logits.shape[1] == 1 else ce)(logits, masks, ignore))


def panel(image: Tensor, truth: Tensor, predicted: Tensor) -> NDArray[np.uint8]:
    """Input, truth, prediction and error (missed: orange, invented: blue) side by side."""
    grey = _shown(image)
    sides = [
        grey,
        _over(grey, truth),
        _over(grey, predicted),
        _errors(grey, truth > 0, predicted > 0),
    ]
    gap = np.full((grey.shape[0], 4, 3), 255, np.uint8)
    return np.concatenate([part for side in sides for part in (side, gap)][:-1], axis=1)


def _shown(image: Tensor) -> NDArray[np.uint8]:
    """An image by itself, not its stack, stretched over the grey levels: in colour where it has three."""
    planes = image.float().cpu().numpy()
    chosen = (
        planes.transpose(1, 2, 0)
        if len(planes) == 3
        else np.repeat(planes[:1].transpose(1, 2, 0), 3, axis=2)
    )
    low, high = np.percentile(chosen, [0.5, 99.5])
    return (np.clip((chosen - low) / max(high - low, 1e-6), 0, 1) * 255).astype(np.uint8)


# Colour-blind safe (Okabe and Ito).
PALETTE = np.array(
    [[0, 158, 115], [230, 159, 0], [86, 180, 233], [204, 121, 167], [213, 94, 0], [0, 114, 178]]
)


def _over(grey: NDArray[np.uint8], labels: Tensor) -> NDArray[np.uint8]:
    kinds = labels.cpu().numpy()
    colour = PALETTE[(kinds - 1) % len(PALETTE)]
    mixed = np.where((kinds > 0)[:, :, None], 0.55 * grey + 0.45 * colour, grey)
    return mixed.astype(np.uint8)


def _errors(grey: NDArray[np.uint8], truth: Tensor, predicted: Tensor) -> NDArray[np.uint8]:
    out = (grey * 0.6).astype(np.uint8)
    out[(truth & ~predicted).cpu().numpy()] = PALETTE[4]
    out[(~truth & predicted).cpu().numpy()] = PALETTE[5]
    return out
