"""Six workers share a real study of 64 cells, whoever of them is killed or frozen."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from subprocess import Popen
from typing import Any

import pytest

from harness.run.claims import CLAIMS
from harness.store import Home, is_locked
from harness.store.leases import LOST, PATIENCE
from harness.store.locks import WAY
from tests.made.kills import state_of, unfinished_folders
from tests.made.postgres import postgres
from tests.made.studies import plan_of, tracker_of, work_of
from tests.made.workers import start_worker

__all__ = ["postgres"]  # a fixture

CELLS = 64
STUDY = """
name: many
question: Does each cell run once, whoever dies?
seeds: 4
base:
  fit:
    train_on: {name: phantom, slices: 2, size: 32}
    net: {arch: tiny_unet, slices: 1, width: 2}
    method: {name: supervised, epochs: 1, lr: 1e-3}
    patch: 32
    batch: 2
    steps: 1
  perturb: {name: contrast}
grid:
  fit.method.loss: [bce_dice, ce]
  perturb.strength: [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3]
compare:
  - {name: loss, metric: dice, by: fit.method.loss, against: ce, unit: seed,
     where: {perturb.strength: 1}}
"""


Workers = Callable[[int], "list[Popen[str]]"]
SECONDS = 900.0  # that anything may take; a busy machine is slow
SECONDS_OF_A_LOCKED_SLEEP = 15.0  # the kernel's locks are held for so long by who is frozen


@pytest.fixture
def start_workers(study: Path) -> "Iterator[Workers]":
    """Starts so many workers; none of them outlives the test."""
    started: list[Popen[str]] = []

    def start_many(count: int) -> "list[Popen[str]]":
        """Starts workers that stay on the study to its end."""
        workers = [start_worker(study, "--stay") for _ in range(count)]
        started.extend(workers)
        return workers

    yield start_many
    for worker in started:
        with suppress(ProcessLookupError):
            signal_all(worker, signal.SIGKILL)
        worker.wait()


@pytest.fixture
def study(home: Home) -> Path:
    file = home.folder / "many.yaml"
    file.write_text(STUDY)
    return file


def wait_for_trials(home: Home, count: int) -> None:
    """Waits until so many trials are measured, by whomever."""
    end = time.monotonic() + SECONDS
    while len(home.store("trials").keys()) < count:
        assert time.monotonic() < end, "no progress"
        time.sleep(0.1)


def signal_all(worker: "Popen[str]", number: signal.Signals) -> None:
    """Signals a worker and all its processes, as a scheduler or a computer that sleeps does."""
    os.killpg(worker.pid, number)


def end_of(worker: "Popen[str]") -> tuple[int, str]:
    printed = worker.communicate(timeout=SECONDS)[0]
    return worker.returncode, printed


def assert_each_cell_ran_once(home: Home, study: Path) -> None:
    """64 trials in the store, 64 results in the database, and nothing open or claimed."""
    state: dict[str, Any] = state_of(home)
    finished = state["finished"]
    assert len(finished) == len(set(finished)) == CELLS
    assert home.store("trials").keys() == set(finished)
    assert len(home.store("fits").keys()) == 8
    assert "RUNNING" not in state["statuses"]
    assert unfinished_folders(home) == []
    assert work_of(plan_of(study, home)) == {"fits": 0, "trials": 0}
    assert not any(is_locked(lock) for lock in (home.hidden / CLAIMS).glob("*.lock"))


@pytest.mark.slow
@pytest.mark.parametrize("way", ["lock", "lease"])
def test_two_killed_and_one_frozen_of_six(
    home: Home, study: Path, way: str, start_workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(WAY, way)
    monkeypatch.setenv(PATIENCE, "10")
    workers = start_workers(6)
    wait_for_trials(home, 6)
    frozen, first, second, *alive = workers
    signal_all(frozen, signal.SIGSTOP)
    signal_all(first, signal.SIGKILL)
    second.kill()  # and its processes find out by themselves
    if way == "lease":
        wait_for_trials(home, CELLS)
        time.sleep(2)
    else:
        time.sleep(SECONDS_OF_A_LOCKED_SLEEP)
    signal_all(frozen, signal.SIGCONT)
    for worker in alive:
        code, printed = end_of(worker)
        assert code == 0, printed
    code, printed = end_of(frozen)
    assert code in ((0,) if way == "lock" else (0, LOST)), printed
    for worker in (first, second):
        worker.communicate(timeout=60)
    assert_each_cell_ran_once(home, study)


@pytest.mark.slow
def test_four_workers_record_on_postgresql(
    home: Home,
    study: Path,
    postgres: str,
    start_workers: Workers,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres)
    workers = start_workers(4)
    wait_for_trials(home, 6)
    signal_all(workers[0], signal.SIGTERM)
    for worker in workers:
        code, printed = end_of(worker)
        assert code in (0, 75), printed
    (rest,) = start_workers(1)
    code, printed = end_of(rest)
    assert code == 0, printed
    assert_each_cell_ran_once(home, study)
    assert len(tracker_of(home).runs("many")) >= CELLS
