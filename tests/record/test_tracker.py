"""Recording a trial asks one question of the database, however large the study is."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.record.result import TrialResult
from harness.spec.states import State
from harness.spec.values import Trial
from harness.store import Home
from harness.study.cells import Cell
from tests.made.recorded import fill, scores, study_at
from tests.made.studies import tracker_of
from tests.made.trials import NO_CODE, SEEDS, record_trial, tracker_through_client


def empty_trial(home: Home) -> Path:
    """The folder of a trial in which nothing lies."""
    folder = home.folder / "trial"
    folder.mkdir()
    return folder


def half(trial: Trial) -> float:
    return 0.5


def test_a_trial_that_is_recorded_is_not_recorded_again(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="twice", seeds=2))
    tracker = tracker_of(home)
    first, second = study.cells
    assert not tracker.has_result("twice", first.trial.key)
    result = TrialResult(State.FINISHED, empty_trial(home))
    assert record_trial(tracker, study, first, result) is not None
    assert record_trial(tracker, study, first, result) is None
    assert record_trial(tracker, study, second, result) is not None
    again = tracker.record(study, first, result, NO_CODE, reason="diverged", start_over=True)
    assert again is not None
    assert len(tracker.runs("twice")) == 3


def test_a_folder_or_garbage_for_a_database_is_refused_at_once(home: Home) -> None:
    tracker = tracker_of(home)
    home.database.mkdir()
    with pytest.raises(ValueError, match="is a folder"):
        tracker.prepare()
    home.database.rmdir()
    home.database.write_bytes(b"garbage, not SQLite")
    with pytest.raises(ValueError, match="is not an SQLite database"):
        tracker.prepare()


class Steps:
    """Counts the instructions that SQLite carries out: each row that is read takes a few."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Counts in every connection that is opened from now on."""
        self.count = 0
        connect = sqlite3.connect

        def counting(*args: Any, **options: Any) -> sqlite3.Connection:
            connection = connect(*args, **options)
            connection.set_progress_handler(self._step, 1)
            return connection

        monkeypatch.setattr(sqlite3, "connect", counting)
        # MLflow's engine calls it by this name.
        monkeypatch.setattr(sqlite3.dbapi2, "connect", counting)

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
    study = study_at(home, SEEDS.format(name="large", seeds=603))
    tracker = tracker_of(home)
    history = [
        {"phase": "train", "epoch": 1, "loss/net": 0.5},
        {"phase": "train", "epoch": 2, "loss/net": 0.4},
    ]
    result = TrialResult(State.FINISHED, empty_trial(home), metrics={"dice": 0.5}, history=history)

    def recording(cell: Cell) -> Callable[[], object]:
        return lambda: record_trial(tracker, study, cell, result)

    def look_up(cell: Cell) -> Callable[[], object]:
        return lambda: tracker.has_result("large", cell.trial.key)

    first, second, *middle, last = study.cells
    recording(first)()  # makes the experiment
    steps_of_recording = steps.of(recording(second))
    steps_of_look_up = steps.of(look_up(second))
    keys = {cell.trial.key for cell in middle}

    def state(trial: Trial) -> str:
        return "finished" if trial.key in keys else "missing"

    fill(home, study, scores(half), state=state)
    assert len(tracker.runs("large")) == 602
    # So the count does see a scan.
    assert steps.of(lambda: tracker.runs("large")) > 20 * steps_of_recording
    assert 0 < steps.of(recording(last)) < 1.1 * steps_of_recording
    assert 0 < steps.of(look_up(last)) < 1.1 * steps_of_look_up


def test_a_server_is_asked_for_the_runs_of_the_trial_alone(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    study = study_at(home, SEEDS.format(name="served", seeds=40))
    fill(home, study, scores(half))
    answers: list[int] = []
    search = MlflowClient.search_runs

    def search_and_note(client: MlflowClient, *args: Any, **options: Any) -> Any:
        page = search(client, *args, **options)
        answers.append(len(page))
        return page

    monkeypatch.setattr(MlflowClient, "search_runs", search_and_note)
    tracker = tracker_through_client(home)
    assert tracker.has_result("served", study.cells[7].trial.key)
    assert not tracker.has_result("served", "0" * 16)
    assert answers == [1, 0]
    assert len(tracker.runs("served")) == 40
