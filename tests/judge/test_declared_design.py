"""Seeds, folds, levels and exclusions belong to the declared design; a change shows as such."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.judge.answer import judge
from harness.judge.verdict_lines import lines
from harness.judge.verdicts import Verdicts
from harness.record.database import Run
from harness.study.load import Study
from tests.judge.two_batches import score
from tests.made.synthetic import recorded_runs, results, study_in

TEXT = """
{repetitions}
grid: {grid}
{rules}
compare:
  - {{name: a, metric: dice, by: fit.batch, unit: {unit}, primary: true}}
  - {{name: b, metric: dice, by: fit.batch, unit: {unit}, where: {{fit.batch: [2, 4]}}}}
"""
TWO = "{fit.batch: [2, 4]}"


def study_of(
    folder: Path,
    repetitions: str = "seeds: 6",
    grid: str = TWO,
    rules: str = "",
    unit: str = "seed",
) -> Study:
    return study_in(folder, TEXT.format(repetitions=repetitions, grid=grid, rules=rules, unit=unit))


def runs_under(study: Study, state: str = "finished") -> list[Run]:
    """The runs of a study, all recorded while it stood so in its file."""
    runs, _ = results(study, score, state=lambda trial: state)
    return recorded_runs(study, runs)


def verdicts_after(now: Study, recorded: list[Run]) -> Verdicts:
    return judge(now, *results(now, score), recorded)


def confirmatory(verdicts: Verdicts) -> list[bool]:
    return [verdict.confirmatory for verdict in verdicts.verdicts]


def test_the_same_design_is_confirmatory(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    verdicts = verdicts_after(study_of(tmp_path), runs_under(study))
    assert confirmatory(verdicts) == [True, True]
    assert verdicts.changed == ""


@pytest.mark.parametrize(("seeds", "count"), [("seeds: 12", 12), ("seeds: [0, 1, 2, 3, 4]", 5)])
def test_seeds_added_or_dropped_after_a_look_are_exploratory(
    tmp_path: Path, seeds: str, count: int
) -> None:
    looked_at = runs_under(study_of(tmp_path))
    now = study_of(tmp_path, seeds)
    expected = f"n changed from 6 to {count} seeds after 6 were seen, so exploratory: a, b"
    verdicts = verdicts_after(now, looked_at)
    assert confirmatory(verdicts) == [False, False]
    assert verdicts.changed == expected
    assert f"declared: {expected}" in list(lines(verdicts))
    later = verdicts_after(now, [*looked_at, *runs_under(now)])
    assert later.changed == expected


def test_another_seed_in_the_place_of_one_is_exploratory(tmp_path: Path) -> None:
    looked_at = runs_under(study_of(tmp_path))
    verdicts = verdicts_after(study_of(tmp_path, "seeds: [0, 1, 2, 3, 4, 9]"), looked_at)
    assert confirmatory(verdicts) == [False, False]
    assert "fit.seed gained 9 and fit.seed lost 1 level after 12 trials" in verdicts.changed


def test_folds_belong_to_the_design(tmp_path: Path) -> None:
    looked_at = runs_under(study_of(tmp_path, "folds: 5", unit="fold"))
    verdicts = verdicts_after(study_of(tmp_path, "folds: 10", unit="fold"), looked_at)
    assert confirmatory(verdicts) == [False, False]
    assert "n changed from 5 to 10 folds after 5 were seen" in verdicts.changed


def test_a_level_that_a_comparison_is_not_of_leaves_it_as_it_was(tmp_path: Path) -> None:
    looked_at = runs_under(study_of(tmp_path))
    verdicts = verdicts_after(study_of(tmp_path, grid="{fit.batch: [2, 4, 8]}"), looked_at)
    assert confirmatory(verdicts) == [False, True]
    expected = "fit.batch gained 8 after 12 trials were seen, so exploratory: a"
    assert verdicts.changed == expected


def test_a_level_that_is_averaged_over_changes_the_comparison(tmp_path: Path) -> None:
    looked_at = runs_under(study_of(tmp_path))
    grid = "{fit.batch: [2, 4], fit.patch: [32, 64]}"
    verdicts = verdicts_after(study_of(tmp_path, grid=grid), looked_at)
    assert confirmatory(verdicts) == [False, False]
    assert "fit.patch became an axis" in verdicts.changed


def test_an_exclusion_belongs_to_the_design(tmp_path: Path) -> None:
    grid = "{fit.batch: [2, 4], fit.patch: [32, 64]}"
    looked_at = runs_under(study_of(tmp_path, grid=grid))
    rules = "exclude: [{fit.batch: 2, fit.patch: 64}]"
    verdicts = verdicts_after(study_of(tmp_path, grid=grid, rules=rules), looked_at)
    assert confirmatory(verdicts) == [False, False]
    assert "the planned trials changed (24, now 18) after 24 trials were seen" in verdicts.changed


def test_a_change_before_any_result_is_none(tmp_path: Path) -> None:
    failed = runs_under(study_of(tmp_path), state="failed")
    verdicts = verdicts_after(study_of(tmp_path, "seeds: 12"), failed)
    assert confirmatory(verdicts) == [True, True]


def test_another_name_of_a_level_is_no_change(tmp_path: Path) -> None:
    losses = "{fit.batch: [2, 4], fit.method.loss: [dice, {name: bce, label: %s}]}"
    looked_at = runs_under(study_of(tmp_path, grid=losses % "first"))
    verdicts = verdicts_after(study_of(tmp_path, grid=losses % "second"), looked_at)
    assert confirmatory(verdicts) == [True, True]


def test_runs_of_earlier_versions_say_nothing_of_the_design(tmp_path: Path) -> None:
    looked_at = []
    for run in runs_under(study_of(tmp_path)):
        tags = {"harness.design": run.tags["harness.design"]}
        looked_at.append(replace(run, tags=tags))
    verdicts = verdicts_after(study_of(tmp_path, "seeds: 12"), looked_at)
    assert confirmatory(verdicts) == [True, True]
