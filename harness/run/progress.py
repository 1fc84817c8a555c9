"""How far running studies are, as they write it themselves; any process may look."""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.spec.states import State
from harness.store import Home, file_name, is_locked, read_json, write

SILENT = 30.0  # seconds without a word of a worker that are worth one of ours
EVERY = 0.5  # seconds between two writes of a study's progress


@dataclass(frozen=True)
class JobProgress:
    """Where one job of a running study stands."""

    name: str
    kind: str  # fit | trial
    state: State = State.WAITING
    since: float | None = None  # when it was started last, in seconds since 1970
    lost: bool = False  # it lost its worker, and waits for another
    seconds: float | None = None  # how long it took

    @classmethod
    def read(cls, raw: Mapping[str, Any]) -> "JobProgress":
        """Reads what `to_plain` wrote."""
        state = State(raw["state"])
        return cls(**{**raw, "state": state})

    def to_plain(self) -> dict[str, Any]:
        """Returns the job's progress as JSON, without what is not known yet."""
        plain: dict[str, Any] = {"name": self.name, "kind": self.kind, "state": self.state}
        if self.since is not None:
            plain["since"] = self.since
            plain["lost"] = self.lost
        if self.seconds is not None:
            plain["seconds"] = self.seconds
        return plain

    @property
    def is_unfinished(self) -> bool:
        return self.state in (State.WAITING, State.RUNNING)


@dataclass
class Progress:
    """A running study as another terminal sees it."""

    study: str
    path: str
    pid: int
    started: float
    jobs: dict[str, JobProgress] = field(default_factory=dict)
    seconds: float | None = None  # of work, as planned
    slots: int = 1
    host: str = ""  # the computer of the process, for several may share a store

    @classmethod
    def read(cls, path: Path) -> "Progress":
        """Reads the file of a study that runs or has run."""
        raw = read_json(path)
        jobs = {}
        for key, job in raw["jobs"].items():
            jobs[key] = JobProgress.read(job)
        return cls(**{**raw, "jobs": jobs})

    def to_plain(self) -> dict[str, Any]:
        """Returns the progress as JSON."""
        jobs = {}
        for key, job in self.jobs.items():
            jobs[key] = job.to_plain()
        return {**self.__dict__, "jobs": jobs}


def _folder(home: Home) -> Path:
    return home.hidden / "running"


def name_of_process(study: str, pid: int, host: str = "") -> str:
    """How the names of all files begin that a process keeps while it runs a study."""
    words = [study, host, str(pid)]
    return ".".join(file_name(word) for word in words if word)


def lock_path(home: Home, study: str, pid: int, host: str = "") -> Path:
    """The lock that a process holds as long as it runs a study."""
    name = name_of_process(study, pid, host)
    return _folder(home) / f"{name}.lock"


def write_progress(home: Home, progress: Progress) -> None:
    """Replaces the file of a running study; a full disk must not end what it tells of."""
    name = name_of_process(progress.study, progress.pid, progress.host)
    text = json.dumps(progress.to_plain())
    with suppress(OSError):
        write(_folder(home) / f"{name}.json", text)


class ProgressFile:
    """Keeps the file of a running study up to date: written at most twice a second, and at the end.

    A thread writes it, for a study that waits for its workers would not write its latest change.
    """

    def __init__(self, home: Home, progress: Progress) -> None:
        """Takes the progress that the study will go on changing."""
        self._home = home
        self._progress = progress
        self._has_changed = threading.Event()
        self._has_ended = threading.Event()
        self._writer = threading.Thread(target=self._write_changes, daemon=True)

    def __enter__(self) -> "ProgressFile":
        write_progress(self._home, self._progress)
        self._writer.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._has_ended.set()
        self._writer.join()
        write_progress(self._home, self._progress)

    def mark_changed(self) -> None:
        """Says that the progress has changed, so that it is written soon."""
        self._has_changed.set()

    def _write_changes(self) -> None:
        while not self._has_ended.wait(EVERY):
            if self._has_changed.is_set():
                self._has_changed.clear()
                write_progress(self._home, self._progress)


