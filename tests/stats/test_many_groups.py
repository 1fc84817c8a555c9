"""Tests of several groups and of trends against scipy, scikit-posthocs and every arrangement."""

from itertools import permutations, product

import numpy as np
import pytest
import scikit_posthocs as posthocs
from scipy import stats

from harness.stats import many_groups, post_hoc, trend, two_groups

RNG = np.random.default_rng(11)
SMALL = [
    [RNG.normal(size=3) for _ in range(3)],
    [RNG.integers(0, 4, n).astype(float) for n in (2, 3, 3)],
    [RNG.integers(0, 3, n).astype(float) for n in (4, 2, 2)],
]
LARGE = [
    [RNG.normal(size=n) + i / 3 for i, n in enumerate((12, 15, 20))],
    list(RNG.integers(0, 9, (4, 16)).astype(float)),
]
TABLES = [
    RNG.normal(size=(4, 3)),
    RNG.integers(0, 3, (3, 4)).astype(float),
    RNG.integers(0, 4, (5, 3)).astype(float),
]


def arrangements(groups):
    """Every distinct dealing of the pooled values' places to the groups."""
    values = np.concatenate(groups)
    labels = np.repeat(np.arange(len(groups)), [len(g) for g in groups])
    for order in set(permutations(labels.tolist())):
        order = np.array(order)
        yield [values[order == g] for g in range(len(groups))]


def orders(table):
    """Every way to permute the values within each row."""
    for rows in product(*(list(permutations(row)) for row in table.tolist())):
        yield np.array(rows)


def doubled(drawn, observed):
    return min(1.0, 2 * min(np.mean(drawn <= observed + 1e-9), np.mean(drawn >= observed - 1e-9)))


@pytest.mark.parametrize("groups", SMALL)
def test_kruskal_counts_every_arrangement_of_small_groups(groups):
    drawn = np.array([stats.kruskal(*g).statistic for g in arrangements(groups)])
    found = many_groups.kruskal(*groups)
    assert found.exact
    assert found.statistic == pytest.approx(stats.kruskal(*groups).statistic, abs=1e-12)
    assert found.p == pytest.approx(np.mean(drawn >= found.statistic - 1e-9), abs=1e-12)


@pytest.mark.parametrize("groups", LARGE)
def test_kruskal_of_large_groups_is_scipys(groups):
    found = many_groups.kruskal(*groups)
    assert not found.exact
    assert found.p == pytest.approx(stats.kruskal(*groups).pvalue, abs=1e-12)


def test_three_groups_of_three_can_differ_where_no_pair_can():
    groups = [np.arange(3) + 10.0 * i for i in range(3)]
    assert many_groups.kruskal(*groups).p == pytest.approx(6 / 1680)
    assert two_groups.mann_whitney(groups[0], groups[2]).p == pytest.approx(0.1)


def test_kruskal_of_two_groups_is_mann_whitney():
    x, y = RNG.integers(0, 9, 6).astype(float), RNG.integers(2, 9, 6).astype(float)
    assert many_groups.kruskal(x, y).p == pytest.approx(two_groups.mann_whitney(x, y).p, abs=1e-12)


@pytest.mark.parametrize("table", TABLES)
def test_friedman_counts_every_order_within_few_blocks(table):
    # With the ranks of every block given, Friedman's statistic grows with the squared rank sums and nothing else.
    drawn = np.array([(t.sum(axis=0) ** 2).sum() for t in orders(stats.rankdata(table, axis=1))])
    found, observed = (
        many_groups.friedman(*table.T),
        (stats.rankdata(table, axis=1).sum(axis=0) ** 2).sum(),
    )
    assert found.exact
    assert found.statistic == pytest.approx(stats.friedmanchisquare(*table.T).statistic, abs=1e-12)
    assert found.p == pytest.approx(np.mean(drawn >= observed - 1e-9), abs=1e-12)


def test_friedman_of_many_blocks_is_scipys():
    table = RNG.integers(0, 9, (12, 6)).astype(float)
    found, theirs = many_groups.friedman(*table.T), stats.friedmanchisquare(*table.T)
    assert not found.exact
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)


def test_friedman_by_a_published_table():
    # Hollander and Wolfe, table A.22: k = 3, n = 4, P(S >= 6.5) = .042 and P(S >= 8) = .005.
    assert many_groups.friedman([1.0, 1, 1, 1], [2.0, 2, 2, 2], [3.0, 3, 3, 3]).p == pytest.approx(
        0.0046, abs=5e-5
    )
    assert many_groups.friedman([1.0, 1, 1, 2], [2.0, 2, 2, 1], [3.0, 3, 3, 3]).p == pytest.approx(
        0.0417, abs=5e-5
    )


@pytest.mark.parametrize("groups", [*SMALL, *LARGE])
def test_dunn_is_scikit_posthocs(groups):
    theirs = posthocs.posthoc_dunn([g.tolist() for g in groups]).to_numpy()
    for (i, j), found in post_hoc.dunn(*groups).items():
        assert found.p == pytest.approx(theirs[i, j], abs=1e-12)
        assert found.n == (len(groups[i]), len(groups[j]))


