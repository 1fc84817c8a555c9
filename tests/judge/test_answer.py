"""A study without results has verdicts too, and a late comparison is exploratory."""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.verdict_lines import lines
from harness.judge.verdicts import value
from tests.judge.two_batches import score, study_of_two
from tests.made.synthetic import recorded_runs, results, study_in


@pytest.mark.parametrize("state", ["missing", "failed"])
def test_a_study_without_results_is_no_crash(tmp_path: Path, state: str) -> None:
    study = study_of_two(tmp_path)
    runs, _ = results(study, score, state=lambda t: state)
    rows = pd.DataFrame(columns=["run", "metric", "value"])
    verdicts = judge(study, runs, rows)
    assert verdicts.states[state] == 16
    json.dumps(value(verdicts))


def test_a_comparison_written_after_the_first_trial_is_exploratory(tmp_path: Path) -> None:
    study = study_of_two(tmp_path)
    runs, rows = results(study, score)
    assert judge(study, runs, rows, recorded_runs(study, runs)).verdicts[0].confirmatory
    changed = replace(study, compare=(replace(study.compare[0], test="t_paired"),))
    verdicts = judge(changed, runs, rows, recorded_runs(study, runs))
    assert not verdicts.verdicts[0].confirmatory
    assert "exploratory: a" in verdicts.changed
    assert (
        "1 comparison declared before the first trial is no longer in the file" in verdicts.changed
    )
    renamed = replace(study, compare=(replace(study.compare[0], name="b"),))
    assert judge(renamed, runs, rows, recorded_runs(study, runs)).verdicts[0].confirmatory
    assert any("exploratory" in line for line in lines(verdicts))


def test_a_study_with_folds_and_without_results_is_no_crash(tmp_path: Path) -> None:
    entry = "{name: a, metric: dice, by: fit.batch, unit: fold}"
    text = f"seeds: 1\nfolds: 3\ngrid:\n  fit.batch: [2, 4]\ncompare:\n  - {entry}\n"
    study = study_in(tmp_path, text)
    runs, _ = results(study, score, state=lambda t: "failed")
    verdicts = judge(study, runs, pd.DataFrame(columns=["run", "metric", "value"]))
    assert verdicts.verdicts[0].contrasts[0].outcome == "no test"
