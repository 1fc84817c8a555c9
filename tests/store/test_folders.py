"""Folders by key: complete or absent, one maker at a time."""

from pathlib import Path

import pytest
import torch

from harness.store import (
    Store,
    file_lock,
    file_name,
    is_locked,
    load_tensors,
    read_json,
    save_tensors,
    write_json,
)


def test_a_folder_is_there_once_it_is_whole(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.making("a") as folder:
        assert folder is not None
        (folder / "x").write_text("1")
        assert store.find("a") is None
    assert store.find("a") == tmp_path / "a"
    assert store.keys() == {"a"}
    with store.making("a") as folder:
        assert folder is None


def begin_and_die(store: Store) -> None:
    with store.making("a") as folder:
        assert folder is not None
        (folder / "state").write_text("half")
        raise RuntimeError("killed")


def test_what_was_begun_stays_for_the_next_try(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with pytest.raises(RuntimeError, match="killed"):
        begin_and_die(store)
    assert store.find("a") is None
    assert (store.partial("a") / "state").read_text() == "half"
    store.drop("a")
    assert not store.partial("a").exists()


def test_a_folder_with_too_little_in_it_is_made_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for name in ("x", "y"):
        with store.making("a", enough=lambda folder: (folder / "y").exists()) as folder:
            assert folder is not None
            (folder / name).write_text("1")
    names = [path.name for path in (tmp_path / "a").iterdir()]
    assert sorted(names) == ["manifest.json", "y"]
    assert store.keys() == {"a"}


def test_a_lock_has_one_holder(tmp_path: Path) -> None:
    path = tmp_path / "locks" / "a.lock"
    assert not is_locked(path)
    with file_lock(path):
        assert is_locked(path)
    assert not is_locked(path)


def test_files_are_written_whole(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"b": [1, None]})
    assert read_json(tmp_path / "a.json") == {"b": [1, None]}
    weight = torch.arange(3.0)
    save_tensors(tmp_path / "a.safetensors", {"x": weight, "y": weight}, {"epoch": 2})
    tensors, description = load_tensors(tmp_path / "a.safetensors")
    assert description == {"epoch": 2}
    assert torch.equal(tensors["x"], tensors["y"])
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["a.json", "a.safetensors"]
    assert file_name("a b/c-d_1") == "a_b_c-d_1"


def test_half_written_files_of_a_killed_process_are_not_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    with store.making("a") as folder:
        assert folder is not None
        (folder / ".state.safetensors.4711").write_text("hal")
        (folder / "figures").mkdir()
        (folder / "figures/.arm.png.4711").write_text("hal")
        (folder / "x").write_text("1")
    names = [path.name for path in (tmp_path / "a").rglob("*")]
    assert sorted(names) == ["figures", "manifest.json", "x"]
