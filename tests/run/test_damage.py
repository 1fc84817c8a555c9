"""What is damaged after it was finished is found out, and the next run makes it again, the same."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from harness.record.result import measured_result, measured_state
from harness.record.tracker import metrics
from harness.spec.values import LAST
from harness.store import Home
from tests.made.studies import edit, plan_of, run_study, tracker_of, work_of
from tests.store.test_manifest import delete, flip_a_bit, truncate


def dice_of(home: Home, study: str = "tiny") -> list[float]:
    """The Dice of each trial, as the newest runs have it."""
    scores: dict[str, float] = {}
    tracker = tracker_of(home)
    numbers = metrics(tracker, study)
    for run in tracker.runs(study):
        if run.status == "FINISHED":
            scores[run.key] = numbers[run.id]["dice"]
    return [scores[key] for key in sorted(scores)]


def folders_set_aside(home: Home, kind: str) -> list[str]:
    return [path.name for path in home.store(kind).root.glob("*.broken")]


@pytest.fixture
def dice(home: Home, tiny: Path) -> list[float]:
    """The Dice of each trial of a study that is done."""
    run_study(tiny, home)
    return dice_of(home)


@pytest.mark.parametrize("damage", [truncate, delete])
@pytest.mark.parametrize("name", ["rows.parquet", "result.json", "trial.json"])
def test_a_damaged_trial_is_measured_again(
    damage: object, name: str, home: Home, tiny: Path, dice: list[float]
) -> None:
    key = sorted(home.store("trials").keys())[0]
    file = home.store("trials").path(key) / name
    assert callable(damage)
    damage(file)
    study_plan = plan_of(tiny, home)
    assert work_of(study_plan) == {"fits": 0, "trials": 1}
    assert study_plan.todo[0].reason.startswith(str(file))
    summary = run_study(tiny, home)
    assert summary.count("finished") == 1
    assert dice_of(home) == dice
    assert folders_set_aside(home, "trials") == [f"{key}.broken"]
    assert work_of(plan_of(tiny, home)) == {"fits": 0, "trials": 0}


def forget_measurements(home: Home, file: Path) -> None:
    """Leaves the fits alone, and a study by another name that needs them."""
    shutil.rmtree(home.store("trials").root)
    edit(file, "name: tiny", "name: again")


@pytest.mark.parametrize("name", [f"{LAST.key}.safetensors", "fit.json", "history.json"])
def test_a_truncated_fit_is_trained_again(
    name: str, home: Home, tiny: Path, dice: list[float]
) -> None:
    forget_measurements(home, tiny)
    key = sorted(home.store("fits").keys())[0]
    truncate(home.store("fits").path(key) / name)
    assert work_of(plan_of(tiny, home)) == {"fits": 1, "trials": 4}
    run_study(tiny, home)
    assert dice_of(home, "again") == dice
    assert folders_set_aside(home, "fits") == [f"{key}.broken"]


@pytest.mark.parametrize("damage", [truncate, delete])
def test_a_measured_trial_stands_without_the_history_of_a_damaged_fit(
    damage: object, home: Home, tiny: Path, dice: list[float]
) -> None:
    cell = plan_of(tiny, home).trials[0].cell
    before = measured_result(cell, home)
    assert callable(damage)
    damage(home.store("fits").path(cell.trial.fit.key) / "history.json")
    after = measured_result(cell, home)
    assert before is not None
    assert after is not None
    assert after == replace(before, history=(), weights=None)
    assert measured_state(cell, home) == before.state


def test_flipped_weights_are_not_measured(home: Home, tiny: Path, dice: list[float]) -> None:
    forget_measurements(home, tiny)
    key = sorted(home.store("fits").keys())[0]
    file = home.store("fits").path(key) / f"{LAST.key}.safetensors"
    flip_a_bit(file)
    (file.parent / "manifest.json").touch()  # as another process would see it
    failures = run_study(tiny, home).failures
    assert [str(file) in outcome.error for outcome in failures] == [True]
    assert "the next `harness run` makes it again" in failures[0].error
    run_study(tiny, home)
    assert dice_of(home, "again") == dice
