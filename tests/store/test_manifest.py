"""A finished folder that is not what it was is found out, set aside and made again."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from harness.data.open_dataset import open_split
from harness.spec.values import Part
from harness.store import Home, Store
from harness.store.manifest import MANIFEST, BrokenFolder, sound_bytes


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def delete(path: Path) -> None:
    path.unlink()


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (truncate, "x has 9 bytes where it had 10 when it was finished"),
    (flip_a_bit, "x holds other bytes than when it was finished"),
    (delete, "x is gone"),
]


def finish(store: Store) -> Path:
    with store.making("a") as folder:
        assert folder is not None
        (folder / "x").write_text("0123456789")
    return store.path("a")


@pytest.mark.parametrize(("damage", "problem"), DAMAGES)
def test_damage_is_found_and_mended(
    damage: Callable[[Path], None], problem: str, tmp_path: Path
) -> None:
    store = Store(tmp_path)
    folder = finish(store)
    assert store.why_broken("a", with_digests=True) is None
    damage(folder / "x")
    (folder / MANIFEST).touch()  # what was found sound in this process is not read again
    sentence = f"{folder}/{problem}"
    assert store.why_broken("a", with_digests=True) == sentence
    with pytest.raises(BrokenFolder) as broken:
        store.open("a")
    assert str(broken.value).startswith(f"{sentence}; it is set aside")
    assert store.find("a") is None
    finish(store)
    assert store.open("a") == folder
    assert (folder / "x").read_text() == "0123456789"
    assert store.keys() == {"a"}
    assert sorted(path.name for path in tmp_path.glob("a*")) == ["a", "a.broken"]


@pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGES])
@pytest.mark.parametrize("name", ["x", MANIFEST])
def test_bytes_are_sound_only_as_they_were_finished(
    damage: Callable[[Path], None], name: str, tmp_path: Path
) -> None:
    folder = finish(Store(tmp_path))
    assert sound_bytes(str(folder), "x") == b"0123456789"
    assert sound_bytes(str(folder), "y") is None
    damage(folder / name)
    assert sound_bytes(str(folder), "x") is None


def test_sizes_are_compared_without_reading(tmp_path: Path) -> None:
    store = Store(tmp_path)
    folder = finish(store)
    flip_a_bit(folder / "x")
    assert store.why_broken("a") is None
    truncate(folder / "x")
    assert store.why_broken("a") is not None


def test_a_manifest_that_is_broken_itself_is_damage(tmp_path: Path) -> None:
    store = Store(tmp_path)
    folder = finish(store)
    (folder / MANIFEST).write_text('{"x": ')
    assert store.why_broken("a") == f"{folder / MANIFEST} cannot be read"


def test_a_folder_of_an_earlier_version_is_believed(tmp_path: Path) -> None:
    store = Store(tmp_path)
    folder = finish(store)
    (folder / MANIFEST).unlink()
    assert store.open("a") == folder


def test_a_phantom_with_a_flipped_bit_is_drawn_again(tmp_path: Path) -> None:
    home = Home(tmp_path)
    options = {"split": "test", "fingerprint": None, "templates": "drawn"}
    part = Part("dataset", "malaria", {**options, "images": 2, "size": 64, "seed": 0})
    before = np.array(open_split(part, home).images)
    folder = home.store("phantoms").path(part.key)
    flip_a_bit(folder / "images-00000.npy")
    (folder / MANIFEST).touch()  # as another process would see it
    assert np.array_equal(open_split(part, home).images, before)
    assert home.store("phantoms").root.joinpath(f"{part.key}.broken").is_dir()
