"""A path, a pattern or a list of files -> images that are read when asked for."""

import glob
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files import arrays, pictures
from harness.data.files.lazy import Lazy
from harness.data.files.stored import Stored, images_of
from harness.data.refused import Refused, few, sizes

OPENERS: tuple[tuple[tuple[str, ...], Callable[[Path, str], Stored]], ...] = (
    (pictures.TIFF, pictures.tiff),
    (pictures.PLAIN, lambda path, key: pictures.plain(path)),
    (arrays.HDF5, arrays.hdf5),
    (arrays.ZARR, arrays.zarr),
    ((".npz",), arrays.npz),
    ((".npy",), arrays.npy),
    (arrays.NIFTI, arrays.nifti),
)
PICTURES = (*pictures.TIFF, *pictures.PLAIN)
READABLE = "TIFF, PNG, JPEG, BMP, HDF5, Zarr, NumPy, NIfTI and Analyze"


def named(text: str) -> tuple[str, str]:
    """'a.h5:volumes/raw' as a path and the key inside it."""
    path, colon, key = text.rpartition(":")
    return (path, key) if colon and path.lower().endswith(arrays.KEYED) else (text, "")


def files(pattern: str | Path) -> list[Path]:
    """What a pattern or a folder matches, in the order of the numbers in the names."""
    text = str(Path(pattern).expanduser())
    here = Path(text)
    if here.is_dir() and here.suffix not in (".zarr", ".n5") and not (here / "zarr.json").exists():
        found = [
            p
            for p in here.iterdir()
            if p.name.lower().endswith(PICTURES) and not p.name.startswith(".")
        ]
    elif here.exists():
        return [here]
    else:
        found = [Path(p) for p in glob.glob(text, recursive=True)]
    if not found:
        raise Refused(f"{pattern}: there is no such file" + _nearest(here))
    return sorted(found, key=by_number)


def by_number(path: Path) -> tuple[Any, ...]:
    """A sort key that puts 2.png before 10.png."""
    return tuple(
        (1, int(t), "") if t.isdigit() else (0, 0, t) for t in re.split(r"(\d+)", str(path)) if t
    )


def stored(path: Path, key: str = "", *, palette: bool = False) -> Stored:
    """One file as its header describes it."""
    if not path.exists():
        raise Refused(f"{path}: there is no such file{_nearest(path)}")
    lower = path.name.lower()
    if path.is_dir() and not lower.endswith(arrays.ZARR):
        return arrays.zarr(path, key)
    for endings, opener in OPENERS:
        if lower.endswith(endings):
            return (
                pictures.plain(path, palette=palette)
                if endings == pictures.PLAIN
                else opener(path, key)
            )
    raise Refused(f"{path}: files of this kind are not read; {READABLE} are")


def volume(
    text: str | Path, key: str | None = None, axes: str | None = None, *, palette: bool = False
) -> Lazy:
    """A volume as images along z: one file that holds it, or a series of pictures in the order of their numbers."""
    path, inside = named(str(text))
    found = files(path)
    if len(found) > 1:
        return series(found, axes, palette=palette)
    return images_of(stored(found[0], key or inside, palette=palette), axes)


def places(text: str | Path, count: int) -> list[str]:
    """What to call each section in a sentence: its file, or the file and the number of the slice."""
    found = files(named(str(text))[0])
    return (
        [str(p) for p in found]
        if len(found) == count
        else [f"{found[0]}, slice {z}" for z in range(count)]
    )


def series(found: Sequence[Path], axes: str | None = None, *, palette: bool = False) -> Lazy:
    """Pictures of one size and kind, one file each."""
    images = pictured(found, axes, palette=palette)
    for path, shape in zip(found, images.shapes, strict=True):
        if shape != images.shapes[0]:
            first = f"{found[0].name} is {sizes(images.shapes[0])}"
            raise Refused(
                f"{path}: it is {sizes(shape)}, but {first}; all sections of a volume have one size"
            )
    return images


def pictured(found: Sequence[Path], axes: str | None = None, *, palette: bool = False) -> Lazy:
    """Single pictures, one file each, of any sizes."""
    parts = [images_of(stored(path, palette=palette), axes) for path in found]
    for path, part in zip(found, parts, strict=True):
        if len(part) != 1:
            raise Refused(
                f"{path}: it holds {len(part)} sections; beside other files each file is one picture"
            )
        if part.dtype != parts[0].dtype:
            raise Refused(
                f"{path}: its pixels are {part.dtype}, but those of {found[0].name} are {parts[0].dtype}"
            )
    return Lazy(lambda i: parts[i].read(0), [p.shapes[0] for p in parts], parts[0].dtype)


def checked(lazy: Lazy, names: Sequence[str]) -> Lazy:
    """Pictures as they may be trained on: finite numbers, and no transparency."""
    return lazy.map(
        lambda image, i: _finite(_opaque(image, names[i]), names[i]), shape=_without_alpha
    )


def _without_alpha(shape: tuple[int, ...]) -> tuple[int, ...]:
    if len(shape) == 3 and shape[2] in (1, 2):
        return shape[:2]
    return (*shape[:2], 3) if len(shape) == 3 and shape[2] == 4 else shape


def _opaque(image: NDArray[Any], name: str) -> NDArray[Any]:
    if image.ndim < 3 or image.shape[2] == 3:
        return image
    if image.shape[2] in (2, 4) and int(image[..., -1].min()) != np.iinfo(image.dtype).max:
        raise Refused(
            f"{name}: part of it is transparent; flatten the picture, a network cannot see through it"
        )
    return image[..., 0] if image.shape[2] in (1, 2) else image[..., :3]


def _finite(image: NDArray[Any], name: str) -> NDArray[Any]:
    if image.dtype.kind == "f" and not np.isfinite(image).all():
        bad = int(image.size - np.isfinite(image).sum())
        raise Refused(f"{name}: {bad} pixels are NaN or infinite; fill or crop them")
    return image


def _nearest(path: Path) -> str:
    parent = next((p for p in path.parents if p.exists()), None)
    if parent is None or not parent.is_dir():
        return ""
    beside = sorted(p.name for p in parent.iterdir() if not p.name.startswith("."))
    return f"; {parent} holds {few(beside, 5) or 'nothing'}"
