"""Recording a trial asks one question of the database, and the answer costs the same however large the study is."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.record.code import Code
from harness.record.database import is_result
from harness.record.tracker import Tracker, uri
from harness.store import Home
from harness.study.cells import Cell
from harness.study.load import Study
from tests.made.recorded import fill, scores, study_at

TRIALS = """
name: {name}
seeds: {seeds}
base: {{fit: {{train_on: phantom, net: {{arch: tiny_unet, slices: 3}}, patch: 32}}}}
"""

NO_CODE = Code()


def tracker_of(home: Home) -> Tracker:
    return Tracker(uri(home), home)


def through_a_client(home: Home) -> Tracker:
    """The same database as a server would be asked: its address does not say that it is a file."""
    return Tracker(f"sqlite+pysqlite:///{home.database}", home)


def record(tracker: Tracker, study: Study, cell: Cell, state: str) -> str:
    """A run of a trial that ended so, beside those that it may have."""
    values = {"name": f"{cell.trial.key} {state}", "state": state, "metrics": {"dice": 0.5}}
    run = tracker.record(study, cell, None, NO_CODE, values)
    assert run is not None
    return run


def finished(tracker: Tracker, study: Study, cell: Cell) -> None:
    record(tracker, study, cell, "finished")


def diverged(tracker: Tracker, study: Study, cell: Cell) -> None:
    record(tracker, study, cell, "diverged")


def failed(tracker: Tracker, study: Study, cell: Cell) -> None:
    record(tracker, study, cell, "failed")


def absent(tracker: Tracker, study: Study, cell: Cell) -> None:
    """Nothing is recorded of the trial."""


def running(tracker: Tracker, study: Study, cell: Cell) -> None:
    run = record(tracker, study, cell, "finished")
    with sqlite3.connect(tracker.home.database) as db:
        db.execute("UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?", (run,))


def killed(tracker: Tracker, study: Study, cell: Cell) -> None:
    running(tracker, study, cell)
    tracker.prepare()  # closes what a dead process left


def killed_later(tracker: Tracker, study: Study, cell: Cell) -> None:
    finished(tracker, study, cell)
    killed(tracker, study, cell)


def deleted(tracker: Tracker, study: Study, cell: Cell) -> None:
    tracker.client().delete_run(record(tracker, study, cell, "finished"))


def deleted_once(tracker: Tracker, study: Study, cell: Cell) -> None:
    deleted(tracker, study, cell)
    finished(tracker, study, cell)


def without_a_state(tracker: Tracker, study: Study, cell: Cell) -> None:
    tracker.client().delete_tag(record(tracker, study, cell, "finished"), "harness.state")


def superseded(tracker: Tracker, study: Study, cell: Cell) -> None:
    diverged(tracker, study, cell)
    finished(tracker, study, cell)


def failed_before(tracker: Tracker, study: Study, cell: Cell) -> None:
    failed(tracker, study, cell)
    finished(tracker, study, cell)


def failed_later(tracker: Tracker, study: Study, cell: Cell) -> None:
    finished(tracker, study, cell)
    failed(tracker, study, cell)


HISTORIES: list[tuple[Callable[[Tracker, Study, Cell], None], bool]] = [
    (finished, True),
    (diverged, True),
    (failed, False),
    (absent, False),
    (running, False),
    (killed, False),
    (killed_later, True),
    (deleted, False),
    (deleted_once, True),
    (without_a_state, False),
    (superseded, True),
    (failed_before, True),
    (failed_later, True),
]


@pytest.mark.parametrize("address", [tracker_of, through_a_client])
def test_one_look_up_gives_the_answer_that_all_runs_give(
    home: Home, address: Callable[[Home], Tracker]
) -> None:
    study = study_at(home, TRIALS.format(name="histories", seeds=len(HISTORIES)))
    for (happens, _), cell in zip(HISTORIES, study.cells, strict=True):
        happens(tracker_of(home), study, cell)
    tracker = address(home)
    results = {run.key for run in tracker.runs("histories") if is_result(run)}
    for (happens, expected), cell in zip(HISTORIES, study.cells, strict=True):
        key = cell.trial.key
        assert tracker.has_result("histories", key) is (key in results) is expected, (
            happens.__name__
        )


@pytest.mark.parametrize("address", [tracker_of, through_a_client])
def test_a_result_counts_in_the_study_that_has_it(
    home: Home, address: Callable[[Home], Tracker]
) -> None:
    first = study_at(home, TRIALS.format(name="first", seeds=1))
    second = study_at(home, TRIALS.format(name="second", seeds=1), "second.yaml")
    key = first.cells[0].trial.key
    assert second.cells[0].trial.key == key
    finished(tracker_of(home), first, first.cells[0])
    tracker = address(home)
    assert tracker.has_result("first", key)
    assert not tracker.has_result("second", key)  # which MLflow does not know
    failed(tracker_of(home), second, second.cells[0])
    assert not tracker.has_result("second", key)
    tracker.client().delete_experiment(
        tracker.client().get_experiment_by_name("first").experiment_id
    )
    assert not tracker.has_result("first", key)
    assert tracker.runs("first") == []


def test_a_trial_that_is_recorded_is_not_recorded_again(home: Home) -> None:
    study = study_at(home, TRIALS.format(name="twice", seeds=2))
    tracker = tracker_of(home)
    assert not tracker.has_result("twice", study.cells[0].trial.key)
    values = {"name": "run", "state": "finished"}
    folder = home.folder / "trial"
    folder.mkdir()
    assert tracker.record(study, study.cells[0], folder, NO_CODE, values) is not None
    assert tracker.record(study, study.cells[0], folder, NO_CODE, values) is None
    assert tracker.record(study, study.cells[1], folder, NO_CODE, values) is not None
    assert (
        tracker.record(study, study.cells[0], folder, NO_CODE, {**values, "again": True})
        is not None
    )
    assert len(tracker.runs("twice")) == 3


def test_without_a_database_there_is_no_result(home: Home) -> None:
    assert not tracker_of(home).has_result("nothing", "0" * 16)
    assert not home.database.exists()


class Steps:
    """Counts the instructions that SQLite carries out: each row that is read takes a few."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        connect = sqlite3.connect

        def counting(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_progress_handler(self._step, 1)
            return connection

        monkeypatch.setattr(sqlite3, "connect", counting)
        monkeypatch.setattr(
            sqlite3.dbapi2, "connect", counting
        )  # the one that MLflow's engine calls

    def _step(self) -> int:
        self.count += 1
        return 0

    def of(self, action: Callable[[], object]) -> int:
        """The instructions that an action took."""
        before = self.count
        action()
        return self.count - before


def test_recording_reads_no_more_in_a_large_study(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = Steps(monkeypatch)
    study = study_at(home, TRIALS.format(name="large", seeds=603))
    tracker = tracker_of(home)
    folder = home.folder / "trial"
    folder.mkdir()
    history = [
        {"phase": "train", "epoch": 1, "loss/net": 0.5},
        {"phase": "train", "epoch": 2, "loss/net": 0.4},
    ]

    def recording(cell: Cell) -> Callable[[], object]:
        values = {"name": "run", "state": "finished", "metrics": {"dice": 0.5}, "history": history}
        return lambda: tracker.record(study, cell, folder, NO_CODE, values)

    recording(study.cells[0])()  # makes the experiment
    small = steps.of(recording(study.cells[1]))
    look_up = steps.of(lambda: tracker.has_result("large", study.cells[1].trial.key))
    last = study.cells[-1]
    among = {cell.trial.key for cell in study.cells[2:-1]}
    fill(
        home,
        study,
        scores(lambda trial: 0.5),
        state=lambda trial: "finished" if trial.key in among else "missing",
    )
    assert len(tracker.runs("large")) == 602
    assert steps.of(lambda: tracker.runs("large")) > 20 * small  # so the count does see a scan
    assert 0 < steps.of(recording(last)) < 1.1 * small
    assert 0 < steps.of(lambda: tracker.has_result("large", last.trial.key)) < 1.1 * look_up


def test_a_server_is_asked_for_the_runs_of_the_trial_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    study = study_at(home, TRIALS.format(name="served", seeds=40))
    fill(home, study, scores(lambda trial: 0.5))
    answers: list[int] = []
    search = MlflowClient.search_runs

    def counted(client: MlflowClient, *args: Any, **options: Any) -> Any:
        page = search(client, *args, **options)
        answers.append(len(page))
        return page

    monkeypatch.setattr(MlflowClient, "search_runs", counted)
    tracker = through_a_client(home)
    assert tracker.has_result("served", study.cells[7].trial.key)
    assert not tracker.has_result("served", "0" * 16)
    assert answers == [1, 0]
    assert len(tracker.runs("served")) == 40


def test_a_database_of_an_earlier_version_gets_the_index(home: Home) -> None:
    study = study_at(home, TRIALS.format(name="earlier", seeds=1))
    finished(tracker_of(home), study, study.cells[0])
    with sqlite3.connect(home.database) as db:
        db.execute("DROP INDEX harness_trial")
    assert tracker_of(home).has_result("earlier", study.cells[0].trial.key)
    tracker_of(home).prepare()
    assert "harness_trial" in index_names(home.database)
    assert tracker_of(home).has_result("earlier", study.cells[0].trial.key)


def index_names(file: Path) -> set[str]:
    with sqlite3.connect(file) as db:
        return {
            name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'index'")
        }
