"""TIFF, PNG and JPEG: headers first, pixels when asked for."""

import logging
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.data.files.stored import COLOURS, LARGEST, UNCLEAR, Stored, Window, stamp
from harness.data.refused import Refused, amount, saying, sizes

TIFF = (".tif", ".tiff")
PLAIN = (".png", ".jpg", ".jpeg", ".bmp")
ENDS = {".png": b"IEND", ".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9"}
CUT = "the file ends before its pixels do; it was cut short, so copy it again"

# Pillow's name of a pixel -> what it is here; a palette is kept as indices for masks and turned to colours for images.
PIXELS = {
    "1": "uint8",
    "L": "uint8",
    "P": "uint8",
    "I;16": "uint16",
    "I;16B": "uint16",
    "I": "int32",
    "F": "float32",
}
COLOURED = {"RGB": 3, "RGBA": 4, "LA": 2}


class _Errors(logging.Handler):
    """tifffile writes damage to a log and goes on with fewer pages; here it must stop."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def tiff(path: Path, key: str = "") -> Stored:
    """A TIFF as its header describes it; `key` picks one of several pictures, as 'series' or 'series/level'."""
    with open(path, "rb") as file:
        start = file.read(4)
    if start[:2] not in (b"II", b"MM") or start[2:4] not in (b"*\0", b"\0*", b"+\0", b"\0+"):
        raise Refused(
            f"{path}: this is not a TIFF file, it starts with {start!r}; convert it, or correct its name"
        )
    errors, log = _Errors(), logging.getLogger("tifffile")
    log.addHandler(errors)
    log.propagate, before = False, log.propagate
    try:
        with (
            saying(path, "the TIFF structure is damaged; copy it again"),
            tifffile.TiffFile(path) as file,
        ):
            series = _series(path, file, key)
            _whole(path, series, file.filehandle.size)
            described = _described(path, key, series)
    finally:
        log.removeHandler(errors)
        log.propagate = before
    if errors.said:
        raise Refused(f"{path}: {CUT}")
    return described


def _series(path: Path, file: tifffile.TiffFile, key: str) -> tifffile.TiffPageSeries:
    if not file.series:
        raise Refused(f"{path}: the TIFF holds no picture")
    if not key and len(file.series) > 1:
        found = "; ".join(f"{i}: {sizes(s.shape)}" for i, s in enumerate(file.series))
        raise Refused(
            f"{path}: it holds {len(file.series)} different pictures ({found}); say which, e.g. key: '0'"
        )
    which, _, level = (key or "0").partition("/")
    if not which.isdigit() or int(which) >= len(file.series):
        raise Refused(f"{path}: there is no picture {which!r}, only 0 to {len(file.series) - 1}")
    levels = file.series[int(which)].levels
    if not (level or "0").isdigit() or int(level or 0) >= len(levels):
        raise Refused(f"{path}: there is no level {level!r}, only 0 to {len(levels) - 1}")
    return levels[int(level or 0)]


def _whole(path: Path, series: tifffile.TiffPageSeries, size: int) -> None:
    if series.dataoffset is not None:
        end = series.dataoffset + series.nbytes
    else:
        pages = [page for page in series.pages if page]
        end = max(
            (o + n for p in pages for o, n in zip(p.dataoffsets, p.databytecounts, strict=True)),
            default=0,
        )
    if end > size or any(page is None for page in series.pages):
        raise Refused(f"{path}: {CUT}")


def _described(path: Path, key: str, series: tifffile.TiffPageSeries) -> Stored:
    letters, full = series.axes, series.shape
    kept = [i for i, n in enumerate(full) if n > 1 or letters[i] in "YX"]
    shape, axes = (
        tuple(full[i] for i in kept),
        _axes("".join(letters[i] for i in kept), tuple(full[i] for i in kept)),
    )
    if series.dtype is None or series.dtype.kind not in "buif":
        raise Refused(f"{path}: pixels of type {series.dtype} are no grey values or colours")
    mapped = series.dataoffset is not None and series.keyframe.is_memmappable
    paged = len(series.pages) == shape[0] and prod(series.pages[0].shape) * shape[0] == prod(shape)
    chunk = () if mapped else (1, *shape[1:]) if paged else shape
    kind = "uint8" if series.dtype.kind == "b" else series.dtype.name
    return Stored(path, shape, kind, read_tiff, axes, key, chunk, stamp=stamp(path))


def _axes(letters: str, shape: tuple[int, ...]) -> str:
    """tifffile's letters in ours; unclear where three or four planes may be colours or sections."""
    if letters.endswith("YXS"):
        inner, before, sizes_before = "yxc", letters[:-3], shape[:-3]
    elif letters.endswith("YX"):
        inner, before, sizes_before = "yx", letters[:-2], shape[:-2]
    else:
        return UNCLEAR
    if len(before) > 1 or (before in ("S", "C") and sizes_before[0] in (2, *COLOURS)):
        return UNCLEAR
    return ("z" if before else "") + inner


