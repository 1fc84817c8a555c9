"""Whose a run is: what a dead parent has left open is closed, what a live one writes stays."""

import multiprocessing
import os
import platform

from harness.record.live import LiveRuns
from harness.record.owners import LOCK_TAG
from harness.record.result import TrialResult
from harness.record.tracker import Tracker
from harness.spec.states import State
from harness.store import Home, file_lock
from harness.study.load import Study
from tests.made.recorded import study_at
from tests.made.studies import tracker_of
from tests.made.trials import NO_CODE, SEEDS, record_trial
from tests.record.test_live import (
    epoch_rows,
    live_runs,
    points,
)

fork = multiprocessing.get_context("fork")


def open_and_die(home: Home, study: Study) -> None:
    """What a parent does that is killed: its lock goes, and its run stays open."""
    runs = live_runs(home, study)
    with file_lock(home.hidden / "running" / "own.lock"):
        runs.open_run(study.cells[0], "new")
        os._exit(9)


def test_a_run_of_a_dead_parent_is_closed_and_that_of_a_live_one_stays(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    tracker = tracker_of(home)
    process = fork.Process(target=open_and_die, args=(home, study))
    process.start()
    process.join()
    second_home = Home(home.folder / "second")  # with the same database
    lock = second_home.hidden / "running" / "own.lock"
    alive = LiveRuns(Tracker(tracker.uri, second_home), study, NO_CODE, lock)
    with file_lock(lock):
        alive.open_run(study.cells[0], "new")
        assert [run.status for run in tracker.runs()] == ["RUNNING", "RUNNING"]
        tracker.prepare()
        assert [run.status for run in tracker.runs()] == ["KILLED", "RUNNING"]
    tracker.prepare()
    assert [run.state for run in tracker.runs()] == ["killed", "killed"]


def test_a_run_on_another_machine_of_this_name_stays_open(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=2))
    tracker = tracker_of(home)
    runs = live_runs(home, study)
    for cell in study.cells:
        runs.open_run(cell, "new")
    first, second = tracker.runs()
    client = tracker.client()
    client.set_tag(first.id, LOCK_TAG, f"{platform.node()}:/not/on/this/disk/own.lock")
    client.set_tag(second.id, LOCK_TAG, f"elsewhere:{home.hidden / 'running' / 'own.lock'}")
    tracker.prepare()
    assert [run.status for run in tracker.runs()] == ["RUNNING", "RUNNING"]


def test_a_parent_that_is_stopped_closes_its_runs(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    runs = live_runs(home, study)
    runs.open_run(study.cells[0], "new")
    runs.append(study.cells[0].trial.fit.key, epoch_rows(1, 2))
    runs.kill_open_runs()
    (run,) = tracker_of(home).runs()
    assert (run.status, run.state) == ("KILLED", "killed")
    assert len(points(home)) == 2


def test_a_trial_that_another_process_has_recorded_is_recorded_once(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    (cell,) = study.cells
    folder = home.folder / "trial"
    folder.mkdir()
    result = TrialResult(State.FINISHED, folder)
    runs = live_runs(home, study)
    runs.open_run(cell, "new")
    record_trial(tracker_of(home), study, cell, result)
    runs.close_run(cell, result, "new")
    assert [run.status for run in tracker_of(home).runs()] == ["FINISHED"]
    assert (runs.recorded, runs.count_unrecorded) == (0, 0)
