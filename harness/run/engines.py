"""Jobs -> outcomes: one after the other, or a process each on as many slots as the machine has."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, Protocol

from harness.run.slots import Slot

LIVES = 3  # times a job is started whose worker was killed


@dataclass(frozen=True)
class Job:
    """Something to make, as JSON, and the keys of what must be there before."""

    key: str
    kind: str  # fit | trial
    name: str
    value: dict[str, Any]
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Outcome:
    """How a job ended: finished, diverged, failed, or skipped because something before it did not finish."""

    job: Job
    state: str
    error: str = ""
    trace: str = ""
    seconds: float = 0.0
    lives: int = 1
    result: dict[str, Any] = field(default_factory=dict)


Work = Callable[..., dict[str, Any]]
Notice = Callable[[Job, str], None]  # a job started, or lost its worker


class Executor(Protocol):
    """Runs jobs, each as soon as what it needs is there; never raises for a job's sake."""

    def __call__(self, jobs: list[Job], work: Work, notice: Notice) -> Iterator[Outcome]: ...


class _Queue:
    """Which jobs may start: those whose needs are finished; what needs a failed one is skipped."""

    def __init__(self, jobs: list[Job]) -> None:
        self.waiting = list(jobs)
        self.coming = {job.key for job in jobs}
        self.bad: dict[str, Outcome] = {}

    def skipped(self) -> Iterator[Outcome]:
        again = True
        while again:
            again = False
            for job in list(self.waiting):
                failed = next((key for key in job.needs if key in self.bad), None)
                if failed is not None:
                    self.waiting.remove(job)
                    cause = self.bad[failed]
                    what = (
                        cause.error
                        if cause.state == "skipped"
                        else f"{cause.job.name} failed: {cause.error}"
                    )
                    yield self.done(Outcome(job, "skipped", what, cause.trace))
                    again = True

    def ready(self) -> Job | None:
        """The next job to start; trials before fits, so that answers come early."""
        free = [job for job in self.waiting if not job.needs & self.coming]
        job = min(free, key=lambda j: j.kind != "trial", default=None)
        if job is not None:
            self.waiting.remove(job)
        return job

    def done(self, outcome: Outcome) -> Outcome:
        self.coming.discard(outcome.job.key)
        if outcome.state in ("failed", "skipped"):
            self.bad[outcome.job.key] = outcome
        return outcome


def inline(folder: Path, device: str) -> Executor:
    """One job after the other in this process: for debugging and tests."""

    def run(jobs: list[Job], work: Work, notice: Notice) -> Iterator[Outcome]:
        queue = _Queue(jobs)
        while (job := queue.ready()) is not None:
            notice(job, "started")
            began = time.monotonic()
            try:
                result = work(job.kind, job.value, str(folder), device, None)
                outcome = Outcome(job, result["state"], result=result)
            except Exception as error:  # noqa: BLE001  a job may fail in any way; the study goes on
                outcome = Outcome(job, "failed", sentence(error), traceback.format_exc())
            yield queue.done(_timed(outcome, began))
            yield from queue.skipped()

    return run


def processes(folder: Path, slots: list[Slot], preload: list[str]) -> Executor:
    """A process for each job, forked from one that has loaded the libraries: a crash takes one job with it."""
    context = multiprocessing.get_context("forkserver")
    os.environ["HARNESS_PRELOAD"] = ",".join(preload)
    context.set_forkserver_preload(["harness.run.preload"])
    with _without_main():
        forkserver.ensure_running()  # it loads while the parent goes on

    def run(jobs: list[Job], work: Work, notice: Notice) -> Iterator[Outcome]:
        queue = _Queue(jobs)
        free, running = list(slots), list[_Running]()
        lives: dict[str, int] = {}
        try:
            while True:
                yield from queue.skipped()
                while free and (job := queue.ready()) is not None:
                    notice(job, "started")
                    lives[job.key] = lives.get(job.key, 0) + 1
                    running.append(_start(context, job, free.pop(0), folder, work))
                if not running:
                    return
                for one in _ended(running):
                    running.remove(one)
                    free.append(one.slot)
                    outcome = _outcome(one, lives[one.job.key])
                    if outcome.state == "lost" and lives[one.job.key] < LIVES:
                        notice(one.job, "lost")
                        queue.waiting.insert(0, one.job)
                        continue
                    yield queue.done(_final(outcome))
        finally:
            for one in running:
                one.process.terminate()
            for one in running:
                one.process.join()

    return run


