"""What a finished folder holds: the size and digest of every file, written last.

A disk that flips a bit, a copy that was cut short, a file that somebody deleted: whoever opens a
folder finds out before anything is made of it.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from harness.store.files import read_json, write_json

MANIFEST = "manifest.json"
UNREADABLE = (ValueError, TypeError, KeyError)  # what a manifest that is broken itself comes to
BROKEN = ".broken"  # what a folder that is set aside ends with

_sound: dict[Path, int] = {}  # folder -> when its manifest was written, once all digests agreed


@dataclass(frozen=True)
class FileEntry:
    """What a manifest says of one file."""

    size: int
    sha256: str


class BrokenFolder(ValueError):
    """A finished folder whose files are not those that were finished."""


def write_manifest(folder: Path) -> None:
    """Notes what a folder holds; the last thing that is written before it is finished."""
    entries = {}
    for path in files_in(folder):
        name = path.relative_to(folder).as_posix()
        entries[name] = {"size": path.stat().st_size, "sha256": _digest(path)}
    write_json(folder / MANIFEST, entries)


def files_in(folder: Path) -> list[Path]:
    """The files of a folder that its manifest speaks of."""
    manifest = folder / MANIFEST
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and path != manifest]


def why_broken(folder: Path, *, with_digests: bool = False) -> str | None:
    """What is wrong with a finished folder, in a sentence that names the file; None if nothing is.

    Sizes are compared always, digests where asked for, and once in a process. A folder that was
    finished before there were manifests is believed.
    """
    try:
        entries = read_manifest(folder)
    except UNREADABLE:
        return f"{folder / MANIFEST} cannot be read"
    if entries is None:
        return None
    for name, entry in entries.items():
        problem = _wrong_size(folder / name, entry)
        if problem:
            return problem
    return _first_wrong_digest(folder, entries) if with_digests else None


def why_file_broken(folder: Path, name: str) -> str | None:
    """What is wrong with one file of a finished folder; it is read to the end."""
    try:
        entry = (read_manifest(folder) or {}).get(name)
    except UNREADABLE:
        return f"{folder / MANIFEST} cannot be read"
    if entry is None:
        return None
    path = folder / name
    return _wrong_size(path, entry) or _wrong_digest(path, entry)


def sound_bytes(folder: str, name: str) -> bytes | None:
    """What one file of a finished folder holds, if it is what was finished; None says only that
    `why_file_broken` is to be asked.

    Of ten thousand small files each is opened once, and so paths are joined as text.
    """
    try:
        with open(f"{folder}/{MANIFEST}", "rb") as handle:
            digest = json.loads(handle.read())[name]["sha256"]
        with open(f"{folder}/{name}", "rb") as handle:
            content = handle.read()
    except (OSError, *UNREADABLE):
        return None
    return content if hashlib.sha256(content).hexdigest() == digest else None


def read_manifest(folder: Path) -> dict[str, FileEntry] | None:
    """What the manifest of a folder says of each file; None where there is no manifest."""
    try:
        raw = read_json(folder / MANIFEST)
    except FileNotFoundError:
        return None
    return {name: FileEntry(**entry) for name, entry in raw.items()}


def set_aside(folder: Path) -> Path:
    """Moves a broken folder out of the way, where a person can look at it."""
    aside = folder.with_name(folder.name + BROKEN)
    number = 1
    while aside.exists():
        number += 1
        aside = folder.with_name(f"{folder.name}{BROKEN}-{number}")
    os.rename(folder, aside)
    return aside


def _wrong_size(path: Path, entry: FileEntry) -> str | None:
    """What is wrong with the size of a file, or that it is gone."""
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return f"{path} is gone"
    if size != entry.size:
        return f"{path} has {size} bytes where it had {entry.size} when it was finished"
    return None


def _first_wrong_digest(folder: Path, entries: dict[str, FileEntry]) -> str | None:
    """The first file whose bytes are others; nothing is read twice in a process."""
    written = (folder / MANIFEST).stat().st_mtime_ns
    if _sound.get(folder) == written:
        return None
    for name, entry in entries.items():
        problem = _wrong_digest(folder / name, entry)
        if problem:
            return problem
    _sound[folder] = written
    return None


def _wrong_digest(path: Path, entry: FileEntry) -> str | None:
    """What is wrong with the bytes of a file; it is read to the end."""
    if _digest(path) == entry.sha256:
        return None
    return f"{path} holds other bytes than when it was finished"


def _digest(path: Path) -> str:
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()
