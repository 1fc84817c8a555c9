"""Every outcome is recorded: a divergence as a result, a failure with its error."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.spec.records import TrialRecord
from harness.spec.states import State
from harness.store import Home
from tests.made.outside import folder_of_components, write_component
from tests.made.studies import edit, plan_of, run_study, runs_in_state, start, tracker_of, work_of


def test_a_diverged_trial_is_kept_and_counted(home: Home, tiny: Path) -> None:
    edit(tiny, "lr: 1e-3", "lr: 1e30, optimiser: sgd")
    diverged = run_study(tiny, home).count("diverged")
    assert diverged >= 2
    runs = runs_in_state(home, State.DIVERGED)
    assert len(runs) == diverged
    for run in runs:
        assert run.status == "FAILED"
        assert "not a number at step" in run.tags["harness.error"]
    assert work_of(plan_of(tiny, home))["trials"] == 0


def test_a_diverged_trial_is_tried_again_when_asked_for(home: Home, tiny: Path) -> None:
    edit(tiny, "lr: 1e-3", "lr: 1e30, optimiser: sgd")
    diverged = run_study(tiny, home).count("diverged")
    second_try = plan_of(tiny, home, "diverged")
    assert work_of(second_try) == {"fits": diverged, "trials": diverged}
    folders = [home.store("trials").path(trial.cell.trial.key) for trial in second_try.todo]
    before = {folder: TrialRecord.read(folder).finished for folder in folders}
    assert run_study(tiny, home, "diverged").count("diverged") == diverged
    for folder in folders:
        assert TrialRecord.read(folder).finished > before[folder]
    assert len(runs_in_state(home, State.DIVERGED)) == 2 * diverged
    assert work_of(plan_of(tiny, home))["trials"] == 0


BROKEN = '''"""A network that cannot be built, for a test."""

from torch import nn

from harness.components.nets import net
from harness.spec.options import Count


@net(multiple=8)
def broken(channels: int, classes: int, *, width: Count = 8) -> nn.Module:
    """Fails."""
    raise RuntimeError("no such layer")
'''


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A network of a person's own, named `broken`, in a folder outside the package."""
    with folder_of_components(tmp_path / "lab", monkeypatch) as folder:
        write_component(folder, "broken.py", BROKEN)
        yield


def test_one_failing_trial_does_not_stop_the_study(home: Home, tiny: Path, broken: None) -> None:
    edit(tiny, "  fit.method.loss: [bce_dice, ce]", "  fit.net.arch: [tiny_unet, broken]")
    edit(tiny, "by: fit.method.loss, against: ce", "by: fit.net.arch, against: tiny_unet")
    summary = run_study(tiny, home)
    assert summary.count("finished") == 2
    assert summary.count("failed", "fit") == 2
    assert "no such layer" in summary.failures[0].error
    assert summary.count("skipped") == 2
    assert len(summary.outcomes) == 8

    never_cached = {"fits": 2, "trials": 2}
    assert work_of(plan_of(tiny, home)) == never_cached
    assert work_of(plan_of(tiny, home, "failed")) == never_cached
    failed = runs_in_state(home, State.FAILED)
    assert len(failed) == 2
    assert "no such layer" in failed[0].tags["harness.error"]


def test_a_lost_database_is_filled_again_without_work(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    for path in home.folder.glob("mlflow.db*"):
        path.unlink()
    study_plan = plan_of(tiny, home)
    assert work_of(study_plan) == {"fits": 0, "trials": 4}
    assert {trial.action for trial in study_plan.todo} == {"record"}
    process = start(tiny)  # another process: MLflow holds on to the deleted file in this one
    printed = process.communicate(timeout=240)[0]
    assert "0 fits trained; trials: none run; 4 recorded" in printed


def test_runs_left_running_by_a_dead_process_are_closed(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    tracker = tracker_of(home)
    with sqlite3.connect(home.database) as db:
        sql = "UPDATE runs SET status = 'RUNNING', end_time = NULL WHERE run_uuid = ?"
        db.execute(sql, (tracker.runs()[0].id,))
    assert work_of(plan_of(tiny, home))["trials"] == 1
    assert run_study(tiny, home).recorded == 1
    statuses = sorted(run.status for run in tracker.runs())
    assert statuses == ["FINISHED"] * 4 + ["KILLED"]
