"""PNG, JPEG and BMP: headers first, pixels when asked for."""

from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from harness.data.files.stamps import file_stamp
from harness.data.files.stored import CUT, LARGEST, Region, Shape, Stored
from harness.data.refused import Refused, sizes
from harness.spec.sizes import bytes_text

PLAIN = (".png", ".jpg", ".jpeg", ".bmp")
ENDS = {".png": b"IEND", ".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9"}
TAIL = 4096  # the last bytes, in which the mark of the end must stand

# Pillow's name of a pixel -> its type here. A palette stays indices where those are asked for, as
# for masks, and becomes colours elsewhere.
PIXELS = {
    "1": "uint8",
    "L": "uint8",
    "P": "uint8",
    "I;16": "uint16",
    "I;16B": "uint16",
    "I": "int32",
    "F": "float32",
}
CHANNELS = {"RGB": 3, "RGBA": 4, "LA": 2}
INDICES = "indices"  # the key of a picture whose palette stays indices


@dataclass(frozen=True)
class _Header:
    """What Pillow says about a picture before it decodes it."""

    mode: str
    width: int
    height: int


def plain(path: Path, *, palette: bool = False) -> Stored:
    """A PNG, JPEG or BMP as its header describes it.

    With `palette`, indexed colours stay indices.
    """
    with open(path, "rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - TAIL))
        tail = file.read()
    if not size:
        raise Refused(f"{path}: the file is empty; copy it again")
    header = _read_header(path, size)
    if ENDS.get(path.suffix.lower(), b"") not in tail:
        raise Refused(f"{path}: {CUT}")
    key = ""
    mode = header.mode
    if mode == "P":
        key, mode = (INDICES, "P") if palette else ("", "RGB")
    shape: Shape = (header.height, header.width)
    if mode in CHANNELS:
        shape = (*shape, CHANNELS[mode])
    elif mode not in PIXELS:
        problem = f"pixels of kind {mode} are not read"
        raise Refused(f"{path}: {problem}; save the picture as grey or RGB")
    _check_size(path, size, shape)
    return Stored(
        path,
        shape,
        PIXELS.get(mode, "uint8"),
        read_plain,
        axes="yxc"[: len(shape)],
        key=key,
        chunk=shape,
        stamp=file_stamp(path),
    )


def _read_header(path: Path, size: int) -> _Header:
    """What Pillow says about a picture; refuses a file that is none, or too large for Pillow."""
    try:
        with Image.open(path) as image:
            return _Header(image.mode, image.width, image.height)
    except Image.DecompressionBombError as error:
        problem = f"{bytes_text(size)} on disk would become too large a picture"
        raise Refused(f"{path}: {problem}; cut it into tiles") from error
    except (UnidentifiedImageError, OSError) as error:
        kind = path.suffix[1:].upper()
        raise Refused(f"{path}: this is no {kind} picture, or its header is damaged") from error


def _check_size(path: Path, size: int, shape: Shape) -> None:
    """Refuses a picture that would take too much memory."""
    values = prod(shape)
    if values > LARGEST:
        problem = f"{bytes_text(size)} on disk would become {bytes_text(values)} in memory"
        limit = f"at most {bytes_text(LARGEST)} are decoded, so cut it into tiles"
        raise Refused(f"{path}: {problem} ({sizes(shape)}); {limit}")


def read_plain(stored: Stored, region: Region) -> NDArray[Any]:
    """A whole PNG, JPEG or BMP."""
    with Image.open(stored.path) as image:
        is_coloured = image.mode == "P" and stored.key != INDICES
        picture = image.convert("RGB") if is_coloured else image
        pixels = np.asarray(picture)
    return pixels.astype(stored.dtype, copy=False)
