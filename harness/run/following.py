"""What the worker of a job has written since the last look, as events."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.run.events import Epochs, Event, Measured, Started
from harness.run.jobs import Job, Outcome
from harness.spec.channel import EPOCHS, STOP, read_lines
from harness.spec.states import State
from harness.store import Home, read_json

RUNNING_FOLDER = "running"


def epoch_rows(home: Home, key: str) -> list[dict[str, Any]]:
    """The epochs of a fit that trains or has trained, as far as it has come."""
    fits = home.store("fits")
    path = fits.partial(key) / EPOCHS
    if path.exists():
        return read_lines(path)[0]
    try:
        rows: list[dict[str, Any]] = read_json(fits.path(key) / "history.json")
    except (FileNotFoundError, ValueError):
        return []
    return rows


def notes_path(home: Home, job: Job) -> Path:
    """The file in which the worker of a measuring job notes how each trial went.

    It stands beside the progress of the run that made the job, and is forgotten with it.
    """
    return home.hidden / RUNNING_FOLDER / job.value["notes"]


def stop_path(home: Home, job: Job) -> Path:
    """The file that asks a job to stop."""
    if job.trials:
        path = notes_path(home, job)
        return path.with_name(f"{path.name}.{STOP}")
    return home.store("fits").partial(job.key) / STOP


def ask_to_stop(job: Job, home: Home) -> None:
    """Asks the worker of a job to stop at the end of its epoch or trial."""
    path = stop_path(home, job)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def forget_notes(home: Home, job: Job) -> None:
    """Removes what a measuring job has noted, once everything has been read, and what asked a
    fit to stop that had just been finished.
    """
    fits = home.store("fits")
    if job.trials:
        notes_path(home, job).unlink(missing_ok=True)
        stop_path(home, job).unlink(missing_ok=True)
    elif fits.find(job.key) is not None:
        stop_path(home, job).unlink(missing_ok=True)
        fits.drop_empty(job.key)


class Follower:
    """Looks at what the worker of a job writes, and tells everything once."""

    def __init__(self, job: Job, home: Home) -> None:
        self._job = job
        self._home = home
        self._trials = {trial.key: trial for trial in job.trials}
        self._read = 0  # bytes of the notes, or epochs
        self._size = -1

    def news(self, has_ended: bool = False) -> list[Event]:
        """What is new; a job that has ended is looked at even where its file has not grown."""
        if self._job.trials:
            return list(self._news_of_trials())
        size = self._size_of_epochs()
        if size == self._size and not has_ended:
            return []
        self._size = size
        rows = epoch_rows(self._home, self._job.key)[self._read :]
        self._read += len(rows)
        return [Epochs(self._job, rows)] if rows else []

    def _size_of_epochs(self) -> int:
        path = self._home.store("fits").partial(self._job.key) / EPOCHS
        try:
            return path.stat().st_size
        except FileNotFoundError:
            return 0

    def _news_of_trials(self) -> Iterator[Event]:
        """Yields which trials have begun or ended since the last look."""
        path = notes_path(self._home, self._job)
        notes, self._read = read_lines(path, self._read)
        for note in notes:
            trial = self._trials.get(note.get("trial", ""))
            if trial is None:
                continue
            if note["state"] == State.RUNNING:
                yield Started(trial)
            else:
                yield Measured(self._job, _outcome_of(trial, note))


def _outcome_of(trial: Job, note: Mapping[str, Any]) -> Outcome:
    """How a trial ended, as its worker has noted it."""
    return Outcome(
        trial,
        State(note["state"]),
        note.get("error", ""),
        note.get("trace", ""),
        note.get("seconds", 0.0),
    )
