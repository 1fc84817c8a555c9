"""HDF5, Zarr, NumPy, NIfTI and Analyze: headers first, pixels when asked for."""

import ast
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files.stored import Stored, Window, stamp
from harness.data.refused import Refused, few, saying, sizes
from harness.spec.options import did_you_mean

HDF5 = (".h5", ".hdf5", ".hdf", ".hf5")
ZARR = (".zarr", ".n5", ".ome.zarr")
NUMPY = (".npy", ".npz")
NIFTI = (".nii", ".nii.gz", ".hdr", ".img")
KEYED = (*HDF5, ".zarr", ".n5", ".npz")
NUMBERS = "buif"


def _checked(stored: Stored) -> Stored:
    if np.dtype(stored.dtype).kind not in NUMBERS:
        raise Refused(
            f"{stored.name}: values of type {stored.dtype} are no grey values, colours or labels"
        )
    if len(stored.shape) < 2:
        raise Refused(f"{stored.name}: an array with {len(stored.shape)} axes is no image")
    return stored


def _one_of(path: Path, key: str, found: dict[str, tuple[int, ...]]) -> str:
    """The array that `key` names, or the only one there is."""
    key = key.strip("/")
    listed = few(f"{name} ({sizes(shape)})" for name, shape in found.items())
    if not found:
        raise Refused(f"{path}: it holds no array with two axes or more")
    if key in found:
        return key
    if key:
        raise Refused(
            f"{path}: there is no array {key!r}; {did_you_mean(key, found)} It holds {listed}"
        )
    if len(found) > 1:
        raise Refused(
            f"{path}: it holds several arrays ({listed}); say which, as {path.name}:{next(iter(found))}"
        )
    return next(iter(found))


def hdf5(path: Path, key: str = "") -> Stored:
    """An HDF5 dataset as its header describes it."""
    import h5py

    found: dict[str, tuple[int, ...]] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and len(item.shape or ()) >= 2:
            found[name] = item.shape

    with (
        saying(path, "this is no HDF5 file, or it was cut short; copy it again"),
        h5py.File(path, "r") as file,
    ):
        file.visititems(note)
        name = _one_of(path, key, found)
        data = file[name]
        kind, chunk = str(data.dtype), data.chunks or ()
        kind = "uint8" if data.dtype.kind == "b" else kind
        return _checked(
            Stored(
                path, data.shape, kind, read_hdf5, "", name, chunk, partial=True, stamp=stamp(path)
            )
        )


def read_hdf5(stored: Stored, window: Window) -> NDArray[Any]:
    """Part of an HDF5 dataset."""
    import h5py

    with h5py.File(stored.path, "r") as file:
        found: NDArray[Any] = file[stored.key][tuple(slice(*w) for w in window)]
    return found.astype(stored.dtype, copy=False)


def zarr(path: Path, key: str = "") -> Stored:
    """A Zarr array (format 2 or 3) as its metadata describe it."""
    import zarr as library

    if path.suffix == ".n5" or (not _has_zarr(path) and (path / "attributes.json").exists()):
        raise Refused(
            f"{path}: N5 is not read by zarr {library.__version__}; convert it to Zarr or HDF5 first"
        )
    if not _has_zarr(path):
        raise Refused(
            f"{path}: there is no Zarr array or group here (no zarr.json, .zarray or .zgroup)"
        )
    with saying(path, "the Zarr metadata are damaged; copy it again"):
        root = library.open(str(path), mode="r")
        if isinstance(root, library.Array):
            name, data = "", root
        else:
            arrays = {
                n: a
                for n, a in root.members(max_depth=None)
                if isinstance(a, library.Array) and a.ndim >= 2
            }
            name = _one_of(path, key, {n: a.shape for n, a in arrays.items()})
            data = arrays[name]
        kind = "uint8" if data.dtype.kind == "b" else str(data.dtype)
        at = (path / "zarr.json" if (path / "zarr.json").exists() else path).stat()
        when = (data.nbytes, at.st_mtime_ns)
        return _checked(
            Stored(
                path, data.shape, kind, read_zarr, "", name, data.chunks, partial=True, stamp=when
            )
        )


def _has_zarr(path: Path) -> bool:
    return any((path / name).exists() for name in ("zarr.json", ".zarray", ".zgroup"))


def read_zarr(stored: Stored, window: Window) -> NDArray[Any]:
    """Part of a Zarr array."""
    import zarr as library

    root: Any = library.open(str(stored.path), mode="r")
    data = root[stored.key] if stored.key else root
    return np.asarray(data[tuple(slice(*w) for w in window)]).astype(stored.dtype, copy=False)


