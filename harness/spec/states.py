"""The states that a job, a trial or a run can be in: one enumeration for workers, records and
pages.
"""

from enum import StrEnum


class State(StrEnum):
    """Where a job or a trial stands; the values are what records and JSON files say."""

    WAITING = "waiting"
    RUNNING = "running"
    FINISHED = "finished"
    DIVERGED = "diverged"  # the loss became no number; a result, not a mistake
    FAILED = "failed"
    SKIPPED = "skipped"  # something that it needs did not finish
    STOPPED = "stopped"  # it was asked to stop; a later run takes it up where it was left
    KILLED = "killed"
    LOST = "lost"  # its worker died; it is started again
    MISSING = "missing"  # planned, and never run


RESULTS = (State.FINISHED, State.DIVERGED)
