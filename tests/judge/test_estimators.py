"""Correlations of an estimator with the score that it foretells: per target and averaged, at each
strength of a dimension that the score does not have, with what the estimator needs.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.judge.correlation_averages import average_correlations, metric_label
from harness.judge.preview import previews
from harness.judge.preview_words import preview_lines
from harness.judge.verdicts import Verdict
from harness.report.colours import SERIES
from harness.report.correlation_figure import figures_of_strata, fitted_line
from harness.report.page_comparisons import section_of_comparison
from harness.spec.values import Trial
from harness.study.load import Study
from tests.made.synthetic import results, study_in

MODELS = """
  probes: [segmentation, consistency, ccfv]
grid:
  fit.batch: [2, 3, 4, 5, 6]
  test_on: [{name: phantom, size: 64}, {name: phantom, size: 96}, {name: phantom, size: 128}]
compare:
"""
ENTRY = """
  - name: NAME
    unit: seed
    where: WHERE
    correlate: {x: X, y: dice, over: [fit.batch], within: WITHIN}
"""
STRENGTHS = (0.1, 0.3)


def entry(name: str, x: str = "cte_nhd", within: str = "[test_on]", where: str = "{}") -> str:
    text = ENTRY.replace("NAME", name).replace("X", x, 1)
    return text.replace("WITHIN", within).replace("WHERE", where)


def score(trial: Trial, rng: np.random.Generator) -> float:
    network = np.random.default_rng([trial.fit.batch, int(trial.test_on.options["size"])])
    return float(network.uniform(0.2, 0.9))


def with_consistency(study: Study, metric: str = "cte_nhd") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Returns made-up results with an estimator at each strength, for the whole test set."""
    runs, rows = results(study, score)
    dice = rows[rows.metric == "dice"].groupby("run").value.mean()
    lines = []
    for number, (run, value) in enumerate(dice.items()):
        for strength in STRENGTHS:
            rng = np.random.default_rng([number, int(100 * strength)])
            noisy = value + strength * rng.normal() / 2
            line = {"run": run, "metric": metric, "value": noisy, "seed": 0}
            lines.append({**line, "disturbance": "dropout", "strength": strength})
    return runs, pd.concat([rows, pd.DataFrame(lines)], ignore_index=True)


def verdict_of(folder: Path, text: str) -> tuple[Verdict, pd.DataFrame, pd.DataFrame]:
    study = study_in(folder, MODELS + text)
    runs, rows = with_consistency(study)
    return judge(study, runs, rows).verdicts[0], runs, rows


def expected_taus(runs: pd.DataFrame, rows: pd.DataFrame, strength: float) -> list[float]:
    at_strength = rows[(rows.metric == "cte_nhd") & (rows.strength == strength)]
    estimates = at_strength.set_index("run").value
    dice = rows[rows.metric == "dice"].groupby("run").value.mean()
    taus = []
    for _, of_target in runs.groupby("test_on", sort=False):
        names = list(of_target.run)
        result = stats.kendalltau(estimates[names], dice[names])
        taus.append(float(result.statistic))
    return taus


@pytest.mark.parametrize("strength", STRENGTHS)
def test_one_strength_against_a_score_without_strengths(tmp_path: Path, strength: float) -> None:
    where = f"{{disturbance: dropout, strength: '{strength}'}}"
    verdict, runs, rows = verdict_of(tmp_path, entry("r", where=where))
    taus = [contrast.estimate for contrast in verdict.contrasts]
    assert taus == pytest.approx(expected_taus(runs, rows, strength))
    (average,) = average_correlations(verdict.comparison, verdict.contrasts)
    assert average.mean == pytest.approx(np.mean(taus))
    assert average.deviation == pytest.approx(np.std(taus, ddof=1))
    assert average.sentence in verdict.notes
    assert average.sentence.startswith("kendall averaged over 3 levels of test_on: ")


def test_each_strength_by_itself_and_averaged_over_targets(tmp_path: Path) -> None:
    verdict, runs, rows = verdict_of(tmp_path, entry("r", within="[test_on, strength]"))
    assert len(verdict.contrasts) == 6
    averages = average_correlations(verdict.comparison, verdict.contrasts)
    assert [average.stratum for average in averages] == [("0.1",), ("0.3",)]
    for average, strength in zip(averages, STRENGTHS, strict=True):
        assert sorted(average.values) == pytest.approx(sorted(expected_taus(runs, rows, strength)))


def test_strengths_may_be_points_beside_one_score(tmp_path: Path) -> None:
    text = entry("r").replace("over: [fit.batch]", "over: [fit.batch, strength]")
    verdict, _, _ = verdict_of(tmp_path, text)
    for contrast in verdict.contrasts:
        assert len(contrast.points) == 10
        scores: dict[str, set[float]] = {}
        for name, _, y in contrast.points:
            batch = name.split(" · ")[0]
            scores.setdefault(batch, set()).add(y)
        assert [len(values) for values in scores.values()] == [1] * 5


