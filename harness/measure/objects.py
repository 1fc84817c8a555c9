"""Objects found in what a network says of an image: numbered from 1 on, 0 is no object."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from skimage.feature import peak_local_max
from skimage.measure import label
from skimage.segmentation import watershed
from torch import Tensor

from harness.measure.overlap import labels_of

Array = NDArray[Any]
Objects = NDArray[np.int32]
BOUNDARY = 2  # of a network that tells background, inside and boundary apart


def connected_objects(foreground: Array, smallest: int = 0) -> Objects:
    """Numbers the pieces of the foreground that share edges of pixels; smaller ones fall out."""
    pieces = label(foreground, connectivity=1)
    return without_small(pieces, smallest)


def separated_objects(foreground: Array, apart: int, smallest: int = 0) -> Objects:
    """Cuts the foreground at its waists: a watershed from the pixels that lie deepest in it.

    Two of these are at least `apart` pixels from each other.
    """
    depth = distance_transform_edt(foreground)
    pieces = label(foreground, connectivity=1)
    peaks = peak_local_max(
        depth,
        min_distance=apart,
        labels=pieces,
        exclude_border=False,
    )
    seeds = np.zeros(foreground.shape, np.int32)
    seeds[tuple(peaks.T)] = np.arange(1, len(peaks) + 1)
    objects = watershed(-depth, seeds, mask=foreground)
    return without_small(objects, smallest)


def grown_objects(inside: Array, foreground: Array, relief: Array, smallest: int = 0) -> Objects:
    """Grows the pieces of `inside` over the foreground, by a watershed along the relief."""
    seeds = connected_objects(inside)
    objects = watershed(relief, seeds, mask=foreground | inside)
    return without_small(objects, smallest)


def without_small(objects: Array, smallest: int) -> Objects:
    """Numbers objects anew without those of fewer pixels than `smallest`."""
    names, numbers, sizes = np.unique(
        objects,
        return_inverse=True,
        return_counts=True,
    )
    stays = (sizes >= smallest) & (names > 0)
    new_names = np.where(stays, np.cumsum(stays), 0)
    renamed = new_names[numbers].reshape(objects.shape)
    return renamed.astype(np.int32)


def touching_objects(truth: Array, predicted: Array) -> Objects:
    """The predicted objects that share a pixel with a true one.

    Where only some objects are annotated (S-BIAD1410), nothing can be said of the others: the
    authors of paper 001 score within the true objects and the predicted ones that touch them.
    """
    touched = np.unique(predicted[truth > 0])
    is_touched = np.isin(predicted, touched)
    touching = np.where(is_touched, predicted, 0)
    return without_small(touching, 0)


@dataclass(frozen=True)
class ObjectFinder:
    """How objects are found in the logits of an image: by the probes of instances and of
    consistency alike.

    Three outputs are background, inside and boundary; one or two tell foreground or not.
    """

    separate: Literal["components", "watershed"] = "components"
    threshold: float = 0.5
    smallest: int = 50
    apart: int = 7

    def __call__(self, logits: Tensor) -> Objects:
        """Returns the objects of one image, whose logits are (1, outputs, h, w)."""
        labels = labels_of(logits, self.threshold)[0].cpu().numpy()
        if logits.shape[1] > BOUNDARY:
            inside = labels == 1
            if self.separate == "components":
                return connected_objects(inside, self.smallest)
            relief = logits.float().softmax(dim=1)[0, BOUNDARY].cpu().numpy()
            return grown_objects(inside, labels > 0, relief, self.smallest)
        foreground = labels > 0
        if self.separate == "components":
            return connected_objects(foreground, self.smallest)
        return separated_objects(foreground, self.apart, self.smallest)
