"""Any data set cut into square tiles, of which those that show nothing may be left out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets import dataset
from harness.data.files.lazy import Image, Lazy, as_lazy
from harness.data.masks import IGNORE, IGNORE_ID
from harness.data.open_dataset import open_inner
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import select
from harness.spec.options import Count, Dataset, Fraction, Whole

IMAGES_AT_ONCE = 4  # that stay decoded while their tiles are read

SHARE_OF_CONTRAST = 0.25
SHARE_OF_FOREGROUND = 0.02


@dataclass(frozen=True)
class Window:
    """Where a tile lies: in which image, and from which row and column on."""

    image: int
    top: int
    left: int


@dataset(splits=("train", "validation", "test", "all"), papers=("consistency-ranking",))
def tiles(
    split: str,
    home: Path,
    *,
    of: Dataset,
    size: Count = 256,
    stride: Count = 128,
    halo: Whole = 32,
    nonempty: Literal["pixels", "masks", "all"] = "pixels",
    least: Fraction | None = None,
) -> Scans:
    """Tiles of `size` x `size` of another data set, `stride` apart, with `halo` pixels of context
    around them that are not scored.

    Tiles that show next to nothing are left out: by their contrast, or as paper 001 does by their
    masks, which looks at the target's labels.
    """
    # `pixels`: the deviation of a tile's grey levels is at least a quarter of that of all tiles.
    # `masks`: the share of foreground is at least .02. `least` takes the place of either.
    whole = open_inner(of, split, home)
    images = as_lazy(whole.images)
    windows = _windows_of(images, whole.ids, size, stride)
    names = []
    for window in windows:
        names.append(f"{whole.ids[window.image]}/{window.top:04d}-{window.left:04d}")
    scans = select(whole, [window.image for window in windows])
    scans = replace(
        scans,
        images=_tiles_of(images, windows, size, halo),
        ids=names,
        volumes=names,
        groups=scans.groups or scans.volumes,
    )
    if whole.masks is not None:
        masks = _tiles_of(as_lazy(whole.masks), windows, size, halo)
        scans = _with_masks(scans, masks, halo)
    return _nonempty(scans, halo, nonempty, least)


def _windows_of(images: Lazy, names: Sequence[str], size: int, stride: int) -> list[Window]:
    """The tiles of every image, row by row; the last of a row or column ends at the edge."""
    windows = []
    for index, name in enumerate(names):
        height, width = images.shapes[index][:2]
        if min(height, width) < size:
            raise Refused(f"{name}: it is {height} x {width}, smaller than a tile of {size}")
        for top in _starts(height, size, stride):
            for left in _starts(width, size, stride):
                windows.append(Window(index, top, left))
    return windows


def _starts(length: int, size: int, stride: int) -> list[int]:
    """Where the tiles along one side begin."""
    last = length - size
    starts = list(range(0, last + 1, stride))
    if starts[-1] < last:
        starts.append(last)
    return starts


def _tiles_of(arrays: Lazy, windows: Sequence[Window], size: int, halo: int) -> Lazy:
    """The tiles with their halo; beyond an edge of an image it goes on as its mirror image."""
    side = size + 2 * halo

    @lru_cache(maxsize=IMAGES_AT_ONCE)
    def with_margin(index: int) -> Image:
        """One image with a margin as wide as the halo."""
        image = arrays[index]
        margins = [(halo, halo), (halo, halo)]
        margins += [(0, 0)] * (image.ndim - 2)
        return np.pad(image, margins, mode="reflect")

    def read(number: int) -> Image:
        window = windows[number]
        rows = slice(window.top, window.top + side)
        columns = slice(window.left, window.left + side)
        tile: Image = with_margin(window.image)[rows, columns]
        return tile

    shapes = []
    for window in windows:
        shape = arrays.shapes[window.image]
        shapes.append((side, side, *shape[2:]))
    return Lazy(read, shapes, arrays.dtype)


def _with_masks(scans: Scans, masks: Lazy, halo: int) -> Scans:
    """The tiles with their masks, whose halo is ignored by all that looks at masks."""
    if not halo:
        return replace(scans, masks=masks)
    ignore = scans.ignore
    if ignore is None:
        ignore = IGNORE if scans.classes else IGNORE_ID

    def change(mask: Image, _: int) -> Image:
        bordered = np.full_like(mask, ignore)
        inner = slice(halo, -halo)
        bordered[inner, inner] = mask[inner, inner]
        return bordered

    return replace(scans, masks=masks.map(change), ignore=ignore)


def _nonempty(scans: Scans, halo: int, nonempty: str, least: float | None) -> Scans:
    """The tiles that show something."""
    if nonempty == "all":
        return scans
    if nonempty == "masks":
        shares = _shares_of_foreground(scans, halo)
        limit = SHARE_OF_FOREGROUND if least is None else least
    else:
        shares = _shares_of_contrast(scans, halo)
        limit = SHARE_OF_CONTRAST if least is None else least
    (indices,) = np.nonzero(shares >= limit)
    if not len(indices):
        raise Refused(f"nonempty: {nonempty} leaves no tile; the largest share is {shares.max():g}")
    return select(scans, indices.tolist())


def _shares_of_foreground(scans: Scans, halo: int) -> NDArray[np.float64]:
    """The share of foreground in each tile, without its halo and what is ignored."""
    if scans.masks is None:
        raise Refused("nonempty: masks needs masks, and this data set has none; nonempty: pixels")
    shares = []
    for mask in scans.masks:
        inner = _inner(mask, halo)
        is_foreground = inner > 0
        if scans.ignore is not None:
            is_foreground &= inner != scans.ignore
        shares.append(is_foreground.mean())
    return np.array(shares)


def _shares_of_contrast(scans: Scans, halo: int) -> NDArray[np.float64]:
    """The deviation of each tile's grey levels, as a share of that of all tiles together."""
    means = []
    variances = []
    for image in scans.images:
        inner = _inner(image, halo).astype(np.float64)
        means.append(inner.mean())
        variances.append(inner.var())
    total = np.mean(variances) + np.var(means)
    return np.sqrt(np.array(variances) / max(total, 1e-12))


def _inner(tile: NDArray[Any], halo: int) -> NDArray[Any]:
    """A tile without its halo."""
    if not halo:
        return tile
    inner = slice(halo, -halo)
    return tile[inner, inner]