def running(home: Home, study: str | None = None) -> list[tuple[Progress, bool]]:
    """The studies that were started here, newest last, and whether each still runs."""
    studies = []
    for path in _folder(home).glob("*.json"):
        try:
            progress = Progress.read(path)
        except (ValueError, TypeError, LookupError, AttributeError, OSError):
            continue  # it is being replaced, of another version, or garbage
        if study in (None, progress.study):
            lock = lock_path(home, progress.study, progress.pid, progress.host)
            is_alive = is_locked(lock)
            studies.append((progress, is_alive))
    return sorted(studies, key=lambda pair: pair[0].started)


def forget(home: Home, study: str) -> None:
    """Removes the files of the dead runs of a study."""
    for progress, is_alive in running(home, study):
        if is_alive:
            continue
        name = name_of_process(study, progress.pid, progress.host)
        for path in _folder(home).glob(f"{name}.*"):
            path.unlink(missing_ok=True)
    for path in _folder(home).glob(f".{file_name(study)}.*.json.*"):  # killed while it wrote
        name, _, _ = path.name.removeprefix(".").rpartition(".json.")
        if not is_locked(_folder(home) / f"{name}.lock"):
            path.unlink(missing_ok=True)


def notes(home: Home, progress: Progress) -> dict[str, dict[str, Any]]:
    """How far the jobs that are at work have come, as their workers write it.

    `silent` are the seconds since a worker last wrote something.
    """
    notes_of_jobs = {}
    for key, job in progress.jobs.items():
        if job.state != State.RUNNING:
            continue
        note: dict[str, Any] = {}
        with suppress(ValueError, OSError):  # none yet, or it is being replaced
            note = dict(read_json(home.store("fits").partial(key) / "progress.json"))
        last_word = max(last_sign(home, key) or 0.0, job.since or 0.0)
        note["silent"] = max(0.0, time.time() - last_word)
        notes_of_jobs[key] = note
    return notes_of_jobs


def last_sign(home: Home, key: str) -> float | None:
    """When the worker of a fit or trial last wrote something, in seconds since 1970."""
    times = []
    for kind in ("fits", "trials"):
        folder = home.store(kind).partial(key)
        with suppress(OSError):  # it comes and goes
            paths = [folder, *folder.iterdir()]
            times += [path.stat().st_mtime for path in paths]
    return max(times, default=None)


def remaining(progress: Progress) -> float | None:
    """Estimates the seconds to go: from what has ended so far, else from the plan."""
    unfinished = [job for job in progress.jobs.values() if job.is_unfinished]
    if not unfinished:
        return 0.0
    ended = [job for job in progress.jobs.values() if job.seconds is not None]
    if not ended:
        return None if progress.seconds is None else progress.seconds / progress.slots
    expected = {"fit": _mean_seconds(ended, "fit"), "trial": _mean_seconds(ended, "trial")}
    now = time.time()
    total = 0.0
    for job in unfinished:
        spent = now - job.since if job.since is not None else 0.0
        total += max(0.0, expected[job.kind] - spent)
    return total / progress.slots


def _mean_seconds(jobs: list[JobProgress], kind: str) -> float:
    """The mean duration of the jobs of a kind; of all jobs where none of the kind has ended."""
    seconds = [job.seconds or 0.0 for job in jobs if job.kind == kind]
    if not seconds:
        seconds = [job.seconds or 0.0 for job in jobs]
    return sum(seconds) / len(seconds)


def how_far(note: Mapping[str, Any]) -> str:
    """Where a job stands, in words: phase, epoch and step of a fit, and how long it is silent."""
    text = "starting"
    if "phase" in note:
        epoch = min(note["epoch"] + 1, note["epochs"])
        text = f"{note['phase']}, epoch {epoch} of {note['epochs']}"
    if "step" in note:
        text += f", step {note['step']} of {note['steps']}"
    silence = note.get("silent", 0.0)
    if silence > SILENT:
        text += f", silent for {duration(silence)}"
    return text


def duration(seconds: float) -> str:
    """90 -> 1 min 30 s."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
