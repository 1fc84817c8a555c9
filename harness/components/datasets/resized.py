"""Any data set in another size: its images scaled, or cut to their middle."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from harness.components.datasets import dataset
from harness.data.files.lazy import Image, Lazy, as_lazy
from harness.data.open_dataset import open_inner
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.spec.options import Count, Dataset

NEAREST = 0  # the order of interpolation
LINEAR = 1


@dataset(splits=("train", "validation", "test", "all"), papers=("consistency-ranking",))
def resized(
    split: str,
    home: Path,
    *,
    of: Dataset,
    height: Count,
    width: Count,
    by: Literal["scale", "crop"] = "scale",
) -> Scans:
    """The images of another data set scaled to `height` x `width`, their masks by nearest; or cut
    to their middle.
    """
    scans = open_inner(of, split, home)
    size = (height, width)
    images = _in_size(as_lazy(scans.images), size, by, LINEAR)
    masks = scans.masks
    if masks is not None:
        masks = _in_size(as_lazy(masks), size, by, NEAREST)
    return replace(scans, images=images, masks=masks)


def _in_size(arrays: Lazy, size: tuple[int, int], by: str, order: int) -> Lazy:
    """Arrays that are brought to a size when they are read; `order` is that of interpolation."""

    def change(array: Image, _: int) -> Image:
        return _middle_of(array, size) if by == "crop" else _scale(array, size, order)

    def shape_of(shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*size, *shape[2:])

    return arrays.map(change, shape=shape_of)


def _scale(array: Image, size: tuple[int, int], order: int) -> Image:
    """An image scaled by lines between its pixels, blurred before where it shrinks."""
    from skimage.transform import resize

    scaled = resize(
        array,
        (*size, *array.shape[2:]),
        order=order,
        preserve_range=True,
        anti_aliasing=order > NEAREST,
    )
    if array.dtype.kind in "iu":
        scaled = np.rint(scaled)
    result: Image = scaled.astype(array.dtype)
    return result


def _middle_of(array: Image, size: tuple[int, int]) -> Image:
    """The middle of an image, which must be as large."""
    height, width = size
    room_below = array.shape[0] - height
    room_beside = array.shape[1] - width
    if min(room_below, room_beside) < 0:
        problem = f"an image is {array.shape[0]} x {array.shape[1]}"
        raise Refused(f"by: crop cuts {height} x {width}, and {problem}")
    top = room_below // 2
    left = room_beside // 2
    rows = slice(top, top + height)
    columns = slice(left, left + width)
    return array[rows, columns]
