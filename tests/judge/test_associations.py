"""Trends, correlations and models say what the statistics say."""

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.spec.values import Trial
from tests.judge.two_batches import score
from tests.made.synthetic import results, study_in


def test_a_trend_and_the_area_under_it(tmp_path: Path) -> None:
    text = (
        "seeds: 6\ngrid:\n  fit.batch: [2, 4, 8]\n  fit.method.loss: [bce, dice]\ncompare:\n"
        "  - {name: up, metric: dice, trend: fit.batch, unit: seed}\n"
        "  - {name: area, metric: dice, trend: fit.batch, by: fit.method.loss, unit: seed}\n"
    )
    study = study_in(tmp_path, text)
    runs, rows = results(study, score)
    up, area = judge(study, runs, rows).verdicts
    table = rows[rows.metric == "dice"].merge(
        runs[["run", "fit.batch", "fit.method.loss"]], on="run"
    )
    groups = table.groupby(["seed", "fit.batch"])
    means = groups["value"].mean()
    wide = means.unstack()[["2", "4", "8"]]
    (c,) = up.contrasts
    assert c.p == pytest.approx(
        2 * stats.page_trend_test(wide.to_numpy(), method="exact").pvalue, rel=1e-6
    )
    assert c.estimate == pytest.approx((wide["8"] - wide["2"]).mean())
    assert "Dice rises along batch size" in c.sentence
    of_bce = (
        table[table["fit.method.loss"] == "bce"]
        .groupby(["seed", "fit.batch"])["value"]
        .mean()
        .unstack()
    )
    curve = of_bce[["2", "4", "8"]].to_numpy()
    first, middle, last = curve.T
    first_piece = (first + middle) / 2
    second_piece = middle + last
    expected = (first_piece + second_piece) / 3
    assert np.array(area.arms[0].sample.values) == pytest.approx(expected)


def test_a_correlation_has_a_point_for_each_combination(tmp_path: Path) -> None:
    text = "seeds: 3\ngrid:\n  fit.batch: [2, 3, 4, 5, 6]\ncompare:\n"
    study = study_in(
        tmp_path,
        text + "  - {name: r, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch]}}\n",
    )
    (c,) = judge(study, *results(study, score)).verdicts[0].contrasts
    assert c.n == (5,)
    assert c.test == "kendall"
    assert len(c.points) == 5
    x, y = np.array([p[1:] for p in c.points]).T
    assert c.p == pytest.approx(stats.kendalltau(x, y).pvalue)


def test_a_model_has_a_line_for_each_term(tmp_path: Path) -> None:
    text = "seeds: 4\ngrid:\n  fit.batch: [2, 4]\n  fit.method.loss: [bce, dice]\ncompare:\n"
    study = study_in(
        tmp_path, text + "  - {name: m, unit: seed, model: dice ~ fit.batch * fit.method.loss}\n"
    )
    terms = {c.first: c for c in judge(study, *results(study, score)).verdicts[0].contrasts}
    assert terms.keys() == {"fit.batch", "fit.method.loss", "fit.batch:fit.method.loss"}
    assert terms["fit.batch"].outcome == "differs"


@pytest.mark.parametrize("paired", ["true", "false"])
def test_a_trend_with_one_measured_point_is_no_crash(tmp_path: Path, paired: str) -> None:
    entry = f"{{name: a, metric: dice, trend: fit.batch, unit: seed, paired: {paired}}}"
    study = study_in(tmp_path, f"seeds: 4\ngrid:\n  fit.batch: [2, 4]\ncompare:\n  - {entry}\n")
    runs, rows = results(study, score, state=lambda t: STATE_OF_BATCH[t.fit.batch])
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    assert c.outcome == "no test"
    assert c.n == (4,)
    assert "could not be tested" in c.sentence


STATE_OF_BATCH = {2: "finished", 4: "failed"}


def test_a_model_says_where_a_main_effect_is_taken(tmp_path: Path) -> None:
    text = "seeds: 6\ngrid: {fit.batch: [2, 4], fit.patch: [32, 64, 96]}\ncompare:\n"
    entry = '  - {name: m, unit: seed, model: "dice ~ C(fit.batch) * fit.patch"}\n'
    study = study_in(tmp_path, text + entry)

    def crossing(trial: Trial, rng: np.random.Generator) -> float:
        fit = trial.fit
        slope = 1 if fit.batch == 2 else -1
        network = np.random.default_rng([fit.seed, fit.batch, fit.patch])
        noise = network.normal(0, 0.3)
        return float(slope * (fit.patch - 64) / 32 + noise)

    batch, _, interaction = judge(study, *results(study, crossing)).verdicts[0].contrasts
    assert batch.outcome == "open"
    assert "the main effect of batch size (at fit.patch = 64) does not show" in batch.sentence
    assert interaction.outcome == "differs"
