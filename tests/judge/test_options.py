"""Options of tests, effects and intervals: set in a comparison, used by verdict and preview."""

from pathlib import Path

import pytest

from harness.judge.answer import judge
from harness.judge.contrasts import Contrast
from harness.judge.preview import previews
from harness.study.load import Study
from harness.study.marks import Mistakes
from tests.judge.two_batches import score
from tests.made.synthetic import results, study_in

TEXT = """
seeds: 20
grid: {fit.batch: [2, 4]}
compare:
  - {name: a, metric: dice, by: fit.batch, against: 2, unit: seed, %s}
"""
TREND = """
seeds: 4
grid: {fit.batch: [2, 4, 8]}
compare:
  - {name: a, metric: dice, trend: fit.batch, unit: seed, %s}
"""


def contrast_of(study: Study) -> Contrast:
    return judge(study, *results(study, score)).verdicts[0].contrasts[0]


def test_the_options_of_a_test_are_used(tmp_path: Path) -> None:
    test = "test: {name: permutation_paired, resamples: 99, seed: 3}"
    study = study_in(tmp_path, TEXT % test)
    contrast = contrast_of(study)
    assert "99 random choices of signs" in contrast.note
    assert contrast.why == "declared, with resamples=99, seed=3"
    assert contrast.p >= 0.01
    assert previews(study)[0].smallest == pytest.approx(contrast.smallest)
    assert contrast.smallest >= 0.01


def test_the_direction_of_a_trend_is_used(tmp_path: Path) -> None:
    either, up, down = (
        contrast_of(study_in(tmp_path, TREND % f"test: {{name: page, direction: {direction}}}"))
        for direction in ("either", "up", "down")
    )
    assert up.p + down.p > 1
    assert min(up.p, down.p) < either.p
    assert up.smallest == down.smallest < either.smallest


def test_the_options_of_an_interval_are_used(tmp_path: Path) -> None:
    few = contrast_of(study_in(tmp_path, TEXT % "interval: {name: bca, resamples: 200}"))
    many = contrast_of(study_in(tmp_path, TEXT % "interval: bca"))
    assert few.estimate == pytest.approx(many.estimate)
    assert (few.low, few.high) != (many.low, many.high)


def test_only_a_mapping_changes_the_design(tmp_path: Path) -> None:
    plain = study_in(tmp_path, TEXT % "test: sign").design
    assert plain == study_in(tmp_path, TEXT % "test: {name: sign}").design
    with_options = study_in(tmp_path, TEXT % "test: {name: wilcoxon, zeros: pratt}").design
    assert with_options != study_in(tmp_path, TEXT % "test: wilcoxon").design


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ("test: {name: welsh, trim: 1}", "test.name: no test"),
        ("test: {name: wilcoxon, zeroes: pratt}", "did you mean 'zeros'?"),
        ("test: {name: wilcoxon, zeros: keep}", "test.zeros: 'keep' is not one of drop, pratt"),
        ("test: {zeros: pratt}", "compare.0.test: needs `name`"),
        ("test: {name: equivalence, margin: 1}", "is set by `margin` of the comparison"),
        ("interval: {name: t, level: 0.9}", "is set by `alpha` of the comparison"),
        ("effect: {name: cliffs_delta, trim: 1}", "has no setting 'trim'"),
    ],
)
def test_an_option_that_is_wrong_has_its_place(tmp_path: Path, entry: str, expected: str) -> None:
    with pytest.raises(Mistakes) as caught:
        study_in(tmp_path, TEXT % entry)
    assert expected in str(caught.value)
