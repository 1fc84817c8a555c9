"""Which trial ended first, as slots and the machine would have it, changes no answer."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.spec.values import Trial
from tests.made.synthetic import results, study_in

TEXT = """
seeds: 6
grid:
  fit.batch: [8, 2, 4]
  fit.patch: [32, 64, 96]
compare:
  - {name: asked, %s}
"""


def score(trial: Trial, rng: np.random.Generator) -> float:
    noise = float(rng.normal(0, 0.05))
    return 0.5 + trial.fit.batch / 50 + noise


@pytest.mark.parametrize(
    "question",
    [
        "metric: dice, by: fit.batch, unit: seed, against: '2'",
        "metric: dice, by: fit.batch, unit: seed, interval: bca",
        "metric: dice, by: fit.batch, unit: image, interval: hierarchical",
        "metric: dice, by: fit.batch, unit: patient, interval: percentile",
        "metric: dice, by: fit.batch, within: [fit.patch], unit: seed, test: friedman",
        "metric: dice, trend: fit.patch, unit: seed",
        "metric: dice, by: fit.batch, trend: fit.patch, unit: seed, interval: bca",
        "metric: dice, model: dice ~ C(fit.batch), unit: image",
        "correlate: {x: dice, y: iou, over: [fit.batch, fit.patch]}, unit: seed",
    ],
)
def test_an_answer_does_not_hang_on_which_trial_ended_first(tmp_path: Path, question: str) -> None:
    study = study_in(tmp_path, TEXT % question)
    runs, rows = results(study, score)
    expected = judge(study, runs, rows)
    order = np.random.default_rng(0).permutation(len(runs))
    runs_as_ended = runs.iloc[order].reset_index(drop=True)
    rows_of_run = dict(list(rows.groupby("run")))
    rows_as_ended = pd.concat([rows_of_run[run] for run in runs_as_ended["run"]])
    answer = judge(study, runs_as_ended, rows_as_ended.reset_index(drop=True))
    assert repr(answer) == repr(expected)
    (verdict,) = answer.verdicts
    if verdict.comparison.by == "fit.batch" and not verdict.comparison.strata:
        assert [arm.name for arm in verdict.arms] == ["batch 8", "batch 2", "batch 4"]


def test_an_arm_keeps_its_place_where_its_first_trial_fails(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT % "metric: dice, by: fit.batch, unit: seed")
    first = study.cells[0].trial.key

    def state(trial: Trial) -> str:
        return "failed" if trial.key == first else "finished"

    (verdict,) = judge(study, *results(study, score, state=state)).verdicts
    assert [arm.name for arm in verdict.arms] == ["batch 8", "batch 2", "batch 4"]
    assert [len(arm.sample.units) for arm in verdict.arms] == [5, 6, 6]
