"""Three arms are compared at once."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.judge.answer import judge
from tests.judge.two_batches import score
from tests.made.synthetic import results, study_in


def test_friedman_gives_nemenyi_pairs_and_a_ranking(tmp_path: Path) -> None:
    text = "seeds: 8\ngrid:\n  fit.batch: [2, 4, 6]\ncompare:\n"
    study = study_in(
        tmp_path, text + "  - {name: f, metric: dice, by: fit.batch, unit: seed, test: friedman}\n"
    )
    (verdict,) = judge(study, *results(study, score)).verdicts
    columns = np.array(verdict.rankings[0].table)
    assert verdict.omnibus[0][1].statistic == pytest.approx(
        stats.friedmanchisquare(*columns).statistic
    )
    for contrast in verdict.contrasts:
        assert contrast.test == "nemenyi"
        assert contrast.corrected == contrast.p
