"""Archives, looked through before anything of them is written."""

import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO

from harness.data.refused import Refused, amount, saying

LARGEST = 500 * 10**9  # bytes that an archive may become
RATIO = 200  # times its own size that it may become, once it becomes more than SMALL
SMALL = 10**9
MOST = 10**6  # files
BLOCK = 1 << 20
CLUTTER = ("__MACOSX", ".DS_Store", "Thumbs.db")
DAMAGED = "the archive is damaged; delete it and fetch again"


@dataclass(frozen=True)
class Member:
    """A file in an archive: where it goes, how large it says it is, how to open it."""

    path: PurePosixPath
    size: int
    open: Callable[[], IO[bytes]]


def unpack(
    archive: Path, kind: str, into: Path, *, largest: int = LARGEST, ratio: int = RATIO
) -> list[Path]:
    """Writes the files of an archive; refuses all of it for one file that does not belong."""
    with saying(archive, DAMAGED):
        try:
            with _opened(archive, kind) as file:
                members = list(
                    _zipped(archive, file)
                    if isinstance(file, zipfile.ZipFile)
                    else _tarred(archive, file)
                )
                _sane(archive, members, largest, ratio)
                return [_written(archive, member, into) for member in members]
        except (zipfile.BadZipFile, tarfile.TarError, EOFError, NotImplementedError) as error:
            raise Refused(f"{archive}: {DAMAGED} ({error})") from error


def _opened(archive: Path, kind: str) -> zipfile.ZipFile | tarfile.TarFile:
    if kind == "zip":
        return zipfile.ZipFile(archive)
    return tarfile.open(archive)


def _zipped(archive: Path, file: zipfile.ZipFile) -> Iterator[Member]:
    for info in file.infolist():
        mode = info.external_attr >> 16
        if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise Refused(
                f"{archive}: {info.filename!r} is a link or a device; nothing was unpacked"
            )
        if info.flag_bits & 1:
            raise Refused(
                f"{archive}: {info.filename!r} is locked by a password; nothing was unpacked"
            )
        # ZipInfo has turned the separators of this machine into '/'; the name as stored is looked at.
        path = _place(archive, info.orig_filename)
        if not info.is_dir() and not set(path.parts) & set(CLUTTER):
            yield Member(path, info.file_size, partial(file.open, info))


def _tarred(archive: Path, file: tarfile.TarFile) -> Iterator[Member]:
    for info in file:
        if not (info.isreg() or info.isdir()):
            raise Refused(f"{archive}: {info.name!r} is a link or a device; nothing was unpacked")
        path = _place(archive, info.name)
        if info.isreg() and not set(path.parts) & set(CLUTTER):
            yield Member(path, info.size, partial(file.extractfile, info))  # type: ignore[arg-type]


def _place(archive: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or ":" in name or "\0" in name:
        raise Refused(
            f"{archive}: {name!r} would be written outside the folder; nothing was unpacked"
        )
    return path


def _sane(archive: Path, members: list[Member], largest: int, ratio: int) -> None:
    total, packed = sum(m.size for m in members), archive.stat().st_size
    if not members:
        raise Refused(f"{archive}: the archive is empty; delete it and fetch again")
    if total > largest or len(members) > MOST or (total > SMALL and total > ratio * packed):
        found = f"{amount(packed)} would become {amount(total)} in {len(members)} files"
        raise Refused(f"{archive}: {found}; this is more than is unpacked, and nothing was")
    paths = [m.path for m in members]
    if len(set(paths)) < len(paths):
        raise Refused(f"{archive}: it holds two files of one name; nothing was unpacked")


def _written(archive: Path, member: Member, into: Path) -> Path:
    target = into / member.path
    target.parent.mkdir(parents=True, exist_ok=True)
    left = member.size
    with member.open() as source, open(target, "wb") as file:
        while block := source.read(BLOCK):
            left -= len(block)
            if left < 0:  # what a header promises binds
                raise Refused(
                    f"{archive}: {member.path} is larger than the archive says; fetch it again"
                )
            file.write(block)
    if left:
        raise Refused(f"{archive}: {member.path} is shorter than the archive says; fetch it again")
    return target
