"""How alike two predictions for one image are (paper 001, section 2.3): 1 where they are the same.

Every score looks at the union of the two foregrounds alone, for a background that everybody agrees
on would hide what changed (Eq. 3). Where both predictions are all background there is
nothing to look at, and the score is NaN.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from harness.data.images import Unlabelled
from harness.measure.forward import logits_of
from harness.measure.objects import ObjectFinder
from harness.measure.overlap import labels_of

Labels = NDArray[np.integer]


@dataclass(frozen=True)
class Prediction:
    """What a network says of one image: a label for each pixel, and that label's probability."""

    labels: Tensor  # (h, w) uint8
    probability: Tensor  # (h, w) float32
    objects: Labels | None = None  # (h, w): the instances, where they were looked for


def predictions(
    net: nn.Module,
    images: Unlabelled,
    threshold: float = 0.5,
    find: ObjectFinder | None = None,
) -> Iterator[tuple[int, Prediction]]:
    """Yields (which image, its prediction) in the order of the images, kept in main memory."""
    for which, logits in logits_of(net, images):
        labels = labels_of(logits, threshold).to(torch.uint8).cpu()
        probabilities = probability_of(logits, labels.to(logits.device)).cpu()
        for position, index in enumerate(which.tolist()):
            objects = None if find is None else find(logits[position, None])
            yield index, Prediction(labels[position], probabilities[position], objects)


def probability_of(logits: Tensor, labels: Tensor) -> Tensor:
    """The probability (b, h, w) that a network gives to these labels; one channel is a sigmoid's,
    several are a softmax's.
    """
    logits = logits.float()
    if logits.shape[1] == 1:
        foreground = torch.sigmoid(logits[:, 0])
        return torch.where(labels > 0, foreground, 1 - foreground)
    probabilities = logits.softmax(dim=1)
    return probabilities.gather(1, labels.long()[:, None])[:, 0]


def nhd(clean: Prediction, perturbed: Prediction) -> float:
    """The share of pixels that keep their label: 1 - the normalised Hamming distance (Eq. 5).

    Of two classes it is the intersection over union of the two foregrounds.
    """
    union = _union(clean, perturbed)
    return _mean((clean.labels == perturbed.labels)[union].float())


def effective_invariance(clean: Prediction, perturbed: Prediction) -> float:
    """The geometric mean of the two probabilities where the labels agree, else 0, averaged over
    pixels (Eq. 4).
    """
    union = _union(clean, perturbed)
    confidence = (clean.probability * perturbed.probability).sqrt()
    agreement = torch.where(clean.labels == perturbed.labels, confidence, 0.0)
    return _mean(agreement[union])


def v_rand(clean: Labels, perturbed: Labels, alpha: float = 0.5) -> float:
    """The Rand score of two instance segmentations (Eq. 6), over the union of their foregrounds.

    `alpha` weighs the segments of the perturbed one. What is background in one of the two is a
    segment there like any other.
    """
    inside = (clean > 0) | (perturbed > 0)
    joint, of_clean, of_perturbed = _joint_counts(clean[inside], perturbed[inside])
    if not joint.size:
        return float("nan")
    together = float((joint**2).sum())
    weighted = alpha * (of_perturbed**2).sum() + (1 - alpha) * (of_clean**2).sum()
    return together / float(weighted)


def v_rand_crank(clean: Labels, perturbed: Labels) -> float:
    """The Rand score as the authors' code has it, by scikit-image's count of pairs.

    It counts pairs of two different pixels, leaves out the borders of the clean instances, and
    gives every background pixel inside the union a segment of its own.
    """
    from skimage.metrics import adapted_rand_error
    from skimage.morphology import dilation, erosion

    border = dilation(clean) != erosion(clean)
    inside = ((clean > 0) | (perturbed > 0)) & ~border
    if not inside.any():
        return float("nan")
    reference = _with_own_background(clean[inside])
    test = _with_own_background(perturbed[inside])
    with np.errstate(invalid="ignore", divide="ignore"):  # no pair shares a segment: NaN
        error, _, _ = adapted_rand_error(reference, test, ignore_labels=())
    return float(1 - error)


def _union(clean: Prediction, perturbed: Prediction) -> Tensor:
    """The pixels that one of two predictions takes for foreground."""
    return (clean.labels > 0) | (perturbed.labels > 0)


def _mean(values: Tensor) -> float:
    """The mean in double precision; NaN where there is no value."""
    return float(values.double().mean()) if values.numel() else float("nan")


def _joint_counts(first: Labels, second: Labels) -> tuple[Labels, Labels, Labels]:
    """How many pixels each pair of segments shares, and how many each segment of either has."""
    pairs = np.stack([first, second])
    _, joint = np.unique(pairs, axis=1, return_counts=True)
    _, of_first = np.unique(first, return_counts=True)
    _, of_second = np.unique(second, return_counts=True)
    return joint, of_first, of_second


def _with_own_background(labels: Labels) -> Labels:
    """The labels with a new one for every background pixel."""
    distinct = labels.astype(np.int64)
    background = distinct == 0
    first_free = int(distinct.max()) + 1
    distinct[background] = np.arange(first_free, first_free + int(background.sum()))
    return distinct
