"""An engine without processes, and how the answer of a worker becomes an outcome."""

import time
import traceback
from pathlib import Path
from typing import Any

from harness.run.deaf import ended_if_deaf
from harness.run.events import Ended, Engine, Event, Started
from harness.run.following import Follower, ask_to_stop, stop_path
from harness.run.jobs import Job, Outcome, Work, one_line
from harness.run.slots import threads_of_a_fit
from harness.spec.states import State
from harness.store import Home


def remote_work(
    kind: str,
    value: dict[str, Any],
    folder: str,
    device: str,
    threads: int | None,
) -> dict[str, Any]:
    """Does a job in the worker, where torch is loaded: the parent never needs it."""
    from harness.run.worker import work

    return work(kind, value, folder, device, threads)


def inline(folder: Path, device: str, work: Work = remote_work) -> Engine:
    """Does one job after the other in this process: for debugging and tests."""
    return _Inline(folder, device, work)


class _Inline:
    """An engine that works while it is asked for events."""

    def __init__(self, folder: Path, device: str, work: Work) -> None:
        """Takes what every job has in common."""
        self._home = Home(folder)
        self._device = device
        self._threads = threads_of_a_fit()  # as in a process of its own: they decide the last bits
        self._work = work
        self._job: Job | None = None
        self._is_started = False

    @property
    def room(self) -> int:
        return 1 if self._job is None else 0

    def submit(self, job: Job) -> None:
        stop_path(self._home, job).unlink(missing_ok=True)
        self._job = job
        self._is_started = False

    def cancel(self, key: str) -> None:
        if self._job is not None and self._job.key == key:
            ask_to_stop(self._job, self._home)

    def events(self, timeout: float) -> list[Event]:
        """Says that the job has started; when asked again does it, and says all the rest."""
        job = self._job
        if job is None:
            return []
        if not self._is_started:
            self._is_started = True
            return [Started(job)]
        outcome = self._outcome_of(job)
        self._job = None
        return [*Follower(job, self._home).news(), Ended(outcome)]

    def close(self) -> None:
        self._job = None

    def _outcome_of(self, job: Job) -> Outcome:
        """Does a job; whatever goes wrong in it ends that job alone."""
        began = time.monotonic()
        answer: dict[str, Any]
        try:
            folder = str(self._home.folder)
            with ended_if_deaf():
                result = self._work(job.kind, job.value, folder, self._device, self._threads)
            answer = {"result": result}
        except (Exception, SystemExit) as error:  # noqa: BLE001  the study goes on
            answer = {"error": one_line(error), "trace": traceback.format_exc()}
        return outcome_from(job, answer, time.monotonic() - began)


def outcome_from(job: Job, answer: dict[str, Any], seconds: float) -> Outcome:
    """How a job ended, by what its worker answered."""
    if "result" not in answer:
        return Outcome(job, State.FAILED, answer["error"], answer["trace"], seconds)
    result = answer["result"]
    state = State(result["state"])
    return Outcome(job, state, result.get("error", ""), seconds=seconds, result=result)
