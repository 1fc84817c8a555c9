"""The file of a mask, written plane by plane: a TIFF or a PNG, whole or not at all.

While it is made, the planes lie in a .npy file beside it with a note of how many are finished, so
that a prediction that was killed goes on at the next plane.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import DTypeLike, NDArray
from PIL import Image

from harness.data.files.tiff import TIFF
from harness.store import read_json, write_json
from harness.store.files import replacing

PICTURES = (".png", ".jpg", ".jpeg", ".bmp")  # beside which a mask is a PNG, which loses nothing
BIG = 2**32 - 2**25  # bytes of a TIFF, beyond which its offsets need 64 bits

Shape = tuple[int, ...]


@dataclass(frozen=True)
class MaskFile:
    """A file of masks, or of probabilities, while it is made."""

    path: Path
    shape: Shape  # (planes, h, w) or (planes, classes, h, w)
    dtype: DTypeLike
    recipe: str  # of what model and tiling it is made, so that no other goes on with it

    @property
    def planes_file(self) -> Path:
        """The planes that are finished, until all are."""
        return self.path.with_name(f".{self.path.name}.npy")

    @property
    def note_file(self) -> Path:
        """How many planes are finished, and by which recipe."""
        return self.path.with_name(f".{self.path.name}.json")

    def count_finished(self) -> int:
        """How many planes an earlier call has finished by the same recipe."""
        if not self.note_file.exists() or not self.planes_file.exists():
            return 0
        note = read_json(self.note_file)
        is_same = note["recipe"] == self.recipe and note["shape"] == list(self.shape)
        return int(note["planes"]) if is_same else 0

    def open_planes(self) -> NDArray[Any]:
        """The planes, mapped to be written to."""
        if self.count_finished():
            mapped: NDArray[Any] = np.load(self.planes_file, mmap_mode="r+")
            return mapped
        self.path.parent.mkdir(parents=True, exist_ok=True)
        dtype = np.dtype(self.dtype)
        return np.lib.format.open_memmap(self.planes_file, "w+", dtype, self.shape)

    def note(self, planes: NDArray[Any], count: int) -> None:
        """Says that so many planes are finished, once they are on the disk."""
        flush = getattr(planes, "flush", None)
        if flush is not None:
            flush()
        write_json(
            self.note_file, {"recipe": self.recipe, "shape": list(self.shape), "planes": count}
        )

    def finish(self) -> None:
        """Writes the file that was wanted, and removes what it was made from."""
        planes = np.load(self.planes_file, mmap_mode="r")
        with replacing(self.path) as unfinished:
            if self.path.suffix == ".png":
                Image.fromarray(planes[0]).save(unfinished, format="PNG")
            else:
                _write_tiff(unfinished, planes)
        self.planes_file.unlink()
        self.note_file.unlink()


def _write_tiff(path: Path, planes: NDArray[Any]) -> None:
    """Compresses the planes one by one into a TIFF."""
    shape: Shape = planes.shape
    if shape[0] == 1:
        shape = shape[1:]
    axes = {2: "YX", 3: "ZYX", 4: "ZCYX"}[len(shape)]
    if planes.ndim == 4 and len(shape) == 3:
        axes = "CYX"
    tifffile.imwrite(
        path,
        _pages(planes),
        shape=shape,
        dtype=planes.dtype,
        compression="zlib",
        photometric="minisblack",
        metadata={"axes": axes},
        bigtiff=planes.nbytes > BIG,
    )


def _pages(planes: NDArray[Any]) -> Iterator[NDArray[Any]]:
    for plane in planes:
        pages = plane if plane.ndim == 3 else [plane]
        yield from pages


def mask_path(image: Path, folder: Path) -> Path:
    """Where the mask of an image goes: the same name, as PNG beside pictures, else as TIFF."""
    name = image.name
    if name.lower().endswith(TIFF):
        return folder / name
    for ending in PICTURES:
        if name.lower().endswith(ending):
            return folder / f"{name[: -len(ending)]}.png"
    stem = name.split(".")[0]
    return folder / f"{stem}.tif"
