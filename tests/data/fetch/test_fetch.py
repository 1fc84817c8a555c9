"""A data set is fetched as a whole: complete or absent, one fetch at a time."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from harness.data.check import check
from harness.data.fetch import fetch
from harness.data.fetch.fetch import RECORD, fetch_dataset
from harness.data.fetch.sources import Source
from harness.data.refused import Refused
from tests.made.server import BODY, Server, zip_of

File = tuple[str, bytes, dict[str, Any]]  # its name, its content, what else its source says
Offer = Callable[..., Server]


@pytest.fixture
def offer(server: Server, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Replaces the sources of a data set, which are on the web, by files of the local server."""

    def offer_files(*files: File) -> Server:
        sources = []
        for name, body, facts in files:
            server.files[f"/{name}"] = body
            checksum = hashlib.sha256(body).hexdigest()
            facts = {"to": name, "sha256": checksum, **facts}
            sources.append(Source(f"{server.root}/{name}", **facts))
        monkeypatch.setattr(fetch, "sources", lambda name: sources)
        return server

    return offer_files


def get_set(home: Path, name: str = "dsb2018") -> Path:
    return fetch_dataset(name, home, timeout=0.3, pause=0.01)


def test_a_data_set_is_placed_as_a_whole(offer: Offer, tmp_path: Path) -> None:
    images = zip_of({"dsb2018/train/images/a.tif": b"pixels", "__MACOSX/x": b"-"})
    text = zip_of({"b.txt": b"b"})
    offer(
        ("one.zip", images, {"unpack": "zip"}),
        ("two.zip", text, {"unpack": "zip", "into": "sub", "sha256": None}),
        ("c.h5", b"c", {"to": "deep/c.h5"}),
    )
    folder = get_set(tmp_path)
    assert folder == tmp_path / "dsb2018"
    files = [path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()]
    assert sorted(files) == ["deep/c.h5", "dsb2018/train/images/a.tif", RECORD, "sub/b.txt"]
    visible = [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")]
    assert visible == ["dsb2018"]
    notes = check("dsb2018", tmp_path).notes
    assert len(notes) == 1
    assert notes[0].startswith("two.zip: no checksum is published; what came has sha256")


def test_a_data_set_that_is_there_is_left_alone(offer: Offer, tmp_path: Path) -> None:
    server = offer(("a.bin", BODY, {}))
    (tmp_path / "dsb2018").mkdir()
    assert get_set(tmp_path) == tmp_path / "dsb2018"
    assert server.requested_ranges == []


def test_a_failed_fetch_leaves_no_data_set_and_goes_on_later(offer: Offer, tmp_path: Path) -> None:
    server = offer(("a.bin", BODY, {}), ("b.zip", b"no archive", {"unpack": "zip"}))
    with pytest.raises(Refused, match=r"b.zip: the archive is damaged"):
        get_set(tmp_path)
    assert not (tmp_path / "dsb2018").exists()
    server.requested_ranges.clear()
    offer(("a.bin", BODY, {}), ("b.zip", zip_of({"b": b"b"}), {"unpack": "zip"}))
    get_set(tmp_path)
    assert len(server.requested_ranges) == 1  # a.bin was there already
    assert (tmp_path / "dsb2018/a.bin").read_bytes() == BODY


def test_two_fetches_at_once(offer: Offer, tmp_path: Path) -> None:
    offer(("a.bin", BODY, {}))
    sentence = r"another fetch of dsb2018 is running"
    with FileLock(tmp_path / ".dsb2018.lock"), pytest.raises(Refused, match=sentence):
        get_set(tmp_path)
    assert (get_set(tmp_path) / "a.bin").exists()


def test_the_sentence_says_where_an_archive_is_unpacked(offer: Offer, tmp_path: Path) -> None:
    server = offer(
        ("a.zip", b"", {"unpack": "zip", "into": "train"}),
        ("b.h5", b"", {"to": "x/b.h5"}),
    )
    server.files.clear()
    with pytest.raises(Refused, match=rf"answers 404 .*unpack it into {tmp_path}/dsb2018/train$"):
        get_set(tmp_path)


def test_the_sentence_says_where_a_file_goes(offer: Offer, tmp_path: Path) -> None:
    server = offer(("b.h5", b"", {"to": "x/b.h5"}))
    server.files.clear()
    with pytest.raises(Refused, match=rf"put it at {tmp_path}/dsb2018/x/b.h5$"):
        get_set(tmp_path)