@pytest.mark.parametrize("table", [*TABLES, RNG.normal(size=(12, 5))])
def test_nemenyi_and_conover_are_scikit_posthocs(table):
    for test, theirs in (
        (post_hoc.nemenyi, posthocs.posthoc_nemenyi_friedman(table).to_numpy()),
        (post_hoc.conover, posthocs.posthoc_conover_friedman(table).to_numpy()),
    ):
        for (i, j), found in test(*table.T).items():
            assert found.p == pytest.approx(theirs[i, j], abs=1e-12)


def test_conover_does_not_claim_p_zero_where_all_blocks_agree():
    table = np.array([[1.0, 2, 3]] * 4)
    assert {r.p for r in post_hoc.conover(*table.T).values()} == {1 / 6**3}
    assert {r.note for r in post_hoc.conover(*table.T).values()} == {
        "all blocks agree: p is the chance of that"
    }
    assert {r.note for r in post_hoc.conover(*TABLES[0].T).values()} == {
        "t approximation, too bold below 5 blocks"
    }
    assert many_groups.friedman(*table.T).p == pytest.approx(1 / 6**3)


def test_critical_difference_by_demsars_table():
    # Demsar (2006): q = 2.343 / 2.728 for 3 / 5 classifiers; his example has 4 classifiers on 14 data sets, CD = 1.25.
    assert post_hoc.critical_difference(4, 14) == pytest.approx(1.25, abs=0.005)
    assert post_hoc.critical_difference(5, 30) == pytest.approx(2.728 * np.sqrt(30 / 180), abs=1e-3)


def test_nemenyi_and_the_critical_difference_are_one_test():
    table = RNG.normal(size=(10, 4)) + np.array([0, 0, 1, 2])
    means, bar = (
        stats.rankdata(table, axis=1).mean(axis=0),
        post_hoc.critical_difference(4, 10, 0.3),
    )
    verdicts = {pair: found.p <= 0.3 for pair, found in post_hoc.nemenyi(*table.T).items()}
    assert verdicts == {(i, j): abs(means[i] - means[j]) >= bar for i, j in verdicts}
    assert len(set(verdicts.values())) == 2


@pytest.mark.parametrize("table", TABLES)
def test_page_counts_every_order_with_ties(table):
    def statistic(t):
        return float((stats.rankdata(t, axis=1) * np.arange(1, t.shape[1] + 1)).sum())

    drawn = np.array([statistic(t) for t in orders(table)])
    found = trend.page(*table.T)
    assert found.exact
    assert found.p == pytest.approx(doubled(drawn, statistic(table)), abs=1e-12)


def test_page_is_scipys_without_ties_and_one_sided():
    table = RNG.normal(size=(6, 4)) + np.arange(4) / 3
    theirs = stats.page_trend_test(table, method="exact")
    found = trend.page(*table.T, direction="up")
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)
    assert found.note == "one-sided: up"


def test_page_of_many_groups_is_scipys_approximation():
    table = RNG.normal(size=(6, 10))
    found, theirs = (
        trend.page(*table.T, direction="up"),
        stats.page_trend_test(table, method="asymptotic"),
    )
    assert not found.exact
    assert found.p == pytest.approx(theirs.pvalue, abs=1e-12)


@pytest.mark.parametrize("groups", SMALL)
def test_jonckheere_counts_every_arrangement_with_ties(groups):
    def statistic(parts):
        pairs = [(a, b) for i, a in enumerate(parts) for b in parts[i + 1 :]]
        return sum(float(((b[:, None] > a) + 0.5 * (b[:, None] == a)).sum()) for a, b in pairs)

    drawn = np.array([statistic(g) for g in arrangements(groups)])
    found = trend.jonckheere(*groups)
    assert found.exact
    assert found.statistic == statistic(groups)
    assert found.p == pytest.approx(doubled(drawn, statistic(groups)), abs=1e-12)


@pytest.mark.filterwarnings("ignore:Ties are present")
@pytest.mark.parametrize("groups", LARGE)
def test_jonckheere_of_large_groups_is_scikit_posthocs(groups):
    many = [np.concatenate([g, g + 0.5, g + 1.0]) for g in groups]
    found = trend.jonckheere(*many)
    assert not found.exact
    assert found.p == pytest.approx(
        posthocs.test_jonckheere([g.tolist() for g in many])[0], abs=1e-12
    )


def test_jonckheere_without_ties_is_the_limit_of_ties():
    assert trend._untied_weights((2, 3, 2)) == pytest.approx(
        trend._tied_weights((1,) * 7, (2, 3, 2)) / 210, abs=1e-15
    )


def test_jonckheere_of_two_groups_is_mann_whitney():
    x, y = RNG.integers(0, 6, 7).astype(float), RNG.integers(1, 7, 9).astype(float)
    assert trend.jonckheere(y, x).p == pytest.approx(two_groups.mann_whitney(x, y).p, abs=1e-12)
    assert trend.jonckheere(y, x).statistic == two_groups.mann_whitney(x, y).statistic


@pytest.mark.parametrize("test", [trend.page, trend.jonckheere])
def test_a_trend_has_a_direction(test):
    rising = [np.arange(4) + 10.0 * i for i in range(3)]
    assert test(*rising, direction="up").p < 0.001
    assert test(*rising, direction="down").p == pytest.approx(1.0)
    assert test(*rising).p == pytest.approx(2 * test(*rising, direction="up").p)
    assert test(*rising[::-1]).p == pytest.approx(test(*rising).p)
