"""Jobs and their outcomes: the words that a plan and an engine have in common."""

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.run.last_seen import line_in_outside_component
from harness.run.removals import line_that_removed
from harness.spec.outside import component_folders
from harness.spec.states import State
from harness.store.space import is_out_of_space


@dataclass(frozen=True)
class Job:
    """Something to make, as JSON, and the keys of what must exist before."""

    key: str
    kind: str  # fit | trial | measure: all `trials` of a fit in one process
    name: str
    value: Mapping[str, Any]
    needs: frozenset[str] = frozenset()
    trials: tuple["Job", ...] = ()
    claims: frozenset[str] = frozenset()  # who does the job has these; its key where there are none

    @property
    def units(self) -> tuple["Job", ...]:
        """What a person counts: the trials of a measuring job, else the job itself."""
        return self.trials or (self,)


@dataclass(frozen=True)
class Outcome:
    """How a job ended: it finished, diverged or failed, or was skipped because of another job."""

    job: Job
    state: State
    error: str = ""
    trace: str = ""
    seconds: float = 0.0
    lives: int = 1  # how often the job was started
    result: Mapping[str, Any] = field(default_factory=dict)  # what the worker answered
    elsewhere: bool = False  # another process has done the job, or does it


DETERMINISTIC = "HARNESS_DETERMINISTIC"  # "0": a GPU may add up in any order


def circumstances() -> dict[str, Any]:
    """What a worker must know beside its job: the folder that paths start from, the components
    outside the package, and whether a GPU has to repeat its results.
    """
    return {
        "components": component_folders(),
        "working_folder": os.getcwd(),
        "deterministic": os.environ.get(DETERMINISTIC) != "0",
    }


Work = Callable[..., dict[str, Any]]


class JobQueue:
    """The jobs that still wait: one may start when all it needs has ended well."""

    def __init__(self, jobs: list[Job]) -> None:
        self._waiting = list(jobs)
        self._unfinished = {job.key for job in jobs}
        self._bad: dict[str, Outcome] = {}

    def add(self, jobs: list[Job]) -> None:
        """Lets further jobs wait, which nobody knew of before."""
        self._waiting.extend(jobs)
        self._unfinished.update(job.key for job in jobs)

    def take_ready(self, claim: Callable[[Job], bool] = lambda job: True) -> Job | None:
        """Takes the next job that may start and can be claimed; measuring before fits, so that
        answers come early. A job of which another process has the claim goes on waiting.
        """
        ready = [job for job in self._waiting if not job.needs & self._unfinished]
        for job in sorted(ready, key=lambda job: job.kind == "fit"):
            if claim(job):
                self._waiting.remove(job)
                return job
        return None

    @property
    def waiting(self) -> list[Job]:
        """The jobs that have not begun."""
        return list(self._waiting)

    @property
    def has_blocked(self) -> bool:
        """Whether a job waits for another one to end."""
        return any(job.needs & self._unfinished for job in self._waiting)

    def put_back(self, job: Job) -> None:
        """Lets a job that has lost its worker start again, before all that wait."""
        self._waiting.insert(0, job)

    def finish(self, outcome: Outcome) -> Outcome:
        """Notes how a job ended, and returns the same outcome."""
        self._unfinished.discard(outcome.job.key)
        if outcome.state in (State.FAILED, State.SKIPPED, State.STOPPED):
            self._bad[outcome.job.key] = outcome
        return outcome

    def skip_blocked(self) -> Iterator[Outcome]:
        """Takes out the jobs that need a failed one, and those that need them in turn."""
        skipped_any = True
        while skipped_any:
            skipped_any = False
            for job in list(self._waiting):
                cause = self._first_bad_need(job)
                if cause is None:
                    continue
                self._waiting.remove(job)
                yield self.finish(_blocked_by(cause, job))
                skipped_any = True

    def _first_bad_need(self, job: Job) -> Outcome | None:
        for key in job.needs:
            if key in self._bad:
                return self._bad[key]
        return None


def _blocked_by(cause: Outcome, job: Job) -> Outcome:
    """How a job ends that needs one which did not end well.

    Behind a job that was stopped it waits for the next run, and has not failed.
    """
    if cause.state == State.STOPPED:
        reason = f"it waits for {cause.job.name}, which was stopped"
        return Outcome(job, State.STOPPED, reason, elsewhere=cause.elsewhere)
    reason = f"{cause.job.name} failed: {cause.error}"
    if cause.state == State.SKIPPED:
        reason = cause.error
    return Outcome(job, State.SKIPPED, reason, cause.trace, elsewhere=cause.elsewhere)


def one_line(error: BaseException) -> str:
    """What went wrong, in one line; the kind of error is named unless its text speaks to people."""
    if is_out_of_space(error):
        return "no space left on the disk; the next `harness run` goes on where there is room"
    line = line_in_outside_component(error) or line_that_removed(str(error))
    location = f" ({line})" if line else ""
    kind = type(error).__name__
    if isinstance(error, SystemExit):
        return f"a component ended its process: sys.exit({error.code!r}){location}"
    first_line = str(error).strip().split("\n")[0]
    if not first_line:
        return f"{kind}{location}"
    speaks_to_people = isinstance(error, ValueError | LookupError | FileNotFoundError)
    return f"{first_line}{location}" if speaks_to_people else f"{kind}: {first_line}{location}"
