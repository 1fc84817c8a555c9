"""Archives, looked through before anything of them is written."""

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from harness.data.refused import Refused, explained_errors
from harness.spec.sizes import bytes_text

LARGEST = 500 * 10**9  # bytes that an archive may become
RATIO = 200  # times its own size that it may become, once it becomes more than SMALL
SMALL = 10**9
MOST = 10**6  # files
BLOCK = 1 << 20
CLUTTER = frozenset({"__MACOSX", ".DS_Store", "Thumbs.db"})
DAMAGED = "the archive is damaged; delete it and fetch again"
ENCRYPTED = 1  # the bit of a member's flags
DAMAGES = (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError)


@dataclass(frozen=True)
class Member:
    """A file in an archive: where it goes, how large it says it is, how to open it."""

    path: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


def unpack(
    archive: Path,
    kind: str,
    into: Path,
    *,
    largest: int = LARGEST,
    ratio: int = RATIO,
) -> list[Path]:
    """Writes the files of an archive; refuses all of it for one file that does not belong."""
    with explained_errors(archive, DAMAGED):
        try:
            with _open_archive(archive, kind) as file:
                members = list(_members(archive, file))
                _check_members(archive, members, largest, ratio)
                return [_write(archive, member, into) for member in members]
        except DAMAGES as error:
            raise Refused(f"{archive}: {DAMAGED} ({error})") from error


def _open_archive(archive: Path, kind: str) -> zipfile.ZipFile | tarfile.TarFile:
    if kind == "zip":
        return zipfile.ZipFile(archive)
    return tarfile.open(archive)


def _members(archive: Path, file: zipfile.ZipFile | tarfile.TarFile) -> Iterator[Member]:
    if isinstance(file, zipfile.ZipFile):
        return _members_of_zip(archive, file)
    return _members_of_tar(archive, file)


def _members_of_zip(archive: Path, file: zipfile.ZipFile) -> Iterator[Member]:
    """The files of a zip archive; refuses links, devices and what is locked by a password."""
    for info in file.infolist():
        kind = stat.S_IFMT(info.external_attr >> 16)
        if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise _refusal(archive, info.filename, "is a link or a device")
        if info.flag_bits & ENCRYPTED:
            raise _refusal(archive, info.filename, "is locked by a password")
        # ZipInfo turns this machine's separators into '/'; the name as stored is looked at.
        path = _path_inside(archive, info.orig_filename)
        if not info.is_dir() and not _is_clutter(path):
            yield Member(path, info.file_size, partial(file.open, info))


def _members_of_tar(archive: Path, file: tarfile.TarFile) -> Iterator[Member]:
    """The files of a tar archive; refuses links and devices."""
    for info in file:
        if not (info.isreg() or info.isdir()):
            raise _refusal(archive, info.name, "is a link or a device")
        path = _path_inside(archive, info.name)
        if info.isreg() and not _is_clutter(path):
            open_member = partial(file.extractfile, info)
            yield Member(path, info.size, open_member)  # type: ignore[arg-type]


def _path_inside(archive: Path, name: str) -> PurePosixPath:
    """The path of a member; refuses one that could lead out of the folder on any machine."""
    path = PurePosixPath(name)
    climbs = path.is_absolute() or ".." in path.parts
    if climbs or any(character in name for character in "\\:\0"):
        raise _refusal(archive, name, "would be written outside the folder")
    return path


def _refusal(archive: Path, name: str, problem: str) -> Refused:
    return Refused(f"{archive}: {name!r} {problem}; nothing was unpacked")


def _is_clutter(path: PurePosixPath) -> bool:
    return not CLUTTER.isdisjoint(path.parts)


def _check_members(
    archive: Path,
    members: list[Member],
    largest: int,
    ratio: int,
) -> None:
    """Refuses an archive without files, with two of one name, or that becomes far larger."""
    if not members:
        raise Refused(f"{archive}: the archive is empty; delete it and fetch again")
    total = sum(member.size for member in members)
    packed = archive.stat().st_size
    is_bomb = total > SMALL and total > ratio * packed
    is_too_large = total > largest or len(members) > MOST
    if is_too_large or is_bomb:
        growth = f"{bytes_text(packed)} would become {bytes_text(total)}"
        sizes = f"{growth} in {len(members)} files"
        raise Refused(f"{archive}: {sizes}; this is more than is unpacked, and nothing was")
    paths = {member.path for member in members}
    if len(paths) < len(members):
        raise Refused(f"{archive}: it holds two files of one name; nothing was unpacked")


def _write(archive: Path, member: Member, into: Path) -> Path:
    """Writes a member of an archive; what its header promises binds."""
    target = into / member.path
    target.parent.mkdir(parents=True, exist_ok=True)
    missing = member.size
    with member.open() as source, open(target, "wb") as file:
        while block := source.read(BLOCK):
            missing -= len(block)
            if missing < 0:
                problem = f"{member.path} is larger than the archive says"
                raise Refused(f"{archive}: {problem}; fetch it again")
            file.write(block)
    if missing:
        problem = f"{member.path} is shorter than the archive says"
        raise Refused(f"{archive}: {problem}; fetch it again")
    return target
