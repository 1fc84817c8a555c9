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
from harness.data.files.stamps import Stamp
from harness.data.refused import Refused, explained_errors, sizes
from harness.spec.sizes import bytes_text

# Bytes that may be decoded at once; what is mapped or read by block may be of any size.
LARGEST = 10**9
COLOURS = (3, 4)
CUT = "the file ends before its pixels do; it was cut short, so copy it again"
BROKEN = "its pixels cannot be decoded; the file is damaged or cut short, so copy it again"

NUMBERS = "buif"  # the kinds of type that grey values, colours and labels have
NO_STAMP = Stamp(0, 0, "")
UNCLEAR = "?"  # the axes of a file that says two things at once

Shape = tuple[int, ...]
Region = tuple[tuple[int, int], ...]  # (start, stop) along every axis of the file


@dataclass(frozen=True)
class Stored:
    """What a header says about an array."""

    path: Path
    shape: Shape
    dtype: str
    read: Callable[["Stored", Region], NDArray[Any]]
    axes: str = ""  # letters of zyxc in the file's order, "" where the file does not say
    key: str = ""
    chunk: Shape = ()  # what is decoded together; () where a part is read without the rest
    partial: bool = False  # a chunk may be decoded again for each part of it
    stamp: Stamp = NO_STAMP  # so that a changed file is read anew

    @property
    def name(self) -> str:
        if self.key:
            return f"{self.path}:{self.key}"
        return str(self.path)

    @property
    def itemsize(self) -> int:
        return np.dtype(self.dtype).itemsize


def slices_of(region: Region) -> tuple[slice, ...]:
    """A region as an index of an array."""
    slices = [slice(start, stop) for start, stop in region]
    return tuple(slices)


def pixel_type(dtype: np.dtype[Any]) -> str:
    """The type that pixels of a file are read as: truth values become 0 and 1."""
    if dtype.kind == "b":
        return "uint8"
    if dtype.names is not None:
        return "void"  # records, whose type NumPy does not read back from its text
    return str(dtype)


def require_image(stored: Stored) -> Stored:
    """The same array, refused where its values or its axes are those of no image."""
    if np.dtype(stored.dtype).kind not in NUMBERS:
        problem = f"values of type {stored.dtype} are no grey values, colours or labels"
        raise Refused(f"{stored.name}: {problem}")
    if len(stored.shape) < 2:
        raise Refused(f"{stored.name}: an array with {len(stored.shape)} axes is no image")
    return stored


def images_of(stored: Stored, axes: str | None = None) -> Lazy:
    """The array as (h, w) or (h, w, c) images along z, whatever its order in the file."""
    order = axes or _axes_in_file(stored) or guess(stored)
    axis_of = _axis_of_letters(stored, order)
    length = {letter: stored.shape[axis] for letter, axis in axis_of.items()}
    shape: Shape = (length["y"], length["x"])
    if "c" in length:
        shape = (*shape, length["c"])
    count = length.get("z", 1)
    step = _sections_at_once(stored, axis_of, shape)
    axes_in_use = sorted(axis_of.values())
    letters = [letter for letter in "zyxc" if letter in axis_of]
    turn = [axes_in_use.index(axis_of[letter]) for letter in letters]

    def read(index: int) -> NDArray[Any]:
        """An image, out of the block of sections that are decoded together."""
        start = index - index % step
        stop = min(start + step, count)
        region = [(0, length) for length in stored.shape]
        if "z" in axis_of:
            region[axis_of["z"]] = (start, stop)
        read_region = _decode_and_remember if stored.chunk else _decode
        block = read_region(stored, tuple(region))
        lengths_in_use = [block.shape[axis] for axis in axes_in_use]
        block = block.reshape(lengths_in_use).transpose(turn)
        if "z" not in axis_of:
            return block
        return block[index - start]

    dtype = np.dtype(stored.dtype).newbyteorder("=")
    return Lazy(read, [shape] * count, dtype)


def _axes_in_file(stored: Stored) -> str:
    return "" if stored.axes == UNCLEAR else stored.axes


