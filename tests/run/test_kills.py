"""A study that runs twice at once, or is killed at any moment, ends as if it had not been."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness.record.database import Run
from harness.record.tracker import metrics
from harness.run.plan import jobs
from harness.store import Home
from harness.store.locks import WAY
from tests.made.studies import edit, plan_of, start, tracker_of


def numbers_of(home: Home, run: Run) -> dict[str, float]:
    """The metrics of a run that a second run of the trial would give again."""
    numbers = metrics(tracker_of(home), run.study)[run.id]
    for name in list(numbers):
        if name.startswith("seconds/"):
            del numbers[name]
    return numbers


def unfinished_folders(home: Home) -> list[Path]:
    fits = home.store("fits").root.glob("*.partial")
    trials = home.store("trials").root.glob("*.partial")
    return [*fits, *trials]


def state_of(home: Home) -> dict[str, Any]:
    """What a home holds after a study has ended in it."""
    statuses: set[str] = set()
    finished: list[str] = []
    numbers: dict[str, dict[str, float]] = {}
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


@pytest.mark.parametrize("way", ["lock", "lease"])
def test_two_runs_of_one_study_at_once_share_the_work(
    home: Home, tiny: Path, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY, way)
    first = start(tiny)
    second = start(tiny)
    printed = first.communicate(timeout=240)[0] + second.communicate(timeout=240)[0]
    assert (first.returncode, second.returncode) == (0, 0), printed
    state = state_of(home)
    assert len(state["finished"]) == len(set(state["finished"])) == 4
    assert state["statuses"] == ["FINISHED"]
    assert state["partial"] == []
    assert printed.count("trained") == 2
    assert printed.count("leases instead of locks: HARNESS_LOCKS says so") == 2 * (way == "lease")
    logs = list((home.hidden / "logs").glob("*.log"))
    assert len(logs) == 8  # four fits and four trials were made, whoever made them
    assert len(list(home.store("fits").root.glob("*/fit.json"))) == 4


def start_and_kill(file: Path, rng: random.Random) -> None:
    """Starts a study, and kills it or one of its workers if it has not ended after a while."""
    process = start(file)
    time.sleep(rng.uniform(1.0, 12.0))
    if process.poll() is not None:
        return
    victims = [process.pid]
    if rng.random() >= 0.5:
        victims = workers_of(process.pid) or victims
    os.kill(rng.choice(victims), signal.SIGKILL)
    if process.pid in victims:
        process.wait()
    else:
        process.communicate(timeout=240)


def workers_of(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_any_moment_a_study_ends_as_if_it_had_not_been(
    home: Home,
    tiny: Path,
    tmp_path: Path,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    edit(tiny, "steps: 3", "steps: 12")
    edit(tiny, "epochs: 2", "epochs: 4")
    rng = random.Random(count)
    for _ in range(count):
        start_and_kill(tiny, rng)
    last = start(tiny)
    assert last.communicate(timeout=240)[0]
    assert last.returncode == 0
    state = state_of(home)
    assert len(state["finished"]) == len(set(state["finished"])) == 4
    assert "RUNNING" not in state["statuses"]
    assert state["partial"] == []

    undisturbed = Home(tmp_path / "whole")
    monkeypatch.setenv("HARNESS_HOME", str(undisturbed.folder))
    undisturbed.folder.mkdir()
    assert start(tiny).wait(timeout=240) == 0
    assert state_of(undisturbed)["metrics"] == state["metrics"]
    assert jobs(plan_of(tiny, undisturbed)) == []
