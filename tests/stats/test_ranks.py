"""Corrections and rank correlations against statsmodels, scipy, every order and hand calculations."""

from itertools import permutations
from math import factorial

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from harness.stats import corrections, ranks

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    "p", [RNG.uniform(size=7) ** 3, np.array([0.01, 0.01, 0.04, 1.0]), np.array([0.03])]
)
def test_corrections_are_statsmodels(p):
    names = {"bonferroni": "bonferroni", "holm": "holm", "bh": "fdr_bh", "by": "fdr_by"}
    for ours, theirs in names.items():
        assert getattr(corrections, ours)(p) == pytest.approx(
            multipletests(p, method=theirs)[1], abs=1e-12
        )


def test_shaffer_by_hand():
    # Four groups: 0, 1, 2, 3 or 6 of the six pairs can be equal at once, so the factors are 6, 3, 3, 3, 2, 1.
    p = np.array([0.001, 0.012, 0.004, 0.5, 0.02, 0.04])
    assert corrections.shaffer(p) == pytest.approx(
        [0.006, 0.036, 0.012, 0.5, 0.06, 0.08], abs=1e-12
    )
    # Three groups: 0, 1 or 3, so the factors are 3, 1, 1.
    assert corrections.shaffer([0.01, 0.02, 0.03]) == pytest.approx([0.03, 0.03, 0.03], abs=1e-12)
    assert corrections._equal_pairs(5) == {0, 1, 2, 3, 4, 6, 10}
    with pytest.raises(ValueError, match="every pair of k groups"):
        corrections.shaffer([0.1, 0.2])


