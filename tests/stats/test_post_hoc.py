"""Comparisons of pairs after a test of many groups against scikit-posthocs and published tables."""

from collections.abc import Callable

import numpy as np
import pytest
import scikit_posthocs as posthocs
from scipy import stats

from harness.stats import many_groups, post_hoc
from tests.stats.counting import Array, close, whole_numbers

RNG = np.random.default_rng(11)
GROUPS = [
    [RNG.normal(size=3), RNG.normal(size=3), RNG.normal(size=3)],
    [whole_numbers(RNG, 0, 4, n) for n in (2, 3, 3)],
    [whole_numbers(RNG, 0, 3, n) for n in (4, 2, 2)],
    [RNG.normal(size=12), RNG.normal(size=15) + 1 / 3, RNG.normal(size=20) + 2 / 3],
    [whole_numbers(RNG, 0, 9, 16) for _ in range(4)],
]
TABLES = [
    RNG.normal(size=(4, 3)),
    RNG.integers(0, 3, (3, 4)).astype(float),
    RNG.integers(0, 4, (5, 3)).astype(float),
    RNG.normal(size=(12, 5)),
]
OF_BLOCKS = [
    (post_hoc.nemenyi, posthocs.posthoc_nemenyi_friedman),
    (post_hoc.conover, posthocs.posthoc_conover_friedman),
]


@pytest.mark.parametrize("groups", GROUPS)
def test_dunn_is_scikit_posthocs(groups: list[Array]) -> None:
    lists = [group.tolist() for group in groups]
    expected = posthocs.posthoc_dunn(lists).to_numpy()
    for (i, j), result in post_hoc.dunn(*groups).items():
        assert result.p == close(expected[i, j])
        assert result.n == (len(groups[i]), len(groups[j]))


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(("compare", "compare_by_posthocs"), OF_BLOCKS)
def test_nemenyi_and_conover_are_scikit_posthocs(
    compare: Callable[..., post_hoc.Pairs],
    compare_by_posthocs: Callable[..., object],
    table: Array,
) -> None:
    expected = np.asarray(compare_by_posthocs(table))
    for (i, j), result in compare(*table.T).items():
        assert result.p == close(expected[i, j])


def test_conover_does_not_claim_p_zero_where_all_blocks_agree() -> None:
    table = np.array([[1.0, 2, 3]] * 4)
    for result in post_hoc.conover(*table.T).values():
        assert result.p == 1 / 6**3
        assert result.note == "all blocks agree: p is the chance of that"
    friedman = many_groups.friedman(*table.T)
    assert friedman.p == pytest.approx(1 / 6**3)


def test_conover_warns_of_few_blocks() -> None:
    for result in post_hoc.conover(*TABLES[0].T).values():
        assert result.note == "t approximation, too bold below 5 blocks"


def test_critical_difference_by_demsars_table() -> None:
    # Demsar (2006): q = 2.343 / 2.728 for 3 / 5 classifiers; his example has 4 classifiers on 14
    # data sets, CD = 1.25.
    of_example = post_hoc.critical_difference(4, 14)
    assert of_example == pytest.approx(1.25, abs=0.005)
    of_five = post_hoc.critical_difference(5, 30)
    standard_error = np.sqrt(30 / 180)
    assert of_five == pytest.approx(2.728 * standard_error, abs=1e-3)


def test_nemenyi_and_the_critical_difference_are_a_single_test() -> None:
    table = RNG.normal(size=(10, 4)) + np.array([0, 0, 1, 2])
    ranks = stats.rankdata(table, axis=1)
    means = ranks.mean(axis=0)
    distances = np.abs(np.subtract.outer(means, means))
    difference = post_hoc.critical_difference(4, 10, 0.3)
    by_p = []
    by_difference = []
    for (i, j), result in post_hoc.nemenyi(*table.T).items():
        by_p.append(result.p <= 0.3)
        by_difference.append(distances[i, j] >= difference)
    assert by_p == by_difference
    assert set(by_p) == {True, False}