def npy(path: Path, key: str = "") -> Stored:
    """A .npy file as its header describes it."""
    with open(path, "rb") as file:
        if (start := file.read(6)) != b"\x93NUMPY":
            raise Refused(
                f"{path}: this is no NumPy file, it starts with {start!r}; save it again with numpy.save"
            )
    with saying(
        path,
        "this NumPy file holds no plain numbers, or was cut short; save it again with numpy.save",
    ):
        data = np.load(path, mmap_mode="r", allow_pickle=False)
    kind = "uint8" if data.dtype.kind == "b" else str(data.dtype)
    return _checked(Stored(path, data.shape, kind, read_npy, stamp=stamp(path)))


def read_npy(stored: Stored, window: Window) -> NDArray[Any]:
    """Part of a .npy file, mapped."""
    data = np.load(stored.path, mmap_mode="r", allow_pickle=False)[tuple(slice(*w) for w in window)]
    return data.astype(stored.dtype, copy=False)


def npz(path: Path, key: str = "") -> Stored:
    """One array of a .npz file as its header describes it, without unpacking it."""
    with (
        saying(path, "this is no .npz file, or it was cut short; save it again"),
        zipfile.ZipFile(path) as file,
    ):
        heads = {
            n.removesuffix(".npy"): _head(file, n) for n in file.namelist() if n.endswith(".npy")
        }
        name = _one_of(path, key, {n: h[0] for n, h in heads.items() if len(h[0]) >= 2})
    shape, kind = heads[name]
    kind = "uint8" if np.dtype(kind).kind == "b" else kind
    return _checked(Stored(path, shape, kind, read_npz, "", name, shape, stamp=stamp(path)))


def _head(file: zipfile.ZipFile, name: str) -> tuple[tuple[int, ...], str]:
    with file.open(name) as member:
        major = np.lib.format.read_magic(member)[0]
        length = int.from_bytes(member.read(2 if major == 1 else 4), "little")
        said = ast.literal_eval(member.read(length).decode("latin1"))
    return said["shape"], str(np.dtype(said["descr"]))


def read_npz(stored: Stored, window: Window) -> NDArray[Any]:
    """Part of one array of a .npz file, unpacked whole."""
    with np.load(stored.path, allow_pickle=False) as file:
        return file[stored.key][tuple(slice(*w) for w in window)].astype(stored.dtype, copy=False)


def nifti(path: Path, key: str = "") -> Stored:
    """A NIfTI or Analyze volume as its header describes it, at the time point `key`; the orientation is not applied."""
    import nibabel

    with saying(path, "this is no NIfTI or Analyze volume, or it was cut short; copy it again"):
        image: Any = nibabel.load(path)
        data, slope = image.dataobj, _slope(image)
        kind = str(data.dtype.newbyteorder("=")) if slope == (1.0, 0.0) else "float32"
        packed = path.suffix == ".gz"
        if not packed:
            _long_enough(path, data)
    shape = tuple(int(n) for n in data.shape)
    if len(shape) > 3 and shape[3] > 1 and not (key.isdigit() and int(key) < shape[3]):
        last = shape[3] - 1
        raise Refused(
            f"{path}: it holds {shape[3]} time points ({sizes(shape)}); say which, as key: '0' to '{last}'"
        )
    shape = shape[:3] if len(shape) > 3 and shape[3] > 1 else shape
    axes = "xyz"[: min(len(shape), 3)]
    chunk = shape if packed else ()
    return _checked(Stored(path, shape, kind, read_nifti, axes, key, chunk, stamp=stamp(path)))


def _slope(image: Any) -> tuple[float, float]:
    slope, intercept = float(image.dataobj.slope or 1.0), float(image.dataobj.inter or 0.0)
    return (slope if np.isfinite(slope) else 1.0), (intercept if np.isfinite(intercept) else 0.0)


def _long_enough(path: Path, data: Any) -> None:
    pixels = path.with_suffix(".img") if path.suffix == ".hdr" else path
    needed = int(data.offset) + int(np.prod(data.shape)) * data.dtype.itemsize
    if not pixels.exists():
        raise Refused(f"{path}: its pixels should stand in {pixels.name}, which is missing")
    if pixels.stat().st_size < needed:
        raise Refused(
            f"{pixels}: {pixels.stat().st_size} bytes, but its header asks for {needed}; it was cut short"
        )


def read_nifti(stored: Stored, window: Window) -> NDArray[Any]:
    """Part of a NIfTI or Analyze volume, scaled as its header says."""
    import nibabel

    image: Any = nibabel.load(stored.path)
    part = (*(slice(*w) for w in window), *([int(stored.key)] if stored.key else []))
    return np.asarray(image.dataobj[part]).astype(stored.dtype, copy=False)
