"""How sure a network is of what it says, pixel by pixel, and what that foretells.

Confidence is the probability of the predicted label. Certainty is 1 less the entropy of the
probabilities, which is divided by the entropy of a guess: 0 is a guess, 1 is no doubt.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from harness.data.images import Labelled, Unlabelled
from harness.measure.forward import logits_of
from harness.measure.overlap import answered_labels, labels_of

Pixels = Literal["all", "foreground"]  # which pixels are looked at: of a prediction, its foreground


@dataclass(frozen=True)
class Opinion:
    """What a network says of one image, with the probability of every class."""

    probabilities: Tensor  # (classes, h, w) float64, background first
    labels: Tensor  # (h, w)

    @property
    def confidence(self) -> Tensor:
        """(h, w): the probability of the predicted label."""
        return self.probabilities.gather(0, self.labels[None])[0]

    @property
    def certainty(self) -> Tensor:
        """(h, w): 1 less the normalised entropy."""
        logarithms = self.probabilities.clamp(min=1e-300).log()
        entropy = -(self.probabilities * logarithms).sum(dim=0)
        of_a_guess = math.log(len(self.probabilities))
        return 1 - entropy / of_a_guess

    def looked_at(self, pixels: Pixels) -> Tensor:
        """(h, w): which pixels are looked at."""
        if pixels == "all":
            return torch.ones_like(self.labels, dtype=torch.bool)
        return self.labels > 0


def opinions(
    net: nn.Module, images: Unlabelled, threshold: float = 0.5
) -> Iterator[tuple[int, Opinion]]:
    """Yields (which image, what the network says of it), image by image, in their order."""
    for which, logits in logits_of(net, images):
        labels = labels_of(logits, threshold)
        scores = logits.double()
        if scores.shape[1] == 1:  # the logit of the foreground, against a background of zero
            scores = torch.cat([torch.zeros_like(scores), scores], dim=1)
        probabilities = scores.softmax(dim=1)
        for position, index in enumerate(which.tolist()):
            yield index, Opinion(probabilities[position], labels[position])


def soft_dice_confidence(opinion: Opinion) -> float:
    """2 sum(p y) / sum(p + y), for probabilities p and the prediction y, averaged over the classes
    that are predicted; 0 where none is.
    """
    scores = []
    for label in range(1, len(opinion.probabilities)):
        p = opinion.probabilities[label]
        y = (opinion.labels == label).double()
        if bool(y.any()):
            scores.append(float(2 * (p * y).sum() / (p + y).sum()))
    return sum(scores) / len(scores) if scores else 0.0


def mean_over(values: Tensor, pixels: Tensor) -> float:
    """The mean over some of the pixels; NaN where there are none."""
    counted = values[pixels].double()
    return float(counted.mean())


@dataclass(frozen=True)
class SourceConfidence:
    """How sure a network is of labelled source pixels, and how often it is right there."""

    confidences: Tensor  # (n,) float64, sorted
    accuracy: float

    @property
    def mean(self) -> float:
        """The mean confidence."""
        return float(self.confidences.mean())

    @property
    def confidence_of_right(self) -> float:
        """The confidence above which lie as many source pixels as are right (ATC, Garg 2022)."""
        wrong = round((1 - self.accuracy) * len(self.confidences))
        if wrong == 0:
            return float("-inf")
        return float(self.confidences[wrong - 1])


def source_confidence(
    net: nn.Module, source: Labelled, pixels: Pixels, threshold: float = 0.5
) -> SourceConfidence:
    """Returns the confidences of a network in labelled source images, ignored pixels left out."""
    confidences = []
    right = 0
    for index, opinion in opinions(net, source.images, threshold):
        which = torch.tensor([index], device=source.masks.device)
        mask = source.masks_of(which).to(opinion.labels.device)
        logits = opinion.probabilities[None]  # as many channels as there are classes
        truth = answered_labels(logits, mask, source.ignore)[0]
        counted = opinion.looked_at(pixels)
        if source.ignore is not None:
            counted = counted & (mask[0] != source.ignore)
        confidences.append(opinion.confidence[counted].cpu())
        right += int((opinion.labels == truth)[counted].sum())
    values = torch.cat(confidences).sort().values
    if not len(values):
        raise ValueError("the network takes no pixel of the source for foreground")
    return SourceConfidence(values, right / len(values))
