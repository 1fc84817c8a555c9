"""Tiles of another data set around pixels of each class, so many of each."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets import dataset
from harness.data.files.lazy import Image, Lazy, as_lazy
from harness.data.open_dataset import open_inner
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import select
from harness.spec.options import Count, Dataset, Fraction, Whole

IMAGES_AT_ONCE = 4  # that stay decoded while their tiles are read
Corner = tuple[int, int, int]  # of a tile: its image, its top and its left


@dataset(splits=("train", "validation", "test", "all"), papers=("skip-pruning",))
def class_tiles(
    split: str,
    home: Path,
    *,
    of: Dataset,
    shares: list[Fraction],
    size: Count = 512,
    count: Count = 32,
    seed: Whole = 0,
) -> Scans:
    """`count` tiles of each image of another data set, around random pixels of its classes.

    `shares` says how often each class is aimed at, in the order of the classes. A class that an
    image lacks leaves its share to the others. Tiles at an edge are moved inside.
    """
    # Paper 004's sampler in the authors' public code: tumour .45, other tissue .45, background .10.
    whole = open_inner(of, split, home)
    if whole.masks is None:
        raise Refused("class_tiles needs masks, and this data set has none; take tiles")
    if len(shares) != len(whole.classes):
        classes = ", ".join(whole.classes) or "none"
        raise Refused(f"shares has {len(shares)} numbers for the classes {classes}; give one each")
    images = as_lazy(whole.images)
    masks = as_lazy(whole.masks)
    corners: list[Corner] = []
    for index in range(len(images)):
        rng = np.random.default_rng([seed, index])
        centres = _centres(masks[index], shares, count, rng, whole.ids[index])
        corners += _corners(index, centres, images.shapes[index], size, whole.ids[index])
    names = [f"{whole.ids[index]}/{top:05d}-{left:05d}" for index, top, left in corners]
    scans = select(whole, [index for index, _, _ in corners])
    return replace(
        scans,
        images=_tiles(images, corners, size),
        masks=_tiles(masks, corners, size),
        ids=[f"{name}-{number}" for number, name in enumerate(names)],
        volumes=names,
        groups=scans.groups or scans.volumes,
    )


def _centres(
    mask: Image, shares: Sequence[float], count: int, rng: np.random.Generator, name: str
) -> NDArray[np.int64]:
    """So many pixels of a mask (rows of y, x), each of a class that is drawn by its share."""
    pixels = [np.flatnonzero(mask == label) for label in range(len(shares))]
    present = np.array([len(of_class) > 0 for of_class in pixels])
    weights = np.where(present, shares, 0.0)
    if not weights.sum():
        raise Refused(f"{name}: has no pixel of a class whose share is above 0")
    labels = rng.choice(len(shares), size=count, p=weights / weights.sum())
    flat = [rng.choice(pixels[label]) for label in labels]
    return np.stack(np.unravel_index(flat, mask.shape), axis=1)


def _corners(
    index: int, centres: NDArray[np.int64], shape: tuple[int, ...], size: int, name: str
) -> list[Corner]:
    """Where the tiles around these pixels begin, inside the image."""
    if min(shape[:2]) < size:
        raise Refused(f"{name}: it is {shape[0]} x {shape[1]}, smaller than a tile of {size}")
    most = np.array(shape[:2]) - size
    starts = np.clip(centres - size // 2, 0, most)
    return [(index, int(top), int(left)) for top, left in starts]


def _tiles(arrays: Lazy, corners: Sequence[Corner], size: int) -> Lazy:
    """The tiles that begin at these corners, cut when they are read."""

    @lru_cache(maxsize=IMAGES_AT_ONCE)
    def whole(index: int) -> Image:
        return arrays[index]

    def read(number: int) -> Image:
        index, top, left = corners[number]
        tile: Image = whole(index)[top : top + size, left : left + size]
        return tile

    shapes = [(size, size, *arrays.shapes[index][2:]) for index, _, _ in corners]
    return Lazy(read, shapes, arrays.dtype)
