"""Folds are no independent repetitions: the judge takes the tests and intervals that know it."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.verdicts import Verdict
from harness.spec.values import Trial
from harness.stats import folds
from harness.study.load import Study
from harness.study.marks import Mistakes
from tests.made.synthetic import results, study_in

TEXT = """
{repetitions}
grid: {{fit.batch: {batches}}}
compare:
  - {{name: a, metric: dice, {entry}}}
"""
ZIPPED = """
zip:
  fit.fold: [[0, 5], [1, 5], [2, 5], [3, 5], [4, 5]]
  fit.seed: [0, 1, 2, 3, 4]
"""


def study_of_folds(
    folder: Path, entry: str, batches: str = "[2, 4]", repetitions: str = "folds: 5"
) -> Study:
    text = TEXT.format(repetitions=repetitions, batches=batches, entry=entry)
    return study_in(folder, text)


def score(trial: Trial, rng: np.random.Generator) -> float:
    """A score that rises with the batch size and differs from fold to fold."""
    fold = trial.fit.fold or (0, 1)
    batch = trial.fit.batch
    network = np.random.default_rng([fold[0], batch])
    return float(0.6 + 0.03 * batch + network.normal(0, 0.02))


def verdict_on(study: Study) -> Verdict:
    (verdict,) = judge(study, *results(study, score)).verdicts
    return verdict


def values_of(verdict: Verdict) -> list[np.ndarray]:
    return [arm.sample.array() for arm in verdict.arms]


def test_two_arms_take_the_t_and_the_interval_of_folds(tmp_path: Path) -> None:
    verdict = verdict_on(study_of_folds(tmp_path, "by: fit.batch, unit: fold"))
    (contrast,) = verdict.contrasts
    low, high = values_of(verdict)
    assert contrast.test == "t_folds"
    assert contrast.p == pytest.approx(folds.t_folds(high, low).p)
    interval = folds.folds(high - low)
    assert (contrast.low, contrast.high) == pytest.approx((interval.low, interval.high))
    assert contrast.effect is not None
    assert np.isnan(contrast.effect.low)
    mean = verdict.arms[0].mean
    assert mean is not None
    assert mean.name == "folds"


def test_a_trend_takes_slopes_of_folds(tmp_path: Path) -> None:
    study = study_of_folds(tmp_path, "trend: fit.batch, unit: fold", batches="[2, 4, 8]")
    verdict = verdict_on(study)
    (contrast,) = verdict.contrasts
    assert contrast.test == "trend_folds"
    assert contrast.p == pytest.approx(folds.trend_folds(*values_of(verdict)).p)


def test_a_margin_takes_the_equivalence_of_folds(tmp_path: Path) -> None:
    study = study_of_folds(tmp_path, "by: fit.batch, unit: fold, margin: 0.2")
    (contrast,) = verdict_on(study).contrasts
    assert contrast.test == "equivalence_folds"
    assert contrast.outcome == "equivalent"


def test_the_f_of_a_model_over_folds_is_smaller(tmp_path: Path) -> None:
    entry = 'model: "dice ~ C(fit.batch)", unit: fold, paired: true'
    study = study_of_folds(tmp_path, entry)
    (contrast,) = verdict_on(study).contrasts
    low, high = values_of(verdict_on(study_of_folds(tmp_path, "by: fit.batch, unit: fold")))
    assert contrast.p == pytest.approx(folds.t_folds(high, low).p, rel=1e-3)
    assert "share training images" in contrast.note


def test_seeds_zipped_with_folds_are_folds(tmp_path: Path) -> None:
    study = study_of_folds(tmp_path, "by: fit.batch, unit: seed", repetitions=ZIPPED)
    verdict = verdict_on(study)
    (contrast,) = verdict.contrasts
    assert contrast.test == "t_folds"
    assert "the unit is the fold" in " ".join(verdict.notes)
    assert verdict.confirmatory
    assert "fold pairs" in contrast.sentence
    (planned,) = previews(study)
    assert planned.test == "t_folds"


def test_seeds_crossed_with_folds_stay_seeds(tmp_path: Path) -> None:
    repetitions = "seeds: 8\nfolds: 2"
    study = study_of_folds(tmp_path, "by: fit.batch, unit: seed", repetitions=repetitions)
    (contrast,) = verdict_on(study).contrasts
    assert contrast.test == "permutation_paired"


def test_plan_does_not_advise_more_folds_for_a_sign_test(tmp_path: Path) -> None:
    (planned,) = previews(study_of_folds(tmp_path, "by: fit.batch, unit: fold, expect: 2"))
    assert planned.verdict == "testable"
    assert planned.smallest == 0
    assert planned.power is not None
    assert planned.power < 0.9
    assert "would do" not in planned.note


def test_a_test_that_takes_folds_for_independent_is_flagged(tmp_path: Path) -> None:
    entry = "by: fit.batch, unit: fold, test: t_paired, interval: t"
    study = study_of_folds(tmp_path, entry)
    verdict = verdict_on(study)
    notes = " ".join(verdict.notes)
    assert "t_paired takes folds for independent" in notes
    assert "the interval t takes folds for independent" in notes
    assert "folds for independent" in previews(study)[0].note
    silent = verdict_on(study_of_folds(tmp_path, "by: fit.batch, unit: fold"))
    assert "independent" not in " ".join(silent.notes)


def test_all_arms_over_folds_have_no_test_that_takes_them_for_independent(tmp_path: Path) -> None:
    study = study_of_folds(tmp_path, "by: fit.batch, unit: fold", batches="[2, 4, 8]")
    assert verdict_on(study).omnibus == ()
    declared = "by: fit.batch, unit: fold, test: friedman"
    verdict = verdict_on(study_of_folds(tmp_path, declared, batches="[2, 4, 8]"))
    assert verdict.omnibus
    assert "friedman takes folds for independent" in " ".join(verdict.notes)


def test_folds_that_are_said_not_to_pair_need_a_test(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match="the folds of two arms hold the same images"):
        study_of_folds(tmp_path, "by: fit.batch, unit: fold, paired: false")


def test_the_default_interval_written_out_is_the_same_comparison(tmp_path: Path) -> None:
    plain = study_of_folds(tmp_path, "by: fit.batch, unit: seed", repetitions="seeds: 6")
    written = "by: fit.batch, unit: seed, interval: t"
    assert study_of_folds(tmp_path, written, repetitions="seeds: 6").design == plain.design
