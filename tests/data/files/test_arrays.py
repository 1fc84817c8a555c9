"""HDF5, Zarr and NumPy: what is damaged, ambiguous or far too large gets a sentence."""

import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

from harness.data.scans import Scans
from tests.made.volumes import (
    Case,
    changed_images,
    check_refusal,
    cut_short,
    grey,
    hdf5,
    npy,
    npz,
    open_own,
    read_whole,
    text_with_suffix,
    zarr2,
)


def test_a_huge_volume_is_opened_by_its_header(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "huge.h5", "w") as file:
        shape = (4000, 4096, 4096)
        data = file.create_dataset("raw", shape, np.uint8, chunks=(1, 512, 512))
        data[1234, :512, :512] = 7
    splits = {"train": (0, 1000), "test": (1234, 1236)}
    scans = open_own(f"{tmp_path}/huge.h5", split="test", splits=splits)
    assert len(scans) == 2
    assert scans.ids[0] == "huge/1234"
    assert scans.images[0].sum() == 7 * 512 * 512


def _two_arrays_and_key(key: str) -> Case:
    def case(folder: Path) -> Scans:
        file, _, _ = hdf5(folder / "a", grey()).partition(":")
        return open_own(file + key)

    return case


def _npz_bomb(folder: Path) -> Scans:
    """A header that promises 12 GB, and a thousand bytes."""
    facts = b"{'descr': '|u1', 'fortran_order': False, 'shape': (3000, 2000, 2000), }"
    header = facts.ljust(117) + b"\n"
    length = len(header).to_bytes(2, "little")
    with zipfile.ZipFile(folder / "a.npz", "w", zipfile.ZIP_DEFLATED) as file:
        content = b"\x93NUMPY\x01\x00" + length + header + b"\0" * 1000
        file.writestr("raw.npy", content)
    return open_own(f"{folder}/a.npz")


def _damaged_zarr(folder: Path) -> Scans:
    path = zarr2(folder / "a", grey())
    (Path(path) / ".zarray").write_text("{")
    return open_own(path)


def _n5(folder: Path) -> Scans:
    (folder / "a.n5").mkdir()
    (folder / "a.n5/attributes.json").write_text("{}")
    return open_own(f"{folder}/a.n5")


def _damaged_chunk(folder: Path) -> Scans:
    path = zarr2(folder / "a", grey())
    chunks = []
    for file in sorted(Path(path).rglob("*")):
        if file.is_file() and not file.name.startswith("."):
            chunks.append(file)
    chunks[0].write_bytes(b"\x02\x01!garbage")
    return read_whole(open_own(path))


BROKEN: dict[str, tuple[Case, str]] = {
    "cut hdf5": (cut_short(hdf5, 0.5, ".h5"), "cut short"),
    "cut npy": (cut_short(npy, 0.5, ".npy"), "cut short"),
    "cut npz": (cut_short(npz, 0.5, ".npz"), "cut short"),
    "text named .h5": (text_with_suffix(".h5"), "no HDF5 file"),
    "text named .npy": (text_with_suffix(".npy"), "no NumPy file"),
    "missing key": (
        _two_arrays_and_key(":volumes/rav"),
        "no array 'volumes/rav'; did you mean 'volumes/raw'",
    ),
    "no key": (_two_arrays_and_key(""), "several arrays .*say which"),
    "npz bomb": (_npz_bomb, "would become 12 GB in memory"),
    "complex pixels": (
        changed_images(lambda images: images.astype(np.complex64)),
        "complex64 are no grey values",
    ),
    "damaged zarr": (_damaged_zarr, "metadata are damaged"),
    "damaged chunk": (_damaged_chunk, "cannot be decoded"),
    "n5": (_n5, "N5 is not read by zarr"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_broken_input_gets_one_sentence(
    name: str,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
) -> None:
    case, pattern = BROKEN[name]
    check_refusal(case, pattern, tmp_path, capfd)
