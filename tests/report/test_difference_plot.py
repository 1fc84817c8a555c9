"""Differences are drawn before the margin within which arms count as equivalent."""

from pathlib import Path

from harness.judge.answer import judge
from harness.report.difference_plot import difference_plot
from harness.report.page_comparisons import section_of_comparison
from tests.made.synthetic import results, study_in
from tests.report.judged import score

TEXT = """
seeds: 8
grid:
  fit.batch: [2, 3, 4]
compare:
  - {name: same, metric: dice, by: fit.batch, unit: seed, test: equivalence_paired, margin: 0.05}
  - {name: differ, metric: dice, by: fit.batch, unit: seed}
"""


def test_equivalence_has_a_band_and_no_critical_difference(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    same, differ = judge(study, *results(study, score)).verdicts
    sections = [section_of_comparison(0, same), section_of_comparison(1, differ)]
    assert 'class="margin"' in sections[0]
    assert "critical difference" not in sections[0]
    assert 'class="margin"' not in sections[1]
    assert "critical difference" in sections[1]


def test_a_dot_is_filled_where_its_interval_lies_within_the_margin(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    same, _ = judge(study, *results(study, score)).verdicts
    figure = difference_plot(same, "Dice")
    inside = [max(abs(part.low), abs(part.high)) < 0.05 for part in same.contrasts]
    assert figure.count('class="estimate-shown"') == sum(inside) == 2
    assert figure.count('class="estimate-open"') == 1
    assert "difference in Dice" in figure
