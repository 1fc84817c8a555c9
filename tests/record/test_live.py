"""A run stands in the database from the start of its trial, and its curves grow with its fit."""

import sqlite3
from contextlib import closing
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from harness.record import live
from harness.record.kept_rows import file_of_rows
from harness.record.live import LiveRuns
from harness.record.result import TrialResult
from harness.record.row_files import ROWS
from harness.record.table import newest_runs
from harness.record.tracker import Tracker, metrics
from harness.run.plan import plan
from harness.spec.states import State
from harness.store import Home
from harness.study.load import Study
from tests.made.recorded import study_at
from tests.made.studies import tracker_of
from tests.made.trials import NO_CODE, SEEDS

TWO_TRIALS = """
name: {name}
seeds: 1
base:
  fit: {{train_on: phantom, net: {{arch: tiny_unet, slices: 3}}, patch: 32}}
  perturb: {{name: noise, strength: 0.1}}
grid: {{perturb.strength: [0.1, 0.2]}}
"""  # that stand on one fit


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every batch is due at once."""
    monkeypatch.setattr(live, "EVERY", 0.0)
    monkeypatch.setattr(live, "TIMES_AS_LONG", 0.0)
    monkeypatch.setattr(live, "EVERY_WHILE_AWAY", 0.0)


def epoch_rows(first: int, last: int) -> list[dict[str, Any]]:
    """The rows of some epochs, as a fit's history has them."""
    rows = []
    for epoch in range(first, last + 1):
        row = {"phase": "train", "epoch": epoch, "loss/net": 1 / epoch, "at": 1000.0 + epoch}
        rows.append(row)
    return rows


def live_runs(home: Home, study: Study, tracker: Tracker | None = None) -> LiveRuns:
    lock = home.hidden / "running" / "own.lock"
    return LiveRuns(tracker or tracker_of(home), study, NO_CODE, lock)


def points(home: Home) -> list[tuple[str, int, int, float]]:
    """Every point of the curve of the loss: run, step, milliseconds, value."""
    sql = """SELECT run_uuid, step, timestamp, value FROM metrics WHERE key = 'loss/net'
        ORDER BY run_uuid, step"""
    with closing(sqlite3.connect(home.database)) as db:
        return db.execute(sql).fetchall()


def finished_result(epochs: int) -> TrialResult:
    history = epoch_rows(1, epochs)
    return TrialResult(State.FINISHED, metrics={"dice": 0.5}, history=history)


