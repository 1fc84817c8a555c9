"""A hundred data files that are broken: cut, flipped, emptied, of another kind, or larger than any
computer; each is made by a function of a folder.
"""

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from numpy.typing import NDArray

from tests.faults.file_bytes import (
    FORMATS,
    GARBAGE,
    HUGE,
    SHARES,
    bomb_npz,
    bomb_png,
    hdf5_of,
    huge_nifti,
    huge_npy,
    huge_png,
    huge_tiff,
    nifti,
    npy,
    npz_of,
    png,
    stack,
    tiff,
    wrong_nifti,
)

Array = NDArray[Any]
Damage = Callable[[bytes], bytes]
BOMB = 3_000_000_000  # bytes that a few kB become


def cut_files() -> Iterator[tuple[str, str, bytes]]:
    """Files of every format of which only the beginning is there."""
    for name, make in FORMATS.items():
        content = make(stack())
        for share in SHARES:
            yield f"{name} cut to {share:.0%}", name, content[: int(share * len(content))]
    picture = png(stack()[0])
    for share in SHARES:
        yield f"a.png cut to {share:.0%}", "a.png", picture[: int(share * len(picture))]


def files_of_another_kind() -> Iterator[tuple[str, str, bytes]]:
    """Files whose name says what their content is not."""
    contents = {"garbage": GARBAGE, "zeros": bytes(4096), "a text": b"name: value\n" * 20}
    for name in (*FORMATS, "a.png"):
        for kind, content in contents.items():
            yield f"{name} that is {kind}", name, content
    yield "a NumPy file called TIFF", "a.tif", npy(stack())
    yield "a TIFF called NumPy", "a.npy", tiff(stack())
    yield "a picture called HDF5", "a.h5", png(stack()[0])
    yield "a NIfTI called compressed", "a.nii.gz", nifti(stack())


def files_of_wrong_numbers() -> Iterator[tuple[str, str, bytes]]:
    """Files whose numbers are no grey values."""
    broken = stack("float32")
    broken[1, 2, 3] = np.nan
    endless = stack("float32")
    endless[0, 0, 0] = np.inf
    for name, make in FORMATS.items():
        if make is not tiff:
            yield f"{name} of complex numbers", name, make(stack("complex64"))
        yield f"{name} with NaN", name, make(broken)
        yield f"{name} with infinity", name, make(endless)
    objects = np.array([[None, {}], [1, 2]], dtype=object)
    yield "objects", "a.npy", npy(objects)
    texts = np.array([["a", "b"], ["c", "d"]])
    yield "texts", "a.npy", npy(texts)
    yield "dates", "a.npy", npy(np.zeros((4, 8, 8), "datetime64[s]"))
    records = np.zeros((4, 8, 8), [("x", "u1"), ("y", "u1")])
    yield "records", "a.npy", npy(records)
    yield "a line", "a.npy", npy(np.zeros(9, np.uint8))
    yield "a single number", "a.npy", npy(np.array(3, np.uint8))
    yield "no image", "a.npy", npy(np.zeros((0, 8, 8), np.uint8))
    yield "six axes", "a.npy", npy(np.zeros((2, 2, 2, 2, 2, 2), np.uint8))


def files_of_wrong_sizes() -> Iterator[tuple[str, str, bytes]]:
    """Files whose header promises what no computer holds, or nothing."""
    yield "a TIFF of 2,000,000 x 2,000,000", "a.tif", huge_tiff()
    yield "a NumPy file that is short", "a.npy", huge_npy((4, 512, 512))
    yield "a NumPy file of terabytes", "a.npy", huge_npy((HUGE, HUGE, 4))
    yield "a NumPy file of negative size", "a.npy", huge_npy((-4, 8, 8))
    yield "a NumPy file of odd numbers", "a.npy", huge_npy((4, 4, 4), "|Q9")
    yield "an archive that is short", "a.npz", npz_of(huge_npy((4, 512, 512)))
    yield "an archive that unpacks to gigabytes", "a.npz", bomb_npz()
    yield "an archive of nothing", "a.npz", npz_of(b"")
    yield "a picture of a trillion pixels", "a.png", huge_png()
    yield "a picture whose pixels are missing", "a.png", bomb_png()
    yield "a NIfTI of 32767 cubed", "a.nii", huge_nifti()
    yield "a NIfTI of no axes", "a.nii", wrong_nifti(40, struct.pack("<h", 0))
    yield "a NIfTI of negative size", "a.nii", wrong_nifti(42, struct.pack("<h", -5))
    yield "a NIfTI of an unknown type", "a.nii", wrong_nifti(70, struct.pack("<h", 9999))
    yield "an HDF5 file without arrays", "a.h5", hdf5_of()
    two = {"a": {"data": stack()}, "b": {"data": stack()}}
    yield "an HDF5 file with two arrays", "a.h5", hdf5_of(**two)
    yield "an HDF5 file of texts", "a.h5", hdf5_of(a={"data": np.array([[b"a"], [b"b"]])})
    empty = {"shape": (4, 0, 32), "dtype": "uint8"}
    yield "an HDF5 file of empty images", "a.h5", hdf5_of(a=empty)
    yield "an ending that nobody reads", "a.xyz", GARBAGE


def damaged_zarr() -> Iterator[tuple[str, Callable[[Path], None]]]:
    """Zarr folders whose metadata or chunks are broken."""

    def write(folder: Path) -> None:
        zarr.save_array(str(folder), stack(), zarr_format=2)

    def edit_metadata(folder: Path, **changes: Any) -> None:
        write(folder)
        file = folder / ".zarray"
        file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))

    def cut_chunk(folder: Path) -> None:
        write(folder)
        chunk = next(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
        chunk.write_bytes(chunk.read_bytes()[:20])

    def cut_metadata(folder: Path) -> None:
        write(folder)
        (folder / ".zarray").write_text('{"shape": [4')

    def keep_nothing(folder: Path) -> None:
        folder.mkdir()

    yield "without metadata", keep_nothing
    yield "whose metadata is cut", cut_metadata
    yield "whose chunk is cut", cut_chunk
    yield "of objects", lambda folder: edit_metadata(folder, dtype="|O")
    yield "of negative size", lambda folder: edit_metadata(folder, shape=[-4, 32, 32])
    yield "of a future format", lambda folder: edit_metadata(folder, zarr_format=9)
    yield "of an unknown compressor", lambda folder: edit_metadata(folder, compressor={"id": "x"})


def broken_files() -> dict[str, tuple[str, Callable[[Path], None]]]:
    """Every broken file by what is wrong with it: its name, and what makes it at a path."""
    files: dict[str, tuple[str, Callable[[Path], None]]] = {}
    for group in (cut_files, files_of_another_kind, files_of_wrong_numbers, files_of_wrong_sizes):
        for title, name, content in group():
            files[title] = (name, writer_of(content))
    for title, make in damaged_zarr():
        files[f"a Zarr folder {title}"] = ("a.zarr", make)
    return files


def writer_of(content: bytes) -> Callable[[Path], None]:
    """What writes this content to a path."""

    def write(path: Path) -> None:
        path.write_bytes(content)

    return write
