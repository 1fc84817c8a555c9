"""What a study can show is known before it is run."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.preview_words import preview_lines
from tests.judge.two_batches import score, study_of_two
from tests.made.synthetic import results, study_in


def test_five_paired_seeds_are_not_testable_and_plan_says_so(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, seeds=5)
    (planned,) = previews(study)
    assert planned.n == (5, 5)
    assert planned.verdict == "not testable"
    assert planned.smallest == pytest.approx(0.0625)
    assert planned.note == "6 seeds would do"
    *_, can, remedy = preview_lines([planned])
    assert can.strip() == "not testable at 0.05: no p can come out below 0.062"
    assert remedy.strip() == "6 seeds would do"
    (c,) = judge(study, *results(study, score)).verdicts[0].contrasts
    assert c.outcome == "not testable"
    assert "cannot be tested" in c.sentence


def test_plan_knows_families_and_power(tmp_path: Path) -> None:
    text = "seeds: 8\ngrid:\n  fit.batch: [2, 3, 4, 5]\ncompare:\n"
    entry = (
        "  - {name: a, metric: dice, by: fit.batch, unit: seed, test: t_paired, expect: 2, "
        "against: '2'}\n"
    )
    planned = previews(study_in(tmp_path, text + entry))
    assert [p.family for p in planned] == [3, 3, 3]
    t = stats.t.isf(0.05 / 6, 7)
    df = 7
    shift = 2 * np.sqrt(8)
    assert planned[0].power == pytest.approx(
        stats.nct.sf(t, df, shift) + stats.nct.cdf(-t, df, shift)
    )
    planned = previews(
        study_in(tmp_path, text + "  - {name: a, metric: dice, by: fit.batch, unit: seed}\n")
    )
    assert planned[0].smallest == pytest.approx(6 * 2 / 2**8)
    assert planned[0].verdict == "testable"
