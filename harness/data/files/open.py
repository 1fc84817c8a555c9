"""A path, a pattern or a list of files -> images that are read when asked for."""

import glob
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files import arrays, nifti, pictures, tiff
from harness.data.files.lazy import Lazy
from harness.data.files.stored import Shape, Stored, images_of
from harness.data.refused import Refused, first_few, sizes, with_home

Opener = Callable[[Path, str], Stored]
OPENERS: tuple[tuple[tuple[str, ...], Opener], ...] = (
    (tiff.TIFF, tiff.tiff),
    (arrays.HDF5, arrays.hdf5),
    (arrays.ZARR, arrays.zarr),
    ((".npz",), arrays.npz),
    ((".npy",), arrays.npy),
    (nifti.NIFTI, nifti.nifti),
)
PICTURES = (*tiff.TIFF, *pictures.PLAIN)
READABLE = "TIFF, PNG, JPEG, BMP, HDF5, Zarr, NumPy, NIfTI and Analyze"


def path_and_key(text: str) -> tuple[str, str]:
    """'a.h5:volumes/raw' as a path and the key inside it."""
    path, colon, key = text.rpartition(":")
    if colon and path.lower().endswith(arrays.KEYED):
        return path, key
    return text, ""


def find_files(pattern: str | Path) -> list[Path]:
    """What a pattern or a folder matches, in the order of the numbers in the names."""
    text = str(with_home(pattern))
    path = Path(text)
    if _is_folder_of_pictures(path):
        files = _pictures_among(path.iterdir())
    elif path.exists():
        return [path]
    else:
        files = [Path(match) for match in glob.glob(text, recursive=True)]
    if not files:
        raise Refused(f"{pattern}: there is no such file{_beside(path)}")
    return sorted(files, key=by_number)


def _is_folder_of_pictures(path: Path) -> bool:
    """Whether a path is a folder, and not an array that is stored as a folder."""
    if not path.is_dir() or path.suffix in (".zarr", ".n5"):
        return False
    return not (path / "zarr.json").exists()


def _pictures_among(paths: Iterable[Path]) -> list[Path]:
    """The files with the ending of a picture; hidden ones do not count."""
    files = []
    for path in paths:
        is_hidden = path.name.startswith(".")
        if not is_hidden and path.name.lower().endswith(PICTURES):
            files.append(path)
    return files


def by_number(path: Path) -> tuple[Any, ...]:
    """A sort key that puts 2.png before 10.png."""
    key: list[tuple[int, int, str]] = []
    for part in re.split(r"(\d+)", str(path)):
        if part.isdigit():
            key.append((1, int(part), ""))
        elif part:
            key.append((0, 0, part))
    return tuple(key)


def stored_array(path: Path, key: str = "", *, palette: bool = False) -> Stored:
    """A file as its header describes it; with `palette`, indexed colours stay indices."""
    if not path.exists():
        raise Refused(f"{path}: there is no such file{_beside(path)}")
    if not path.is_file() and not path.is_dir():
        raise Refused(f"{path}: it is a pipe or a device; copy it into a file")
    name = path.name.lower()
    if path.is_dir() and not name.endswith(arrays.ZARR):
        return arrays.zarr(path, key)
    if name.endswith(pictures.PLAIN):
        return pictures.plain(path, palette=palette)
    for endings, opener in OPENERS:
        if name.endswith(endings):
            return opener(path, key)
    raise Refused(f"{path}: files of this kind are not read; {READABLE} are")


def volume(
    text: str | Path,
    key: str | None = None,
    axes: str | None = None,
    *,
    palette: bool = False,
) -> Lazy:
    """A volume as images along z.

    It is one file, or a series of pictures in the order of their numbers.
    """
    path, key_in_path = path_and_key(str(text))
    files = find_files(path)
    if len(files) > 1:
        return series(files, axes, palette=palette)
    array = stored_array(files[0], key or key_in_path, palette=palette)
    return images_of(array, axes)


