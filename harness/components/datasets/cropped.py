"""Any data set cut to sides that a network can halve several times."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.components.datasets import dataset
from harness.data.files.lazy import Image, Lazy, as_lazy
from harness.data.open_dataset import open_inner
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.spec.options import Count, Dataset


@dataset(splits=("train", "validation", "test", "all"), papers=("skip-pruning",))
def cropped(
    split: str,
    home: Path,
    *,
    of: Dataset,
    multiple: Count = 32,
    square: bool = False,
) -> Scans:
    """The middle of each image of another data set, as large as multiples of `multiple` allow.

    `square` takes the shorter side for both. Nothing is resampled.
    """
    scans = open_inner(of, split, home)
    images = _middle_of(as_lazy(scans.images), scans.ids, multiple, square)
    masks = scans.masks
    if masks is not None:
        masks = _middle_of(as_lazy(masks), scans.ids, multiple, square)
    return replace(scans, images=images, masks=masks)


def _middle_of(arrays: Lazy, names: Sequence[str], multiple: int, square: bool) -> Lazy:
    """Arrays that are cut when they are read; refused where a side is shorter than `multiple`."""

    def size_of(shape: tuple[int, ...]) -> tuple[int, int]:
        height = shape[0] // multiple * multiple
        width = shape[1] // multiple * multiple
        if square:
            height = width = min(height, width)
        return height, width

    def change(array: Image, _: int) -> Image:
        height, width = size_of(array.shape)
        top = (array.shape[0] - height) // 2
        left = (array.shape[1] - width) // 2
        return array[top : top + height, left : left + width]

    for shape, name in zip(arrays.shapes, names, strict=True):
        if min(shape[:2]) < multiple:
            raise Refused(f"{name}: {shape[0]} x {shape[1]} has no side of {multiple}")
    return arrays.map(change, shape=lambda shape: (*size_of(shape), *shape[2:]))
