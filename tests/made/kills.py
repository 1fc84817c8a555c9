"""What a test looks at that kills a study: its runs and their numbers, and what is left behind."""

import math
import subprocess
import time
from pathlib import Path
from typing import Any

from harness.record.database import Run
from harness.record.units import is_cost
from harness.store import Home
from tests.made.studies import tracker_of

SECONDS_UNTIL_A_RUN = 300.0  # a busy machine is slow


def metrics_of(home: Home, run: Run) -> dict[str, float]:
    """The metrics of a run, as MLflow's own client reads them from whatever database it is."""
    numbers: dict[str, float] = tracker_of(home).client().get_run(run.id).data.metrics
    return numbers


def numbers_of(home: Home, run: Run) -> dict[str, float | None]:
    """The metrics of a run that a second run of the trial would give again.

    NaN is None, for it does not equal itself.
    """
    numbers: dict[str, float | None] = {}
    for name, value in metrics_of(home, run).items():
        if not is_cost(name):
            numbers[name] = None if math.isnan(value) else value
    return numbers


def unfinished_folders(home: Home) -> list[Path]:
    fits = home.store("fits").root.glob("*.partial")
    trials = home.store("trials").root.glob("*.partial")
    return [*fits, *trials]


def state_of(home: Home) -> dict[str, Any]:
    """What a home holds after a study has ended in it."""
    statuses: set[str] = set()
    finished: list[str] = []
    numbers: dict[str, dict[str, float | None]] = {}
    for run in tracker_of(home).runs():
        statuses.add(run.status)
        if run.status == "FINISHED":
            finished.append(run.key)
            numbers[run.key] = numbers_of(home, run)
    return {
        "statuses": sorted(statuses),
        "finished": sorted(finished),
        "metrics": numbers,
        "partial": unfinished_folders(home),
    }


def statuses_of(home: Home) -> list[str]:
    return sorted(run.status for run in tracker_of(home).runs())


def wait_for_work(process: "subprocess.Popen[str]", home: Home) -> None:
    """Waits until a study that was started has a plan that it carries out, or has ended."""
    progress = home.hidden / "running"
    while process.poll() is None:
        if list(progress.glob(f"*.{process.pid}.json")):
            return
        time.sleep(0.05)


def wait_for_curves(process: "subprocess.Popen[str]", home: Home) -> Run:
    """Waits until a run of a study that goes on has a first epoch in its curves."""
    end = time.monotonic() + SECONDS_UNTIL_A_RUN
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()[0]
        if home.database.exists():
            for run in tracker_of(home).runs():
                if run.status == "RUNNING" and "loss/net" in metrics_of(home, run):
                    return run
        time.sleep(0.1)
    raise AssertionError("no run with a curve came")