@dataclass
class _Running:
    job: Job
    slot: Slot
    process: Any
    pipe: Connection
    began: float


def _start(context: Any, job: Job, slot: Slot, folder: Path, work: Work) -> _Running:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_child, args=(theirs, job, slot, folder, work), name=job.name)
    with _without_main():
        process.start()
    theirs.close()
    return _Running(job, slot, process, ours, time.monotonic())


@contextmanager
def _without_main() -> Iterator[None]:
    """A forked worker would import the command line again, which costs more than the fork; it needs nothing of it."""
    main: dict[str, Any] = sys.modules["__main__"].__dict__
    hidden: dict[str, Any] = {
        name: main.pop(name) for name in ("__file__", "__spec__") if name in main
    }
    main["__spec__"] = None
    try:
        yield
    finally:
        main.update(hidden)


def _child(pipe: Connection, job: Job, slot: Slot, folder: Path, work: Work) -> None:
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
            pipe.send({"result": work(job.kind, job.value, str(folder), slot.device, slot.threads)})
        except Exception as error:  # noqa: BLE001  whatever it is, it goes to the parent as text
            trace = traceback.format_exc()
            handle.write(trace)
            pipe.send({"error": sentence(error), "trace": trace})


def _die_with_parent() -> None:
    """A study that is killed leaves no worker behind that nobody waits for."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _ended(running: list[_Running]) -> list[_Running]:
    """Waits for at least one process that has answered or died."""
    handles = {one.pipe: one for one in running} | {one.process.sentinel: one for one in running}
    return list({id(handles[h]): handles[h] for h in wait(list(handles))}.values())


def _outcome(one: _Running, lives: int) -> Outcome:
    message: dict[str, Any] = {}
    try:
        if one.pipe.poll():
            message = one.pipe.recv()
    except (EOFError, OSError):
        pass
    one.process.join()
    one.pipe.close()
    if "result" in message:
        outcome = Outcome(
            one.job, message["result"]["state"], result=message["result"], lives=lives
        )
    elif message:
        outcome = Outcome(one.job, "failed", message["error"], message["trace"], lives=lives)
    else:
        code = one.process.exitcode
        how = (
            f"killed by {signal.Signals(-code).name}"
            if code is not None and code < 0
            else f"exit code {code}"
        )
        outcome = Outcome(
            one.job, "lost", f"the worker ended without an answer ({how})", lives=lives
        )
    return _timed(outcome, one.began)


def _final(outcome: Outcome) -> Outcome:
    if outcome.state != "lost":
        return outcome
    return Outcome(
        outcome.job,
        "failed",
        f"{outcome.error}, {outcome.lives} times",
        "",
        outcome.seconds,
        outcome.lives,
    )


def _timed(outcome: Outcome, began: float) -> Outcome:
    seconds = time.monotonic() - began
    return Outcome(
        outcome.job,
        outcome.state,
        outcome.error,
        outcome.trace,
        seconds,
        outcome.lives,
        outcome.result,
    )


def sentence(error: BaseException) -> str:
    """What went wrong, in one line."""
    first = str(error).strip().split("\n")[0]
    named = isinstance(error, ValueError | LookupError | FileNotFoundError) and first
    return first if named else f"{type(error).__name__}: {first}" if first else type(error).__name__
