"""The files of a run: of the store where they are here, else of the run's artifacts."""

import os
import shutil
import tempfile
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from harness.record.database import Run
from harness.record.passwords import without_passwords
from harness.record.patience import Unreachable
from harness.record.tracker import Tracker
from harness.store import Home
from harness.store.manifest import sound_bytes, why_file_broken

DOWNLOADS = "downloads"  # the folder of a home that holds what came from servers
DOWNLOADS_AT_ONCE = 8
ARTIFACTS = "/.harness/artifacts/"  # what the address of a run's artifacts in a home goes on with

_sound: dict[Path, int] = {}  # a file whose digest agreed -> when it was written


def file_of_run(tracker: Tracker, run: Run, name: str) -> Path | None:
    """A file that belongs to a run, by its name; None where it has none of this name.

    The store's is taken before the artifact beside the database, and that before the one on a
    server, which is downloaded once. One that is broken is a ValueError.
    """
    local = _local_file(tracker.home, run, name)
    if local is not None:
        return local
    return None if is_on_this_machine(run) else _download(tracker, run, name)


def files_of_runs(tracker: Tracker, runs: Iterable[Run], name: str) -> dict[str, Path]:
    """The file of this name of each run that has one; several are downloaded at once."""
    files: dict[str, Path] = {}
    far: list[Run] = []
    for run in runs:
        local = _local_file(tracker.home, run, name)
        if local is not None:
            files[run.id] = local
        elif not is_on_this_machine(run):
            far.append(run)
        elif tracker.file is None:
            raise ValueError(_not_here(tracker, run))
    if not far:
        return files
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        downloads = pool.map(lambda run: _download(tracker, run, name), far)
        for run, path in zip(far, downloads, strict=True):
            if path is not None:
                files[run.id] = path
    return files


def bytes_of_runs(tracker: Tracker, runs: Iterable[Run], name: str) -> dict[str, bytes]:
    """What the small file of this name of each run that has one holds; each is opened once."""
    store = str(tracker.home.store("trials").root)
    contents: dict[str, bytes] = {}
    others: list[Run] = []
    for run in runs:
        content = sound_bytes(f"{store}/{run.key}", name)
        if content is None:
            others.append(run)
        else:
            contents[run.id] = content
    for id, path in files_of_runs(tracker, others, name).items():
        contents[id] = path.read_bytes()
    return contents


def sizes_of_artifacts(tracker: Tracker, run: Run) -> dict[str, int]:
    """The artifacts of a run by name, with their sizes in bytes; nothing is downloaded."""
    if not is_on_this_machine(run):
        return dict(sorted(_sizes_on_server(_client(tracker), run.id, None).items()))
    folder = artifact_folder(run, tracker.home)
    if folder is None:
        return {}
    sizes = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            sizes[path.relative_to(folder).as_posix()] = path.stat().st_size
    return sizes


def artifact_folder(run: Run, home: Home) -> Path | None:
    """The folder of a run's artifacts; None where they are on a server or there is none.

    A home may have been moved with all it holds: its own artifacts are looked for where it is now,
    whatever folder the database names.
    """
    if not is_on_this_machine(run):
        return None
    path = unquote(urlsplit(run.artifact_uri).path)
    folders = [Path(path)]
    _, mark, rest = path.partition(ARTIFACTS)
    if mark:
        folders.insert(0, home.hidden / "artifacts" / rest)
    return next((folder for folder in folders if folder.is_dir()), None)


def is_on_this_machine(run: Run) -> bool:
    """Whether the artifacts of a run are, or were, a folder of a file system and on no server."""
    return urlsplit(run.artifact_uri).scheme in ("", "file")


def downloads_of(home: Home, run: Run) -> Path:
    """Where the files of a run that come from a server are kept."""
    return home.hidden / DOWNLOADS / run.id


def _local_file(home: Home, run: Run, name: str) -> Path | None:
    """A file of the store, else one among the artifacts that are here; it is whole."""
    stored = home.store("trials").find(run.key)
    if stored is not None:
        _refuse_broken(
            stored,
            name,
            "`harness check --repair` sets its trial aside, and the run's own artifact stands in",
        )
        path = stored / name
        if path.is_file():
            return path
    folder = artifact_folder(run, home)
    if folder is None or not (folder / name).is_file():
        return None
    _refuse_broken(
        folder, name, f"remove the run {run.id} from MLflow, and `harness run` measures it again"
    )
    return folder / name


def _refuse_broken(folder: Path, name: str, remedy: str) -> None:
    """Refuses a file that is not what was finished; each is read to its end once in a process."""
    path = folder / name
    try:
        written = path.stat().st_mtime_ns
    except OSError:
        written = -1
    if _sound.get(path) == written:
        return
    problem = why_file_broken(folder, name)
    if problem is not None:
        raise ValueError(f"{problem}; {remedy}")
    _sound[path] = written


def _not_here(tracker: Tracker, run: Run) -> str:
    return (
        f"the files of run {run.id} are in {run.artifact_uri} of the machine that recorded it, "
        f"and {tracker.shown_uri} holds none; record by an `mlflow server`, which stores them"
    )


def _download(tracker: Tracker, run: Run, name: str) -> Path | None:
    """A file from the server that stores a run's artifacts; whole or not there, and kept."""
    folder = downloads_of(tracker.home, run)
    target = folder / name
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=".", dir=folder))
    client = _client(tracker)
    try:
        path = client.download_artifacts(run.id, name, str(unfinished))
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(path, target)
    except Unreachable:
        raise
    except Exception as error:
        # MLflow has no error of its own for a file that is not there
        if name not in _sizes_on_server(client, run.id, None):
            return None
        reason = without_passwords(str(error)).strip().split("\n")[0]
        raise ValueError(f"{name} of run {run.id} cannot be downloaded ({reason})") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return target


def _sizes_on_server(client: Any, run: str, folder: str | None) -> dict[str, int]:
    """The files under a folder of a run's artifacts, with their sizes."""
    sizes: dict[str, int] = {}
    for entry in client.list_artifacts(run, folder):
        if entry.is_dir:
            sizes.update(_sizes_on_server(client, run, entry.path))
        else:
            sizes[entry.path] = int(entry.file_size or 0)
    return sizes


@cache
def _client(tracker: Tracker) -> Any:
    return tracker.client()
