"""A study that runs twice at once, or is killed at any moment, ends as if it had not been."""

import os
import random
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from harness.run.plan import jobs
from harness.spec.states import State
from harness.store import Home
from harness.store.locks import WAY
from tests.made.kills import state_of, statuses_of, wait_for_curves, wait_for_work
from tests.made.postgres import postgres
from tests.made.studies import edit, plan_of, runs_in_state, start

__all__ = ["postgres"]  # a fixture

LONG = ("epochs: 2", "epochs: 60")  # fits in the middle of which a test has time for a kill


@pytest.mark.parametrize("way", ["lock", pytest.param("lease", marks=pytest.mark.slow)])
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


def start_and_kill(file: Path, home: Home, rng: random.Random) -> bool:
    """Starts a study and kills it after a while; before that, every second time, a worker too.

    One kill in four may come while it starts; the others wait until it works, however slow the
    machine is. Returns whether it was still there to be killed.
    """
    process = start(file)
    if rng.random() < 0.25:
        time.sleep(rng.uniform(0.5, 6.0))
    else:
        wait_for_work(process, home)
        time.sleep(rng.uniform(0.0, 6.0))
    if rng.random() >= 0.5 and process.poll() is None:
        workers = workers_of(process.pid)
        if workers:
            os.kill(rng.choice(workers), signal.SIGKILL)
        time.sleep(rng.uniform(0.0, 4.0))
    is_alive = process.poll() is None
    process.kill()
    process.wait()
    return is_alive


def workers_of(pid: int) -> list[int]:
    import psutil

    return [child.pid for child in psutil.Process(pid).children(recursive=True)]


def kill_again_and_again(file: Path, home: Home, count: int) -> dict[str, Any]:
    """Kills a study so many times at random moments, lets it end, and returns its state.

    A study that ends before it is killed gets further seeds, so that there is always work to kill.
    """
    edit(file, "steps: 3", "steps: 12")
    edit(file, "epochs: 2", "epochs: 4")
    rng = random.Random(count)
    seeds = 2
    kills = 0
    while kills < count:
        if start_and_kill(file, home, rng):
            kills += 1
        else:
            edit(file, f"seeds: {seeds}", f"seeds: {seeds + 2}")
            seeds += 2
    last = start(file)
    printed = last.communicate(timeout=240)[0]
    assert last.returncode == 0, printed
    state = state_of(home)
    assert len(state["finished"]) == len(set(state["finished"])) == 2 * seeds
    assert "RUNNING" not in state["statuses"]
    assert state["partial"] == []
    assert jobs(plan_of(file, home)) == []
    return state


def numbers_undisturbed(
    file: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, dict[str, float | None]]:
    """The metrics of each trial of a study that nobody kills, in a home of its own."""
    folder.mkdir()
    monkeypatch.setenv("HARNESS_HOME", str(folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    assert start(file).wait(timeout=240) == 0
    numbers: dict[str, dict[str, float | None]] = state_of(Home(folder))["metrics"]
    return numbers


@pytest.mark.parametrize("count", [2, pytest.param(20, marks=pytest.mark.slow)])
def test_killed_at_any_moment_a_study_ends_as_if_it_had_not_been(
    home: Home,
    tiny: Path,
    tmp_path: Path,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    state = kill_again_and_again(tiny, home, count)
    undisturbed = numbers_undisturbed(tiny, tmp_path / "whole", monkeypatch)
    assert undisturbed == state["metrics"]


@pytest.mark.slow
def test_so_it_ends_where_the_runs_are_on_postgresql(
    home: Home, tiny: Path, tmp_path: Path, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres)
    state = kill_again_and_again(tiny, home, 20)
    assert "KILLED" in state["statuses"]  # runs that were cut short while they stood there
    undisturbed = numbers_undisturbed(tiny, tmp_path / "whole", monkeypatch)
    assert undisturbed == state["metrics"]


def test_a_killed_study_leaves_open_runs_that_the_next_start_closes(home: Home, tiny: Path) -> None:
    edit(tiny, *LONG)
    process = start(tiny)
    wait_for_curves(process, home)
    process.kill()
    process.wait()
    left = statuses_of(home)
    assert "RUNNING" in left
    assert "KILLED" not in left
    edit(tiny, LONG[1], LONG[0])  # other fits: what is closed is closed whatever comes next
    second = start(tiny)
    printed = second.communicate(timeout=240)[0]
    assert second.returncode == 0, printed
    expected = left.count("FINISHED") * ["FINISHED"] + left.count("RUNNING") * ["KILLED"]
    assert statuses_of(home) == sorted([*expected, *4 * ["FINISHED"]])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_study_closes_its_runs_and_says_one_line(
    home: Home, tiny: Path, number: signal.Signals
) -> None:
    edit(tiny, *LONG)
    process = start(tiny)
    run = wait_for_curves(process, home)
    process.send_signal(number)
    printed = process.communicate(timeout=60)[0]
    assert process.returncode == 130
    assert printed.splitlines()[-1] == "stopped; the same command goes on from the last epoch"
    assert "Traceback" not in printed
    statuses = statuses_of(home)
    assert "RUNNING" not in statuses
    assert "KILLED" in statuses
    assert run.id in {run.id for run in runs_in_state(home, State.KILLED)}
