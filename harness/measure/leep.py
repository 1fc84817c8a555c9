"""LEEP: how well a source network's classes predict the labels of a target (Nguyen 2020; paper 003,
Eqs. 2 to 4).

Every pixel is an example. The network says of each pixel how likely each source class z is,
theta(x)_z. Summed over the pixels of each target class y, that is the joint distribution P(y, z) of
target and source classes, and P(y | z) is what the network's answer says about the target's label.
LEEP is the mean over pixels of log sum_z P(y | z) theta(x)_z: 0 at best, and the lower the less the
source's classes tell of the target's.

Images are seen twice, batch by batch, and nothing of an image is kept: first for the joint
distribution, then for the logarithms.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from harness.data.images import Labelled
from harness.measure.forward import logits_of

SMALLEST = 1e-300  # a likelihood below it counts as this one, so that its logarithm is a number


@dataclass(frozen=True)
class Answers:
    """What a source network says of a batch of target images."""

    which: Tensor  # (b,): the images
    likelihoods: Tensor  # (b, source classes, h, w) float64: they sum to 1 over the classes
    labels: Tensor  # (b, h, w): the target classes
    counted: Tensor  # (b, h, w): whether a pixel is not ignored


@dataclass(frozen=True)
class Leep:
    """The score of a source network on a target, and that of each image."""

    score: float  # NaN where no pixel counts
    of_images: Tensor  # (n,) float64: NaN of an image in which no pixel counts
    joint: Tensor  # (target classes, source classes) float64: P(y, z) times the number of pixels

    @property
    def unused_source_classes(self) -> int:
        """How many source classes no pixel is given to: they predict nothing."""
        return int((self.joint.sum(0) == 0).sum())

    @property
    def absent_target_classes(self) -> int:
        """How many target classes no pixel that counts is of."""
        return int((self.joint.sum(1) == 0).sum())


def leep(net: nn.Module, target: Labelled) -> Leep:
    """Returns the LEEP of a network, in evaluation mode, on labelled images (paper 003, Eq. 2).

    Eq. 3 adds the logarithms of an image's pixels; here they are averaged, so that scores of images
    of other sizes mean the same. Source and target classes may differ in number. Masks of instances
    are taken as object or background.
    """
    joint = torch.zeros(())
    for answers in answers_of(net, target):
        joint = joint + _joint_of(answers, class_count(target))
    conditionals = conditionals_of(joint)
    of_images = torch.full((len(target),), torch.nan, dtype=torch.float64)
    total = 0.0
    count = 0
    for answers in answers_of(net, target):
        logarithms = log_predictions(answers, conditionals[:, :, None, None])
        sums = logarithms.sum(dim=(1, 2))
        counts = answers.counted.sum(dim=(1, 2))
        means = sums / counts  # NaN of an image in which no pixel counts
        of_images[answers.which.cpu()] = means.cpu()
        total += float(sums.sum())
        count += int(counts.sum())
    score = total / count if count else float("nan")
    return Leep(score, of_images, joint.cpu())


def class_count(target: Labelled) -> int:
    """Returns the number of classes of a target: two where its masks hold instances."""
    return max(2, len(target.classes))


def answers_of(net: nn.Module, target: Labelled) -> Iterator[Answers]:
    """Yields what a network says of a target, batch by batch.

    One output channel is the logit of the foreground, against a background of zero.
    """
    for which, logits in logits_of(net, target.images):
        masks = target.masks_of(which).to(logits.device)
        counted = torch.ones_like(masks, dtype=torch.bool)
        if target.ignore is not None:
            counted = masks != target.ignore
        labels = masks if len(target.classes) > 2 else (masks > 0).long()
        scores = logits.double()
        if scores.shape[1] == 1:
            scores = torch.cat([torch.zeros_like(scores), scores], dim=1)
        yield Answers(which, scores.softmax(dim=1), labels, counted)


def _joint_of(answers: Answers, classes: int) -> Tensor:
    """Returns (target classes, source classes): the likelihoods, summed over the pixels of each
    class.
    """
    rows = []
    for label in range(classes):
        is_of_class = answers.counted & (answers.labels == label)
        share = answers.likelihoods * is_of_class[:, None]
        rows.append(share.sum(dim=(0, 2, 3)))
    return torch.stack(rows)


def conditionals_of(joint: Tensor) -> Tensor:
    """Returns P(y | z) of a joint distribution (target classes, source classes, ...).

    A source class that no pixel is given to predicts nothing: its column is 0.
    """
    of_source = joint.sum(dim=0, keepdim=True)
    return torch.where(of_source > 0, joint / of_source.clamp(min=SMALLEST), 0.0)


def log_predictions(answers: Answers, conditionals: Tensor) -> Tensor:
    """Returns (b, h, w): log sum_z P(y | z) theta(x)_z of each pixel, 0 where it does not count.

    `conditionals` are (target classes, source classes, h, w), or (..., 1, 1) for all pixels alike.
    """
    predictions = torch.zeros_like(answers.likelihoods[:, 0])
    for label, conditional in enumerate(conditionals):
        prediction = (answers.likelihoods * conditional).sum(dim=1)
        predictions = torch.where(answers.labels == label, prediction, predictions)
    logarithms = predictions.clamp(min=SMALLEST, max=1.0).log()  # rounding may lead beyond 1
    return torch.where(answers.counted, logarithms, 0.0)
