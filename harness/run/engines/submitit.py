"""Workers of a study as batch jobs, submitted by submitit: to Slurm, or on this machine for tests.

They need nobody who waits for them: whoever submits them may leave, and finds them again.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from harness.run.dispatch import LIVES
from harness.run.engines.study_worker import StudyWorker
from harness.store import Home, file_lock, file_name, read_json, write_json

INSTALL = '--on submitit: submitit is not installed here; pip install "harness[submitit]"'
FOLDER = "workers"  # of a home: what was submitted for each study
SECONDS_BETWEEN_LOOKS = {"slurm": 10.0, "local": 0.5}  # sacct is slow, and shared with everybody
DEAD = "Z"  # the letter of a process that has ended and that nobody has asked how


class WorkerState(StrEnum):
    """Where a submitted worker stands."""

    WAITING = "waiting"  # for a machine
    RUNNING = "running"
    ENDED = "ended"  # by itself
    DIED = "died"


@dataclass(frozen=True)
class Order:
    """What is submitted: the command of a worker, how many, and what each may take."""

    command: tuple[str, ...]
    folder: str  # that the paths of the command start from
    settings: Mapping[str, str]  # of its environment
    most: int  # workers at once
    minutes: int  # of a worker, before it is queued again
    requeues: int  # how often a worker may reach its limit
    parameters: Mapping[str, Any]  # of submitit, such as slurm_partition
    cluster: str  # slurm | local


@dataclass(frozen=True)
class Submitted:
    """A worker that was submitted, as the home remembers it."""

    job_id: str
    cluster: str
    life: int = 1  # the first, or the second that stands for one that died, ...


@dataclass(frozen=True)
class Look:
    """A submitted worker as it is now."""

    submitted: Submitted
    state: WorkerState
    reason: str = ""  # why it died

    @property
    def is_alive(self) -> bool:
        return self.state in (WorkerState.WAITING, WorkerState.RUNNING)


class Fleet:
    """The workers of a study, whoever submitted them."""

    def __init__(self, home: Home, study: str) -> None:
        """Finds what was submitted before; a ValueError where submitit is not there."""
        try:
            import submitit
        except ImportError:
            raise ValueError(INSTALL) from None
        self._submitit = submitit
        self._folder = home.hidden / FOLDER / file_name(study)
        self._book = self._folder / "submitted.json"
        self._jobs: dict[str, Any] = {}  # those that this process has submitted itself

    def require(self, order: Order) -> None:
        """A ValueError where an order could not be submitted from here."""
        self._executor(order)

    def look(self) -> list[Look]:
        """How each worker is; what cannot be said of one keeps nobody from the others."""
        return [self._look_at(submitted) for submitted in self._read()]

    def top_up(self, order: Order, count: int) -> list[Submitted]:
        """Submits workers until so many are alive, the most of the order at most."""
        with self._changing() as book:
            alive = sum(look.is_alive for look in self.look())
            missing = max(0, min(order.most, count) - alive)
            new = self._submit(order, [1] * missing)
            book += new
        return new

    def replace(self, order: Order, dead: Submitted) -> Submitted | None:
        """Submits a worker in place of one that died; None where too many have died there."""
        if dead.life >= LIVES:
            return None
        with self._changing() as book:
            new = self._submit(order, [dead.life + 1])
            book += new
        return new[0]

    def forget_ended(self) -> None:
        """Drops the workers of before that are no more, so that only what is new is told."""
        with self._changing() as book:
            book[:] = [look.submitted for look in self.look() if look.is_alive]

    def _submit(self, order: Order, lives: list[int]) -> list[Submitted]:
        """Submits a job for each worker.

        No array: its tasks change their ids when they are queued again.
        """
        if not lives:
            return []
        executor = self._executor(order)
        new = []
        for life in lives:
            job = executor.submit(StudyWorker(order.command, order.folder, order.settings))
            submitted = Submitted(str(job.job_id), order.cluster, life)
            self._jobs[submitted.job_id] = job
            new.append(submitted)
        return new

    def _executor(self, order: Order) -> Any:
        """What submits, with the parameters of the order; an unknown one is a ValueError."""
        if order.cluster == "slurm" and shutil.which("sbatch") is None:
            raise ValueError(
                "--on submitit: there is no sbatch here; run it where jobs are submitted, or with "
                "--local on this machine"
            )
        key = f"{order.cluster}_max_num_timeout"
        options = {key: order.requeues}
        executor = self._submitit.AutoExecutor(self._folder, cluster=order.cluster, **options)
        try:
            executor.update_parameters(timeout_min=order.minutes, **order.parameters)
        except (NameError, TypeError, ValueError, AssertionError) as error:
            first_line = str(error).strip().split("\n")[0]
            raise ValueError(f"--submit: {first_line}") from None
        return executor

    def _look_at(self, submitted: Submitted) -> Look:
        """How one worker is: by its result, by its scheduler, by its process."""
        job = self._job(submitted)
        if job.paths.result_pickle.exists():
            return self._look_at_result(submitted, job)
        if submitted.cluster == "local":
            return self._look_at_process(submitted)
        if job.done():
            return Look(submitted, WorkerState.DIED, f"Slurm says {job.state}")
        is_running = job.state in ("RUNNING", "COMPLETING")
        return Look(submitted, WorkerState.RUNNING if is_running else WorkerState.WAITING)

    def _look_at_result(self, submitted: Submitted, job: Any) -> Look:
        """How a worker has ended that has left a result, which may be an error."""
        try:
            error = job.exception()
        except Exception as problem:  # noqa: BLE001  a result that cannot be read is a death
            error = problem
        if error is None:
            return Look(submitted, WorkerState.ENDED)
        lines = [line for line in str(error).splitlines() if "Error" in line]
        return Look(submitted, WorkerState.DIED, lines[-1] if lines else str(error)[:200])

    def _look_at_process(self, submitted: Submitted) -> Look:
        """A worker on this machine lives as long as the process that its id is of."""
        is_alive = is_controller(int(submitted.job_id))
        if submitted.job_id in self._jobs:
            is_alive = not self._jobs[submitted.job_id].done()
        if is_alive:
            return Look(submitted, WorkerState.RUNNING)
        return Look(submitted, WorkerState.DIED, "its process was killed")

    def _job(self, submitted: Submitted) -> Any:
        """The job of submitit, also of a worker that another process has submitted."""
        if submitted.job_id not in self._jobs and submitted.cluster == "slurm":
            job = self._submitit.SlurmJob(self._folder, submitted.job_id)
            self._jobs[submitted.job_id] = job
        if submitted.job_id in self._jobs:
            return self._jobs[submitted.job_id]
        return self._submitit.LocalJob(self._folder, submitted.job_id)

    @contextmanager
    def _changing(self) -> Iterator[list[Submitted]]:
        """The list of what was submitted, to change; one process at a time."""
        self._folder.mkdir(parents=True, exist_ok=True)
        with file_lock(self._folder / "submitted.lock"):
            book = self._read()
            yield book
            write_json(self._book, [asdict(submitted) for submitted in book])

    def _read(self) -> list[Submitted]:
        try:
            return [Submitted(**raw) for raw in read_json(self._book)]
        except FileNotFoundError:
            return []


def is_controller(pid: int) -> bool:
    """Whether the process that watches over a worker on this machine is alive."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, PermissionError):
        return False
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True  # no Linux: its number is all that is known
    return state != DEAD and b"submitit" in words


def follow(
    fleet: Fleet,
    order: Order,
    is_work_left: Callable[[], bool],
    say: Callable[[list[Look]], None],
) -> None:
    """Waits until no worker is alive; one that died is replaced as long as there is work."""
    seen: dict[str, WorkerState] = {}
    while True:
        looks = fleet.look()
        changed = []
        for look in looks:
            if seen.get(look.submitted.job_id) != look.state:
                seen[look.submitted.job_id] = look.state
                changed.append(look)
        if changed:
            say(changed)
        dead = [look.submitted for look in changed if look.state is WorkerState.DIED]
        replaced = False
        if dead and is_work_left():
            for submitted in dead:
                replaced = fleet.replace(order, submitted) is not None or replaced
        if not replaced and not any(look.is_alive for look in looks):
            return
        time.sleep(SECONDS_BETWEEN_LOOKS[order.cluster])
