"""What works on another machine: the engine of processes there, with one slot, asked from afar."""

import os
import platform
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.run.engines.messages import Message, event_message, read_job
from harness.run.engines.parcels import (
    Parcel,
    file_names,
    parcel_in,
    place,
    read_piece,
    scratch_folder,
    write_piece,
)
from harness.run.engines.processes import Processes, processes
from harness.run.events import Ended, Event, Lost, Measured
from harness.run.following import ask_to_stop, notes_path
from harness.run.inline import remote_work
from harness.run.jobs import Job, Work
from harness.run.slots import Slot, threads_of_a_fit
from harness.spec.shipped_code import digest_of_code
from harness.store import Home

PATIENCE = 0.5  # seconds that a question for news waits for some


@dataclass(frozen=True)
class Orders:
    """What a study tells each of its workers on other machines, once."""

    folder: str  # of the study's home
    token: str  # the name of a file in it, by which a machine knows that it sees this home
    device: str
    preload: tuple[str, ...]
    code: str  # a digest of the code that planned the study
    settings: Mapping[str, str]  # HARNESS_... of the study's environment
    work: Work = remote_work


class Node:
    """A worker on another machine: it takes a job, does it in a process there, and tells of it.

    Its home is that of the study where the machine sees it, else one of its own, into which come
    the folders that a job needs and from which its results are fetched.
    """

    def __init__(self, orders: Orders) -> None:
        """Takes what all jobs have in common; nothing is loaded before the first job."""
        for name, value in orders.settings.items():
            os.environ.setdefault(name, value)
        self._orders = orders
        self._sees_home = (Path(orders.folder) / orders.token).exists()
        self._home = Home(self._folder())
        self._engine: Processes | None = None
        self._job: Job | None = None
        self._inputs: list[Parcel] = []
        self._is_begun = False
        self._is_cancelled = False
        self._arriving: dict[Parcel, Path] = {}

    def _folder(self) -> Path:
        if self._sees_home:
            return Path(self._orders.folder)
        return folder_of_homes() / Path(self._orders.token).name

    def take(self, text: str, notes: str) -> Message:
        """Takes a job, and what was noted of its trials before; says whether it sees the home."""
        if self._orders.code != digest_of_code():
            raise ValueError(
                f"{platform.node()} has another version of harness than the one that planned this "
                "study; install the same on every machine"
            )
        self._job = self._with_folder(read_job(text))
        self._inputs = []
        self._is_begun = False
        self._is_cancelled = False
        if self._job.trials and not self._sees_home:
            path = notes_path(self._home, self._job)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(notes, encoding="utf-8")
        return {"sees_home": self._sees_home}

    def expect(self, inputs: list[Parcel]) -> None:
        """Takes the list of the folders that the job may need."""
        self._inputs = inputs

    def _with_folder(self, job: Job) -> Job:
        """A job whose relative paths start from a folder that this machine has."""
        if Path(job.value.get("working_folder", ".")).is_dir():
            return job
        self._home.folder.mkdir(parents=True, exist_ok=True)
        return replace(job, value={**job.value, "working_folder": str(self._home.folder)})

    def news(self) -> Message:
        """What the job has to say, or which folders it misses before it can begin."""
        if self._job is None:
            return {"missing": [], "events": [], "results": []}
        if not self._is_begun:
            missing = [parcel for parcel in self._inputs if not parcel.is_in(self._home)]
            if missing:
                return {"missing": missing, "events": [], "results": []}
            self._begin(self._job)
        assert self._engine is not None
        messages = []
        results: list[Parcel] = []
        for event in self._engine.events(PATIENCE):
            messages.append(event_message(event))
            results += self._results_of(event)
            if isinstance(event, Ended | Lost):
                self._engine.forget(self._job.key)
        return {"missing": [], "events": messages, "results": results}

    def _begin(self, job: Job) -> None:
        """Gives the job to a process of this machine."""
        if self._engine is None:
            self._engine = processes(
                self._home.folder, [self._slot()], list(self._orders.preload), self._orders.work
            )
        self._engine.submit(job)
        self._is_begun = True
        if self._is_cancelled:
            ask_to_stop(job, self._home)

    def _slot(self) -> Slot:
        """The slot of this worker: the share of a GPU that the cluster gave it, or a processor."""
        if self._orders.device == "cuda":
            return Slot("cuda", os.environ.get("CUDA_VISIBLE_DEVICES"), lasts=True)
        return Slot(self._orders.device, threads=threads_of_a_fit())

    def _results_of(self, event: Event) -> list[Parcel]:
        """The folder that an event tells of, where it has to travel to be seen."""
        if self._sees_home or not isinstance(event, Measured | Ended):
            return []
        job = event.outcome.job
        if job.trials:
            return []
        kind = "fits" if job.kind == "fit" else "trials"
        parcel = parcel_in(self._home, kind, job.key)
        return [] if parcel is None else [parcel]

    def cancel(self) -> None:
        """Asks the job to stop at the end of its epoch or trial."""
        self._is_cancelled = True
        if self._is_begun and self._job is not None:
            ask_to_stop(self._job, self._home)

    def file_names(self, parcel: Parcel) -> list[str]:
        """The files of a result."""
        return file_names(self._home, parcel)

    def read_piece(self, parcel: Parcel, name: str, start: int) -> bytes:
        """The next bytes of a file of a result."""
        return read_piece(self._home, parcel, name, start)

    def write_piece(self, parcel: Parcel, name: str, start: int, piece: bytes) -> None:
        """Takes the next bytes of a file that the job needs."""
        if parcel not in self._arriving:
            self._arriving[parcel] = scratch_folder(self._home, parcel)
        write_piece(self._arriving[parcel], name, start, piece)

    def place(self, parcel: Parcel) -> None:
        """Puts a folder that has arrived into the home of this machine."""
        scratch = self._arriving.pop(parcel)
        try:
            place(self._home, parcel, scratch)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)

    def close(self) -> None:
        """Ends the work that is under way, and removes a home that was only on the way."""
        if self._engine is not None:
            self._engine.close()
        if not self._sees_home:
            shutil.rmtree(self._home.folder, ignore_errors=True)


def folder_of_homes() -> Path:
    """Where a machine keeps the homes of studies whose own home it does not see."""
    return Path(tempfile.gettempdir()) / f"harness-{os.getuid()}"


def read_settings() -> dict[str, str]:
    """What the environment of this process sets for harness."""
    settings: dict[str, Any] = {}
    for name, value in os.environ.items():
        if name.startswith("HARNESS_") and name not in ("HARNESS_HOME", "HARNESS_PRELOAD"):
            settings[name] = value
    return settings
