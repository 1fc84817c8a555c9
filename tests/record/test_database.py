"""One look-up says whether a trial is a result, whatever has happened to its runs."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from harness.record.database import is_result, is_result_state, lock_of
from harness.record.recorded_runs import read_runs
from harness.record.table import newest_runs
from harness.record.tracker import Tracker, metrics
from harness.spec.states import State
from harness.store import Home, file_lock
from harness.study.cells import Cell
from harness.study.load import Study
from tests.made.journal import leave_change_unfinished
from tests.made.recorded import study_at
from tests.made.studies import tracker_of
from tests.made.trials import SEEDS, record_state, tracker_through_client


def finish(tracker: Tracker, study: Study, cell: Cell) -> None:
    record_state(tracker, study, cell, State.FINISHED)


def diverge(tracker: Tracker, study: Study, cell: Cell) -> None:
    record_state(tracker, study, cell, State.DIVERGED)


def fail(tracker: Tracker, study: Study, cell: Cell) -> None:
    record_state(tracker, study, cell, State.FAILED)


def record_nothing(tracker: Tracker, study: Study, cell: Cell) -> None:
    """Nothing is recorded of the trial."""


def leave_running(tracker: Tracker, study: Study, cell: Cell) -> None:
    run = record_state(tracker, study, cell, State.FINISHED)
    with sqlite3.connect(tracker.home.database) as db:
        db.execute("UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?", (run,))


def kill(tracker: Tracker, study: Study, cell: Cell) -> None:
    leave_running(tracker, study, cell)
    tracker.prepare()  # closes what a dead process left


def finish_then_kill(tracker: Tracker, study: Study, cell: Cell) -> None:
    finish(tracker, study, cell)
    kill(tracker, study, cell)


def delete(tracker: Tracker, study: Study, cell: Cell) -> None:
    tracker.client().delete_run(record_state(tracker, study, cell, State.FINISHED))


def delete_then_finish(tracker: Tracker, study: Study, cell: Cell) -> None:
    delete(tracker, study, cell)
    finish(tracker, study, cell)


def lose_the_state(tracker: Tracker, study: Study, cell: Cell) -> None:
    run = record_state(tracker, study, cell, State.FINISHED)
    tracker.client().delete_tag(run, "harness.state")


def diverge_then_finish(tracker: Tracker, study: Study, cell: Cell) -> None:
    diverge(tracker, study, cell)
    finish(tracker, study, cell)


def fail_then_finish(tracker: Tracker, study: Study, cell: Cell) -> None:
    fail(tracker, study, cell)
    finish(tracker, study, cell)


def finish_then_fail(tracker: Tracker, study: Study, cell: Cell) -> None:
    finish(tracker, study, cell)
    fail(tracker, study, cell)


History = Callable[[Tracker, Study, Cell], None]

HISTORIES: list[tuple[History, bool]] = [
    (finish, True),
    (diverge, True),
    (fail, False),
    (record_nothing, False),
    (leave_running, False),
    (kill, False),
    (finish_then_kill, True),
    (delete, False),
    (delete_then_finish, True),
    (lose_the_state, False),
    (diverge_then_finish, True),
    (fail_then_finish, True),
    (finish_then_fail, True),
]


@pytest.mark.parametrize("address", [tracker_of, tracker_through_client])
def test_one_look_up_gives_the_answer_that_all_runs_give(
    home: Home, address: Callable[[Home], Tracker]
) -> None:
    study = study_at(home, SEEDS.format(name="histories", seeds=len(HISTORIES)))
    for (happen, _), cell in zip(HISTORIES, study.cells, strict=True):
        happen(tracker_of(home), study, cell)
    tracker = address(home)
    results = {run.key for run in tracker.runs("histories") if is_result(run)}
    for (happen, expected), cell in zip(HISTORIES, study.cells, strict=True):
        key = cell.trial.key
        answer = tracker.has_result("histories", key)
        assert answer is (key in results) is expected, happen.__name__


def test_a_file_and_a_server_are_read_as_the_same_runs(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="histories", seeds=len(HISTORIES)))
    tracker = tracker_of(home)
    for (happen, _), cell in zip(HISTORIES, study.cells, strict=True):
        happen(tracker, study, cell)
    with tracker.asking() as ask:
        of_file = read_runs(ask, "histories", is_file=True)
        of_server = read_runs(ask, "histories", is_file=False)
    assert len(of_file) >= len(HISTORIES)
    assert of_file == sorted(of_server, key=of_file.index)
    for run, same in zip(of_file, sorted(of_server, key=of_file.index), strict=True):
        assert list(run.tags) == list(same.tags)  # columns of tables keep their order too


@pytest.mark.parametrize("address", [tracker_of, tracker_through_client])
def test_a_result_counts_in_the_study_that_has_it(
    home: Home, address: Callable[[Home], Tracker]
) -> None:
    first = study_at(home, SEEDS.format(name="first", seeds=1))
    second = study_at(home, SEEDS.format(name="second", seeds=1), "second.yaml")
    key = first.cells[0].trial.key
    assert second.cells[0].trial.key == key
    finish(tracker_of(home), first, first.cells[0])
    tracker = address(home)
    assert tracker.has_result("first", key)
    assert not tracker.has_result("second", key)  # which MLflow does not know
    fail(tracker_of(home), second, second.cells[0])
    assert not tracker.has_result("second", key)
    client = tracker.client()
    client.delete_experiment(client.get_experiment_by_name("first").experiment_id)
    assert not tracker.has_result("first", key)
    assert tracker.runs("first") == []


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("status", ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"])
def test_a_state_counts_only_with_its_status(state: State, status: str) -> None:
    results = [("finished", "FINISHED"), ("diverged", "FAILED")]
    is_expected = (state, status) in results
    assert is_result_state(state.value, status) is is_expected


def test_without_a_database_there_is_no_result(home: Home) -> None:
    assert not tracker_of(home).has_result("nothing", "0" * 16)
    assert not home.database.exists()


def test_a_database_of_an_earlier_version_gets_the_index(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="earlier", seeds=1))
    tracker = tracker_of(home)
    finish(tracker, study, study.cells[0])
    with sqlite3.connect(home.database) as db:
        db.execute("DROP INDEX harness_trial")
    assert tracker.has_result("earlier", study.cells[0].trial.key)
    tracker.prepare()
    assert "harness_trial" in index_names(home.database)
    assert tracker.has_result("earlier", study.cells[0].trial.key)


def index_names(file: Path) -> set[str]:
    with sqlite3.connect(file) as db:
        names = db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        return {name for (name,) in names}


def test_a_change_that_a_kill_has_cut_short_is_undone_by_who_reads(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="cut", seeds=1))
    tracker = tracker_of(home)
    finish(tracker, study, study.cells[0])
    before = tracker.runs("cut")
    for read in (
        lambda: tracker.runs("cut") == before,
        lambda: tracker.has_result("cut", study.cells[0].trial.key),
        lambda: len(metrics(tracker, "cut")) == 1,
    ):
        journal = leave_change_unfinished(home.database)
        assert read()
        assert not journal.exists() or not journal.stat().st_size


def test_the_dashboard_reads_after_a_kill_within_a_commit(home: Home) -> None:
    from dashboard.read.database import version

    study = study_at(home, SEEDS.format(name="cut", seeds=1))
    finish(tracker_of(home), study, study.cells[0])
    before = version("cut")
    leave_change_unfinished(home.database)
    assert version("cut") == before


def test_a_change_that_is_being_made_is_not_undone(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="busy", seeds=1))
    tracker = tracker_of(home)
    finish(tracker, study, study.cells[0])
    with closing(sqlite3.connect(home.database)) as db:
        db.execute("BEGIN")
        db.execute("DELETE FROM metrics")
        assert Path(f"{home.database}-journal").exists()
        with file_lock(lock_of(home.database)):
            assert len(tracker.runs("busy")) == 1  # does not wait for the lock either
        db.commit()


def test_a_clock_that_is_set_back_does_not_hide_the_newest_run(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_at(home, SEEDS.format(name="clock", seeds=1))
    tracker = tracker_of(home)
    first = record_state(tracker, study, study.cells[0], State.DIVERGED)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3600)
    second = record_state(tracker, study, study.cells[0], State.FINISHED)
    runs = tracker.runs("clock")
    assert [run.id for run in runs] == [first, second]
    assert runs[1].started < runs[0].started
    assert [run.id for run in newest_runs(runs)] == [second]
