"""Nothing is trained or measured on other bytes than those that the plan saw."""

from pathlib import Path
from typing import Any

import pytest

from harness.data import identity
from harness.measure import trial as measuring
from harness.record.tracker import Tracker
from harness.run.carry_out import RunSummary, run
from harness.run.engines import inline
from harness.run.fingerprints import with_fingerprints
from harness.run.plan import Plan, plan
from harness.store import Home
from harness.study.load import load_study
from harness.train import loop
from tests.made.own_study import write_own_images, write_own_study
from tests.made.studies import tracker_of

CHANGED = "raw.npy: changed since the plan was made; run again, the plan will see the new data"


@pytest.fixture
def tracker(home: Home) -> Tracker:
    tracker = tracker_of(home)
    tracker.prepare()
    home.hidden.mkdir(exist_ok=True)
    return tracker


def plan_own(file: Path, home: Home, tracker: Tracker) -> Plan:
    return plan(with_fingerprints(load_study(file), home), home, tracker.runs())


def run_plan(study_plan: Plan, home: Home, tracker: Tracker) -> RunSummary:
    executor = inline(home.folder, "cpu")
    return run(study_plan, home, tracker, executor, lambda progress, outcome: None)


def finished_runs(tracker: Tracker) -> int:
    return sum(record.status == "FINISHED" for record in tracker.runs("own"))


def change_after(
    monkeypatch: pytest.MonkeyPatch, module: Any, function_name: str, folder: Path
) -> None:
    """Lets the images change as soon as a function has opened them, the first time."""
    open_data = getattr(module, function_name)

    def open_and_change(*arguments: Any) -> Any:
        data = open_data(*arguments)
        monkeypatch.setattr(module, function_name, open_data)
        write_own_images(folder, 1)
        return data

    monkeypatch.setattr(module, function_name, open_and_change)


def check_next_run(file: Path, home: Home, tracker: Tracker) -> None:
    """The next run plans the new data, and works."""
    summary = run_plan(plan_own(file, home, tracker), home, tracker)
    assert summary.failures == []
    assert finished_runs(tracker) == 1


def test_data_that_changed_before_a_worker_starts_are_not_trained_on(
    home: Home, tracker: Tracker, tmp_path: Path
) -> None:
    file = write_own_study(tmp_path)
    study_plan = plan_own(file, home, tracker)
    write_own_images(tmp_path, 1)
    summary = run_plan(study_plan, home, tracker)
    assert [outcome.error for outcome in summary.failures] == [CHANGED]
    assert finished_runs(tracker) == 0
    assert home.store("fits").keys() == set()
    check_next_run(file, home, tracker)


def test_a_fit_whose_data_change_meanwhile_leaves_nothing(
    home: Home, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_own_study(tmp_path)
    study_plan = plan_own(file, home, tracker)
    change_after(monkeypatch, loop, "open_domains", tmp_path)
    summary = run_plan(study_plan, home, tracker)
    assert [outcome.error for outcome in summary.failures] == [CHANGED]
    assert finished_runs(tracker) == 0
    fits = home.store("fits")
    assert fits.keys() == set()
    assert not fits.partial(study_plan.fits[0].fit.key).exists()
    check_next_run(file, home, tracker)


def test_a_trial_whose_data_change_meanwhile_leaves_nothing(
    home: Home, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_own_study(tmp_path)
    study_plan = plan_own(file, home, tracker)
    change_after(monkeypatch, measuring, "open_trial", tmp_path)
    summary = run_plan(study_plan, home, tracker)
    assert [outcome.error for outcome in summary.failures] == [CHANGED]
    assert finished_runs(tracker) == 0
    assert home.store("trials").keys() == set()
    check_next_run(file, home, tracker)


def test_files_that_are_touched_but_hold_the_same_bytes_are_the_same_data(
    home: Home, tracker: Tracker, tmp_path: Path
) -> None:
    file = write_own_study(tmp_path)
    study_plan = plan_own(file, home, tracker)
    write_own_images(tmp_path, 0)
    assert run_plan(study_plan, home, tracker).failures == []
    assert finished_runs(tracker) == 1


def test_a_worker_reads_no_pixels_to_see_that_nothing_changed(
    home: Home, tracker: Tracker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(identity, "CLOCK_TICK", 0)
    file = write_own_study(tmp_path)
    study_plan = plan_own(file, home, tracker)

    def refuse(data: Any) -> None:
        raise AssertionError("the pixels were read again")

    monkeypatch.setattr(identity, "examine", refuse)
    assert run_plan(study_plan, home, tracker).failures == []
