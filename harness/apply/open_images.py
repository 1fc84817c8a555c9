"""Patterns, folders and volumes -> images, or a sentence why they cannot go together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.apply.own_images import ImageFile, OwnImages
from harness.data.files.open import (
    find_files,
    path_and_key,
    stored_array,
    with_checked_pixels,
)
from harness.data.files.stored import images_of
from harness.data.files.window import Window, to_eight_bits
from harness.data.refused import Refused, first_few, with_home

LUMA = (0.299, 0.587, 0.114)  # how much of red, green and blue a grey value holds (ITU-R BT.601)


@dataclass(frozen=True)
class Reading:
    """How grey values are read: what they are brought to, and whether colours become grey."""

    window: Window = None
    grey: bool = False
    axes: str | None = None


def open_own_images(patterns: Sequence[str], reading: Reading) -> OwnImages:
    """The images that patterns name; `Refused` where no network could take them together."""
    files: dict[Path, ImageFile] = {}
    for pattern in patterns:
        path, key = path_and_key(pattern)
        for match in _files_at(path):
            files[match.resolve()] = _open_file(match, key, reading)
    images = OwnImages(tuple(files.values()))
    _check_alike(images)
    return images


def _files_at(path: str) -> list[Path]:
    """What a pattern or a folder matches; of a folder without pictures, what it holds instead."""
    folder = with_home(path)
    try:
        return find_files(path)
    except Refused as error:
        if not folder.is_dir():
            raise
        raise Refused(
            f"{path}: this folder holds no picture, but {content_of(folder)}; name its files, as "
            f"'{path}/*.h5'"
        ) from error


def content_of(folder: Path) -> str:
    """The first few names in a folder, for a sentence."""
    names = [item.name for item in sorted(folder.iterdir()) if not item.name.startswith(".")]
    return first_few(names, 5) or "nothing"


def _open_file(path: Path, key: str, reading: Reading) -> ImageFile:
    """A file as its header describes it, its pixels changed as the reading says."""
    planes = images_of(stored_array(path, key), reading.axes)
    file = ImageFile(path, planes)
    names = [file.name_of(index) for index in range(len(planes))]
    planes = with_checked_pixels(planes, names)
    planes = to_eight_bits(planes, reading.window)
    if reading.grey:
        planes = planes.map(_as_grey, shape=lambda shape: shape[:2])
    return ImageFile(path, planes)


def _as_grey(image: NDArray[Any], _: int) -> NDArray[Any]:
    """The brightness of colours, in the type that they have."""
    if image.ndim == 2:
        return image
    brightness = image.astype(np.float64) @ np.array(LUMA)
    if image.dtype.kind in "ui":
        brightness = np.rint(brightness)
    return brightness.astype(image.dtype)


def _check_alike(images: OwnImages) -> None:
    """Refuses grey beside colours, and grey values of several types: sizes may differ."""
    first = images.files[0]
    other_types = [file for file in images.files if file.planes.dtype != first.planes.dtype]
    if other_types:
        odd = other_types[0]
        raise Refused(
            f"{odd.path}: its pixels are {odd.planes.dtype}, but those of {first.path.name} are "
            f"{first.planes.dtype} ({len(other_types)} of {len(images.files)} files differ); say "
            "--window type, --window image or --window LOW,HIGH to bring all to 8 bits"
        )
    other_colours = [file for file in images.files if file.channels != first.channels]
    if other_colours:
        odd = other_colours[0]
        raise Refused(
            f"{odd.path}: it is {_colours(odd)}, but {first.path.name} is {_colours(first)} "
            f"({len(other_colours)} of {len(images.files)} files differ); say --grey to make all "
            "of them grey, or name the files of one kind"
        )


def _colours(file: ImageFile) -> str:
    return "grey" if file.channels == 1 else f"in {file.channels} colours"


def read_window(text: str | None) -> Window:
    """A window as the command line writes it: type, image, or two numbers."""
    if text is None or text in ("type", "image"):
        return text  # type: ignore[return-value]
    try:
        low, high = [float(number) for number in text.split(",")]
    except ValueError:
        raise Refused(f"--window {text}: say type, image, or two numbers as 0,4095") from None
    return low, high
