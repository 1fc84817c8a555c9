"""Saliency maps as arrays beside the rows, so that a report can lay those of several starts side by
side: of the images that are drawn, and their mean over all images.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from skimage.transform import resize

from harness.measure.rows import Arrays

LONGEST = 160  # pixels of a side: more than a column of a journal shows
NAME = "saliency"

Maps = NDArray[np.floating]  # (channels, h, w)


Explained = tuple[Maps, Mapping[str, Maps]]  # the slices of an image, and its maps by name


def saliency_arrays(images: Mapping[str, Explained], means: Mapping[str, Maps]) -> Arrays:
    """The slices and maps of images by their names, and the mean of each map over all images.

    Each map is as large as its largest value says, which is 1; channels stay comparable.
    """
    labels = list(means)
    arrays: dict[str, NDArray[np.generic]] = {
        "maps": np.array(labels),
        "images": np.array(list(images)),
    }
    for number, label in enumerate(labels):
        arrays[f"mean_{number}"] = relative_maps(means[label])
    for position, (stack, maps) in enumerate(images.values()):
        arrays[f"stack_{position}"] = _as_grey(smaller(stack))
        for number, label in enumerate(labels):
            arrays[f"map_{position}_{number}"] = relative_maps(maps[label])
    return Arrays(NAME, arrays)


def relative_maps(maps: Maps) -> NDArray[np.float16]:
    """Maps of a size that is stored, as shares of their largest value."""
    stored = smaller(maps)
    largest = max(float(stored.max()), np.finfo(float).tiny)
    return (stored / largest).astype(np.float16)


def smaller(maps: Maps) -> Maps:
    """Maps whose longer side has no more pixels than are stored; smaller ones stay as they are."""
    shape = _stored_shape(maps.shape)
    values = np.asarray(maps, np.float64)
    if shape == maps.shape:
        return values
    return np.asarray(resize(values, shape, anti_aliasing=True))


def _stored_shape(shape: Sequence[int]) -> tuple[int, ...]:
    """The shape of maps as they are stored."""
    channels, height, width = shape
    longest = max(height, width)
    if longest <= LONGEST:
        return (channels, height, width)
    scale = LONGEST / longest
    return (channels, max(1, round(height * scale)), max(1, round(width * scale)))


def _as_grey(stack: Maps) -> NDArray[np.uint8]:
    """A stack as grey values, by one stretch for all of its slices."""
    low, high = np.percentile(stack, [0.5, 99.5])
    contrast = max(high - low, 1e-6)
    stretched = np.clip((stack - low) / contrast, 0, 1)
    greys = 255 * stretched
    return greys.astype(np.uint8)
