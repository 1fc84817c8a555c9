"""Losses of a segmentation network's logits against label masks.

A network with one output channel answers a two-class question by the logit of the foreground: the
softmax over (0, z) is the sigmoid of z, so cross-entropy on one channel is binary cross-entropy,
and every loss takes both. Two channels tell foreground from background likewise, whatever classes
the masks have. Pixels labelled `ignore` do not count.

`weights` say how much each pixel weighs. A mean over pixels is then the sum of weight times loss
over the number of pixels that count, not over the sum of their weights: a map of weights above 1
makes steps larger. In Dice a pixel counts as often as it weighs.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.measure.overlap import answered_labels
from harness.spec.catalogue import register
from harness.spec.options import Fraction, NonNegative

loss = register("loss")


@loss
def bce(logits: Tensor, masks: Tensor, ignore: int | None, weights: Tensor | None = None) -> Tensor:
    """Binary cross-entropy with logits, each output channel against the rest."""
    truth, counted = _indicators(logits, masks, ignore)
    losses = F.binary_cross_entropy_with_logits(logits.float(), truth, reduction="none")
    count = counted.sum() * truth.shape[1]
    losses = losses * counted
    if weights is not None:
        losses = losses * weights.unsqueeze(1)
    return losses.sum() / count.clamp(min=1)


@loss
def ce(logits: Tensor, masks: Tensor, ignore: int | None, weights: Tensor | None = None) -> Tensor:
    """Cross-entropy over the classes."""
    scores = _with_background(logits.float())
    labels = answered_labels(logits, masks, ignore)
    missing = -100 if ignore is None else ignore
    count = (labels != missing).sum().clamp(min=1)
    if weights is None:
        total = F.cross_entropy(scores, labels, ignore_index=missing, reduction="sum")
        return total / count
    losses = F.cross_entropy(scores, labels, ignore_index=missing, reduction="none")
    return (losses * weights).sum() / count


@loss
def focal(
    logits: Tensor,
    masks: Tensor,
    ignore: int | None,
    weights: Tensor | None = None,
    *,
    gamma: NonNegative = 2.0,
) -> Tensor:
    """Cross-entropy in which a pixel answered with likelihood p counts (1 - p) ** gamma (Lin
    2017).
    """
    scores = _with_background(logits.float())
    labels = answered_labels(logits, masks, ignore)
    counted = torch.ones_like(masks, dtype=torch.bool)
    if ignore is not None:
        counted = masks != ignore
    labels = torch.where(counted, labels, 0)
    logarithms = scores.log_softmax(dim=1).gather(1, labels.unsqueeze(1)).squeeze(1)
    doubt = (1 - logarithms.exp()).clamp(min=1e-6)  # where it is 0 its power has no gradient
    losses = -(doubt**gamma) * logarithms * counted
    if weights is not None:
        losses = losses * weights
    return losses.sum() / counted.sum().clamp(min=1)


@loss
def dice(
    logits: Tensor,
    masks: Tensor,
    ignore: int | None,
    weights: Tensor | None = None,
    *,
    smooth: NonNegative = 1.0,
) -> Tensor:
    """One minus the soft Dice over the batch, averaged over the foreground classes."""
    truth, counted = _indicators(logits, masks, ignore)
    if logits.shape[1] == 1:
        scores = torch.sigmoid(logits.float())
    else:
        scores = torch.softmax(logits.float(), dim=1)[:, 1:]
        truth = truth[:, 1:]
    share = counted if weights is None else counted * weights.unsqueeze(1)
    hits = scores * truth * share
    sizes = (scores + truth) * share
    overlap = hits.sum(dim=(0, 2, 3))
    total = sizes.sum(dim=(0, 2, 3))
    smooth_overlap = 2 * overlap + smooth
    smooth_total = total + smooth
    soft_dice = smooth_overlap / smooth_total.clamp(min=1e-12)
    return 1 - soft_dice.mean()


@loss
def generalised_dice(
    logits: Tensor, masks: Tensor, ignore: int | None, weights: Tensor | None = None
) -> Tensor:
    """One minus the generalised Dice over the batch (Sudre 2017): every class, the background too,
    weighs one over its squared size.
    """
    # a class that is not in the batch has no size; it takes the largest weight of those that are
    scores = torch.softmax(_with_background(logits.float()), dim=1)
    truth, counted = _indicators(_with_background(logits), masks, ignore)
    share = counted if weights is None else counted * weights.unsqueeze(1)
    sizes = (truth * share).sum(dim=(0, 2, 3))
    is_there = sizes > 0
    inverse = sizes.clamp(min=1e-6) ** -2
    class_weights = torch.where(is_there, inverse, 0)
    class_weights = torch.where(is_there, class_weights, class_weights.max())
    hits = scores * truth * share
    areas = (scores + truth) * share
    overlap = class_weights * hits.sum(dim=(0, 2, 3))
    total = class_weights * areas.sum(dim=(0, 2, 3))
    generalised = 2 * overlap.sum() / total.sum().clamp(min=1e-12)
    return 1 - generalised


@loss
def bce_dice(
    logits: Tensor,
    masks: Tensor,
    ignore: int | None,
    weights: Tensor | None = None,
    *,
    weight: Fraction = 0.5,
) -> Tensor:
    """Binary cross-entropy and Dice, `weight` of the second."""
    entropy = bce(logits, masks, ignore, weights)
    return (1 - weight) * entropy + weight * dice(logits, masks, ignore, weights)


@loss
def ce_dice(
    logits: Tensor,
    masks: Tensor,
    ignore: int | None,
    weights: Tensor | None = None,
    *,
    weight: Fraction = 0.5,
) -> Tensor:
    """Cross-entropy and Dice, `weight` of the second."""
    entropy = ce(logits, masks, ignore, weights)
    return (1 - weight) * entropy + weight * dice(logits, masks, ignore, weights)


@loss
def ce_generalised_dice(
    logits: Tensor,
    masks: Tensor,
    ignore: int | None,
    weights: Tensor | None = None,
    *,
    weight: Fraction = 0.5,
) -> Tensor:
    """Cross-entropy and generalised Dice, `weight` of the second."""
    entropy = ce(logits, masks, ignore, weights)
    return (1 - weight) * entropy + weight * generalised_dice(logits, masks, ignore, weights)


def _with_background(logits: Tensor) -> Tensor:
    """Gives a network with one output channel a second one: the background's logit, which is
    zero.
    """
    if logits.shape[1] > 1:
        return logits
    return torch.cat([torch.zeros_like(logits), logits], dim=1)


def _indicators(logits: Tensor, masks: Tensor, ignore: int | None) -> tuple[Tensor, Tensor]:
    """Returns (b, k, h, w) of 0 and 1 for each output channel, and (b, 1, h, w) of the pixels that
    count.
    """
    counted = torch.ones_like(masks, dtype=torch.bool)
    if ignore is not None:
        counted = masks != ignore
    labels = answered_labels(logits, masks, ignore)
    labels = torch.where(counted, labels, 0)
    channels = logits.shape[1]
    if channels == 1:
        indicators = labels.unsqueeze(1)
    else:
        indicators = F.one_hot(labels, channels).movedim(-1, 1)
    return indicators.float(), counted.unsqueeze(1)
