"""Downloads against a local server: resumed, checked, unpacked with suspicion, complete or absent."""

import hashlib
import http.server
import io
import stat
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock

from harness.data.fetch import fetch
from harness.data.fetch.download import download
from harness.data.fetch.fetch import RECORD, check, fetch_dataset
from harness.data.fetch.sources import Source
from harness.data.fetch.unpack import unpack
from harness.data.refused import Refused

BODY = bytes(range(256)) * 4000
SHA = hashlib.sha256(BODY).hexdigest()


class Server:
    """A web server whose manners a test sets; it notes the ranges that were asked for."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"/a.bin": BODY}
        self.asked: list[str | None] = []
        self.ranges, self.cut, self.stall, self.status, self.tag = True, 0, 0.0, 200, '"one"'
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(
            target=self.http.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}
        ).start()
        self.root = f"http://127.0.0.1:{self.http.server_address[1]}"

    def answer(self, request: Any) -> None:
        asked = request.headers.get("Range")
        self.asked.append(asked)
        body = self.files.get(request.path)
        if body is None or self.status != 200:
            request.send_error(404 if body is None else self.status)
            return
        start = 0
        same = request.headers.get("If-Range") in (None, self.tag)
        if asked and self.ranges and same:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            if start >= len(body):
                request.send_error(416)
                return
            request.send_response(206)
            request.send_header("Content-Range", f"bytes {start}-{len(body) - 1}/{len(body)}")
        else:
            request.send_response(200)
        request.send_header("Content-Length", str(len(body) - start))
        request.send_header("ETag", self.tag)
        request.end_headers()
        rest = body[start:]
        if self.cut:
            self.cut, part = self.cut - 1, len(rest) // 3
            request.wfile.write(rest[:part])
            request.wfile.flush()
            time.sleep(self.stall)
            request.connection.close()
            return
        request.wfile.write(rest)


@pytest.fixture
def server() -> Iterator[Server]:
    found = Server()
    yield found
    found.http.shutdown()
    found.http.server_close()


def get(server: Server, at: Path, sha: str | None = SHA, **options: Any) -> Path:
    return download(f"{server.root}/a.bin", at / "a.bin", sha, timeout=0.3, pause=0.01, **options)


def test_a_download_tells_its_progress(server: Server, tmp_path: Path) -> None:
    seen: list[tuple[str, int, int | None]] = []
    path = get(server, tmp_path, progress=lambda *step: seen.append(step))
    assert path.read_bytes() == BODY
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]
    assert seen[0] == ("a.bin", 0, len(BODY))
    assert seen[-1] == ("a.bin", len(BODY), len(BODY))


def test_a_cut_connection_is_resumed(server: Server, tmp_path: Path) -> None:
    server.cut = 2
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked[0] is None
    assert len(server.asked) == 3
    assert server.asked[1] == f"bytes={len(BODY) // 3}-"


def test_a_later_process_goes_on_where_the_first_stopped(server: Server, tmp_path: Path) -> None:
    server.cut = 99
    with pytest.raises(Refused, match=r"keeps breaking off"):
        get(server, tmp_path)
    part = (tmp_path / "a.bin.part").stat().st_size
    assert 0 < part < len(BODY)
    server.cut = 0
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked[-1] == f"bytes={part}-"


def test_a_file_that_changed_meanwhile_is_taken_anew(server: Server, tmp_path: Path) -> None:
    server.cut = 99
    with pytest.raises(Refused):
        get(server, tmp_path)
    server.cut, server.tag, server.files["/a.bin"] = 0, '"two"', BODY[::-1]
    assert get(server, tmp_path, hashlib.sha256(BODY[::-1]).hexdigest()).read_bytes() == BODY[::-1]


def test_a_server_without_ranges_starts_over(server: Server, tmp_path: Path) -> None:
    server.ranges, server.cut = False, 1
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked[1] is not None
    assert len(server.asked) == 2


def test_a_part_that_is_too_long_is_thrown_away(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(BODY + b"more")
    (tmp_path / "a.bin.part.json").write_text(f'{{"url": "{server.root}/a.bin", "mark": null}}')
    assert get(server, tmp_path).read_bytes() == BODY


def test_a_part_of_another_address_is_not_continued(server: Server, tmp_path: Path) -> None:
    (tmp_path / "a.bin.part").write_bytes(b"something else")
    assert get(server, tmp_path).read_bytes() == BODY
    assert server.asked == [None]


def test_a_wrong_checksum_leaves_nothing(server: Server, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=rf"have sha256 {SHA}, expected 0000.*nothing of it was kept"):
        get(server, tmp_path, "0" * 64)
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_stalls_is_given_up(server: Server, tmp_path: Path) -> None:
    server.cut, server.stall = 99, 5.0
    began = time.monotonic()
    with pytest.raises(
        Refused, match=r"cannot be reached or keeps breaking off .*time.* or get it in another way"
    ):
        get(server, tmp_path)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("status", [403, 404])
def test_a_refusal_is_not_asked_again(server: Server, tmp_path: Path, status: int) -> None:
    server.status = status
    with pytest.raises(Refused, match=rf"the server answers {status} .*put it at {tmp_path}/a.bin"):
        get(server, tmp_path)
    assert len(server.asked) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_error_of_the_server_is_tried_again(server: Server, tmp_path: Path) -> None:
    server.status = 503
    with pytest.raises(Refused, match=r"503"):
        get(server, tmp_path)
    assert len(server.asked) == 5


def test_offline(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be reached .*refused.* put it at"):
        download("http://127.0.0.1:9/a.bin", tmp_path / "a.bin", None, timeout=0.2, pause=0.01)
    with pytest.raises(Refused, match=r"only http and https"):
        download("file:///etc/passwd", tmp_path / "a", None)


def test_no_room(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("", (), {"free": 10}))
    with pytest.raises(Refused, match=r"1.0 MB are to come, 10 bytes are free"):
        get(server, tmp_path)


# Whole data sets. `sources` is replaced, as the real ones are on the web.


def zipped(
    files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(info)
            archive.writestr(info, content)
    return buffer.getvalue()


@pytest.fixture
def offered(server: Server, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Server]:
    def offer(*files: tuple[str, bytes, dict[str, Any]]) -> Server:
        found = []
        for name, body, facts in files:
            server.files[f"/{name}"] = body
            sha = facts.pop("sha256", hashlib.sha256(body).hexdigest())
            found.append(Source(f"{server.root}/{name}", facts.pop("to", name), sha, **facts))
        monkeypatch.setattr(fetch, "sources", lambda name: found)
        return server

    return offer


def get_set(home: Path, name: str = "dsb2018") -> Path:
    return fetch_dataset(name, home, timeout=0.3, pause=0.01)


def test_a_data_set_is_placed_as_a_whole(offered: Any, tmp_path: Path) -> None:
    inner = zipped({"dsb2018/train/images/a.tif": b"pixels", "__MACOSX/x": b"-"})
    offered(
        ("one.zip", inner, {"unpack": "zip"}),
        ("two.zip", zipped({"b.txt": b"b"}), {"unpack": "zip", "into": "sub", "sha256": None}),
        ("c.h5", b"c", {"to": "deep/c.h5"}),
    )
    folder = get_set(tmp_path)
    assert folder == tmp_path / "dsb2018"
    files = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    assert files == ["deep/c.h5", "dsb2018/train/images/a.tif", RECORD, "sub/b.txt"]
    assert [p.name for p in tmp_path.iterdir() if not p.name.startswith(".")] == ["dsb2018"]
    notes = check("dsb2018", tmp_path).notes
    assert len(notes) == 1
    assert notes[0].startswith("two.zip: no checksum is published; what came has sha256")


def test_what_is_there_is_left_alone(offered: Any, tmp_path: Path) -> None:
    server = offered(("a.bin", BODY, {}))
    (tmp_path / "dsb2018").mkdir()
    assert get_set(tmp_path) == tmp_path / "dsb2018"
    assert server.asked == []


def test_a_failed_fetch_leaves_no_data_set_and_goes_on_later(offered: Any, tmp_path: Path) -> None:
    server = offered(("a.bin", BODY, {}), ("b.zip", b"no archive", {"unpack": "zip"}))
    with pytest.raises(Refused, match=r"b.zip: the archive is damaged"):
        get_set(tmp_path)
    assert not (tmp_path / "dsb2018").exists()
    server.files["/b.zip"] = zipped({"b": b"b"})
    server.asked.clear()
    offered(("a.bin", BODY, {}), ("b.zip", zipped({"b": b"b"}), {"unpack": "zip"}))
    get_set(tmp_path)
    assert len(server.asked) == 1  # a.bin was there already
    assert (tmp_path / "dsb2018/a.bin").read_bytes() == BODY


def test_two_fetches_at_once(offered: Any, tmp_path: Path) -> None:
    offered(("a.bin", BODY, {}))
    with (
        FileLock(tmp_path / ".dsb2018.lock"),
        pytest.raises(Refused, match=r"another fetch of dsb2018 is running"),
    ):
        get_set(tmp_path)
    assert (get_set(tmp_path) / "a.bin").exists()


def test_the_sentence_says_which_file_goes_where(offered: Any, tmp_path: Path) -> None:
    server = offered(
        ("a.zip", b"", {"unpack": "zip", "into": "train"}), ("b.h5", b"", {"to": "x/b.h5"})
    )
    server.files.clear()
    with pytest.raises(Refused, match=rf"answers 404 .*unpack it into {tmp_path}/dsb2018/train$"):
        get_set(tmp_path)
    server = offered(("b.h5", b"", {"to": "x/b.h5"}))
    server.files.clear()
    with pytest.raises(Refused, match=rf"put it at {tmp_path}/dsb2018/x/b.h5$"):
        get_set(tmp_path)


def _link(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def _locked(archive: bytes) -> bytes:
    raw = bytearray(archive)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        raw[raw.index(mark) + at] |= 1
    return bytes(raw)


def _lying(archive: bytes) -> bytes:
    """The directory claims that the file is shorter than it is."""
    raw = bytearray(archive)
    at = raw.index(b"PK\x01\x02") + 24
    raw[at : at + 4] = (3).to_bytes(4, "little")
    return bytes(raw)


def tarred(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.type, info.linkname, info.size = kind, link, 4 if kind == tarfile.REGTYPE else 0
        archive.addfile(info, io.BytesIO(b"data"))
    return buffer.getvalue()


HOSTILE = {
    "climbing zip": (
        zipped({"ok": b"1", "../evil": b"2"}),
        "zip",
        "'../evil' would be written outside",
    ),
    "absolute zip": (
        zipped({"/etc/evil": b"2"}),
        "zip",
        "outside the folder; nothing was unpacked",
    ),
    "backslash zip": (zipped({"a\\..\\..\\evil": b"2"}), "zip", "outside the folder"),
    "drive zip": (zipped({"C:evil": b"2"}), "zip", "outside the folder"),
    "link zip": (zipped({"link": b"/etc/passwd"}, _link), "zip", "'link' is a link or a device"),
    "locked zip": (_locked(zipped({"a": b"2"})), "zip", "locked by a password"),
    "lying zip": (
        _lying(zipped({"a": b"2" * 9000})),
        "zip",
        "larger than the archive says|damaged|shorter",
    ),
    "bomb zip": (
        zipped({"a": b"\0" * 3_000_000}),
        "zip",
        "would become 3.0 MB in 1 files; this is more",
    ),
    "empty zip": (zipped({}), "zip", "the archive is empty"),
    "no zip": (b"<html>404</html>", "zip", "the archive is damaged"),
    "cut zip": (zipped({"a": BODY})[:-30], "zip", "the archive is damaged"),
    "climbing tar": (tarred("../evil"), "tar", "outside the folder"),
    "absolute tar": (tarred("/evil"), "tar", "outside the folder"),
    "symbolic tar": (tarred("a", tarfile.SYMTYPE, "/etc/passwd"), "tar", "is a link or a device"),
    "hard tar": (tarred("a", tarfile.LNKTYPE, "/etc/passwd"), "tar", "is a link or a device"),
    "device tar": (tarred("a", tarfile.CHRTYPE), "tar", "is a link or a device"),
    "cut tar": (tarred("a")[:40], "tar", "the archive is damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives(name: str, tmp_path: Path) -> None:
    body, kind, says = HOSTILE[name]
    (tmp_path / "archive").write_bytes(body)
    with pytest.raises(Refused, match=says) as refused:
        unpack(tmp_path / "archive", kind, tmp_path / "into" / "deep", largest=1_000_000)
    assert "\n" not in str(refused.value)
    left = [p for p in tmp_path.rglob("*") if p.is_file() and p.name != "archive"]
    assert left == [] or name == "lying zip"  # its directory is a lie that only reading can find


def test_the_ratio_is_limited_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.data.fetch.unpack.SMALL", 1_000_000)
    (tmp_path / "a.zip").write_bytes(zipped({"a": b"\0" * 3_000_000}))
    with pytest.raises(Refused, match=r"3.1 kB would become 3.0 MB|would become 3.0 MB"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_good_archives(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(tarred("x/y.txt"))
    assert unpack(tmp_path / "a.tgz", "tar", tmp_path / "t")[0].read_text() == "data"
    (tmp_path / "a.zip").write_bytes(zipped({"x/": b"", "x/ä ö.txt": b"2"}))
    assert unpack(tmp_path / "a.zip", "zip", tmp_path / "z") == [tmp_path / "z/x/ä ö.txt"]
