"""Confusion counts of a segmentation, and the scores made of them."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Counts:
    """A confusion matrix: rows are the truth, columns the prediction, ignored pixels left out."""

    matrix: Tensor  # (k, k) float64

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.matrix + other.matrix)


def labels_of(logits: Tensor, threshold: float = 0.5) -> Tensor:
    """Predicted labels; with one channel, foreground above the threshold of its sigmoid."""
    if logits.shape[1] > 1:
        return logits.argmax(dim=1)
    return (torch.sigmoid(logits.float())[:, 0] > threshold).long()


def counts(
    logits: Tensor, masks: Tensor, ignore: int | None, threshold: float = 0.5
) -> list[Counts]:
    """The confusion matrix of each image of a batch."""
    classes = max(2, logits.shape[1])
    predicted = labels_of(logits, threshold)
    truth = masks.clamp(max=1) if classes == 2 else masks
    found = []
    for one, other, raw in zip(truth, predicted, masks, strict=True):
        kept = torch.ones_like(raw, dtype=torch.bool) if ignore is None else raw != ignore
        pairs = one[kept] * classes + other[kept]
        matrix = torch.bincount(pairs.flatten(), minlength=classes * classes)
        found.append(Counts(matrix.view(classes, classes).double().cpu()))
    return found


def _foreground(c: Counts) -> tuple[Tensor, Tensor, Tensor]:
    """True positives, false positives and false negatives of each class but the background."""
    hit = c.matrix.diagonal()[1:]
    return hit, c.matrix.sum(0)[1:] - hit, c.matrix.sum(1)[1:] - hit


def _mean(ratio: Tensor, defined: Tensor) -> float:
    return float(ratio[defined].mean()) if bool(defined.any()) else float("nan")


# A class that is neither there nor predicted has no overlap to speak of: undefined (nan), not a free 1.


def class_dice(c: Counts) -> list[float]:
    """2 TP / (2 TP + FP + FN) of each class, background first."""
    size = c.matrix.sum(0) + c.matrix.sum(1)
    return (2 * c.matrix.diagonal() / size).tolist()


def class_iou(c: Counts) -> list[float]:
    """TP / (TP + FP + FN) of each class, background first."""
    hit = c.matrix.diagonal()
    return (hit / (c.matrix.sum(0) + c.matrix.sum(1) - hit)).tolist()


def dice(c: Counts) -> float:
    """2 TP / (2 TP + FP + FN), averaged over the foreground classes that occur or are predicted."""
    tp, fp, fn = _foreground(c)
    return _mean(2 * tp / (2 * tp + fp + fn), tp + fp + fn > 0)


def foreground_iou(c: Counts) -> float:
    """TP / (TP + FP + FN), averaged over the foreground classes that occur or are predicted."""
    tp, fp, fn = _foreground(c)
    return _mean(tp / (tp + fp + fn), tp + fp + fn > 0)


def iou(c: Counts) -> float:
    """The mean over all classes, background included, of TP / (TP + FP + FN)."""
    hit = c.matrix.diagonal()
    either = c.matrix.sum(0) + c.matrix.sum(1) - hit
    return _mean(hit / either, either > 0)


def precision(c: Counts) -> float:
    """TP / (TP + FP), averaged over the foreground classes that are predicted."""
    tp, fp, _ = _foreground(c)
    return _mean(tp / (tp + fp), tp + fp > 0)


def recall(c: Counts) -> float:
    """TP / (TP + FN), averaged over the foreground classes that occur."""
    tp, _, fn = _foreground(c)
    return _mean(tp / (tp + fn), tp + fn > 0)


def accuracy(c: Counts) -> float:
    """The share of pixels labelled right."""
    return (
        float(c.matrix.diagonal().sum() / c.matrix.sum()) if float(c.matrix.sum()) else float("nan")
    )