@pytest.mark.parametrize("k", [3, 4, 6])
def test_shaffer_lies_between_nothing_and_holm(k):
    p = RNG.uniform(size=k * (k - 1) // 2) ** 2
    assert (corrections.shaffer(p) <= corrections.holm(p) + 1e-15).all()
    assert (corrections.shaffer(p) >= p).all()
    assert (corrections.shaffer(p) < corrections.holm(p)).any()


def test_a_family_of_no_numbers_is_refused():
    for bad, words in (
        ([], "empty"),
        ([0.5, float("nan")], "not finite"),
        ([0.5, 1.2], "between 0 and 1, not at 1.2"),
    ):
        for name in ("holm", "bonferroni", "bh", "by", "shaffer"):
            with pytest.raises(ValueError, match=words):
                getattr(corrections, name)(bad)


def permuted(x, y, statistic):
    drawn = np.array([statistic(x, y[list(order)]) for order in permutations(range(y.size))])
    observed = statistic(x, y)
    return min(1.0, 2 * min(np.mean(drawn <= observed + 1e-9), np.mean(drawn >= observed - 1e-9)))


SCORES = [
    (RNG.normal(size=6), RNG.normal(size=6)),
    (RNG.integers(0, 3, 6).astype(float), RNG.normal(size=6)),
]
THEIRS = {"kendall": stats.kendalltau, "spearman": stats.spearmanr, "pearson": stats.pearsonr}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize(("x", "y"), SCORES)
def test_rank_correlations_are_scipys_with_p_by_every_order(name, x, y):
    found = getattr(ranks, name)(x, y)
    assert found.exact
    assert found.value == pytest.approx(THEIRS[name](x, y).statistic, abs=1e-12)
    assert found.p == pytest.approx(
        permuted(x, y, lambda a, b: THEIRS[name](a, b).statistic), abs=1e-12
    )
    assert found.low <= found.value <= found.high


def test_kendall_without_ties_is_scipys_exact_p_and_without_end():
    x, y = RNG.normal(size=40), RNG.normal(size=40)
    found = ranks.kendall(x, y)
    assert found.exact
    assert found.p == pytest.approx(stats.kendalltau(x, y, method="exact").pvalue, abs=1e-12)
    assert ranks.kendall(np.arange(6.0), np.arange(6.0)).p == pytest.approx(2 / factorial(6))


@pytest.mark.parametrize("name", THEIRS)
def test_correlations_of_more_scores_draw_orders_then_approximate(name):
    x = RNG.integers(0, 9, 25).astype(float)
    y = x + 6 * RNG.normal(size=25)
    drawn = getattr(ranks, name)(x, y)
    assert not drawn.exact
    assert "9999 random orders" in drawn.note
    assert drawn.p == pytest.approx(THEIRS[name](x, y).pvalue, abs=0.02)
    x = RNG.integers(0, 9, 200).astype(float)
    y = x + 30 * RNG.normal(size=200)
    many = getattr(ranks, name)(x, y)
    assert many.p == pytest.approx(THEIRS[name](x, y).pvalue, abs=1e-12)
    assert "approximate" in many.note


def test_pearsons_interval_is_scipys():
    x, y = RNG.normal(size=12), RNG.normal(size=12)
    found, theirs = ranks.pearson(x, y, level=0.9), stats.pearsonr(x, y).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ranks.pearson([1.0, 2, 4], [2.0, 1, 5]).low == -1.0


def test_a_perfect_ranking_of_five_models_is_not_certain():
    for correlation in (ranks.kendall, ranks.spearman):
        found = correlation(np.arange(5.0), np.arange(5.0))
        assert (found.value, found.high) == (pytest.approx(1.0), pytest.approx(1.0))
        assert 0 < found.low < 0.5


def test_ties_by_tolerance_merge_the_closest_first():
    # .50 and .51 merge into .505; .53 lies .025 from that, so it stays apart though it lies .02 from .51.
    assert ranks.tied_ranks([0.50, 0.51, 0.53], 0.02).tolist() == [1.5, 1.5, 3.0]
    assert ranks.tied_ranks([0.50, 0.52, 0.53], 0.02).tolist() == [1.0, 2.5, 2.5]
    assert ranks.tied_ranks([0.50, 0.51, 0.52], 0.02).tolist() == [2.0, 2.0, 2.0]
    # Of pairs that are equally close the lowest goes first, whatever rounding says of .3 - .2 and .2 - .1.
    assert ranks.tied_ranks([0.4, 0.1, 0.2, 0.3], 0.1).tolist() == [3.5, 1.5, 1.5, 3.5]
    assert ranks.tied_ranks([0.3, 0.1, 0.2]).tolist() == [3.0, 1.0, 2.0]
    assert ranks.tied_ranks([0.80, 0.81], 0.01).tolist() == [1.5, 1.5]
    assert ranks.tied_ranks([0.80, 0.82, 0.81 + 1e-6, 0.9], 0.005).tolist() == [1.0, 3.0, 2.0, 4.0]
    with pytest.raises(ValueError, match="tolerance"):
        ranks.tied_ranks([1.0, 2], -1.0)


def test_tolerance_makes_ties_in_the_correlation():
    x, y = np.array([0.70, 0.71, 0.80, 0.90]), np.array([0.2, 0.1, 0.3, 0.4])
    assert ranks.kendall(x, y).value == pytest.approx(4 / 6)
    found = ranks.kendall(x, y, tie_x=0.02)
    assert found.value == pytest.approx(stats.kendalltau([1, 1, 2, 3], y).statistic)
    assert found.note == "1 ties"
    assert ranks.spearman(x, y, tie_y=0.1).value == pytest.approx(
        stats.spearmanr(x, [1.5, 1.5, 3.5, 3.5]).statistic
    )


def test_a_constant_score_orders_nothing():
    for name in THEIRS:
        found = getattr(ranks, name)(np.full(5, 0.5), np.arange(5.0))
        assert (found.value, found.p, found.low, found.high) == (0.0, 1.0, -1.0, 1.0)
        assert "orders nothing" in found.note


@pytest.mark.parametrize("name", THEIRS)
def test_correlations_refuse_bad_input(name):
    correlation = getattr(ranks, name)
    for x, y, words in (
        ([1.0, 2], [1.0, 2], "at least 3"),
        ([1.0, 2, 3], [1.0, 2], "first|second|equally long"),
        ([1.0, 2, float("nan")], [1.0, 2, 3], "not finite"),
        ([], [], "empty"),
    ):
        with pytest.raises(ValueError, match=words):
            correlation(x, y)
