"""A download against a local server: resumed where it was cut, checked before it is used."""

import hashlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.data.fetch.download import download
from harness.data.refused import Refused
from tests.made.server import BODY, Server

SHA = hashlib.sha256(BODY).hexdigest()


def get(server: Server, folder: Path, sha: str | None = SHA, **options: Any) -> Path:
    url = f"{server.root}/a.bin"
    return download(
        url,
        folder / "a.bin",
        sha,
        timeout=0.3,
        pause=0.01,
        **options,
    )


def test_a_download_tells_its_progress(server: Server, tmp_path: Path) -> None:
    steps: list[tuple[str, int, int | None]] = []

    def note(name: str, received: int, total: int | None) -> None:
        steps.append((name, received, total))

    path = get(server, tmp_path, progress=note)
    assert path.read_bytes() == BODY
    assert [path.name for path in tmp_path.iterdir()] == ["a.bin"]
    assert steps[0] == ("a.bin", 0, len(BODY))
    assert steps[-1] == ("a.bin", len(BODY), len(BODY))


def test_a_cut_connection_is_resumed(server: Server, tmp_path: Path) -> None:
    server.cuts = 2
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.requested_ranges[0] is None
    assert len(server.requested_ranges) == 3
    assert server.requested_ranges[1] == f"bytes={len(BODY) // 3}-"


def test_a_later_process_goes_on_where_the_first_stopped(server: Server, tmp_path: Path) -> None:
    server.cuts = 99
    with pytest.raises(Refused, match=r"keeps breaking off"):
        get(server, tmp_path)
    size = (tmp_path / "a.bin.part").stat().st_size
    assert 0 < size < len(BODY)
    server.cuts = 0
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.requested_ranges[-1] == f"bytes={size}-"


def test_a_file_that_changed_meanwhile_is_taken_anew(server: Server, tmp_path: Path) -> None:
    server.cuts = 99
    with pytest.raises(Refused):
        get(server, tmp_path)
    other_body = BODY[::-1]
    server.cuts = 0
    server.tag = '"two"'
    server.files["/a.bin"] = other_body
    other_sha = hashlib.sha256(other_body).hexdigest()
    assert get(server, tmp_path, other_sha).read_bytes() == other_body


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    server.cuts = 1
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.requested_ranges[1] is not None
    assert len(server.requested_ranges) == 2


def test_a_part_that_is_too_long_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(BODY + b"more")
    memo = f'{{"url": "{server.root}/a.bin", "mark": null}}'
    (tmp_path / "a.bin.part.json").write_text(memo)
    assert get(server, tmp_path).read_bytes() == BODY


def test_a_part_of_another_address_is_not_continued(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"something else")
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.requested_ranges == [None]


def test_a_wrong_checksum_leaves_nothing(server: Server, tmp_path: Path) -> None:
    sentence = rf"have sha256 {SHA}, expected 0000.*nothing of it was kept"
    with pytest.raises(Refused, match=sentence):
        get(server, tmp_path, "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stalls_is_given_up(server: Server, tmp_path: Path) -> None:
    server.cuts = 99
    server.stall = 60.0
    sentence = r"cannot be reached or keeps breaking off .*time.* or get it in another way"
    began = time.monotonic()
    with pytest.raises(Refused, match=sentence):
        get(server, tmp_path)
    assert time.monotonic() - began < server.stall


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_not_asked_again(server: Server, tmp_path: Path, status: int) -> None:
    server.status = status
    sentence = rf"the server answers {status} .*put it at {tmp_path}/a.bin"
    with pytest.raises(Refused, match=sentence):
        get(server, tmp_path)
    assert len(server.requested_ranges) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_server_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.status = 503
    with pytest.raises(Refused, match=r"503"):
        get(server, tmp_path)
    assert len(server.requested_ranges) == 5


def test_offline(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be reached .*refused.* put it at"):
        download("http://127.0.0.1:9/a.bin", tmp_path / "a.bin", None, timeout=0.2, pause=0.01)


def test_other_kinds_of_address_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"only http and https"):
        download("file:///etc/passwd", tmp_path / "a", None)


@dataclass(frozen=True)
class _DiskUsage:
    free: int


def test_a_full_disk(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: _DiskUsage(free=10))
    with pytest.raises(Refused, match=r"1.0 MB are to come, 10 bytes are free"):
        get(server, tmp_path)
