"""An engine with a process for each job, on as many slots as the machine has."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.run.events import Ended, Engine, Event, Lost, Started
from harness.run.following import Follower, ask_to_stop, stop_path
from harness.run.inline import inline, outcome_from, remote_work
from harness.run.jobs import Job, Work, one_line
from harness.run.slots import Slot
from harness.store import Home

__all__ = ["inline", "processes"]


def processes(
    folder: Path, slots: list[Slot], preload: list[str], work: Work = remote_work
) -> Engine:
    """Runs each job in a process of its own, so that a crash takes one job with it.

    The processes are forked from one that has loaded the libraries, which starts to load now.
    """
    context = multiprocessing.get_context("forkserver")
    os.environ["HARNESS_PRELOAD"] = ",".join(preload)
    context.set_forkserver_preload(["harness.run.preload"])
    with _without_main():
        forkserver.ensure_running()  # it loads while the parent goes on
    return _Processes(folder, slots, work)


class _Processes:
    """An engine with a process for each job, on as many slots as there are."""

    def __init__(self, folder: Path, slots: list[Slot], work: Work) -> None:
        """Takes the home, the slots that are all free, and what does a job."""
        self._home = Home(folder)
        self._free_slots = list(slots)
        self._work = work
        self._workers: list[_Worker] = []
        self._followers: dict[str, Follower] = {}
        self._news: list[Event] = []

    @property
    def room(self) -> int:
        return len(self._free_slots)

    def submit(self, job: Job) -> None:
        stop_path(self._home, job).unlink(missing_ok=True)
        self._followers.setdefault(job.key, Follower(job, self._home))
        slot = self._free_slots.pop(0)
        self._workers.append(_start(job, slot, self._home.folder, self._work))
        self._news.append(Started(job))

    def cancel(self, key: str) -> None:
        for worker in self._workers:
            if worker.job.key == key:
                ask_to_stop(worker.job, self._home)

    def events(self, timeout: float) -> list[Event]:
        """Waits for a worker that answers or dies, and reads what all have written meanwhile."""
        ended = _wait_for_any(self._workers, 0.0 if self._news else timeout)
        events = self._news
        self._news = []
        for worker in self._workers:
            events += self._followers[worker.job.key].news(worker in ended)
        for worker in ended:
            self._workers.remove(worker)
            self._free_slots.append(worker.slot)
            events.append(_last_event(worker))
        return events

    def close(self) -> None:
        """Ends every worker; the engine can be used again."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()
            self._free_slots.append(worker.slot)
        self._workers = []


@dataclass
class _Worker:
    """A process that does a job on a slot, and the pipe through which it answers."""

    job: Job
    slot: Slot
    process: Any
    pipe: Connection
    began: float


def _start(job: Job, slot: Slot, folder: Path, work: Work) -> _Worker:
    """Starts the process of a job."""
    context = multiprocessing.get_context("forkserver")
    own_end, worker_end = context.Pipe(duplex=False)
    arguments = (worker_end, job, slot, folder, work)
    process = context.Process(target=_child, args=arguments, name=job.name)
    with _without_main():
        process.start()
    worker_end.close()
    return _Worker(job, slot, process, own_end, time.monotonic())


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


def _child(pipe: Connection, job: Job, slot: Slot, folder: Path, work: Work) -> None:
    """Does a job in a process of its own: its words go to a log, its answer through the pipe."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    threading.Thread(target=_die_with_parent, daemon=True).start()
    os.environ["CUDA_VISIBLE_DEVICES"] = slot.visible or ""
    log = folder / ".harness" / "logs" / f"{job.key}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with open(log, "a", encoding="utf-8", buffering=1) as handle:
        os.dup2(handle.fileno(), 1)
        os.dup2(handle.fileno(), 2)
        try:
            result = work(job.kind, job.value, str(folder), slot.device, slot.threads)
            pipe.send({"result": result})
        except (Exception, SystemExit) as error:  # noqa: BLE001  it goes to the parent as text
            trace = traceback.format_exc()
            pipe.send({"error": one_line(error), "trace": trace})
            with suppress(OSError):  # on a full disk there is no room for the log
                handle.write(trace)
        pipe.close()
        with suppress(OSError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(0)  # what a component has left running, as a thread, keeps nobody waiting


def _die_with_parent() -> None:
    """Ends the worker of a study that is killed: nobody waits for it any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


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


def _last_event(worker: _Worker) -> Event:
    """What a worker that has ended answered; without an answer it is lost."""
    answer: dict[str, Any] = {}
    try:
        if worker.pipe.poll():
            answer = worker.pipe.recv()
    except (EOFError, OSError):
        pass
    worker.process.join()
    worker.pipe.close()
    seconds = time.monotonic() - worker.began
    if answer:
        return Ended(outcome_from(worker.job, answer, seconds))
    death = _way_of_death(worker.process.exitcode)
    return Lost(worker.job, f"the worker ended without an answer ({death})", seconds)


def _way_of_death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"
