"""A study or a job that is asked to stop from another terminal, by a file beside its progress."""

import os
import platform
import signal
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from harness.run.events import Ended, Engine, Event, Lost
from harness.run.jobs import Job
from harness.run.progress import JobProgress, Progress, lock_path, running
from harness.spec.channel import append_line, read_lines
from harness.spec.states import State
from harness.store import Home

EVERYTHING = "*"  # instead of the key of a fit or trial


@dataclass(frozen=True)
class Request:
    """A running study that was asked to stop, and the fits and trials that end before it does."""

    progress: Progress
    units: tuple[JobProgress, ...]


def requests_path(lock: Path) -> Path:
    """The file with what a running study was asked to stop: a line for each request."""
    return lock.with_suffix(".stop")


def ask_study_to_stop(home: Home, study: str, job: str | None = None) -> list[Request]:
    """Asks every run of a study to stop, or one of its jobs by its name or the start of its key."""
    alive = _alive(home, study)
    passed_on = []
    for progress in alive:
        at_work = _units_at_work(progress)
        keys = [EVERYTHING]
        if job is not None:
            keys = [key for key in at_work if job == at_work[key].name or key.startswith(job)]
        lock = lock_path(home, progress.study, progress.pid, progress.host)
        for key in keys:
            append_line(requests_path(lock), {"stop": key})
        if keys:
            units = at_work if job is None else {key: at_work[key] for key in keys}
            passed_on.append(Request(progress, tuple(units.values())))
    if not passed_on:
        raise ValueError(_no_such_job(study, str(job), alive))
    return passed_on


def end_study_now(home: Home, study: str) -> list[Progress]:
    """Ends every run of a study as Ctrl-C does: what is at work is killed if it hears nothing."""
    alive = _alive(home, study)
    for progress in alive:
        if progress.host not in ("", platform.node()):
            raise ValueError(f"{study} runs on {progress.host}: type harness stop --now there")
    for progress in alive:
        with suppress(ProcessLookupError):  # it has ended meanwhile
            os.kill(progress.pid, signal.SIGTERM)
    return alive


def _alive(home: Home, study: str) -> list[Progress]:
    """The runs of a study that go on now, of which there must be one."""
    alive = [progress for progress, is_alive in running(home, study) if is_alive]
    if not alive:
        raise ValueError(f"{study} is not running here; harness status shows what is")
    return alive


def _units_at_work(progress: Progress) -> dict[str, JobProgress]:
    """The fits and trials of a study that workers are at now, by their keys."""
    units = {}
    for key, unit in progress.jobs.items():
        if unit.state == State.RUNNING:
            units[key] = unit
    return units


def _no_such_job(study: str, job: str, alive: Sequence[Progress]) -> str:
    """Why there is nothing to stop, with what could be."""
    names = []
    for progress in alive:
        for key, unit in _units_at_work(progress).items():
            names.append(f"{key[:8]} ({unit.name})")
    jobs = ", ".join(names) or "nothing yet"
    return f"no job of {study} that is at work now is called {job!r}; at work: {jobs}"


class Stoppable:
    """An engine that takes no further jobs once its study was asked to stop.

    What is at work ends its epoch or trial, and is taken up there by the next run.
    """

    def __init__(self, engine: Engine, lock: Path) -> None:
        """Takes the engine that works, and the lock of the run that others may ask to stop."""
        self._engine = engine
        self._path = requests_path(lock)
        self._read = 0  # bytes of the requests
        self._job_of: dict[str, str] = {}  # fit or trial -> the job that makes it
        self._has_to_stop = False
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def is_stopping(self) -> bool:
        """Whether the whole study was asked to stop."""
        return self._has_to_stop

    @property
    def room(self) -> int:
        self._look()
        return 0 if self._has_to_stop else self._engine.room

    def submit(self, job: Job) -> None:
        for unit in job.units:
            self._job_of[unit.key] = job.key
        self._engine.submit(job)

    def cancel(self, key: str) -> None:
        self._engine.cancel(key)

    def events(self, timeout: float) -> list[Event]:
        """What has happened, after what was asked for has been passed on."""
        self._look()
        events = self._engine.events(timeout)
        for event in events:
            if isinstance(event, Ended):
                self._forget(event.outcome.job)
            elif isinstance(event, Lost):
                self._forget(event.job)
        return events

    def close(self) -> None:
        self._engine.close()
        with suppress(OSError):
            self._path.unlink(missing_ok=True)

    def _look(self) -> None:
        """Passes on what was asked for since the last look."""
        requests, self._read = read_lines(self._path, self._read)
        for request in requests:
            key = request.get("stop")
            if key == EVERYTHING:
                self._has_to_stop = True
                for job in set(self._job_of.values()):
                    self._engine.cancel(job)
            elif key in self._job_of:
                self._engine.cancel(self._job_of[key])

    def _forget(self, job: Job) -> None:
        for unit in job.units:
            self._job_of.pop(unit.key, None)
