"""One array in one file, known by its header; and how it becomes images, block by block."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files.lazy import Lazy
from harness.data.refused import Refused, amount, saying, sizes

LARGEST = (
    10**9
)  # bytes that may be decoded at once; what is mapped or read by block may be of any size
COLOURS = (3, 4)
BROKEN = "its pixels cannot be decoded; the file is damaged or cut short, so copy it again"

UNCLEAR = "?"  # the axes of a file that says two things at once

Window = tuple[tuple[int, int], ...]  # (start, stop) along every axis of the file


@dataclass(frozen=True)
class Stored:
    """What a header says about an array."""

    path: Path
    shape: tuple[int, ...]
    dtype: str
    read: Callable[["Stored", Window], NDArray[Any]]
    axes: str = ""  # letters of zyxc in the file's order, "" where the file does not say
    key: str = ""
    chunk: tuple[
        int, ...
    ] = ()  # what is decoded together; () where a part is read without decoding the rest
    partial: bool = False  # a chunk may be decoded again for each part of it
    stamp: tuple[int, int] = (0, 0)  # size and time of change, so that a changed file is read anew

    @property
    def name(self) -> str:
        return f"{self.path}:{self.key}" if self.key else str(self.path)


def stamp(path: Path) -> tuple[int, int]:
    """Size and time of the last change."""
    found = path.stat()
    return found.st_size, found.st_mtime_ns


def images_of(stored: Stored, axes: str | None = None) -> Lazy:
    """The array as (h, w) or (h, w, c) images along z, whatever its order in the file."""
    order = axes or (stored.axes if stored.axes != UNCLEAR else "") or guess(stored)
    spots = _spots(stored, order)
    size = {letter: stored.shape[spot] for letter, spot in spots.items()}
    shape = (size["y"], size["x"], *([size["c"]] if "c" in size else []))
    count, step = size.get("z", 1), _step(stored, spots, shape)
    letters = sorted(spots, key=spots.__getitem__)
    turn = [letters.index(letter) for letter in "zyxc" if letter in letters]

    def read(index: int) -> NDArray[Any]:
        start = index - index % step
        window = [(0, n) for n in stored.shape]
        if "z" in spots:
            window[spots["z"]] = (start, min(start + step, count))
        block = _block(stored, tuple(window)) if stored.chunk else _fresh(stored, tuple(window))
        block = block.reshape(
            [n for i, n in enumerate(block.shape) if i in spots.values()]
        ).transpose(turn)
        return block[index - start] if "z" in spots else block

    return Lazy(read, [shape] * count, np.dtype(stored.dtype).newbyteorder("="))


def guess(stored: Stored) -> str:
    """The axes of an array that says nothing about them: z before y before x, colour last; a sentence where unclear."""
    shape = list(stored.shape)
    while len(shape) > 3 and 1 in shape:
        shape.remove(1)
    if len(shape) == 2:
        return "yx"
    if len(shape) == 3 and stored.axes != UNCLEAR and shape[2] not in COLOURS:
        return "zyx"
    if len(shape) == 4 and shape[3] in COLOURS:
        return "zyxc"
    raise Refused(
        f"{stored.name}: {sizes(stored.shape)} could be read in several ways; "
        f"say which axis is which, e.g. axes: {_offer(shape)}"
    )


def _offer(shape: list[int]) -> str:
    if len(shape) != 3:
        return "zcyx"
    return "yxc or zyx" if shape[2] in COLOURS else "zyx (sections) or cyx (colours)"


def _spots(stored: Stored, order: str) -> dict[str, int]:
    kept = list(range(len(stored.shape)))
    while len(kept) > len(order) and any(stored.shape[i] == 1 for i in kept):
        kept.remove(next(i for i in kept if stored.shape[i] == 1))
    if len(kept) != len(order):
        found = f"{sizes(stored.shape)}, {len(stored.shape)} axes"
        raise Refused(f"{stored.name}: it holds {found}; axes: {order} names {len(order)}")
    spots = dict(zip(order, kept, strict=True))
    if any(stored.shape[i] == 0 for i in kept):
        raise Refused(f"{stored.name}: it is empty ({sizes(stored.shape)})")
    if "c" in spots and stored.shape[spots["c"]] > 4:
        raise Refused(
            f"{stored.name}: axes: {order} makes {stored.shape[spots['c']]} colours of {sizes(stored.shape)}; "
            "an image has at most 4, so the order is another one"
        )
    return spots


def _step(stored: Stored, spots: dict[str, int], shape: tuple[int, ...]) -> int:
    one = prod(shape) * np.dtype(stored.dtype).itemsize
    if not stored.chunk:
        return 1
    along = max(stored.chunk[spots["z"]], 1) if "z" in spots else 1
    if (
        one <= LARGEST
        and stored.partial
        and prod(stored.chunk) * np.dtype(stored.dtype).itemsize <= LARGEST
    ):
        return max(1, min(along, LARGEST // one))
    if one * along <= LARGEST:
        return along
    raise Refused(
        f"{stored.name}: {amount(stored.stamp[0])} on disk would become {amount(one * along)} in memory at once "
        f"({sizes(stored.shape)} {stored.dtype}); at most {amount(LARGEST)} are decoded, so store it uncompressed, "
        "or as HDF5 or Zarr in chunks"
    )


def _fresh(stored: Stored, window: Window) -> NDArray[Any]:
    with saying(stored.name, BROKEN):
        block = stored.read(stored, window)
    expected = tuple(stop - start for start, stop in window)
    if block.shape != expected:
        raise Refused(
            f"{stored.name}: its header says {sizes(expected)}, its pixels are {sizes(block.shape)}"
        )
    return block.astype(block.dtype.newbyteorder("="), copy=False)


@lru_cache(maxsize=2)  # an image volume and its masks, read side by side
def _block(stored: Stored, window: Window) -> NDArray[Any]:
    block = _fresh(stored, window)
    block.flags.writeable = False
    return block
