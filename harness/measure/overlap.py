"""Confusion counts of a segmentation, and the scores made of them."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Counts:
    """A confusion matrix: rows are the truth, columns the prediction, ignored pixels left out."""

    matrix: Tensor  # (k, k) float64

    def __add__(self, further: "Counts") -> "Counts":
        return Counts(self.matrix + further.matrix)

    @property
    def hits(self) -> Tensor:
        """The pixels of each class that are predicted as that class."""
        return self.matrix.diagonal()

    @property
    def true_sizes(self) -> Tensor:
        """The pixels of each class."""
        return self.matrix.sum(1)

    @property
    def predicted_sizes(self) -> Tensor:
        """The pixels that are predicted as each class."""
        return self.matrix.sum(0)


def labels_of(logits: Tensor, threshold: float = 0.5) -> Tensor:
    """Predicted labels; with one channel, foreground above the threshold of its sigmoid."""
    if logits.shape[1] > 1:
        return logits.argmax(dim=1)
    return (torch.sigmoid(logits.float())[:, 0] > threshold).long()


def answered_labels(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """Returns the labels of the masks that these logits can tell apart.

    One or two channels tell foreground from background, whatever classes the masks have. Losses,
    scores and saliency maps of the foreground all ask here, so that they mean the same.
    """
    if logits.shape[1] > 2:
        return masks
    foreground = (masks > 0).long()
    if ignore is None:
        return foreground
    return torch.where(masks == ignore, ignore, foreground)


def counts(
    logits: Tensor,
    masks: Tensor,
    ignore: int | None,
    threshold: float = 0.5,
) -> list[Counts]:
    """The confusion matrix of each image of a batch, counted on its device all at once."""
    classes = max(2, logits.shape[1])
    cells = classes * classes
    unknown, ignored = cells, cells + 1  # two further cells of each image
    labels = labels_of(logits, threshold)
    truths = answered_labels(logits, masks, ignore)
    is_class = (truths >= 0) & (truths < classes)
    pairs = torch.where(is_class, truths * classes + labels, unknown)
    if ignore is not None:
        pairs = torch.where(masks == ignore, ignored, pairs)
    image = torch.arange(len(masks), device=masks.device)
    own_pairs = pairs.flatten(1) + image[:, None] * (cells + 2)
    all_counts = torch.bincount(own_pairs.flatten(), minlength=len(masks) * (cells + 2))
    tables = all_counts.view(len(masks), cells + 2).cpu()
    if bool(tables[:, unknown].any()):
        raise ValueError(f"the masks have labels that are none of the network's {classes} classes")
    return [Counts(table[:cells].view(classes, classes).double()) for table in tables]


# A class that is neither there nor predicted has no overlap to speak of: undefined (nan), not a 1
# for free. In the functions below tp, fp and fn are true positives, false positives and false
# negatives of each class but the background.


def class_dice(confusion: Counts) -> list[float]:
    """2 TP / (2 TP + FP + FN) of each class, background first."""
    ratio = 2 * confusion.hits / (confusion.predicted_sizes + confusion.true_sizes)
    return ratio.tolist()


def class_iou(confusion: Counts) -> list[float]:
    """TP / (TP + FP + FN) of each class, background first."""
    ratio = confusion.hits / _union(confusion)
    return ratio.tolist()


def dice(confusion: Counts) -> float:
    """2 TP / (2 TP + FP + FN), averaged over foreground classes that occur or are predicted."""
    tp, fp, fn = _hits_and_errors(confusion)
    return _mean_ratio(2 * tp, 2 * tp + fp + fn)


def foreground_iou(confusion: Counts) -> float:
    """TP / (TP + FP + FN), averaged over the foreground classes that occur or are predicted."""
    tp, fp, fn = _hits_and_errors(confusion)
    return _mean_ratio(tp, tp + fp + fn)


def iou(confusion: Counts) -> float:
    """The mean over all classes, background included, of TP / (TP + FP + FN)."""
    return _mean_ratio(confusion.hits, _union(confusion))


def precision(confusion: Counts) -> float:
    """TP / (TP + FP), averaged over the foreground classes that are predicted."""
    tp, fp, _ = _hits_and_errors(confusion)
    return _mean_ratio(tp, tp + fp)


def recall(confusion: Counts) -> float:
    """TP / (TP + FN), averaged over the foreground classes that occur."""
    tp, _, fn = _hits_and_errors(confusion)
    return _mean_ratio(tp, tp + fn)


def accuracy(confusion: Counts) -> float:
    """The share of pixels labelled right."""
    pixels = confusion.matrix.sum()
    if not float(pixels):
        return float("nan")
    return float(confusion.hits.sum() / pixels)


def _union(confusion: Counts) -> Tensor:
    """The pixels that are of a class or predicted as it, for each class."""
    return confusion.predicted_sizes + confusion.true_sizes - confusion.hits


def _hits_and_errors(confusion: Counts) -> tuple[Tensor, Tensor, Tensor]:
    """True positives, false positives and false negatives of each class but the background."""
    tp = confusion.hits[1:]
    fp = confusion.predicted_sizes[1:] - tp
    fn = confusion.true_sizes[1:] - tp
    return tp, fp, fn


def _mean_ratio(part: Tensor, whole: Tensor) -> float:
    """The mean of part / whole over the classes that have a whole; nan if none has."""
    defined = whole > 0
    if not bool(defined.any()):
        return float("nan")
    return float((part / whole)[defined].mean())
