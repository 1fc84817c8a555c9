"""The images that a pattern names: their headers are read at once, their pixels when needed."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.domains import on_device
from harness.data.files.lazy import Lazy
from harness.data.files.open import (
    find_files,
    path_and_key,
    stored_array,
    with_checked_pixels,
)
from harness.data.files.stored import images_of
from harness.data.files.window import Window, to_eight_bits
from harness.data.images import Unlabelled
from harness.data.refused import Refused, first_few, with_home
from harness.data.scans import Scans

LUMA = (0.299, 0.587, 0.114)  # how much of red, green and blue a grey value holds (ITU-R BT.601)
CPU = torch.device("cpu")


@dataclass(frozen=True)
class Reading:
    """How grey values are read: what they are brought to, and whether colours become grey."""

    window: Window = None
    grey: bool = False
    axes: str | None = None


@dataclass(frozen=True)
class ImageFile:
    """A file of one image, or of a volume whose planes are images."""

    path: Path
    planes: Lazy
    window: str = ""  # which part of the file's planes this is; "" for all of them

    @property
    def is_volume(self) -> bool:
        return len(self.planes) > 1

    @property
    def channels(self) -> int:
        shape = self.planes.shapes[0]
        return shape[2] if len(shape) == 3 else 1

    def name_of(self, index: int) -> str:
        """What a table calls a plane: its file, and the number of the plane in a volume."""
        if not self.is_volume:
            return f"{self.path.name}{self.window}"
        digits = len(str(len(self.planes) - 1))
        return f"{self.path.name}:{index:0{digits}}{self.window}"

    def part(self, top: int, left: int, height: int, width: int) -> "ImageFile":
        """The same window of all planes."""
        rows = slice(top, top + height)
        columns = slice(left, left + width)
        planes = self.planes.crop(rows, columns)
        name = f"@{top},{left}"
        return ImageFile(self.path, planes, name)


@dataclass(frozen=True)
class Plane:
    """One image of those that were named."""

    file: ImageFile
    index: int

    @property
    def name(self) -> str:
        return self.file.name_of(self.index)

    def middle(self, side: int) -> "Plane":
        """The middle of the image, no larger than `side`."""
        height, width = self.file.planes.shapes[self.index][:2]
        tall = min(side, height)
        wide = min(side, width)
        top = (height - tall) // 2
        left = (width - wide) // 2
        part = self.file.part(top, left, tall, wide)
        return Plane(part, self.index)

    @property
    def pixels(self) -> NDArray[Any]:
        """(h, w) or (h, w, c), read from the file."""
        return np.asarray(self.file.planes[self.index])

    def open(self, slices: int = 1, device: torch.device = CPU) -> Unlabelled:
        """The image with the neighbours in its volume that a network of stacks takes."""
        reach = slices // 2
        first = max(0, self.index - reach)
        last = min(len(self.file.planes), self.index + reach + 1)
        planes = [np.asarray(self.file.planes[index]) for index in range(first, last)]
        numbers = [str(index) for index in range(first, last)]
        volume = [str(self.file.path)] * len(planes)
        stack = on_device(Scans(planes, None, numbers, volume), slices, device).images
        position = torch.tensor([self.index - first], device=device)
        return replace(
            stack,
            ids=[self.name],
            groups=[self.file.path.name],
            first=stack.first[:1],
            last=stack.last[:1],
            rows=position,
        )


@dataclass(frozen=True)
class OwnImages:
    """Every image that was named, in the order of the numbers in the names of the files."""

    files: tuple[ImageFile, ...]

    @cached_property
    def planes(self) -> tuple[Plane, ...]:
        planes = []
        for file in self.files:
            planes += [Plane(file, index) for index in range(len(file.planes))]
        return tuple(planes)

    @property
    def channels(self) -> int:
        return self.files[0].channels

    @property
    def dtype(self) -> str:
        return str(self.files[0].planes.dtype)

    def in_windows(self, side: int) -> "OwnImages":
        """The same images, those that are larger than `side` cut into windows beside each other."""
        files: list[ImageFile] = []
        for file in self.files:
            height, width = file.planes.shapes[0][:2]
            if max(height, width) <= side:
                files.append(file)
                continue
            for top, tall in _parts(height, side):
                files += [file.part(top, left, tall, wide) for left, wide in _parts(width, side)]
        return OwnImages(tuple(files))

    def spread(self, most: int) -> tuple[Plane, ...]:
        """At most so many images, from the first to the last at even distances."""
        if len(self.planes) <= most:
            return self.planes
        positions = np.linspace(0, len(self.planes) - 1, most).round().astype(int)
        return tuple(self.planes[position] for position in positions)


def _parts(length: int, most: int) -> list[tuple[int, int]]:
    """A side in parts of one length, none longer than `most`: where each begins, its length."""
    count = -(-length // most)
    bounds = np.linspace(0, length, count + 1).round().astype(int)
    parts = []
    for start, end in pairwise(bounds.tolist()):
        parts.append((start, end - start))
    return parts


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


def sizes_text(images: Sequence[Plane]) -> str:
    """The sizes of some images, for a sentence."""
    sizes = [plane.file.planes.shapes[plane.index][:2] for plane in images]
    texts = [f"{height} x {width}" for height, width in dict.fromkeys(sizes)]
    return first_few(texts, 3)
