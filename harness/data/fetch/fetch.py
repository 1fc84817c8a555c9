"""A named data set from the web into HARNESS_DATA: complete or absent, one fetch at a time."""

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from harness.data.fetch.download import Progress, download, quiet, sha256_of
from harness.data.fetch.sources import Source, sources
from harness.data.fetch.unpack import unpack
from harness.data.refused import Refused
from harness.store import file_lock

RECORD = "fetched.json"  # what was downloaded: address, checksum, size
Get = Callable[[str, Path, str | None], Path]


@dataclass(frozen=True)
class Fetched:
    """What fetched.json says about a file."""

    url: str
    sha256: str
    bytes: int
    file: str


def fetch_dataset(
    name: str,
    home: Path,
    progress: Progress = quiet,
    *,
    timeout: float = 30.0,
    pause: float = 1.0,
) -> Path:
    """Downloads and unpacks a data set; one that is there already is left alone."""
    home = Path(home).expanduser()
    files = sources(name)
    target = home / name
    if target.exists():
        return target
    home.mkdir(parents=True, exist_ok=True)

    def refuse() -> None:
        problem = f"another fetch of {name} is running"
        raise Refused(f"{target}: {problem}; wait for it, or stop it first")

    get = partial(download, progress=progress, timeout=timeout, pause=pause)
    with file_lock(home / f".{name}.lock", refuse):
        if not target.exists():
            _fetch_all(name, home, files, get)
    return target


def _fetch_all(
    name: str,
    home: Path,
    sources: list[Source],
    get: Get,
) -> None:
    """Downloads all files, then unpacks them, then moves the data set to its place as a whole."""
    work = home / f"{name}.partial"
    files = work / "files"
    shutil.rmtree(files, ignore_errors=True)  # of an attempt that was stopped while it unpacked
    files.mkdir(parents=True)
    record: list[Fetched] = []
    downloads: list[tuple[Source, Path]] = []
    for i, source in enumerate(sources):
        file_name = Path(source.to).name
        path = work / "downloads" / f"{i:02d}-{file_name}"
        if not _is_downloaded(path, source):
            _download(home / name, source, path, get)
        checksum = sha256_of(path)
        size = path.stat().st_size
        record.append(Fetched(source.url, checksum, size, source.to))
        downloads.append((source, path))
    # Archives first: unpacking may fail, moving a file does not.
    downloads.sort(key=lambda item: item[0].unpack is None)
    for source, path in downloads:
        _put_in_place(source, path, files)
    entries = [asdict(entry) for entry in record]
    text = json.dumps(entries, indent=1)
    (files / RECORD).write_text(text + "\n")
    os.replace(files, home / name)
    shutil.rmtree(work)


def _is_downloaded(path: Path, source: Source) -> bool:
    if not path.exists():
        return False
    return source.sha256 is None or sha256_of(path) == source.sha256


def _put_in_place(source: Source, path: Path, files: Path) -> None:
    """Moves a download to where it belongs among the files of its data set, or unpacks it."""
    if source.unpack is None:
        target = files / source.to
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
        return
    try:
        unpack(path, source.unpack, files / source.into)
    except Refused:
        if source.sha256 is None:  # it may be a page that says why not; another fetch gets another
            path.unlink()
        raise


def _download(folder: Path, source: Source, path: Path, get: Get) -> None:
    """Downloads a file; where that fails, the sentence says where a file got by hand belongs."""
    try:
        get(source.url, path, source.sha256)
    except Refused as error:
        if "put it at" not in str(error):
            raise
        if source.unpack:
            advice = f"unpack it into {folder / source.into}"
        else:
            advice = f"put it at {folder / source.to}"
        problem = str(error).split(" and put it at")[0]
        raise Refused(f"{problem} and {advice}") from error


def notes_on_checksums(folder: Path) -> tuple[str, ...]:
    """Which downloads had no published checksum to be compared with."""
    try:
        entries = json.loads((folder / RECORD).read_text())
        published = {source.url: source.sha256 for source in sources(folder.name)}
        notes = []
        for entry in entries:
            if published.get(entry["url"]) is None:
                checksum = f"what came has sha256 {entry['sha256']}"
                notes.append(f"{entry['file']}: no checksum is published; {checksum}")
        return tuple(notes)
    except (OSError, ValueError, KeyError):
        return ()
