"""Tests of folds, which share training images: exact, of trends, of equivalence, of models."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.stats import folds, models
from harness.stats.power import attainable, power

RNG = np.random.default_rng(7)


def test_differences_are_not_rounded() -> None:
    """Differences of numbers near two to the thirtieth that are exact in binary."""
    small = np.array([3.0, 5.0, 4.0, 7.0, 6.0])
    small /= 1024
    large = np.full(5, 2.0**30)
    zero = np.zeros(5)
    near = folds.t_folds(small, zero)
    above = large + small
    far = folds.t_folds(above, large)
    assert far.statistic == pytest.approx(near.statistic, rel=1e-12)
    assert far.p == pytest.approx(near.p, rel=1e-12)


def test_a_trend_is_the_mean_slope_of_the_folds() -> None:
    steps = np.arange(4)
    noise = RNG.normal(size=(6, 4))
    table = noise + steps / 2
    slopes = [stats.linregress(steps, row).slope for row in table]
    plain = stats.ttest_1samp(slopes, 0)
    result = folds.trend_folds(*table.T)
    correction = 1 + 6 / 5
    expected = plain.statistic / np.sqrt(correction)
    assert result.n == (6, 6, 6, 6)
    assert result.statistic == pytest.approx(expected)
    upper_tail = stats.t.sf(abs(result.statistic), 5)
    assert result.p == pytest.approx(2 * upper_tail)
    backwards = table.T[::-1]
    turned = folds.trend_folds(*backwards)
    assert turned.statistic == pytest.approx(-result.statistic)


def test_a_trend_of_two_points_is_the_difference() -> None:
    x, y = RNG.normal(size=(2, 7))
    trend = folds.trend_folds(y, x)
    difference = folds.t_folds(x, y)
    assert trend.p == pytest.approx(difference.p)


@pytest.mark.parametrize("margin", np.linspace(0.1, 3, 12))
def test_folds_are_equivalent_where_their_interval_lies_within_the_margin(margin: float) -> None:
    x, y = RNG.normal(size=(2, 8))
    interval = folds.folds(x - y, level=0.9)
    bounds = np.array([interval.low, interval.high])
    sizes = np.abs(bounds)
    is_within = sizes.max() < margin
    result = folds.equivalence_folds(x, y, margin=float(margin))
    assert (result.p < 0.05) == is_within
    turned = folds.equivalence_folds(y, x, margin=float(margin))
    assert turned.p == pytest.approx(result.p)


def test_a_model_of_two_arms_is_the_t_of_folds() -> None:
    of_folds = RNG.normal(size=9)
    x, y = RNG.normal(size=(2, 9)) + of_folds
    arms = np.repeat(["a", "b"], 9)
    columns = {
        "dice": np.concatenate([x, y]),
        "arm": arms,
        "fold": np.tile(np.arange(9), 2),
    }
    table = pd.DataFrame(columns)
    model = models.mixed_effects(table, "dice ~ arm", random=("fold",))
    (term,) = folds.of_folds(model, 9).terms
    result = folds.t_folds(x, y)
    square = result.statistic**2
    assert term.statistic == pytest.approx(square, rel=1e-4)
    assert term.p == pytest.approx(result.p, rel=1e-4)


def test_no_count_of_folds_rules_a_small_p_out() -> None:
    for test, sizes in (("t_folds", (5, 5)), ("trend_folds", (5, 5, 5))):
        smallest = attainable(test, sizes)
        assert smallest == 0


@pytest.mark.parametrize(("test", "points"), [("t_folds", 2), ("trend_folds", 2)])
def test_the_power_of_folds_is_that_of_folds_that_correlate(test: str, points: int) -> None:
    """The mean of n folds that share 1 / n has the variance (2 n - 1) / n squared."""
    n = 8
    deviation = np.sqrt(2 * n - 1) / n
    shift = 1.5 / deviation
    bound = stats.t.isf(0.025, n - 1)
    expected = stats.nct.sf(bound, n - 1, shift)
    sizes = (n,) * points
    simulated = power(test, sizes, 1.5, simulations=4000)
    difference = abs(simulated - expected)
    assert difference < 0.03