def test_ties_within_a_tolerance(tmp_path: Path) -> None:
    where = "{strength: '0.1'}"
    strict, _, _ = verdict_of(tmp_path, entry("r", where=where))
    text = entry("r", where=where).replace("y: dice", "y: dice, tie_y: 1.0")
    tied, _, _ = verdict_of(tmp_path, text)
    assert [contrast.estimate for contrast in tied.contrasts] == [0, 0, 0]
    assert all(contrast.estimate != 0 for contrast in strict.contrasts)


@pytest.mark.parametrize(("models", "p"), [(3, 1 / 3), (5, 1 / 60), (7, 1 / 2520)])
def test_the_plan_says_what_a_bank_can_show(tmp_path: Path, models: int, p: float) -> None:
    batches = list(range(2, 2 + models))
    text = MODELS.replace("[2, 3, 4, 5, 6]", str(batches)) + entry("bank", within="[]")
    text = text.replace("test_on: [{name: phantom, size: 64}, {name: phantom, size: 96}, ", "")
    study = study_in(tmp_path, text.replace("{name: phantom, size: 128}]", ""))
    (preview,) = previews(study)
    assert preview.n == (models,)
    assert preview.smallest == pytest.approx(p)
    line = "\n".join(preview_lines([preview]))
    (contrast,) = judge(study, *with_consistency(study)).verdicts[0].contrasts
    assert contrast.smallest == pytest.approx(p)
    if models == 3:
        assert preview.verdict == "not testable"
        assert "not testable at 0.05: no p can come out below 0.33" in line
        assert "5 points would do" in line
        assert contrast.outcome == "not testable"
        assert (
            "whether consistency (NHD) and Dice order alike cannot be tested" in contrast.sentence
        )
        assert "Kendall's tau on so few points can give no p below 0.33" in contrast.sentence
    else:
        assert preview.verdict == "testable"
        assert contrast.outcome != "not testable"


def test_what_an_estimator_needs_stands_in_every_table(tmp_path: Path) -> None:
    assert metric_label("cte_nhd") == "cte_nhd"
    assert metric_label("dice") == "dice"
    assert metric_label("ccfv") == "ccfv (needs labels of the target)"
    study = study_in(tmp_path, MODELS + entry("r", x="ccfv"))
    runs, rows = with_consistency(study, "ccfv")
    verdict = judge(study, runs, rows).verdicts[0]
    assert "ccfv looks at labels of the target" in verdict.notes
    for contrast in verdict.contrasts:
        assert contrast.name.startswith("CCFV (needs labels of the target) and Dice")
    page = section_of_comparison(0, verdict)
    assert page.count("CCFV (needs labels of the target)") > 6


def test_figures_show_strata_together_with_a_line_each(tmp_path: Path) -> None:
    verdict, _, _ = verdict_of(tmp_path, entry("r", within="[test_on, strength]"))
    figures = list(figures_of_strata(verdict.contrasts, ("consistency (NHD)", "Dice")))
    assert len(figures) == 3  # a target each, with its two strengths
    for figure in figures:
        assert figure.count("<title>") == 10
        assert "0.1: Kendall&#x27;s tau" in figure
        assert "0.3: Kendall&#x27;s tau" in figure
        assert "Dice against consistency (NHD), by stratum" in figure
    page = section_of_comparison(0, verdict)
    assert page.count("by stratum") == 3
    # and a panel for each stratum, with the line of least squares
    assert page.count('<path class="line" d="M') >= 6 + 2 * 3


@pytest.mark.parametrize(("count", "entries"), [(8, 2 + 8), (9, 2)])
def test_many_points_have_the_colours_of_their_strata(
    tmp_path: Path, count: int, entries: int
) -> None:
    verdict, _, _ = verdict_of(tmp_path, entry("r", within="[test_on, strength]"))
    points = tuple([(f"network {number}", number, number**2) for number in range(count)])
    pair = [replace(contrast, points=points) for contrast in verdict.contrasts[:2]]
    (figure,) = figures_of_strata(pair, ("x", "y"))
    assert figure.count("<g ") == entries
    assert figure.count(f'fill="{SERIES[1]}"') == (3 if count == 8 else count + 1)


def test_the_line_is_that_of_least_squares() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, 9))
    points = [(str(number), x[number], y[number]) for number in range(9)]
    line = fitted_line(points)
    assert line == pytest.approx(stats.linregress(x, y)[:2])
    assert fitted_line([("a", 1.0, 2.0), ("b", 1.0, 3.0)]) is None
    assert fitted_line(points[:1]) is None
