"""Finished folders on their way between two homes: in pieces, complete or not at all."""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from harness.store import Home, Store
from harness.store.manifest import MANIFEST, BrokenFolder, files_in, read_manifest, why_broken

PIECE = 16 * 2**20  # bytes that travel at once

# Returns the bytes of a file of the folder from a place on, at most a piece of them.
ReadPiece = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Parcel:
    """A finished folder: its kind and key in the store, and the digest of its manifest."""

    kind: str  # fits | trials
    key: str
    digest: str

    def is_in(self, home: Home) -> bool:
        """Whether a home holds the same folder already."""
        return parcel_in(home, self.kind, self.key) == self


def parcel_in(home: Home, kind: str, key: str) -> Parcel | None:
    """The finished folder of a key as a parcel; None where there is none to send."""
    folder = home.store(kind).find(key)
    if folder is None or not (folder / MANIFEST).exists():
        return None
    digest = hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
    return Parcel(kind, key, digest)


def file_names(home: Home, parcel: Parcel) -> list[str]:
    """The files of a folder, its manifest last."""
    folder = home.store(parcel.kind).path(parcel.key)
    names = [path.relative_to(folder).as_posix() for path in files_in(folder)]
    return [*names, MANIFEST]


def read_piece(home: Home, parcel: Parcel, name: str, start: int) -> bytes:
    """The next bytes of a file; fewer than a piece are its last ones."""
    folder = home.store(parcel.kind).path(parcel.key)
    with open(_inside(folder, name), "rb") as handle:
        handle.seek(start)
        return handle.read(PIECE)


def receive(home: Home, parcel: Parcel, names: list[str], read: ReadPiece) -> None:
    """Fetches a folder file by file; it is placed in the store once its digests agree."""
    scratch = scratch_folder(home, parcel)
    try:
        for name in names:
            _receive_file(scratch, name, read)
        place(home, parcel, scratch)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _receive_file(scratch: Path, name: str, read: ReadPiece) -> None:
    """Fetches a file piece by piece, until one comes that is shorter than the others."""
    start = 0
    while True:
        piece = read(name, start)
        write_piece(scratch, name, start, piece)
        start += len(piece)
        if len(piece) < PIECE:
            return


def scratch_folder(home: Home, parcel: Parcel) -> Path:
    """A new folder beside the finished ones, for a parcel that is on its way."""
    scratch = home.store(parcel.kind).root / f"{parcel.key}.arriving-{secrets.token_hex(8)}"
    scratch.mkdir(parents=True)
    return scratch


def write_piece(scratch: Path, name: str, start: int, piece: bytes) -> None:
    """Adds bytes to a file of a folder that arrives."""
    path = _inside(scratch, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    mode = "r+b" if start else "wb"
    with open(path, mode) as handle:
        handle.seek(start)
        handle.write(piece)


def send(home: Home, parcel: Parcel, write: Callable[[str, int, bytes], None]) -> None:
    """Gives every file of a folder away, piece by piece."""
    for name in file_names(home, parcel):
        start = 0
        while True:
            piece = read_piece(home, parcel, name, start)
            write(name, start, piece)
            start += len(piece)
            if len(piece) < PIECE:
                break


def place(home: Home, parcel: Parcel, scratch: Path) -> None:
    """Puts a folder that has arrived into the store, if its files are those that were sent."""
    if not (scratch / MANIFEST).exists():
        raise BrokenFolder(f"{parcel.kind}/{parcel.key} arrived without its manifest")
    problem = why_broken(scratch, with_digests=True)
    if problem is not None:
        raise BrokenFolder(f"{parcel.kind}/{parcel.key} did not arrive whole: {problem}")
    entries = read_manifest(scratch)
    (scratch / MANIFEST).unlink()
    store: Store = home.store(parcel.kind)
    with store.making(parcel.key, enough=lambda old: read_manifest(old) == entries) as folder:
        if folder is None:
            return
        shutil.rmtree(folder)  # what an earlier start of this fit has left on this machine
        os.rename(scratch, folder)


def _inside(folder: Path, name: str) -> Path:
    """The path of a file in a folder; a name that leads out of it is refused."""
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise ValueError(f"{name} leads out of its folder")
    return path