def read_tiff(stored: Stored, window: Window) -> NDArray[Any]:
    """Part of a TIFF."""
    with tifffile.TiffFile(stored.path) as file:
        series = _series(stored.path, file, stored.key)
        if not stored.chunk:
            whole = (
                tifffile.memmap(stored.path, mode="r")
                if not stored.key
                else series.asarray(out="memmap")
            )
            return whole.reshape(stored.shape)[tuple(slice(*w) for w in window)]
        try:
            if stored.chunk[0] == 1 and len(series.pages) > 1:
                pages = [series.pages[i].asarray() for i in range(*window[0])]
                found = np.stack(pages).reshape(len(pages), *stored.shape[1:])
            else:
                found = series.asarray().reshape(stored.shape)[slice(*window[0])]
        except ValueError as error:
            if "imagecodecs" not in str(error):
                raise
            found = _by_pillow(stored, window, str(series.keyframe.compression))
    found = found.astype(stored.dtype, copy=False)
    return found[(slice(None), *(slice(*w) for w in window[1:]))]


def _by_pillow(stored: Stored, window: Window, compression: str) -> NDArray[Any]:
    """tifffile leaves LZW and JPEG to imagecodecs; Pillow reads the common ones of them."""
    paged = stored.axes.startswith("z")
    advice = f"{compression} compression needs another library: pip install imagecodecs"
    with saying(stored.path, advice), Image.open(stored.path) as image:
        if not paged:
            return np.asarray(image)[slice(*window[0])]
        frames = []
        for i in range(*window[0]):
            image.seek(i)
            frames.append(np.asarray(image))
        return np.stack(frames)


def plain(path: Path, *, palette: bool = False) -> Stored:
    """A PNG, JPEG or BMP as its header describes it; with `palette`, indexed colours stay indices."""
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - 4096))
        tail = file.read()
    if not size:
        raise Refused(f"{path}: the file is empty; copy it again")
    try:
        with Image.open(path) as image:
            mode, (width, height) = image.mode, image.size
    except Image.DecompressionBombError as error:
        raise Refused(
            f"{path}: {amount(size)} on disk would become too large a picture; cut it into tiles"
        ) from error
    except (UnidentifiedImageError, OSError) as error:
        raise Refused(
            f"{path}: this is no {path.suffix[1:].upper()} picture, or its header is damaged"
        ) from error
    if ENDS.get(path.suffix.lower(), b"") not in tail:
        raise Refused(f"{path}: {CUT}")
    key = "indices" if mode == "P" and palette else ""
    mode = "RGB" if mode == "P" and not palette else mode
    if mode not in PIXELS and mode not in COLOURED:
        raise Refused(
            f"{path}: pixels of kind {mode} are not read; save the picture as grey or RGB"
        )
    shape = (height, width, COLOURED[mode]) if mode in COLOURED else (height, width)
    if prod(shape) > LARGEST:
        raise Refused(
            f"{path}: {amount(size)} on disk would become {amount(prod(shape))} in memory ({sizes(shape)}); "
            f"at most {amount(LARGEST)} are decoded, so cut it into tiles"
        )
    axes = "yxc" if mode in COLOURED else "yx"
    return Stored(
        path, shape, PIXELS.get(mode, "uint8"), read_plain, axes, key, shape, stamp=stamp(path)
    )


def read_plain(stored: Stored, window: Window) -> NDArray[Any]:
    """A whole PNG, JPEG or BMP."""
    with Image.open(stored.path) as image:
        found = image.convert("RGB") if image.mode == "P" and stored.key != "indices" else image
        return np.asarray(found).astype(stored.dtype, copy=False)
