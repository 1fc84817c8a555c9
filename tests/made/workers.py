"""Processes that share work: real ones of `harness work`, and ones whose trials are a short sleep.

The latter load neither torch nor MLflow: `python -m tests.made.workers HOME COUNT` is one of them.
"""

import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from harness.run.dispatch import dispatch
from harness.run.events import Measured
from harness.run.inline import inline
from harness.run.jobs import Job
from harness.run.shift import Shift
from harness.spec.records import TrialRecord
from harness.spec.states import State
from harness.store import Home, write_json

ROOT = Path(__file__).parents[2]
GO = "go"  # the file of a home that lets sleepers begin
LOG = "made.log"  # a line for each trial that was made, by whomever
SECONDS_OF_A_TRIAL = 0.05


def start_worker(file: Path, *words: str) -> "subprocess.Popen[str]":
    """Starts `harness work` for a study file, one trial at a time."""
    command = [sys.executable, "-m", "harness.cli.main", "work", str(file), "--slots", "1", *words]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def start_sleeper(home: Home, count: int) -> "subprocess.Popen[str]":
    """Starts a process that shares in so many trials of which each is a short sleep."""
    command = [sys.executable, "-m", "tests.made.workers", str(home.folder), str(count)]
    return subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def lines_of_log(home: Home) -> list[str]:
    """The keys of the trials that were made, as often as they were made."""
    path = home.folder / LOG
    return path.read_text().split() if path.exists() else []


def trial_job(key: str, *needs: str) -> Job:
    """A trial as a job of its own."""
    return Job(key, "trial", key, {"key": key}, frozenset(needs))


def make_trial(
    kind: str, value: dict[str, Any], folder: str, device: str, threads: int | None
) -> dict[str, Any]:
    """Does as a worker does: a folder in the store, complete or absent."""
    home = Home(Path(folder))
    with home.store("trials").making(value["key"]) as unfinished:
        if unfinished is not None:
            time.sleep(SECONDS_OF_A_TRIAL)
            record = TrialRecord(State.FINISHED, {}, {}, SECONDS_OF_A_TRIAL)
            write_json(unfinished / TrialRecord.FILE, record.to_plain())
    if unfinished is not None:  # and it is whole now
        with open(home.folder / LOG, "a", encoding="utf-8") as handle:
            handle.write(f"{value['key']}\n")
    return {"state": State.FINISHED}


def work_on_sleeps(home: Home, count: int) -> int:
    """Shares in so many trials, to the end; returns how many of them this process has made."""
    jobs = [trial_job(f"trial{number:03}") for number in range(count)]
    engine = inline(home.folder, "cpu", make_trial)
    own = 0
    for event in dispatch(engine, jobs, home, shift=Shift()):
        outcome = getattr(event, "outcome", None)
        if outcome is not None and not isinstance(event, Measured):
            assert outcome.state == State.FINISHED
            own += not outcome.elsewhere
    return own


if __name__ == "__main__":
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while not (Path(sys.argv[1]) / GO).exists():  # so that all begin at once
        time.sleep(0.01)
    sys.stdout.write(f"{work_on_sleeps(Home(Path(sys.argv[1])), int(sys.argv[2]))}\n")
