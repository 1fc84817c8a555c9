"""Claims: which process does a job, where several do one study from one store.

A claim is a lock in the store, taken before a job is given to an engine and given back when its
outcome is recorded. The kernel, or the lease that stands for its lock, frees that of a process
which is killed.
"""

from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from platform import node
from typing import Any, NoReturn

from harness.run.jobs import Job, Outcome
from harness.spec.records import FitRecord, TrialRecord
from harness.spec.states import State
from harness.store import Home, file_lock, read_json, write_json
from harness.store.leases import Watch, now_of_file_system

CLAIMS = "claims"  # the folder of a home that holds them
TRIES = 2  # computers on which a job may fail before no further one takes it up
UNREADABLE = (OSError, ValueError, TypeError, KeyError)  # what a note may come to: it says nothing


class _ClaimedElsewhere(Exception):
    """Another process does the job."""


class Claims:
    """The claims of this process, and what it learns of the work of others."""

    def __init__(self, home: Home) -> None:
        """Takes the home whose store they are in; what has failed there before now counts not."""
        self._home = home
        self._folder = home.hidden / CLAIMS
        self._folder.mkdir(parents=True, exist_ok=True)
        self._began = now_of_file_system(self._folder / "began")
        self._claims: dict[str, ExitStack] = {}  # by the key of the job
        self._watches: dict[str, Watch] = {}

    def take(self, job: Job) -> bool:
        """Claims a job; returns whether it is this process's own, which it may have been before."""
        if job.key in self._claims:
            return True
        with ExitStack() as stack:
            for claim in sorted(job.claims or {job.key}):
                watch = self._watches.setdefault(claim, Watch())
                lock = self._folder / f"{claim}.lock"
                try:
                    stack.enter_context(file_lock(lock, _refuse, watch))
                except _ClaimedElsewhere:
                    return False
                del self._watches[claim]
            self._claims[job.key] = stack.pop_all()
        return True

    def give_back(self, job: Job) -> None:
        """Lets others have a job: it has ended, and all that came of it is recorded."""
        stack = self._claims.pop(job.key, None)
        if stack is not None:
            stack.close()

    def close(self) -> None:
        """Gives back every claim."""
        for stack in self._claims.values():
            stack.close()
        self._claims = {}

    def are_alive(self, jobs: Iterable[Job]) -> bool:
        """Whether whoever has claimed these jobs has given a sign of life.

        The kernel holds no lock of a dead process; a lease must have been seen to change.
        """
        if self._home.why_leases is None:
            return True
        for job in jobs:
            for claim in job.claims or {job.key}:
                if claim in self._watches and not self._watches[claim].has_changed:
                    return False
        return True

    def made_by_others(self, job: Job) -> list[Outcome]:
        """What other processes have made of a job since this one looked: of its units, those done.

        The caller has claimed it, so nobody is at work on it now.
        """
        outcomes = []
        for unit in job.units:
            state = self._state_in_store(unit)
            outcome = self._failure_of_others(unit)
            if state is not None:
                outcome = Outcome(unit, state, elsewhere=True)
            if outcome is not None:
                outcomes.append(outcome)
        return outcomes

    def note_failure(self, outcome: Outcome) -> None:
        """Notes that a job has failed here, so that processes at work now do not try it again."""
        if outcome.elsewhere or outcome.state != State.FAILED:
            return
        path = self._note_of(outcome.job)
        hosts = [node()]
        with suppress(*UNREADABLE):
            if path.stat().st_mtime > self._began:
                hosts += read_json(path)["hosts"]
        note = {"hosts": sorted(set(hosts)), "error": outcome.error, "trace": outcome.trace}
        with suppress(OSError):  # on a full disk others fail by themselves
            write_json(path, note)

    def _state_in_store(self, unit: Job) -> State | None:
        """How a fit or trial ended whose folder is there, and sound; None where there is none."""
        store = self._home.store("fits" if unit.kind == "fit" else "trials")
        folder = store.find(unit.key)
        if folder is None or store.why_broken(unit.key) is not None:
            return None
        if unit.kind != "fit":
            return TrialRecord.read(folder).state
        record = FitRecord.read(folder)
        return record.state if record.holds(unit.value["picks"]) else None

    def _failure_of_others(self, unit: Job) -> Outcome | None:
        """How a job has failed since this process began; None where it should be tried here.

        It is tried on a second computer, for the first may be broken.
        """
        path = self._note_of(unit)
        try:
            note: dict[str, Any] = read_json(path)
            is_new = path.stat().st_mtime > self._began
            is_enough = node() in note["hosts"] or len(note["hosts"]) >= TRIES
            failed = Outcome(unit, State.FAILED, note["error"], note["trace"], elsewhere=True)
        except UNREADABLE:
            return None
        return failed if is_new and is_enough else None

    def _note_of(self, unit: Job) -> Path:
        return self._folder / f"{unit.key}.failed.json"


def without_units(job: Job, outcomes: Iterable[Outcome]) -> Job | None:
    """A job without the trials that have ended; None where nothing of it is left."""
    keys = {outcome.job.key for outcome in outcomes}
    if not job.trials:
        return None if job.key in keys else job
    trials = tuple(trial for trial in job.trials if trial.key not in keys)
    if not trials:
        return None
    values = [trial.value for trial in trials]
    return replace(job, trials=trials, value={**job.value, "trials": values})


def _refuse() -> NoReturn:
    raise _ClaimedElsewhere
