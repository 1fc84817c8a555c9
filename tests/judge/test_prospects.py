"""The plan says what a study can be expected to show: power, seeds, the smallest difference."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.preview_words import preview_lines
from harness.judge.prospects import recorded_spreads
from harness.stats.power import power
from harness.study.load import load_study
from tests.judge.two_batches import score, study_of_two
from tests.made.study_files import BASE, problem_text
from tests.made.synthetic import results, study_in

STUDIES = Path(__file__).parents[2] / "studies"
RULE = "seeds: {until: decided, least: 4, most: 10}\n"
TWO = "grid:\n  fit.batch: [2, 4]\n"
BY = "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: seed%s}\n"


def test_seeds_until_decided_are_expected_to_be_fewer(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % ", expect: 1.5")
    (planned,) = previews(study)
    assert planned.verdict == "testable"
    assert planned.power == pytest.approx(0.97, abs=0.01)
    assert planned.prospect.seeds == pytest.approx(6.6, abs=0.15)
    line = "\n".join(preview_lines([planned]))
    assert "decided with a chance of 97%, after 6.6 of at most 10 seeds on average" in line
    assert planned.prospect.fixed == 9


def test_what_is_expected_may_be_in_the_unit_of_the_metric(tmp_path: Path) -> None:
    option = ", test: t_paired, expect: {difference: 0.03, spread: 0.02}"
    (planned,) = previews(study_in(tmp_path, "seeds: 8\n" + TWO + BY % option))
    assert planned.power == pytest.approx(power("t_paired", (8, 8), 1.5))
    assert "a difference of 0.0300 (1.50 standard deviations)" in planned.prospect.text
    assert "80% power for a difference of 0.02" in planned.prospect.text


def test_equivalence_is_expected_by_its_spread(tmp_path: Path) -> None:
    option = ", margin: 0.03, expect: {spread: 0.02}"
    (planned,) = previews(study_in(tmp_path, "seeds: 10\n" + TWO + BY % option))
    chance = power("equivalence_paired", (10, 10), 0.0, margin=1.5)
    assert planned.power == pytest.approx(chance)


def test_a_difference_needs_a_size(tmp_path: Path) -> None:
    text = problem_text(tmp_path, BASE + "seeds: 8\n" + TWO + BY % ", expect: {spread: 0.1}")
    assert "needs `difference`" in text


def test_the_spread_that_is_recorded_says_what_can_be_found(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, seeds=8)
    verdicts = judge(study, *results(study, score))
    spreads = recorded_spreads(verdicts)
    (spread,) = spreads.values()
    (contrast,) = verdicts.verdicts[0].contrasts
    samples = {arm.name: arm.sample.array() for arm in verdicts.verdicts[0].arms}
    differences = samples[contrast.first] - samples[contrast.second]
    assert spread == pytest.approx(np.std(differences, ddof=1))
    (planned,) = previews(study, spreads)
    assert "80% power for a difference of" in planned.prospect.text
    assert "recorded" in planned.prospect.text


def test_the_levels_of_rows_that_a_study_names_are_counted() -> None:
    planned = previews(load_study(STUDIES / "paper" / "methods.yaml"))
    maps = {preview.contrast.rpartition(" at ")[2] for preview in planned}
    assert len(planned) == 18
    assert "GradCAM++" in maps
    assert {preview.family for preview in planned} == {18}
