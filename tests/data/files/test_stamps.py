"""Data that changed between two commands are noticed, however little of the files tells it."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.data import identity
from harness.data.fingerprint import files_stamp
from harness.data.identity import identity_of
from harness.spec.enclosing import Enclosing
from harness.spec.parse import read_part
from harness.spec.values import Part
from harness.store import Home
from tests.made.volumes import analyze, grey, open_own, tif_stack, zarr2, zarr3

Write = Callable[..., str]


def change_chunk(folder: Path) -> None:
    """Writes the bytes of another chunk into a chunk of a Zarr array; no folder changes."""
    paths = sorted(folder.rglob("*"))
    chunks = [path for path in paths if path.is_file() and path.name[-1].isdigit()]
    first, second = chunks[:2]
    assert first.read_bytes() != second.read_bytes()
    first.write_bytes(second.read_bytes())


def change_one_byte(file: Path) -> None:
    """Changes a pixel in the middle; size and time of change are as before."""
    status = file.stat()
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (status.st_size, status.st_mtime_ns)


CASES = {
    "a chunk of Zarr 2": (zarr2, lambda folder: change_chunk(folder / "a.zarr")),
    "a chunk of Zarr 3": (zarr3, lambda folder: change_chunk(folder / "a.zarr")),
    "the pixels beside a header": (analyze, lambda folder: change_one_byte(folder / "a.img")),
    "a TIFF of the same size and time": (
        tif_stack,
        lambda folder: change_one_byte(folder / "a.tif"),
    ),
}


def own_part(images: str) -> Part:
    raw = {"name": "volume", "images": images, "split": "all"}
    part = read_part("dataset", raw, (), [], Enclosing())
    assert part is not None
    return part


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_change_shows_in_the_stamp_and_in_the_identity(
    case: tuple[Write, Callable[[Path], None]],
    tmp_path: Path,
    home: Home,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(identity, "CLOCK_TICK", 0)  # the stamp alone decides, doubt does not
    home.hidden.mkdir()
    write, change = case
    images = write(tmp_path / "a", grey())
    stamp = files_stamp(open_own(images).sources)
    before = identity_of(own_part(images), home)
    change(tmp_path)
    assert files_stamp(open_own(images).sources) != stamp
    assert identity_of(own_part(images), home).mark != before.mark


def count_examinations(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Notes how many images are read whenever the pixels of a data set are."""
    counts: list[int] = []
    examine = identity.examine

    def note_and_examine(data: identity.Scans) -> object:
        counts.append(len(data))
        return examine(data)

    monkeypatch.setattr(identity, "examine", note_and_examine)
    return counts


def test_files_that_stay_are_read_once(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "CLOCK_TICK", 0)
    counts = count_examinations(monkeypatch)
    home.hidden.mkdir()
    images = tif_stack(tmp_path / "a", grey())
    first = identity_of(own_part(images), home)
    assert identity_of(own_part(images), home) == first
    assert len(counts) == 1


def test_files_that_changed_just_before_they_were_read_are_read_again(
    tmp_path: Path, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = count_examinations(monkeypatch)
    home.hidden.mkdir()
    images = tif_stack(tmp_path / "a", grey())
    identity_of(own_part(images), home)
    identity_of(own_part(images), home)
    assert len(counts) == 2


@pytest.mark.parametrize("note", ['{"stamp": "a", "fingerprint": "b", "digests": {}}', "", "[1]"])
def test_a_note_of_another_shape_is_examined_anew(tmp_path: Path, home: Home, note: str) -> None:
    home.hidden.mkdir()
    images = tif_stack(tmp_path / "a", grey())
    first = identity_of(own_part(images), home)
    file = home.hidden / "fingerprints" / f"{own_part(images).key}.json"
    assert file.exists()
    file.write_text(note)
    assert identity_of(own_part(images), home).mark == first.mark
