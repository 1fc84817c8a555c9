"""Tests of pairs against scipy where it is right, and against every choice of signs elsewhere."""

from typing import Literal

import numpy as np
import pytest
from scipy import stats

from harness.stats import paired
from tests.stats.counting import Array, close, signs, two_tails, whole_numbers

RNG = np.random.default_rng(7)
PAIRS = [
    (RNG.normal(size=3), RNG.normal(size=3) + 0.4),
    (RNG.normal(size=5), RNG.normal(size=5) + 0.4),
    (RNG.normal(size=8), RNG.normal(size=8) + 0.4),
    (RNG.normal(size=14), RNG.normal(size=14) + 0.4),
]
TIED_PAIRS = [
    (whole_numbers(RNG, 0, 4, 4), whole_numbers(RNG, 0, 4, 4)),
    (whole_numbers(RNG, 0, 4, 6), whole_numbers(RNG, 0, 4, 6)),
    (whole_numbers(RNG, 0, 4, 9), whole_numbers(RNG, 0, 4, 9)),
]
SMALLEST = [
    (5, 0.0625),
    (6, 0.03125),
    (8, 0.0078125),
]


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_wilcoxon_is_scipys_exact_test_without_ties(x: Array, y: Array) -> None:
    result = paired.wilcoxon(x, y)
    expected = stats.wilcoxon(x, y, method="exact")
    assert result.exact
    assert result.p == close(expected.pvalue)
    all_ranks = x.size * (x.size + 1) / 2
    smaller = min(result.statistic, all_ranks - result.statistic)
    assert smaller == pytest.approx(expected.statistic)


@pytest.mark.parametrize("zeros", ["drop", "pratt"])
@pytest.mark.parametrize(("x", "y"), TIED_PAIRS)
def test_wilcoxon_counts_every_choice_of_signs_where_differences_tie(
    x: Array,
    y: Array,
    zeros: Literal["drop", "pratt"],
) -> None:
    difference = x - y
    if zeros == "drop":
        difference = difference[difference != 0]
    ranks = stats.rankdata(np.abs(difference))
    # Pratt ranks differences of zero too, and then leaves them out.
    ranks = ranks[difference != 0]
    difference = difference[difference != 0]
    drawn = [ranks[choice > 0].sum() for choice in signs(ranks.size)]
    observed = ranks[difference > 0].sum()
    result = paired.wilcoxon(x, y, zeros=zeros)
    assert result.exact
    assert result.p == close(two_tails(drawn, observed))


def test_wilcoxon_says_what_it_dropped() -> None:
    result = paired.wilcoxon([1.0, 2, 3, 4, 9], [1.0, 1, 2, 3, 4])
    dropped = "1 pairs without a difference were dropped"
    ties = "2 tied differences share midranks"
    assert result.note == f"{dropped}; {ties}"
    assert result.n == (5, 5)


def test_wilcoxon_ties_differences_that_differ_by_rounding_alone() -> None:
    x = np.array([0.9, 0.8, 0.3, 0.5])
    y = np.array([0.8, 0.7, 0.1, 0.55])
    whole_x = np.rint(100 * x)
    whole_y = np.rint(100 * y)
    result = paired.wilcoxon(x, y)
    result_of_whole = paired.wilcoxon(whole_x, whole_y)
    assert result.p == result_of_whole.p
    assert "tied" in result.note


def test_wilcoxon_of_many_pairs_is_scipys_approximation() -> None:
    x = RNG.normal(size=600)
    y = RNG.normal(size=600) + 0.1
    result = paired.wilcoxon(x, y)
    expected = stats.wilcoxon(x, y, method="asymptotic")
    assert not result.exact
    assert result.p == close(expected.pvalue)


@pytest.mark.parametrize(("n", "p"), SMALLEST)
def test_smallest_wilcoxon_p(n: int, p: float) -> None:
    rising = np.arange(1.0, n + 1)
    result = paired.wilcoxon(rising, np.zeros(n))
    assert result.p == p


@pytest.mark.parametrize(("x", "y"), [*PAIRS, *TIED_PAIRS])
def test_paired_permutation_counts_every_choice_of_signs(x: Array, y: Array) -> None:
    difference = x - y
    drawn = [np.dot(choice, difference) for choice in signs(x.size)]
    result = paired.permutation_paired(x, y)
    assert result.exact
    assert result.p == close(two_tails(drawn, difference.sum()))


def test_paired_permutation_of_many_pairs_draws_signs() -> None:
    x = RNG.normal(size=40)
    y = RNG.normal(size=40) + 0.3
    result = paired.permutation_paired(x, y)
    t_test = stats.ttest_rel(x, y)
    assert not result.exact
    assert result.p == pytest.approx(t_test.pvalue, abs=0.015)


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_paired_t_is_scipys(x: Array, y: Array) -> None:
    result = paired.t_paired(x, y)
    expected = stats.ttest_rel(x, y)
    assert result.statistic == close(expected.statistic)
    assert result.p == close(expected.pvalue)


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_t_of_a_single_sample_is_scipys(x: Array, y: Array) -> None:
    for values in (x, y):
        result = paired.t_one(values, mean=0.3)
        expected = stats.ttest_1samp(values, 0.3)
        assert result.p == close(expected.pvalue)


def test_sign_test_by_hand() -> None:
    five_of_five = paired.sign([2.0, 3, 4, 5, 6, 1], np.ones(6))
    assert five_of_five.p == pytest.approx(2 / 32)
    assert five_of_five.note == "1 pairs without a difference were dropped"
    three_of_four = paired.sign([2.0, 0, 4, 5], np.ones(4))
    assert three_of_four.p == pytest.approx(2 * 5 / 16)
