"""TIFF: headers first, pixels when asked for."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from harness.data.files.stamps import file_stamp
from harness.data.files.stored import (
    COLOURS,
    CUT,
    NUMBERS,
    UNCLEAR,
    Region,
    Shape,
    Stored,
    slices_of,
)
from harness.data.refused import Refused, explained_errors, sizes

TIFF = (".tif", ".tiff")
BYTE_ORDERS = (b"II", b"MM")
VERSIONS = (b"*\0", b"\0*", b"+\0", b"\0+")


class _ErrorLog(logging.Handler):
    """tifffile writes damage to a log and goes on with fewer pages; here it must stop."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.messages: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.messages.append(record.getMessage())


@contextmanager
def _no_damage(path: Path) -> Iterator[None]:
    """Refuses a file about which tifffile logs an error, and keeps the log off the screen."""
    errors = _ErrorLog()
    log = logging.getLogger("tifffile")
    propagates = log.propagate
    log.addHandler(errors)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(errors)
        log.propagate = propagates
    if errors.messages:
        raise Refused(f"{path}: {CUT}")


def tiff(path: Path, key: str = "") -> Stored:
    """A TIFF as its header describes it.

    `key` picks one of several pictures, as 'series' or 'series/level'.
    """
    with open(path, "rb") as file:
        start = file.read(4)
    if start[:2] not in BYTE_ORDERS or start[2:4] not in VERSIONS:
        problem = f"this is not a TIFF file, it starts with {start!r}"
        raise Refused(f"{path}: {problem}; convert it, or correct its name")
    advice = "the TIFF structure is damaged; copy it again"
    with _no_damage(path), explained_errors(path, advice), tifffile.TiffFile(path) as tif:
        series = _pick_series(path, tif, key)
        _check_length(path, series, tif.filehandle.size)
        return _as_stored(path, key, series)


def _pick_series(
    path: Path,
    file: tifffile.TiffFile,
    key: str,
) -> tifffile.TiffPageSeries:
    """The picture that `key` names, or the only one there is."""
    count = len(file.series)
    if not count:
        raise Refused(f"{path}: the TIFF holds no picture")
    if not key and count > 1:
        shapes = [f"{i}: {sizes(series.shape)}" for i, series in enumerate(file.series)]
        problem = f"it holds {count} different pictures ({'; '.join(shapes)})"
        raise Refused(f"{path}: {problem}; say which, e.g. key: '0'")
    number, _, level = (key or "0").partition("/")
    if not number.isdigit() or int(number) >= count:
        raise Refused(f"{path}: there is no picture {number!r}, only 0 to {count - 1}")
    levels = file.series[int(number)].levels
    if not level:
        return levels[0]
    last = len(levels) - 1
    if not level.isdigit() or int(level) > last:
        raise Refused(f"{path}: there is no level {level!r}, only 0 to {last}")
    return levels[int(level)]


def _check_length(path: Path, series: tifffile.TiffPageSeries, size: int) -> None:
    """Refuses a file that ends before the pixels that its header promises."""
    if any(page is None for page in series.pages):
        raise Refused(f"{path}: {CUT}")
    end = 0
    if series.dataoffset is not None:
        end = series.dataoffset + series.nbytes
    else:
        for page in series.pages:
            segments = zip(page.dataoffsets, page.databytecounts, strict=True)
            end = max([end, *(offset + length for offset, length in segments)])
    if end > size:
        raise Refused(f"{path}: {CUT}")


def _as_stored(path: Path, key: str, series: tifffile.TiffPageSeries) -> Stored:
    """A picture as its header describes it, without axes of length 1 that are neither y nor x."""
    if series.dtype is None or series.dtype.kind not in NUMBERS:
        raise Refused(f"{path}: pixels of type {series.dtype} are no grey values or colours")
    letters = ""
    shape = []
    for letter, length in zip(series.axes, series.shape, strict=True):
        if length > 1 or letter in "YX":
            letters += letter
            shape.append(length)
    return Stored(
        path,
        tuple(shape),
        "uint8" if series.dtype.kind == "b" else series.dtype.name,
        read_tiff,
        axes=_axes(letters, tuple(shape)),
        key=key,
        chunk=_chunk(series, tuple(shape)),
        stamp=file_stamp(path),
    )


def _chunk(series: tifffile.TiffPageSeries, shape: Shape) -> Shape:
    """What is decoded together: nothing where the file can be mapped, a page, or all of it."""
    if series.dataoffset is not None and series.keyframe.is_memmappable:
        return ()
    values_of_page = prod(series.pages[0].shape)
    is_paged = len(series.pages) == shape[0]
    if is_paged and values_of_page * shape[0] == prod(shape):
        return (1, *shape[1:])
    return shape


def _axes(letters: str, shape: Shape) -> str:
    """tifffile's letters in ours; unclear where planes may be colours or sections."""
    if letters.endswith("YXS"):
        own_letters = "yxc"
        outer = letters[:-3]
    elif letters.endswith("YX"):
        own_letters = "yx"
        outer = letters[:-2]
    else:
        return UNCLEAR
    if not outer:
        return own_letters
    may_be_colours = outer in ("S", "C") and shape[0] in (2, *COLOURS)
    if len(outer) > 1 or may_be_colours:
        return UNCLEAR
    return "z" + own_letters


def read_tiff(stored: Stored, region: Region) -> NDArray[Any]:
    """Part of a TIFF."""
    with tifffile.TiffFile(stored.path) as file:
        series = _pick_series(stored.path, file, stored.key)
        if not stored.chunk:
            return _read_mapped(stored, series)[slices_of(region)]
        try:
            pixels = _read_sections(stored, series, region)
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            pixels = _read_by_pillow(stored, region, str(series.keyframe.compression))
    pixels = pixels.astype(stored.dtype, copy=False)
    return pixels[(slice(None), *slices_of(region[1:]))]


def _read_mapped(stored: Stored, series: tifffile.TiffPageSeries) -> NDArray[Any]:
    """All of an uncompressed picture, mapped from its file."""
    if stored.key:
        mapped: NDArray[Any] = series.asarray(out="memmap")
    else:
        mapped = tifffile.memmap(stored.path, mode="r")
    return mapped.reshape(stored.shape)


def _read_sections(stored: Stored, series: tifffile.TiffPageSeries, region: Region) -> NDArray[Any]:
    """Whole sections from the first to the last of a region: page by page where pages are few."""
    start, stop = region[0]
    if stored.chunk[0] == 1 and len(series.pages) > 1:
        pages = []
        for number in range(start, stop):
            page = series.pages[number]
            pages.append(page.asarray())
        return np.stack(pages).reshape(len(pages), *stored.shape[1:])
    pixels: NDArray[Any] = series.asarray()
    return pixels.reshape(stored.shape)[start:stop]


def _read_by_pillow(stored: Stored, region: Region, compression: str) -> NDArray[Any]:
    """Whole sections as Pillow reads them: tifffile leaves LZW and JPEG to imagecodecs."""
    start, stop = region[0]
    advice = f"{compression} compression needs another library: pip install imagecodecs"
    with explained_errors(stored.path, advice), Image.open(stored.path) as image:
        if not stored.axes.startswith("z"):
            return np.asarray(image)[start:stop]
        sections = []
        for number in range(start, stop):
            image.seek(number)
            sections.append(np.asarray(image))
        return np.stack(sections)
