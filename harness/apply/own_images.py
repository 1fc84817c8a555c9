"""The images that a pattern names: their headers are read at once, their pixels when needed."""

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
from harness.data.images import Unlabelled
from harness.data.scans import Scans

CPU = torch.device("cpu")


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
