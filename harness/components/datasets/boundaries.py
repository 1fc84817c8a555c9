"""The objects of any data set as three classes, so that a network can learn to part them."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.components.datasets import dataset
from harness.data.files.lazy import Image, as_lazy
from harness.data.masks import IGNORE
from harness.data.open_dataset import open_inner
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.spec.options import Count, Dataset


@dataset(splits=("train", "validation", "test", "all"), papers=("consistency-ranking",))
def boundaries(split: str, home: Path, *, of: Dataset, width: Count = 1) -> Scans:
    """Background, inside and boundary of the numbered objects of another data set; a boundary is
    `width` pixels deep into each object.

    The probe `instances` makes objects again of what a network says.
    """
    scans = open_inner(of, split, home)
    if scans.masks is None or scans.classes:
        raise Refused(f"of: {of.level} numbers no objects; say task: instances")
    ignore = scans.ignore

    def change(mask: Image, _: int) -> Image:
        """Makes classes of the numbers of one mask."""
        ignored = np.zeros(mask.shape, bool) if ignore is None else mask == ignore
        objects = np.where(ignored, 0, mask)
        labels = np.where(objects > 0, 1, 0)
        labels[_borders(objects, width)] = 2
        labels[ignored] = IGNORE
        return labels.astype(np.uint8)

    return replace(
        scans,
        masks=as_lazy(scans.masks).map(change, dtype=np.uint8),
        classes=("background", "inside", "boundary"),
        ignore=None if ignore is None else IGNORE,
    )


def _borders(objects: Image, width: int) -> Image:
    """The pixels of objects that lie within `width` pixels of another number."""
    from skimage.segmentation import find_boundaries

    remaining = objects.copy()
    borders = np.zeros(objects.shape, bool)
    for _ in range(width):
        rim = find_boundaries(remaining, connectivity=1, mode="inner", background=0)
        borders |= rim
        remaining[rim] = 0
    return borders
