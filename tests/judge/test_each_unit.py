"""Correlations within each seed: few points, each trained several times."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.verdicts import Verdict
from harness.record.scored import table_of_scores
from harness.study.load import load_study
from tests.made.study_files import BASE, problem_text
from tests.made.synthetic import study_in

COMPARE = "  - {name: a, unit: seed, correlate: {x: loss, y: dice, over: [net]%s}}"
RNG = np.random.default_rng(4)
DICE = np.array([0.5, 0.6, 0.7]) + RNG.normal(0, 0.04, (8, 3))
LOSS = np.array([0.3, 0.5, 0.6]) + RNG.normal(0, 0.12, (8, 3))


def verdict_of(folder: Path, options: str) -> Verdict:
    """The verdict on three networks of eight seeds."""
    table = ["net,seed,dice,loss"]
    for seed in range(8):
        for net in range(3):
            table.append(f"net {net},{seed},{DICE[seed, net]},{LOSS[seed, net]}")
    (folder / "scores.csv").write_text("\n".join(table))
    (folder / "study.yaml").write_text(f"scores: scores.csv\ncompare:\n{COMPARE % options}\n")
    study = load_study(folder / "study.yaml")
    (verdict,) = judge(study, *table_of_scores(study), leaving_out=True).verdicts
    return verdict


def test_each_seed_has_a_coefficient_and_their_signs_are_tested(tmp_path: Path) -> None:
    (contrast,) = verdict_of(tmp_path, ", each_unit: true").contrasts
    taus = []
    for loss, dice in zip(LOSS, DICE, strict=True):
        taus.append(stats.kendalltau(loss, dice).statistic)
    assert contrast.n == (8,)
    assert contrast.estimate == pytest.approx(np.mean(taus))
    signs = np.array(np.meshgrid(*[(-1, 1)] * 8)).reshape(8, -1)
    sums = np.abs(np.array(taus) @ signs)
    assert contrast.p == pytest.approx(np.mean(sums >= abs(sum(taus)) - 1e-9))
    assert contrast.outcome == "differs"
    assert "n = 8 seeds" in contrast.sentence
    assert len(contrast.points) == 3


def test_a_seed_can_be_left_out(tmp_path: Path) -> None:
    verdict = verdict_of(tmp_path, ", each_unit: true")
    assert "8 seeds" in verdict.survival


def test_three_networks_by_their_means_show_nothing(tmp_path: Path) -> None:
    (contrast,) = verdict_of(tmp_path, "").contrasts
    assert contrast.n == (3,)
    assert contrast.outcome == "not testable"


def test_the_plan_counts_seeds(tmp_path: Path) -> None:
    text = (
        "seeds: %d\ngrid:\n  fit.batch: [2, 4, 8]\ncompare:\n  - {name: a, unit: seed, "
        "correlate: {x: loss, y: dice, over: [fit.batch], each_unit: true}}\n"
    )
    (few,) = previews(study_in(tmp_path, text % 5))
    assert few.verdict == "not testable"
    assert few.note == "6 seeds would do"
    (enough,) = previews(study_in(tmp_path, text % 10))
    assert enough.n == (10,)
    assert enough.smallest == pytest.approx(2 / 2**10)


@pytest.mark.parametrize(
    ("unit", "over", "text"),
    [
        ("image", "fit.batch", "needs `unit: seed` or `unit: fold`"),
        ("seed", "fit.seed, fit.batch", "fit.seed tells none of them apart"),
    ],
)
def test_what_has_no_points_in_a_unit_is_refused(
    tmp_path: Path, unit: str, over: str, text: str
) -> None:
    study = BASE + (
        "seeds: 8\ngrid:\n  fit.batch: [2, 4, 8]\ncompare:\n  - {name: a, unit: %s, "
        "correlate: {x: loss, y: dice, over: [%s], each_unit: true}}\n"
    )
    assert text in problem_text(tmp_path, study % (unit, over))
