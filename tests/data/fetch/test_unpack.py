"""Archives are unpacked with suspicion: what does not belong is refused before it is written."""

import stat
import tarfile
import zipfile
from pathlib import Path

import pytest

from harness.data.fetch.unpack import unpack
from harness.data.refused import Refused
from tests.made.server import BODY, tar_of, zip_of

LOCAL_HEADER = b"PK\x03\x04"
DIRECTORY_ENTRY = b"PK\x01\x02"


def _as_link(info: zipfile.ZipInfo) -> None:
    info.external_attr = (stat.S_IFLNK | 0o777) << 16


def _with_password(archive: bytes) -> bytes:
    """Sets the flag that a member is encrypted, in both of its heads."""
    content = bytearray(archive)
    content[content.index(LOCAL_HEADER) + 6] |= 1
    content[content.index(DIRECTORY_ENTRY) + 8] |= 1
    return bytes(content)


def _with_false_size(archive: bytes) -> bytes:
    """The directory claims that the file is shorter than it is."""
    content = bytearray(archive)
    start = content.index(DIRECTORY_ENTRY) + 24
    content[start : start + 4] = (3).to_bytes(4, "little")
    return bytes(content)


HOSTILE = {
    "climbing zip": (
        zip_of({"ok": b"1", "../evil": b"2"}),
        "zip",
        "'../evil' would be written outside",
    ),
    "absolute zip": (
        zip_of({"/etc/evil": b"2"}),
        "zip",
        "outside the folder; nothing was unpacked",
    ),
    "backslash zip": (zip_of({"a\\..\\..\\evil": b"2"}), "zip", "outside the folder"),
    "drive zip": (zip_of({"C:evil": b"2"}), "zip", "outside the folder"),
    "link zip": (zip_of({"link": b"/etc/passwd"}, _as_link), "zip", "'link' is a link or a device"),
    "locked zip": (_with_password(zip_of({"a": b"2"})), "zip", "locked by a password"),
    "lying zip": (
        _with_false_size(zip_of({"a": b"2" * 9000})),
        "zip",
        "larger than the archive says|damaged|shorter",
    ),
    "bomb zip": (
        zip_of({"a": b"\0" * 3_000_000}),
        "zip",
        "would become 3.0 MB in 1 files; this is more",
    ),
    "empty zip": (zip_of({}), "zip", "the archive is empty"),
    "no zip": (b"<html>404</html>", "zip", "the archive is damaged"),
    "cut zip": (zip_of({"a": BODY})[:-30], "zip", "the archive is damaged"),
    "climbing tar": (tar_of("../evil"), "tar", "outside the folder"),
    "absolute tar": (tar_of("/evil"), "tar", "outside the folder"),
    "symbolic tar": (tar_of("a", tarfile.SYMTYPE, "/etc/passwd"), "tar", "is a link or a device"),
    "hard tar": (tar_of("a", tarfile.LNKTYPE, "/etc/passwd"), "tar", "is a link or a device"),
    "device tar": (tar_of("a", tarfile.CHRTYPE), "tar", "is a link or a device"),
    "cut tar": (tar_of("a")[:40], "tar", "the archive is damaged"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_archives(name: str, tmp_path: Path) -> None:
    body, kind, sentence = HOSTILE[name]
    archive = tmp_path / "archive"
    archive.write_bytes(body)
    with pytest.raises(Refused, match=sentence) as refusal:
        unpack(archive, kind, tmp_path / "into" / "deep", largest=1_000_000)
    assert "\n" not in str(refusal.value)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files == [archive] or name == "lying zip"  # its lie only reading can find


def test_the_ratio_is_limited_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.data.fetch.unpack.SMALL", 1_000_000)
    (tmp_path / "a.zip").write_bytes(zip_of({"a": b"\0" * 3_000_000}))
    with pytest.raises(Refused, match=r"3.1 kB would become 3.0 MB|would become 3.0 MB"):
        unpack(tmp_path / "a.zip", "zip", tmp_path / "into")
    assert not (tmp_path / "into").exists()


def test_good_archives(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(tar_of("x/y.txt"))
    text = unpack(tmp_path / "a.tgz", "tar", tmp_path / "t")[0]
    assert text.read_text() == "data"
    (tmp_path / "a.zip").write_bytes(zip_of({"x/": b"", "x/ä ö.txt": b"2"}))
    assert unpack(tmp_path / "a.zip", "zip", tmp_path / "z") == [tmp_path / "z/x/ä ö.txt"]
