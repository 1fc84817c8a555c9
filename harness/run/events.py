"""What an engine is, and what it says of the jobs that it was given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from harness.run.jobs import Job, Outcome


@dataclass(frozen=True)
class Started:
    """A worker works on this now: a job, or the next trial of a measuring job."""

    job: Job


@dataclass(frozen=True)
class Epochs:
    """A fit has finished further epochs: their rows, as its history will have them.

    Each row comes once, in order, however often the fit lost its worker. The rows of epochs that an
    earlier run of the study trained come first.
    """

    job: Job
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Measured:
    """One trial of a measuring job has ended; `outcome.job` is the trial."""

    job: Job
    outcome: Outcome

    @property
    def key(self) -> str:
        return self.outcome.job.key


@dataclass(frozen=True)
class Lost:
    """A job, or the trial of it that was measured, has lost its worker without an answer."""

    job: Job
    error: str
    seconds: float = 0.0
    is_final: bool = False  # it was ended for what it did, which it would do again


@dataclass(frozen=True)
class Ended:
    """A job has ended; all that it had to say has been said before."""

    outcome: Outcome


Event = Started | Epochs | Measured | Lost | Ended


class Engine(Protocol):
    """Does jobs, and says how they go; it knows nothing of which job needs which."""

    @property
    def room(self) -> int:
        """How many jobs more it would start at once."""
        ...

    def submit(self, job: Job) -> None:
        """Takes a job; what it needs exists already."""
        ...

    def cancel(self, key: str) -> None:
        """Asks a job to stop at the end of its epoch or trial; it then ends as stopped."""
        ...

    def events(self, timeout: float) -> list[Event]:
        """What has happened since the last call; waits at most so many seconds for something."""
        ...

    def close(self) -> None:
        """Ends all work that is under way, at once; what is saved stays."""
        ...
