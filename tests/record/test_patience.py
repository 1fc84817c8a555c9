"""A lock that somebody else holds on the database costs time and nothing else."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from harness.record import patience
from harness.record.patience import StillLocked
from harness.record.result import TrialResult
from harness.record.tracker import metrics
from harness.run.carry_out import RunSummary, run
from harness.run.engines import inline
from harness.spec.states import State
from harness.store import Home
from tests.made.locks import locked_by_another, lose_patience
from tests.made.recorded import study_at
from tests.made.studies import plan_of, run_study, tracker_of
from tests.made.trials import SEEDS, record_trial

MEASURED = TrialResult(State.FINISHED, metrics={"dice": 0.5})


@pytest.mark.parametrize(("seconds", "pause"), [(2.0, 0.0), (0.3, 0.3)])
def test_a_trial_is_recorded_once_the_lock_is_gone(
    home: Home, monkeypatch: pytest.MonkeyPatch, seconds: float, pause: float
) -> None:
    lose_patience(monkeypatch)
    monkeypatch.setattr(patience, "PAUSE", 0.1)
    study = study_at(home, SEEDS.format(name="locked", seeds=1))
    tracker = tracker_of(home)
    began = time.monotonic()
    with locked_by_another(home.database, seconds, pause):
        run_id = record_trial(tracker, study, study.cells[0], MEASURED)
        assert pause or time.monotonic() - began >= seconds
    (recorded,) = tracker.runs("locked")
    assert (recorded.id, recorded.status) == (run_id, "FINISHED")
    assert recorded.params["fit.patch"] == "32"
    assert metrics(tracker, "locked") == {run_id: {"dice": 0.5}}


def test_a_start_waits_for_the_lock(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_patience(monkeypatch)
    study_at(home, SEEDS.format(name="locked", seeds=1))
    with locked_by_another(home.database, 2.0):
        tracker_of(home).prepare()


def test_patience_ends_in_a_sentence(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_patience(monkeypatch)
    study_at(home, SEEDS.format(name="locked", seeds=1))
    monkeypatch.setattr(patience, "PATIENCE", 0.5)
    with locked_by_another(home.database, 60.0), pytest.raises(StillLocked, match="locked for"):
        tracker_of(home).prepare()


def test_readers_wait_for_the_lock(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    lose_patience(monkeypatch)
    monkeypatch.setattr(patience, "PAUSE", 0.1)
    study = study_at(home, SEEDS.format(name="locked", seeds=1))
    tracker = tracker_of(home)
    record_trial(tracker, study, study.cells[0], MEASURED)
    began = time.monotonic()
    with locked_by_another(home.database, 1.0):
        assert len(tracker.runs()) == 1
        assert time.monotonic() - began >= 1.0
    with locked_by_another(home.database, 60.0):
        hasty = replace(tracker, is_patient=False)
        with pytest.raises(StillLocked, match="locked for"):
            hasty.runs()
    assert len(hasty.runs()) == 1


def run_while_locked(file: Path, home: Home, seconds: float) -> RunSummary:
    """Runs a study whose database somebody else locks before the first result comes."""
    tracker = tracker_of(home)
    tracker.prepare()
    study_plan = plan_of(file, home)
    with locked_by_another(home.database, seconds):
        return run(study_plan, home, tracker, inline(home.folder, "cpu"), lambda *news: None)


def test_what_could_not_be_recorded_is_recorded_by_the_next_run(
    home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_patience(monkeypatch)
    monkeypatch.setattr(patience, "PAUSE", 0.05)
    monkeypatch.setattr(patience, "PATIENCE", 0.2)
    summary = run_while_locked(tiny, home, 600.0)
    assert (summary.count(State.FINISHED), summary.recorded, summary.count_unrecorded) == (4, 0, 4)
    assert tracker_of(home).runs() == []
    again = run_study(tiny, home)
    assert (again.outcomes, again.recorded, again.count_unrecorded) == ([], 4, 0)


def test_what_somebody_else_has_just_written_is_tried_again_a_few_times() -> None:
    tries: list[int] = []

    def write() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise ValueError("UNIQUE constraint failed: datasets.experiment_id, datasets.name")
        return "written"

    def never() -> None:
        raise ValueError("UNIQUE constraint failed: datasets.experiment_id")

    assert patience.patiently(write) == "written"
    with pytest.raises(ValueError, match="UNIQUE"):
        patience.patiently(never)
