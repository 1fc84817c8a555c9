"""Rank correlations against scipy, every order and hand calculations."""

from math import factorial

import numpy as np
import pytest
from scipy import stats

from harness.stats import ranks
from tests.stats.counting import Array, close, p_by_order, whole_numbers

RNG = np.random.default_rng(5)
SCORES = [
    (RNG.normal(size=6), RNG.normal(size=6)),
    (whole_numbers(RNG, 0, 3, 6), RNG.normal(size=6)),
]
NAMES = ["kendall", "spearman", "pearson"]
OF_SCIPY = {
    "kendall": stats.kendalltau,
    "spearman": stats.spearmanr,
    "pearson": stats.pearsonr,
}
TIES_BY_TOLERANCE = [
    # .50 and .51 merge into .505; .53 lies .025 from that, so it stays apart though it lies .02
    # from .51.
    ([0.50, 0.51, 0.53], 0.02, [1.5, 1.5, 3.0]),
    ([0.50, 0.52, 0.53], 0.02, [1.0, 2.5, 2.5]),
    ([0.50, 0.51, 0.52], 0.02, [2.0, 2.0, 2.0]),
    # Of pairs that are equally close the lowest goes first, whatever rounding says of .3 - .2 and
    # .2 - .1.
    ([0.4, 0.1, 0.2, 0.3], 0.1, [3.5, 1.5, 1.5, 3.5]),
    ([0.3, 0.1, 0.2], 0.0, [3.0, 1.0, 2.0]),
    ([0.80, 0.81], 0.01, [1.5, 1.5]),
    ([0.80, 0.82, 0.81 + 1e-6, 0.9], 0.005, [1.0, 3.0, 2.0, 4.0]),
]
BAD_SCORES = [
    ([1.0, 2], [1.0, 2], "at least 3"),
    ([1.0, 2, 3], [1.0, 2], "first|second|equally long"),
    ([1.0, 2, float("nan")], [1.0, 2, 3], "not finite"),
    ([], [], "empty"),
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("x", "y"), SCORES)
def test_rank_correlations_are_scipys_with_p_by_every_order(name: str, x: Array, y: Array) -> None:
    def statistic(a: Array, b: Array) -> float:
        return float(OF_SCIPY[name](a, b).statistic)

    correlation = getattr(ranks, name)(x, y)
    assert correlation.exact
    assert correlation.value == close(statistic(x, y))
    assert correlation.p == close(p_by_order(x, y, statistic))
    assert correlation.low <= correlation.value
    assert correlation.value <= correlation.high


def test_kendall_without_ties_is_scipys_exact_p_and_without_end() -> None:
    x = RNG.normal(size=40)
    y = RNG.normal(size=40)
    correlation = ranks.kendall(x, y)
    expected = stats.kendalltau(x, y, method="exact")
    assert correlation.exact
    assert correlation.p == close(expected.pvalue)
    rising = np.arange(6.0)
    perfect = ranks.kendall(rising, rising)
    assert perfect.p == pytest.approx(2 / factorial(6))


@pytest.mark.parametrize("name", NAMES)
def test_correlations_of_more_scores_draw_orders(name: str) -> None:
    x = whole_numbers(RNG, 0, 9, 25)
    y = x + 6 * RNG.normal(size=25)
    correlation = getattr(ranks, name)(x, y)
    expected = OF_SCIPY[name](x, y)
    assert not correlation.exact
    assert "9999 random orders" in correlation.note
    assert correlation.p == pytest.approx(expected.pvalue, abs=0.02)


@pytest.mark.parametrize("name", NAMES)
def test_correlations_of_many_scores_are_approximate(name: str) -> None:
    x = whole_numbers(RNG, 0, 9, 200)
    y = x + 30 * RNG.normal(size=200)
    correlation = getattr(ranks, name)(x, y)
    expected = OF_SCIPY[name](x, y)
    assert correlation.p == close(expected.pvalue)
    assert "approximate" in correlation.note


def test_pearsons_interval_is_scipys() -> None:
    x = RNG.normal(size=12)
    y = RNG.normal(size=12)
    correlation = ranks.pearson(x, y, level=0.9)
    expected = stats.pearsonr(x, y).confidence_interval(0.9)
    assert correlation.low == close(expected.low)
    assert correlation.high == close(expected.high)
    of_three = ranks.pearson([1.0, 2, 4], [2.0, 1, 5])
    assert of_three.low == -1.0


@pytest.mark.parametrize("name", ["kendall", "spearman"])
def test_a_perfect_ranking_of_five_models_is_not_certain(name: str) -> None:
    rising = np.arange(5.0)
    correlation = getattr(ranks, name)(rising, rising)
    assert correlation.value == pytest.approx(1.0)
    assert correlation.high == pytest.approx(1.0)
    assert 0 < correlation.low < 0.5


@pytest.mark.parametrize(("scores", "tolerance", "expected"), TIES_BY_TOLERANCE)
def test_ties_by_tolerance_merge_the_closest_first(
    scores: list[float],
    tolerance: float,
    expected: list[float],
) -> None:
    ranks_of_scores = ranks.tied_ranks(np.array(scores), tolerance)
    assert ranks_of_scores.tolist() == expected


def test_no_tolerance_is_below_nothing() -> None:
    with pytest.raises(ValueError, match="tolerance"):
        ranks.tied_ranks(np.arange(2.0), -1.0)


def test_tolerance_makes_ties_in_the_correlation() -> None:
    x = np.array([0.70, 0.71, 0.80, 0.90])
    y = np.array([0.2, 0.1, 0.3, 0.4])
    untied = ranks.kendall(x, y)
    assert untied.value == pytest.approx(4 / 6)
    tied = ranks.kendall(x, y, tie_x=0.02)
    expected = stats.kendalltau([1, 1, 2, 3], y)
    assert tied.value == pytest.approx(expected.statistic)
    assert tied.note == "1 ties"
    tied = ranks.spearman(x, y, tie_y=0.1)
    expected = stats.spearmanr(x, [1.5, 1.5, 3.5, 3.5])
    assert tied.value == pytest.approx(expected.statistic)


@pytest.mark.parametrize("name", NAMES)
def test_a_constant_score_orders_nothing(name: str) -> None:
    constant = np.full(5, 0.5)
    rising = np.arange(5.0)
    correlation = getattr(ranks, name)(constant, rising)
    assert correlation.value == 0.0
    assert correlation.p == 1.0
    assert correlation.low == -1.0
    assert correlation.high == 1.0
    assert "orders nothing" in correlation.note


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("x", "y", "words"), BAD_SCORES)
def test_correlations_refuse_bad_input(
    name: str,
    x: list[float],
    y: list[float],
    words: str,
) -> None:
    correlate = getattr(ranks, name)
    with pytest.raises(ValueError, match=words):
        correlate(x, y)
