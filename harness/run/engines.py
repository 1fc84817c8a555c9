"""Jobs -> outcomes: one after the other, or a process each on as many slots as the machine has."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any

from harness.run.jobs import Executor, Job, JobQueue, Notice, Outcome, Work, one_line
from harness.run.slots import Slot
from harness.spec.states import State

LIVES = 3  # times a job is started whose worker was killed


def inline(folder: Path, device: str) -> Executor:
    """Runs one job after the other in this process: for debugging and tests."""

    def execute(jobs: list[Job], work: Work, notice: Notice) -> Iterator[Outcome]:
        """Does the jobs one by one; an error of one ends that job alone."""
        queue = JobQueue(jobs)
        while (job := queue.take_ready()) is not None:
            notice(job, State.RUNNING)
            began = time.monotonic()
            try:
                result = work(job.kind, job.value, str(folder), device, None)
                outcome = Outcome(job, State(result["state"]), result=result)
            except Exception as error:  # noqa: BLE001  a job may fail in any way; the study goes on
                outcome = Outcome(job, State.FAILED, one_line(error), traceback.format_exc())
            yield queue.finish(replace(outcome, seconds=time.monotonic() - began))
            yield from queue.skip_blocked()

    return execute


def processes(folder: Path, slots: list[Slot], preload: list[str]) -> Executor:
    """Runs each job in a process of its own, so that a crash takes one job with it.

    The processes are forked from one that has loaded the libraries.
    """
    context = multiprocessing.get_context("forkserver")
    os.environ["HARNESS_PRELOAD"] = ",".join(preload)
    context.set_forkserver_preload(["harness.run.preload"])
    with _without_main():
        forkserver.ensure_running()  # it loads while the parent goes on

    def execute(jobs: list[Job], work: Work, notice: Notice) -> Iterator[Outcome]:
        """Keeps every slot at work, and starts a job again whose worker was killed."""
        queue = JobQueue(jobs)
        free_slots = list(slots)
        workers: list[_Worker] = []
        lives: dict[str, int] = {}
        try:
            while True:
                yield from queue.skip_blocked()
                while free_slots and (job := queue.take_ready()) is not None:
                    notice(job, State.RUNNING)
                    lives[job.key] = lives.get(job.key, 0) + 1
                    workers.append(_start(context, job, free_slots.pop(0), folder, work))
                if not workers:
                    return
                for worker in _wait_for_any(workers):
                    workers.remove(worker)
                    free_slots.append(worker.slot)
                    outcome = _outcome(worker, lives[worker.job.key])
                    if outcome.state == State.LOST and outcome.lives < LIVES:
                        notice(worker.job, State.LOST)
                        queue.put_back(worker.job)
                        continue
                    yield queue.finish(_lost_is_failed(outcome))
        finally:
            for worker in workers:
                worker.process.terminate()
            for worker in workers:
                worker.process.join()

    return execute


@dataclass
class _Worker:
    """A process that does a job on a slot, and the pipe through which it answers."""

    job: Job
    slot: Slot
    process: Any
    pipe: Connection
    began: float


def _start(context: Any, job: Job, slot: Slot, folder: Path, work: Work) -> _Worker:
    """Starts the process of a job."""
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
        except Exception as error:  # noqa: BLE001  whatever it is, it goes to the parent as text
            trace = traceback.format_exc()
            handle.write(trace)
            pipe.send({"error": one_line(error), "trace": trace})


def _die_with_parent() -> None:
    """Ends the worker of a study that is killed: nobody waits for it any more."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _wait_for_any(workers: list[_Worker]) -> list[_Worker]:
    """Waits until at least one worker has answered or died, and returns all that have."""
    worker_of: dict[Any, _Worker] = {}
    for worker in workers:
        worker_of[worker.pipe] = worker
        worker_of[worker.process.sentinel] = worker
    ended: dict[str, _Worker] = {}
    for handle in wait(list(worker_of)):
        worker = worker_of[handle]
        ended[worker.job.key] = worker
    return list(ended.values())


def _outcome(worker: _Worker, lives: int) -> Outcome:
    """What a worker that has ended answered; without an answer it is lost."""
    message: dict[str, Any] = {}
    try:
        if worker.pipe.poll():
            message = worker.pipe.recv()
    except (EOFError, OSError):
        pass
    worker.process.join()
    worker.pipe.close()
    seconds = time.monotonic() - worker.began
    if "result" in message:
        result = message["result"]
        state = State(result["state"])
        return Outcome(worker.job, state, seconds=seconds, lives=lives, result=result)
    if message:
        error = message["error"]
        trace = message["trace"]
        return Outcome(worker.job, State.FAILED, error, trace, seconds, lives)
    error = f"the worker ended without an answer ({_way_of_death(worker.process.exitcode)})"
    return Outcome(worker.job, State.LOST, error, "", seconds, lives)


def _way_of_death(exit_code: int | None) -> str:
    if exit_code is not None and exit_code < 0:
        return f"killed by {signal.Signals(-exit_code).name}"
    return f"exit code {exit_code}"


def _lost_is_failed(outcome: Outcome) -> Outcome:
    """A job whose worker died each time has failed; any other outcome stays as it is."""
    if outcome.state != State.LOST:
        return outcome
    error = f"{outcome.error}, {outcome.lives} times"
    return replace(outcome, state=State.FAILED, error=error)
