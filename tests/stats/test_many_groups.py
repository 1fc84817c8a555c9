"""Tests of several groups against scipy, published tables and every arrangement."""

import numpy as np
import pytest
from scipy import stats

from harness.stats import many_groups, two_groups
from tests.stats.counting import Array, arrangements, close, orders_within_rows, whole_numbers

RNG = np.random.default_rng(11)
SMALL = [
    [RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=3)],
    [whole_numbers(RNG, 0, 4, n) for n in (2, 3, 3)],
    [whole_numbers(RNG, 0, 3, n) for n in (4, 2, 2)],
]
LARGE = [
    [RNG.normal(size=12), RNG.normal(size=15) + 1 / 3, RNG.normal(size=20) + 2 / 3],
    [whole_numbers(RNG, 0, 9, 16) for _ in range(4)],
]
TABLES = [
    RNG.normal(size=(4, 3)),
    RNG.integers(0, 3, (3, 4)).astype(float),
    RNG.integers(0, 4, (5, 3)).astype(float),
]


def squared_rank_sums(ranks: Array) -> float:
    """Sums the squares of the rank sums, with which Friedman's statistic grows."""
    rank_sums = ranks.sum(axis=0)
    return float((rank_sums**2).sum())


@pytest.mark.parametrize("groups", SMALL)
def test_kruskal_counts_every_arrangement_of_small_groups(groups: list[Array]) -> None:
    drawn = [stats.kruskal(*dealt).statistic for dealt in arrangements(groups)]
    result = many_groups.kruskal(*groups)
    expected = stats.kruskal(*groups)
    assert result.exact
    assert result.statistic == close(expected.statistic)
    is_as_large = np.array(drawn) >= result.statistic - 1e-9
    assert result.p == close(is_as_large.mean())


@pytest.mark.parametrize("groups", LARGE)
def test_kruskal_of_large_groups_is_scipys(groups: list[Array]) -> None:
    result = many_groups.kruskal(*groups)
    expected = stats.kruskal(*groups)
    assert not result.exact
    assert result.p == close(expected.pvalue)


def test_three_groups_of_three_can_differ_where_no_pair_can() -> None:
    lowest = np.arange(3)
    middle = lowest + 10.0
    highest = lowest + 20.0
    of_three = many_groups.kruskal(lowest, middle, highest)
    assert of_three.p == pytest.approx(6 / 1680)
    of_two = two_groups.mann_whitney(lowest, highest)
    assert of_two.p == pytest.approx(0.1)


def test_kruskal_of_two_groups_is_mann_whitney() -> None:
    x = whole_numbers(RNG, 0, 9, 6)
    y = whole_numbers(RNG, 2, 9, 6)
    result = many_groups.kruskal(x, y)
    expected = two_groups.mann_whitney(x, y)
    assert result.p == close(expected.p)


@pytest.mark.parametrize("table", TABLES)
def test_friedman_counts_every_order_within_few_blocks(table: Array) -> None:
    ranks = stats.rankdata(table, axis=1)
    drawn = [squared_rank_sums(reordered) for reordered in orders_within_rows(ranks)]
    observed = squared_rank_sums(ranks)
    result = many_groups.friedman(*table.T)
    expected = stats.friedmanchisquare(*table.T)
    assert result.exact
    assert result.statistic == close(expected.statistic)
    is_as_large = np.array(drawn) >= observed - 1e-9
    assert result.p == close(is_as_large.mean())


def test_friedman_of_many_blocks_is_scipys() -> None:
    table = RNG.integers(0, 9, (12, 6)).astype(float)
    result = many_groups.friedman(*table.T)
    expected = stats.friedmanchisquare(*table.T)
    assert not result.exact
    assert result.statistic == close(expected.statistic)
    assert result.p == close(expected.pvalue)


def test_friedman_by_a_published_table() -> None:
    # Hollander and Wolfe, table A.22: k = 3, n = 4, P(S >= 6.5) = .042 and P(S >= 8) = .005.
    twos = [2.0, 2, 2, 2]
    threes = [3.0, 3, 3, 3]
    agreeing = many_groups.friedman([1.0, 1, 1, 1], twos, threes)
    assert agreeing.p == pytest.approx(0.0046, abs=5e-5)
    but_for_a_block = many_groups.friedman([1.0, 1, 1, 2], [2.0, 2, 2, 1], threes)
    assert but_for_a_block.p == pytest.approx(0.0417, abs=5e-5)
