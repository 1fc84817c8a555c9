"""An engine with a process for each job, on as many slots as the machine has."""

import multiprocessing
import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.run.child import serve
from harness.run.events import Ended, Event, Lost, Started
from harness.run.following import Follower, ask_to_stop, stop_path
from harness.run.inline import outcome_from, remote_work
from harness.run.jobs import Job, Work
from harness.run.packing import Packing
from harness.run.slots import Slot
from harness.store import Home


def processes(
    folder: Path, slots: list[Slot], preload: list[str], work: Work = remote_work
) -> "Processes":
    """Runs each job in a process of its own, so that a crash takes one job with it.

    The processes are forked from one that has loaded the libraries, which starts to load now.
    """
    context = multiprocessing.get_context("forkserver")
    os.environ["HARNESS_PRELOAD"] = ",".join(preload)
    context.set_forkserver_preload(["harness.run.preload"])
    with _without_main():
        forkserver.ensure_running()  # it loads while the parent goes on
    return Processes(folder, slots, work)


class Processes:
    """An engine with a process for each job, on as many slots as there are."""

    def __init__(self, folder: Path, slots: list[Slot], work: Work) -> None:
        """Takes the home, the slots that are all free, and what does a job."""
        self._home = Home(folder)
        self._free_slots = list(slots)
        self._work = work
        self._workers: list[_Worker] = []
        self._idle: list[_Worker] = []  # whose slots are free, and whose processes last
        self._packing = Packing(slots)
        self._followers: dict[str, Follower] = {}
        self._news: list[Event] = []

    @property
    def room(self) -> int:
        return len(self._free_slots)

    def submit(self, job: Job) -> None:
        stop_path(self._home, job).unlink(missing_ok=True)
        self._followers.setdefault(job.key, Follower(job, self._home))
        slot = self._free_slots.pop(0)
        self._workers.append(self._worker_for(job, slot))
        self._news.append(Started(job))

    def _worker_for(self, job: Job, slot: Slot) -> "_Worker":
        """Gives a job to the process that waits at a slot, else to a new one."""
        for worker in self._idle:
            if worker.slot == slot:
                self._idle.remove(worker)
                if worker.give(job):
                    return worker
                worker.retire()
                break
        return _start(job, slot, self._home.folder, self._work)

    def cancel(self, key: str) -> None:
        for worker in self._workers:
            if worker.job.key == key:
                ask_to_stop(worker.job, self._home)

    def forget(self, key: str) -> None:
        """Lets all that a job has written be news again, for whoever is given it next."""
        self._followers.pop(key, None)

    def events(self, timeout: float) -> list[Event]:
        """Waits for a worker that answers or dies, and reads what all have written meanwhile."""
        ended = _wait_for_any(self._workers, 0.0 if self._news else timeout)
        events = self._news
        self._news = []
        newest = max((worker.began for worker in self._workers), default=0.0)
        busy = [worker.slot for worker in self._workers]
        self._free_slots += self._packing.further_slots(busy, newest)
        for worker in self._workers:
            events += self._followers[worker.job.key].news(worker in ended)
        for worker in ended:
            self._workers.remove(worker)
            self._free_slots.insert(0, worker.slot)
            event, may_go_on = _last_event(worker)
            if may_go_on:
                self._idle.append(worker)
            else:
                worker.retire()
            events.append(event)
        return events

    def close(self) -> None:
        """Ends every worker; the engine can be used again."""
        for worker in (*self._workers, *self._idle):
            worker.process.terminate()
        for worker in self._workers:
            self._free_slots.append(worker.slot)
        for worker in (*self._workers, *self._idle):
            worker.retire()
        self._workers = []
        self._idle = []


@dataclass
class _Worker:
    """A process that does a job on a slot, and the pipe through which it is given and answers."""

    job: Job
    slot: Slot
    process: Any
    pipe: Connection
    began: float

    def give(self, job: Job) -> bool:
        """Gives it its next job; returns whether it is there to take it."""
        try:
            self.pipe.send(job)
        except OSError:
            return False
        self.job = job
        self.began = time.monotonic()
        return True

    def retire(self) -> None:
        """Lets it go: without its pipe it has nothing to wait for."""
        self.pipe.close()
        self.process.join()


def _start(job: Job, slot: Slot, folder: Path, work: Work) -> _Worker:
    """Starts a process and gives it a job."""
    context = multiprocessing.get_context("forkserver")
    own_end, worker_end = context.Pipe()
    arguments = (worker_end, slot, folder, work)
    process = context.Process(target=serve, args=arguments, name=job.name)
    with _without_main():
        process.start()
    worker_end.close()
    worker = _Worker(job, slot, process, own_end, time.monotonic())
    worker.give(job)  # one that has died by now is found out by its end
    return worker


@contextmanager
def _without_main() -> Iterator[None]:
    """Hides the main module while a worker is forked.

    The worker would import the command line again, which costs more than the fork, and it
    needs nothing of it.
    """
    main: dict[str, Any] = sys.modules["__main__"].__dict__
    hidden: dict[str, Any] = {}
    for name in ("__file__", "__spec__"):
        if name in main:
            hidden[name] = main.pop(name)
    main["__spec__"] = None
    try:
        yield
    finally:
        main.update(hidden)


def _wait_for_any(workers: list[_Worker], timeout: float) -> list[_Worker]:
    """The workers that have answered or died; waits at most so many seconds for the first."""
    worker_of: dict[Any, _Worker] = {}
    for worker in workers:
        worker_of[worker.pipe] = worker
        worker_of[worker.process.sentinel] = worker
    if not worker_of:
        return []
    ended: dict[str, _Worker] = {}
    for handle in wait(list(worker_of), timeout):
        worker = worker_of[handle]
        ended[worker.job.key] = worker
    return list(ended.values())


def _last_event(worker: _Worker) -> tuple[Event, bool]:
    """How a job ended, and whether its worker may do another: one that failed may be broken."""
    answer: dict[str, Any] = {}
    try:
        if worker.pipe.poll():
            answer = worker.pipe.recv()
    except (EOFError, OSError):
        pass
    seconds = time.monotonic() - worker.began
    if answer:
        may_go_on = worker.slot.lasts and "result" in answer
        return Ended(outcome_from(worker.job, answer, seconds)), may_go_on
    worker.process.join()
    death = _way_of_death(worker.process.exitcode)
    return Lost(worker.job, f"the worker ended without an answer ({death})", seconds), False


def _way_of_death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"