def guess(stored: Stored) -> str:
    """The axes of an array that says nothing about them: z before y before x, colour last.

    Where that is unclear, a sentence says which orders it may be.
    """
    shape = list(stored.shape)
    while len(shape) > 3 and 1 in shape:
        shape.remove(1)
    if len(shape) == 2:
        return "yx"
    if len(shape) == 3 and stored.axes != UNCLEAR and shape[2] not in COLOURS:
        return "zyx"
    if len(shape) == 4 and shape[3] in COLOURS:
        return "zyxc"
    problem = f"{sizes(stored.shape)} could be read in several ways"
    advice = f"say which axis is which, e.g. axes: {_example_of_axes(shape)}"
    raise Refused(f"{stored.name}: {problem}; {advice}")


def _example_of_axes(shape: list[int]) -> str:
    if len(shape) != 3:
        return "zcyx"
    if shape[2] in COLOURS:
        return "yxc or zyx"
    return "zyx (sections) or cyx (colours)"


def _axis_of_letters(stored: Stored, order: str) -> dict[str, int]:
    """The axis of the file for each letter of an order; axes of length 1 too many are dropped."""
    shape = stored.shape
    axes = list(range(len(shape)))
    needless = max(0, len(axes) - len(order))
    single = [axis for axis in axes if shape[axis] == 1]
    for axis in single[:needless]:
        axes.remove(axis)
    if len(axes) != len(order):
        problem = f"it holds {sizes(shape)}, {len(shape)} axes"
        raise Refused(f"{stored.name}: {problem}; axes: {order} names {len(order)}")
    if any(shape[axis] == 0 for axis in axes):
        raise Refused(f"{stored.name}: it is empty ({sizes(shape)})")
    axis_of = dict(zip(order, axes, strict=True))
    colours = shape[axis_of["c"]] if "c" in axis_of else 0
    if colours > 4:
        problem = f"axes: {order} makes {colours} colours of {sizes(shape)}"
        advice = "an image has at most 4, so the order is another one"
        raise Refused(f"{stored.name}: {problem}; {advice}")
    return axis_of


def _sections_at_once(
    stored: Stored,
    axis_of: dict[str, int],
    shape: Shape,
) -> int:
    """How many sections are decoded together; refuses a file that would need too much memory."""
    if not stored.chunk:
        return 1
    section = prod(shape) * stored.itemsize
    along = max(stored.chunk[axis_of["z"]], 1) if "z" in axis_of else 1
    chunk = prod(stored.chunk) * stored.itemsize
    if stored.partial and section <= LARGEST and chunk <= LARGEST:
        return max(1, min(along, LARGEST // section))
    if section * along <= LARGEST:
        return along
    on_disk = bytes_text(stored.stamp.size)
    in_memory = bytes_text(section * along)
    raise Refused(
        f"{stored.name}: {on_disk} on disk would become {in_memory} in memory at once "
        f"({sizes(stored.shape)} {stored.dtype}); at most {bytes_text(LARGEST)} are decoded, "
        "so store it uncompressed, or as HDF5 or Zarr in chunks"
    )


def _decode(stored: Stored, region: Region) -> NDArray[Any]:
    """The pixels of a region, in the byte order of this machine."""
    with explained_errors(stored.name, BROKEN):
        block = stored.read(stored, region)
    expected = tuple(stop - start for start, stop in region)
    if block.shape != expected:
        problem = f"its header says {sizes(expected)}, its pixels are {sizes(block.shape)}"
        raise Refused(f"{stored.name}: {problem}")
    native = block.dtype.newbyteorder("=")
    return block.astype(native, copy=False)


@lru_cache(maxsize=2)  # an image volume and its masks, read side by side
def _decode_and_remember(stored: Stored, region: Region) -> NDArray[Any]:
    block = _decode(stored, region)
    block.flags.writeable = False
    return block


def forget_decoded() -> None:
    """Lets the blocks go that are remembered, so that the next reading sees the files."""
    _decode_and_remember.cache_clear()