def section_names(text: str | Path, count: int) -> list[str]:
    """What sentences call each section: its file, or the file and the number of the slice."""
    path, _ = path_and_key(str(text))
    files = find_files(path)
    if len(files) == count:
        return [str(file) for file in files]
    file = files[0]
    return [f"{file}, slice {z}" for z in range(count)]


def series(
    files: Sequence[Path],
    axes: str | None = None,
    *,
    palette: bool = False,
) -> Lazy:
    """Pictures of one size and kind, one file each."""
    images = single_pictures(files, axes, palette=palette)
    first_shape = images.shapes[0]
    for path, shape in zip(files, images.shapes, strict=True):
        if shape != first_shape:
            problem = f"it is {sizes(shape)}, but {files[0].name} is {sizes(first_shape)}"
            raise Refused(f"{path}: {problem}; all sections of a volume have one size")
    return images


def single_pictures(
    files: Sequence[Path],
    axes: str | None = None,
    *,
    palette: bool = False,
) -> Lazy:
    """Single pictures, one file each, of any sizes."""
    parts = []
    for path in files:
        array = stored_array(path, palette=palette)
        parts.append(images_of(array, axes))
    dtype = parts[0].dtype
    for path, part in zip(files, parts, strict=True):
        if len(part) != 1:
            problem = f"it holds {len(part)} sections"
            raise Refused(f"{path}: {problem}; beside other files each file is one picture")
        if part.dtype != dtype:
            problem = f"its pixels are {part.dtype}"
            raise Refused(f"{path}: {problem}, but those of {files[0].name} are {dtype}")

    def read(index: int) -> NDArray[Any]:
        return parts[index].read(0)

    shapes = [part.shapes[0] for part in parts]
    return Lazy(read, shapes, dtype)


def with_checked_pixels(images: Lazy, names: Sequence[str]) -> Lazy:
    """Pictures as they may be trained on: finite numbers, and no transparency."""

    def check(image: NDArray[Any], index: int) -> NDArray[Any]:
        image = _without_alpha(image, names[index])
        _check_finite(image, names[index])
        return image

    return images.map(check, shape=_shape_without_alpha)


def _shape_without_alpha(shape: Shape) -> Shape:
    """The shape of an image without alpha: grey has no axis of channels, colours have three."""
    channels = shape[2] if len(shape) == 3 else 0
    if channels in (1, 2):
        return shape[:2]
    if channels == 4:
        return (*shape[:2], 3)
    return shape


def _without_alpha(image: NDArray[Any], name: str) -> NDArray[Any]:
    """The grey values or the colours of an image; refuses one that is transparent somewhere."""
    channels = image.shape[2] if image.ndim == 3 else 0
    if channels in (2, 4):
        opaque = np.iinfo(image.dtype).max
        if int(image[..., -1].min()) != opaque:
            advice = "flatten the picture, a network cannot see through it"
            raise Refused(f"{name}: part of it is transparent; {advice}")
    if channels in (1, 2):
        return image[..., 0]
    return image[..., :3] if channels == 4 else image


def _check_finite(image: NDArray[Any], name: str) -> None:
    """Refuses an image in which a number is missing or infinite."""
    if image.dtype.kind != "f":
        return
    is_finite = np.isfinite(image)
    if not is_finite.all():
        count = int(image.size - is_finite.sum())
        raise Refused(f"{name}: {count} pixels are NaN or infinite; fill or crop them")


def _beside(path: Path) -> str:
    """The end of a sentence about a missing file: what its nearest folder holds."""
    folders = [parent for parent in path.parents if parent.exists()]
    if not folders:
        return ""
    folder = folders[0]
    if not folder.is_dir():
        return ""
    names = sorted(item.name for item in folder.iterdir())
    visible = [name for name in names if not name.startswith(".")]
    content = first_few(visible, 5) or "nothing"
    name = str(folder)
    if folder == Path("."):
        name = f"{Path.cwd()}, where harness runs,"
    return f"; {name} holds {content}"
