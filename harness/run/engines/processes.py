"""An engine with a process for each job, on as many slots as the machine has."""

import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.run.child import serve
from harness.run.ending import (
    SECONDS_UNTIL_KILLED,
    end_processes,
    wait_for_end,
    way_of_death,
)
from harness.run.events import Ended, Event, Lost, Started
from harness.run.following import Follower, ask_to_stop, stop_path
from harness.run.inline import outcome_from, remote_work
from harness.run.jobs import Job, Work
from harness.run.last_seen import last_line_of
from harness.run.limits import Limits, UnitClock
from harness.run.main_module import without_main
from harness.run.packing import Packing
from harness.run.slots import Slot
from harness.store import Home

UNLIMITED = Limits()


def processes(
    folder: Path,
    slots: list[Slot],
    preload: list[str],
    work: Work = remote_work,
    limits: Limits = UNLIMITED,
) -> "Processes":
    """Runs each job in a process of its own, so that a crash takes one job with it.

    One that takes longer than its limit is ended. The processes are forked from one that has
    loaded the libraries, which starts to load now.
    """
    context = multiprocessing.get_context("forkserver")
    os.environ["HARNESS_PRELOAD"] = ",".join(preload)
    context.set_forkserver_preload(["harness.run.preload"])
    with without_main():
        forkserver.ensure_running()  # it loads while the parent goes on
    return Processes(folder, slots, work, limits)


class Processes:
    """An engine with a process for each job, on as many slots as there are."""

    def __init__(self, folder: Path, slots: list[Slot], work: Work, limits: Limits) -> None:
        """Takes the home, the slots that are all free, what does a job, and how long it may."""
        self._home = Home(folder)
        self._free_slots = list(slots)
        self._work = work
        self._limits = limits
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
            news = self._followers[worker.job.key].news(worker in ended)
            worker.note_starts(news)
            events += news
        for worker in ended:
            self._free_slot_of(worker)
            event, may_go_on = _last_event(worker, self._home.folder)
            if may_go_on:
                self._idle.append(worker)
            else:
                worker.retire()
            events.append(event)
        return [*events, *self._end_overdue()]

    def _end_overdue(self) -> list[Event]:
        """Ends the workers whose fit or trial takes too long, and says of each why."""
        losses: list[Event] = []
        for worker in list(self._workers):
            clock = worker.clock
            silence = clock.silence(self._home)
            reason = self._limits.why_overdue(clock.unit, clock.seconds, silence)
            if reason is not None:
                self._free_slot_of(worker)
                end_processes([worker.process])
                worker.retire()
                losses.append(Lost(worker.job, reason, clock.seconds, is_final=True))
        return losses

    def _free_slot_of(self, worker: "_Worker") -> None:
        """A worker is at work no more: its slot is the next to be used."""
        self._workers.remove(worker)
        self._free_slots.insert(0, worker.slot)

    def close(self) -> None:
        """Ends every worker; the engine can be used again."""
        workers = (*self._workers, *self._idle)
        for worker in self._workers:
            self._free_slots.append(worker.slot)
        self._workers = []
        self._idle = []
        try:
            end_processes([worker.process for worker in workers])
        finally:
            for worker in workers:
                worker.retire()


@dataclass
class _Worker:
    """A process that does a job on a slot, and the pipe through which it is given and answers."""

    job: Job
    slot: Slot
    process: Any
    pipe: Connection
    began: float
    clock: UnitClock

    def give(self, job: Job) -> bool:
        """Gives it its next job; returns whether it is there to take it."""
        try:
            self.pipe.send(job)
        except OSError:
            return False
        self.job = job
        self.began = time.monotonic()
        self.clock = UnitClock(job)
        return True

    def note_starts(self, news: list[Event]) -> None:
        """Notes which trial it measures now, as it has written."""
        for event in news:
            if isinstance(event, Started):
                self.clock.start(event.job)

    def retire(self) -> None:
        """Lets it go: without its pipe it has nothing to wait for; one that hangs is ended."""
        self.pipe.close()
        wait_for_end([self.process], SECONDS_UNTIL_KILLED)
        if self.process.is_alive():
            end_processes([self.process])
        self.process.join()


def _start(job: Job, slot: Slot, folder: Path, work: Work) -> _Worker:
    """Starts a process and gives it a job."""
    context = multiprocessing.get_context("forkserver")
    own_end, worker_end = context.Pipe()
    arguments = (worker_end, slot, folder, work)
    process = context.Process(target=serve, args=arguments, name=job.name)
    with without_main():
        process.start()
    worker_end.close()
    worker = _Worker(job, slot, process, own_end, time.monotonic(), UnitClock(job))
    worker.give(job)  # one that has died by now is found out by its end
    return worker


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


def _last_event(worker: _Worker, folder: Path) -> tuple[Event, bool]:
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
    error = f"the worker ended without an answer ({way_of_death(worker.process.exitcode)})"
    line = last_line_of(folder, worker.job.key)
    if line:
        error += f" in {line}"
    return Lost(worker.job, error, seconds), False
