"""Losses of a segmentation network's logits against label masks."""

import torch
import torch.nn.functional as F
from torch import Tensor

from harness.spec.catalogue import register
from harness.spec.options import Fraction, NonNegative

loss = register("loss")

# A network with one output channel answers a two-class question by the logit of the foreground: the softmax over
# (0, z) is the sigmoid of z, so cross-entropy on one channel is binary cross-entropy, and every loss takes both. Two
# channels tell foreground from background likewise, whatever classes the masks have.


def spread(logits: Tensor) -> Tensor:
    """Logits with a channel for every class, the background's being zero where the network has one channel."""
    return torch.cat([torch.zeros_like(logits), logits], dim=1) if logits.shape[1] == 1 else logits


def _answered(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """The labels that these logits can tell apart."""
    if logits.shape[1] > 2:
        return masks
    foreground = (masks > 0).long()
    return foreground if ignore is None else torch.where(masks == ignore, ignore, foreground)


def _indicators(logits: Tensor, masks: Tensor, ignore: int | None) -> tuple[Tensor, Tensor]:
    """(b, k, h, w) of 0 and 1 for each output channel, and (b, 1, h, w) of the pixels that count."""
    counted = torch.ones_like(masks, dtype=torch.bool) if ignore is None else masks != ignore
    labels = torch.where(counted, _answered(logits, masks, ignore), 0)
    if logits.shape[1] == 1:
        return labels.unsqueeze(1).float(), counted.unsqueeze(1)
    return F.one_hot(labels, logits.shape[1]).movedim(-1, 1).float(), counted.unsqueeze(1)


@loss
def bce(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """Binary cross-entropy with logits, each output channel against the rest."""
    truth, counted = _indicators(logits, masks, ignore)
    each = F.binary_cross_entropy_with_logits(logits.float(), truth, reduction="none")
    return (each * counted).sum() / (counted.sum() * truth.shape[1]).clamp(min=1)


@loss
def ce(logits: Tensor, masks: Tensor, ignore: int | None) -> Tensor:
    """Cross-entropy over the classes."""
    scores = spread(logits.float())
    labels = _answered(logits, masks, ignore)
    missing = -100 if ignore is None else ignore
    total = F.cross_entropy(scores, labels, ignore_index=missing, reduction="sum")
    return total / (labels != missing).sum().clamp(min=1)


@loss
def dice(logits: Tensor, masks: Tensor, ignore: int | None, *, smooth: NonNegative = 1.0) -> Tensor:
    """One minus the soft Dice over the batch, averaged over the foreground classes."""
    scores = (
        torch.sigmoid(logits.float())
        if logits.shape[1] == 1
        else torch.softmax(logits.float(), dim=1)
    )
    truth, counted = _indicators(logits, masks, ignore)
    if logits.shape[1] > 1:
        scores, truth = scores[:, 1:], truth[:, 1:]
    both = (scores * truth * counted).sum(dim=(0, 2, 3))
    either = ((scores + truth) * counted).sum(dim=(0, 2, 3))
    return 1 - ((2 * both + smooth) / (either + smooth).clamp(min=1e-12)).mean()


@loss
def bce_dice(
    logits: Tensor, masks: Tensor, ignore: int | None, *, weight: Fraction = 0.5
) -> Tensor:
    """Binary cross-entropy and Dice, `weight` of the second."""
    return (1 - weight) * bce(logits, masks, ignore) + weight * dice(logits, masks, ignore)


@loss
def ce_dice(logits: Tensor, masks: Tensor, ignore: int | None, *, weight: Fraction = 0.5) -> Tensor:
    """Cross-entropy and Dice, `weight` of the second."""
    return (1 - weight) * ce(logits, masks, ignore) + weight * dice(logits, masks, ignore)
