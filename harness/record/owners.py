"""Whose a run is: the process that writes it holds a lock, which the run names."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from harness.record.database import MLFLOW_STATUS, Run
from harness.spec.states import State
from harness.store import is_locked

LOCK_TAG = "harness.lock"  # names the host, and the lock that the process of the run holds


def lock_tag(lock: Path) -> str:
    """Says which process a run is of: by the machine, and the lock that the process holds."""
    return f"{platform.node()}:{os.path.realpath(lock)}"


def is_left_open(run: Run) -> bool:
    """Whether a run is RUNNING whose process is dead, as its lock says.

    The host alone says nothing: another process on it, or another machine of its name, may be at
    work. A lock on another machine, or in a folder that is not there, cannot be looked at.
    """
    if run.status != "RUNNING":
        return False
    if LOCK_TAG not in run.tags:  # of an earlier version, which wrote a run at its end, in a moment
        return run.tags.get("harness.host") == platform.node()
    host, _, path = run.tags[LOCK_TAG].partition(":")
    if host != platform.node():
        return False
    lock = Path(path)
    return lock.parent.is_dir() and not is_locked(lock)


def close_left_open(client: Any, runs: Iterable[Run]) -> None:
    """Closes those of these runs whose processes are dead."""
    for run in runs:
        if is_left_open(run):
            end_as_killed(client, run.id)


def end_as_killed(client: Any, run: str) -> None:
    """Closes a run that nobody writes any more."""
    client.set_tag(run, "harness.state", State.KILLED.value)
    client.set_terminated(run, MLFLOW_STATUS[State.KILLED])