def test_a_run_is_there_from_its_start_and_counts_when_it_ends(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    tracker = tracker_of(home)
    (cell,) = study.cells
    runs = live_runs(home, study)
    runs.open_run(cell, "new")
    (run,) = tracker.runs("live")
    assert (run.status, run.state, run.params["fit.patch"]) == ("RUNNING", "running", "32")
    assert not tracker.has_result("live", cell.trial.key)
    assert newest_runs([run]) == []
    assert plan(study, home, [run]).trials[0].action == "run"
    runs.append(cell.trial.fit.key, epoch_rows(1, 2))
    assert [point[1:] for point in points(home)] == [(1, 1001000, 1.0), (2, 1002000, 0.5)]
    runs.close_run(cell, finished_result(3), "new")
    (run,) = tracker.runs("live")
    assert (run.status, run.state) == ("FINISHED", "finished")
    assert [point[1] for point in points(home)] == [1, 2, 3]
    assert metrics(tracker, "live")[run.id] == {"dice": 0.5, "loss/net": pytest.approx(1 / 3)}
    assert (runs.recorded, runs.count_unrecorded, runs.sentence) == (1, 0, "")


def test_a_state_that_is_written_before_the_status_is_no_result(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    runs = live_runs(home, study)
    runs.open_run(study.cells[0], "new")
    tracker = tracker_of(home)
    (run,) = tracker.runs("live")
    tracker.client().set_tag(run.id, "harness.state", "finished")
    (run,) = tracker.runs("live")
    assert run.state == State.FINISHED
    assert newest_runs([run]) == []


def test_a_fit_that_was_lost_and_resumed_writes_no_point_twice(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    (cell,) = study.cells
    fit = cell.trial.fit.key
    runs = live_runs(home, study)
    runs.open_run(cell, "new")
    runs.append(fit, epoch_rows(1, 3), first=1)
    late = [{**row, "at": 5000.0} for row in epoch_rows(2, 4)]
    runs.append(fit, late, first=2)  # from the last epoch that was saved
    runs.open_run(cell, "new")
    runs.close_run(cell, finished_result(4), "new")
    assert [(step, at) for _, step, at, _ in points(home)] == [
        (1, 1001000),
        (2, 1002000),
        (3, 1003000),
        (4, 5000000),
    ]


def test_each_trial_of_a_fit_gets_its_curves(home: Home) -> None:
    study = study_at(home, TWO_TRIALS.format(name="shared"))
    first, second = study.cells
    fit = first.trial.fit.key
    assert second.trial.fit.key == fit
    runs = live_runs(home, study)
    runs.open_run(first, "new")
    runs.append(fit, epoch_rows(1, 2))
    runs.open_run(second, "new")  # joins later, and gets what has come before
    runs.append(fit, epoch_rows(3, 3))
    runs.close_run(first, finished_result(3), "new")
    runs.close_run(second, finished_result(3), "new")
    assert [point[1] for point in points(home)] == [1, 2, 3, 1, 2, 3]


def test_what_was_measured_is_kept_in_a_table_as_results_come(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TABLE_EVERY", 2)
    study = study_at(home, SEEDS.format(name="live", seeds=5))
    runs = live_runs(home, study)
    counts = []
    for number, cell in enumerate(study.cells):
        folder = home.store("trials").path(cell.trial.key)
        folder.mkdir(parents=True)
        rows = pa.table({"metric": ["dice"], "value": [number / 10]})
        parquet.write_table(rows, folder / ROWS)
        runs.close_run(cell, finished_result(1), "first")
        file = file_of_rows(home, "live")
        counts.append(parquet.read_table(file).num_rows if file.exists() else 0)
    assert counts == [0, 2, 2, 4, 4]


def test_rows_that_cannot_be_kept_end_no_study(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "TABLE_EVERY", 1)
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    runs = live_runs(home, study)
    (cell,) = study.cells
    folder = home.store("trials").path(cell.trial.key)
    folder.mkdir(parents=True)
    (folder / ROWS).write_bytes(b"no table")
    runs.close_run(cell, finished_result(1), "first")
    assert runs.recorded == 1
    assert not file_of_rows(home, "live").exists()


def test_curves_are_written_in_batches(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    (cell,) = study.cells
    runs = live_runs(home, study)
    runs.open_run(cell, "new")
    monkeypatch.setattr(live, "EVERY", 60.0)
    runs.append(cell.trial.fit.key, epoch_rows(1, 1))
    for epoch in range(2, 20):
        runs.append(cell.trial.fit.key, epoch_rows(epoch, epoch))
    assert len(points(home)) == 1
    runs.finish()
    assert len(points(home)) == 19


def test_the_next_batch_comes_no_sooner_than_a_multiple_of_what_the_last_one_took(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "TIMES_AS_LONG", 50.0)
    clock = [100.0]
    monkeypatch.setattr(live.time, "monotonic", lambda: clock[0])
    study = study_at(home, SEEDS.format(name="live", seeds=1))
    (cell,) = study.cells
    fit = cell.trial.fit.key
    runs = live_runs(home, study)
    runs.open_run(cell, "new")
    write = runs._write

    def write_for_a_second(behind: Any) -> None:
        write(behind)
        clock[0] += 1.0

    monkeypatch.setattr(runs, "_write", write_for_a_second)
    runs.append(fit, epoch_rows(1, 1))  # from 100 to 101: the next may begin at 151
    runs.append(fit, epoch_rows(2, 2))
    clock[0] = 150.9
    runs.write_due()
    assert len(points(home)) == 1
    clock[0] = 151.1
    runs.write_due()  # although no epoch comes any more
    assert len(points(home)) == 2
    clock[0] = 1000.0
    runs.write_due()
    assert clock[0] == 1000.0  # nothing is behind: nothing is written


def test_client_and_experiment_are_looked_up_once(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_at(home, SEEDS.format(name="live", seeds=3))
    clients = []
    client_of = Tracker.client

    def count_client(tracker: Tracker) -> Any:
        clients.append(tracker)
        return client_of(tracker)

    monkeypatch.setattr(Tracker, "client", count_client)
    runs = live_runs(home, study)
    for cell in study.cells:
        runs.open_run(cell, "new")
        runs.append(cell.trial.fit.key, epoch_rows(1, 2))
        runs.close_run(cell, finished_result(2), "new")
    assert (runs.recorded, len(clients)) == (3, 1)
