"""Two arms are compared as the statistics compare them, and what is missing is reported."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.spec.values import Trial
from harness.stats.effects import cliffs_delta, rank_biserial
from tests.judge.two_batches import means_of_seeds, score, study_of_two
from tests.made.synthetic import results


def test_paired_numbers_are_those_of_the_statistics(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, options=", test: wilcoxon")
    runs, rows = results(study, score)
    (verdict,) = judge(study, runs, rows).verdicts
    (c,) = verdict.contrasts
    x = means_of_seeds(rows, runs, 4)
    y = means_of_seeds(rows, runs, 2)
    assert c.p == pytest.approx(stats.wilcoxon(x, y, method="exact").pvalue, abs=1e-12)
    bounds = stats.ttest_rel(x, y).confidence_interval()
    assert c.estimate == pytest.approx((x - y).mean())
    assert c.low == pytest.approx(bounds.low)
    assert c.high == pytest.approx(bounds.high)
    assert c.effect == rank_biserial(x, y)
    assert c.n == (8, 8)
    assert c.paired is True
    assert c.exact is True
    assert c.outcome == "differs"
    assert c.sentence.startswith("Dice is higher with batch 4 than with batch 2: difference 0.0")
    assert "n = 8 seed pairs" in c.sentence
    mean = verdict.arms[0].mean
    assert mean is not None
    assert mean.value == pytest.approx(y.mean())
    assert set(c.runs) == set(runs["run"])


def test_one_pair_is_too_few_for_one_reason(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, options=", test: wilcoxon")
    runs, rows = results(study, score, state=lambda t: "missing" if t.fit.seed else "finished")
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    assert c.note == "a sample has n = 1, and at least 2 are needed"


def test_unpaired_is_declared_and_default_is_exact_mann_whitney(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, seeds=5, options=", paired: false, against: '2'")
    runs, rows = results(study, score)
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    x = means_of_seeds(rows, runs, 4)
    y = means_of_seeds(rows, runs, 2)
    assert c.test == "mann_whitney"
    assert c.p == pytest.approx(stats.mannwhitneyu(x, y, method="exact").pvalue, abs=1e-12)
    assert c.effect == cliffs_delta(x, y)
    welch = stats.ttest_ind(x, y, equal_var=False).confidence_interval()
    assert (c.low, c.high) == pytest.approx((welch.low, welch.high))


def test_a_failed_seed_takes_its_pair_with_it_and_is_reported(tmp_path: Path) -> None:
    study = study_of_two(tmp_path)
    ended = {(3, 4): "failed", (5, 2): "missing", (6, 4): "diverged"}
    runs, rows = results(
        study, score, state=lambda t: ended.get((t.fit.seed, t.fit.batch), "finished")
    )
    verdicts = judge(study, runs, rows)
    (verdict,) = verdicts.verdicts
    (c,) = verdict.contrasts
    assert c.n == (5, 5)
    assert c.removed == ("seed 3", "seed 5", "seed 6")
    assert verdicts.states == {
        "planned": 16,
        "finished": 13,
        "diverged": 1,
        "failed": 1,
        "missing": 1,
        "of earlier versions": 0,
    }
    notes = "\n".join(verdict.notes)
    assert "batch 4: 1 diverged and 1 failed of 8 trials" in notes
    assert "batch 2: without a complete value: seed 5" in notes
    assert "left out, for an arm lacks them: seed 3, seed 5, seed 6" in notes
    assert "did not diverge, which flatters it" in notes


def test_an_arm_that_wholly_diverged_is_no_crash(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, seeds=3)
    runs, rows = results(
        study, score, state=lambda t: "diverged" if t.fit.batch == 4 else "finished"
    )
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    assert c.outcome == "no test"
    assert "could not be compared" in c.sentence


def test_equality_comes_from_equivalence_only(tmp_path: Path) -> None:
    def flat(trial: Trial, rng: np.random.Generator) -> float:
        of_seed = np.random.default_rng(trial.fit.seed)
        mean = 0.7 + of_seed.normal(0, 0.05)
        return float(mean + rng.normal(0, 0.002))

    study = study_of_two(tmp_path, options=", margin: 0.01")
    runs, rows = results(study, flat)
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    assert c.test == "equivalence_paired"
    assert c.outcome == "equivalent"
    assert c.level == pytest.approx(0.9)
    assert "are equivalent on Dice within ±0.01" in c.sentence
    study = study_of_two(tmp_path)
    (c,) = judge(study, *results(study, flat)).verdicts[0].contrasts
    assert c.outcome == "open"
    assert "does not make them equal" in c.sentence
    study = study_of_two(tmp_path, options=", margin: 0.00001")
    (c,) = judge(study, *results(study, flat)).verdicts[0].contrasts
    assert "is not shown" in c.sentence
