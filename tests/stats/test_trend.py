"""Tests of trends against scipy, scikit-posthocs and every arrangement."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
import pytest
import scikit_posthocs as posthocs
from scipy import stats

from harness.stats import trend, two_groups
from harness.stats.result import Result
from tests.stats.counting import (
    Array,
    arrangements,
    close,
    orders_within_rows,
    pair_wins,
    two_tails,
    whole_numbers,
)

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


def pages_statistic(table: Array) -> float:
    """Weighs the ranks within each row by the position of their column."""
    ranks = stats.rankdata(table, axis=1)
    positions = np.arange(1, table.shape[1] + 1)
    return float((ranks * positions).sum())


def jonckheeres_statistic(groups: Sequence[Array]) -> float:
    """Sums over all pairs of groups how often the later group wins."""
    total = 0.0
    for earlier, later in combinations(groups, 2):
        total += pair_wins(later, earlier)
    return total


@pytest.mark.parametrize("table", TABLES)
def test_page_counts_every_order_with_ties(table: Array) -> None:
    drawn = [pages_statistic(reordered) for reordered in orders_within_rows(table)]
    observed = pages_statistic(table)
    result = trend.page(*table.T)
    assert result.exact
    assert result.p == close(two_tails(drawn, observed))


def test_page_is_scipys_without_ties_and_on_a_single_side() -> None:
    table = RNG.normal(size=(6, 4)) + np.arange(4) / 3
    expected = stats.page_trend_test(table, method="exact")
    result = trend.page(*table.T, direction="up")
    assert result.statistic == close(expected.statistic)
    assert result.p == close(expected.pvalue)
    assert result.note == "one-sided: up"


def test_page_of_many_groups_is_scipys_approximation() -> None:
    table = RNG.normal(size=(6, 10))
    result = trend.page(*table.T, direction="up")
    expected = stats.page_trend_test(table, method="asymptotic")
    assert not result.exact
    assert result.p == close(expected.pvalue)


@pytest.mark.parametrize("groups", SMALL)
def test_jonckheere_counts_every_arrangement_with_ties(groups: list[Array]) -> None:
    drawn = [jonckheeres_statistic(dealt) for dealt in arrangements(groups)]
    observed = jonckheeres_statistic(groups)
    result = trend.jonckheere(*groups)
    assert result.exact
    assert result.statistic == observed
    assert result.p == close(two_tails(drawn, observed))


@pytest.mark.filterwarnings("ignore:Ties are present")
@pytest.mark.parametrize("groups", LARGE)
def test_jonckheere_of_large_groups_is_scikit_posthocs(groups: list[Array]) -> None:
    larger = []
    for group in groups:
        larger.append(np.concatenate([group, group + 0.5, group + 1.0]))
    result = trend.jonckheere(*larger)
    expected = posthocs.test_jonckheere([group.tolist() for group in larger])
    assert not result.exact
    assert result.p == close(expected[0])


def test_jonckheere_without_ties_is_the_limit_of_ties() -> None:
    untied = trend._untied_weights((2, 3, 2))
    tied = trend._tied_weights((1,) * 7, (2, 3, 2))
    assert untied == pytest.approx(tied / 210, abs=1e-15)


def test_jonckheere_of_two_groups_is_mann_whitney() -> None:
    x = whole_numbers(RNG, 0, 6, 7)
    y = whole_numbers(RNG, 1, 7, 9)
    result = trend.jonckheere(y, x)
    expected = two_groups.mann_whitney(x, y)
    assert result.p == close(expected.p)
    assert result.statistic == expected.statistic


@pytest.mark.parametrize("test", [trend.page, trend.jonckheere])
def test_a_trend_has_a_direction(test: Callable[..., Result]) -> None:
    lowest = np.arange(4)
    rising = [lowest, lowest + 10.0, lowest + 20.0]
    upward = test(*rising, direction="up")
    assert upward.p < 0.001
    downward = test(*rising, direction="down")
    assert downward.p == pytest.approx(1.0)
    either = test(*rising)
    assert either.p == pytest.approx(2 * upward.p)
    of_falling = test(*rising[::-1])
    assert of_falling.p == pytest.approx(either.p)
