"""HDF5, Zarr and NumPy: headers first, pixels when asked for."""

import ast
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files.stamps import file_stamp
from harness.data.files.stored import (
    Region,
    Shape,
    Stored,
    pixel_type,
    require_image,
    slices_of,
)
from harness.data.refused import Refused, explained_errors, first_few, sizes
from harness.spec.options import did_you_mean

HDF5 = (".h5", ".hdf5", ".hdf", ".hf5")
ZARR = (".zarr", ".n5", ".ome.zarr")
KEYED = (*HDF5, ".zarr", ".n5", ".npz")
ZARR_METADATA = ("zarr.json", ".zarray", ".zgroup")
NUMPY_MAGIC = b"\x93NUMPY"
SAVE_AGAIN = "save it again with numpy.save"


def _pick_array(path: Path, key: str, shapes: Mapping[str, Shape]) -> str:
    """The array that `key` names, or the only one there is."""
    key = key.strip("/")
    if not shapes:
        raise Refused(f"{path}: it holds no array with two axes or more")
    if key in shapes:
        return key
    texts = [f"{name} ({sizes(shape)})" for name, shape in shapes.items()]
    arrays = first_few(texts)
    if key:
        hint = did_you_mean(key, shapes)
        raise Refused(f"{path}: there is no array {key!r}; {hint} It holds {arrays}")
    first = next(iter(shapes))
    if len(shapes) > 1:
        problem = f"it holds several arrays ({arrays})"
        raise Refused(f"{path}: {problem}; say which, as {path.name}:{first}")
    return first


def hdf5(path: Path, key: str = "") -> Stored:
    """An HDF5 dataset as its header describes it."""
    import h5py

    shapes: dict[str, Shape] = {}

    def note_dataset(name: str, item: Any) -> None:
        if not isinstance(item, h5py.Dataset):
            return
        shape = item.shape or ()
        if len(shape) >= 2:
            shapes[name] = shape

    advice = "this is no HDF5 file, or it was cut short; copy it again"
    with explained_errors(path, advice), h5py.File(path, "r") as file:
        file.visititems(note_dataset)
        name = _pick_array(path, key, shapes)
        data = file[name]
        stored = Stored(
            path,
            data.shape,
            pixel_type(data.dtype),
            read_hdf5,
            key=name,
            chunk=data.chunks or (),
            partial=True,
            stamp=file_stamp(path),
        )
        return require_image(stored)


def read_hdf5(stored: Stored, region: Region) -> NDArray[Any]:
    """Part of an HDF5 dataset."""
    import h5py

    with h5py.File(stored.path, "r") as file:
        dataset = file[stored.key]
        index = slices_of(region)
        pixels: NDArray[Any] = dataset[index]
    return pixels.astype(stored.dtype, copy=False)


def zarr(path: Path, key: str = "") -> Stored:
    """A Zarr array (format 2 or 3) as its metadata describe it."""
    import zarr as library

    _check_zarr(path, library.__version__)
    with explained_errors(path, "the Zarr metadata are damaged; copy it again"):
        root = library.open(str(path), mode="r")
        if isinstance(root, library.Array):
            name = ""
            data = root
        else:
            arrays = {}
            for member_name, member in root.members(max_depth=None):
                if isinstance(member, library.Array) and member.ndim >= 2:
                    arrays[member_name] = member
            shapes = {array_name: array.shape for array_name, array in arrays.items()}
            name = _pick_array(path, key, shapes)
            data = arrays[name]
        stored = Stored(
            path,
            data.shape,
            pixel_type(data.dtype),
            read_zarr,
            key=name,
            chunk=data.chunks,
            partial=True,
            stamp=file_stamp(path),
        )
        return require_image(stored)


def _check_zarr(path: Path, version: str) -> None:
    """Refuses N5, which the library no longer reads, and folders without Zarr metadata."""
    has_metadata = any((path / name).exists() for name in ZARR_METADATA)
    is_n5 = not has_metadata and (path / "attributes.json").exists()
    if path.suffix == ".n5" or is_n5:
        problem = f"N5 is not read by zarr {version}"
        raise Refused(f"{path}: {problem}; convert it to Zarr or HDF5 first")
    if not has_metadata:
        problem = "there is no Zarr array or group here"
        raise Refused(f"{path}: {problem} (no zarr.json, .zarray or .zgroup)")


def read_zarr(stored: Stored, region: Region) -> NDArray[Any]:
    """Part of a Zarr array."""
    import zarr as library

    root: Any = library.open(str(stored.path), mode="r")
    array = root[stored.key] if stored.key else root
    index = slices_of(region)
    pixels = np.asarray(array[index])
    return pixels.astype(stored.dtype, copy=False)


def npy(path: Path, key: str = "") -> Stored:
    """A .npy file as its header describes it."""
    with open(path, "rb") as file:
        start = file.read(len(NUMPY_MAGIC))
    if start != NUMPY_MAGIC:
        problem = f"this is no NumPy file, it starts with {start!r}"
        raise Refused(f"{path}: {problem}; {SAVE_AGAIN}")
    problem = "this NumPy file holds no plain numbers, or was cut short"
    with explained_errors(path, f"{problem}; {SAVE_AGAIN}"):
        data = np.load(path, mmap_mode="r", allow_pickle=False)
    stored = Stored(
        path,
        data.shape,
        pixel_type(data.dtype),
        read_npy,
        stamp=file_stamp(path),
    )
    return require_image(stored)


def read_npy(stored: Stored, region: Region) -> NDArray[Any]:
    """Part of a .npy file, mapped."""
    mapped = np.load(stored.path, mmap_mode="r", allow_pickle=False)
    index = slices_of(region)
    pixels: NDArray[Any] = mapped[index]
    return pixels.astype(stored.dtype, copy=False)


def npz(path: Path, key: str = "") -> Stored:
    """One array of a .npz file as its header describes it, without unpacking it."""
    kinds: dict[str, np.dtype[Any]] = {}
    shapes: dict[str, Shape] = {}
    advice = "this is no .npz file, or it was cut short; save it again"
    with explained_errors(path, advice), zipfile.ZipFile(path) as file:
        for member in file.namelist():
            if member.endswith(".npy"):
                shape, kind = _read_header(file, member)
                name = member.removesuffix(".npy")
                kinds[name] = kind
                if len(shape) >= 2:
                    shapes[name] = shape
        name = _pick_array(path, key, shapes)
    shape = shapes[name]
    stored = Stored(
        path,
        shape,
        pixel_type(kinds[name]),
        read_npz,
        key=name,
        chunk=shape,
        stamp=file_stamp(path),
    )
    return require_image(stored)


def _read_header(file: zipfile.ZipFile, name: str) -> tuple[Shape, np.dtype[Any]]:
    """Shape and type of an array in a .npz file."""
    with file.open(name) as member:
        major, _ = np.lib.format.read_magic(member)
        bytes_of_length = 2 if major == 1 else 4
        length = int.from_bytes(member.read(bytes_of_length), "little")
        content = member.read(length)
    header = ast.literal_eval(content.decode("latin1"))
    shape: Shape = header["shape"]
    return shape, np.dtype(header["descr"])


def read_npz(stored: Stored, region: Region) -> NDArray[Any]:
    """Part of one array of a .npz file, unpacked whole."""
    with np.load(stored.path, allow_pickle=False) as file:
        array = file[stored.key]
        index = slices_of(region)
        pixels: NDArray[Any] = array[index]
    return pixels.astype(stored.dtype, copy=False)
