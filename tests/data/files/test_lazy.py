"""Images stay on disk until they are asked for, and are read again where a file has changed."""

from pathlib import Path

import numpy as np
import pytest

from harness.data.files.lazy import decode_to_file
from harness.data.fingerprint import files_stamp, fingerprint
from tests.made.volumes import HEIGHT, WIDTH, grey, hdf5, open_own


def test_images_are_decoded_once_into_a_mapped_file(tmp_path: Path) -> None:
    scans = open_own(hdf5(tmp_path / "a", grey()))
    mapped = decode_to_file(scans.images, tmp_path / "images.npy")
    assert isinstance(mapped, np.memmap)
    np.testing.assert_array_equal(mapped, grey())
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.h5", "images.npy"]


def test_a_volume_larger_than_a_block_is_read_in_parts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.data.files.stored.LARGEST", 3 * HEIGHT * WIDTH)
    scans = open_own(hdf5(tmp_path / "a", grey()))
    np.testing.assert_array_equal(np.asarray(scans.images), grey())


def test_a_changed_file_is_read_anew(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "a.npz", grey())
    before = open_own(f"{tmp_path}/a.npz")
    fingerprint_before = fingerprint(before)
    stamp_before = files_stamp(before.sources)
    np.savez_compressed(tmp_path / "a.npz", grey(1))
    after = open_own(f"{tmp_path}/a.npz")
    assert fingerprint(after) != fingerprint_before
    assert files_stamp(after.sources) != stamp_before
