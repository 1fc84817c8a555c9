"""Tests of two groups against scipy where it is right, and against every relabeling where it is not."""

from itertools import combinations, product
from math import comb

import numpy as np
import pytest
from scipy import stats

from harness.stats import equivalence, exact, paired, two_groups

RNG = np.random.default_rng(7)
PLAIN = [
    (RNG.normal(size=n), RNG.normal(size=m) + 0.5)
    for n, m in ((3, 3), (5, 5), (4, 7), (9, 6), (12, 12))
]
TIED = [
    (RNG.integers(0, 4, n).astype(float), RNG.integers(1, 5, m).astype(float))
    for n, m in ((3, 3), (5, 5), (6, 3))
]
PAIRS = [(RNG.normal(size=n), RNG.normal(size=n) + 0.4) for n in (3, 5, 8, 14)]
TIED_PAIRS = [
    (RNG.integers(0, 4, n).astype(float), RNG.integers(0, 4, n).astype(float)) for n in (4, 6, 9)
]


def relabeled(x, y, statistic):
    """Twice the smaller tail of a statistic over every way to choose the first group."""
    values = np.concatenate([x, y])
    drawn = []
    for chosen in combinations(range(values.size), x.size):
        first = np.zeros(values.size, dtype=bool)
        first[list(chosen)] = True
        drawn.append(statistic(values[first], values[~first]))
    return doubled(np.array(drawn), statistic(x, y))


def doubled(drawn, observed):
    less = np.mean(drawn <= observed + 1e-9)
    greater = np.mean(drawn >= observed - 1e-9)
    return min(1.0, 2 * min(less, greater))


def pair_wins(x, y):
    return float(((x[:, None] > y) + 0.5 * (x[:, None] == y)).sum())


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_mann_whitney_is_scipys_exact_test_without_ties(x, y):
    found, theirs = two_groups.mann_whitney(x, y), stats.mannwhitneyu(x, y, method="exact")
    assert found.exact
    assert found.n == (x.size, y.size)
    assert found.note == ""
    assert found.statistic == pytest.approx(theirs.statistic, abs=1e-12)
    assert found.p == pytest.approx(theirs.pvalue, abs=1e-12)


@pytest.mark.parametrize(("x", "y"), TIED)
def test_mann_whitney_counts_every_relabeling_where_values_tie(x, y):
    found = two_groups.mann_whitney(x, y)
    assert found.exact
    assert "midranks" in found.note
    assert found.p == pytest.approx(relabeled(x, y, pair_wins), abs=1e-12)
    assert found.p == pytest.approx(two_groups.mann_whitney(y, x).p, abs=1e-12)


def test_mann_whitney_with_ties_is_not_what_scipy_calls_exact():
    x, y = np.array([1.0, 1, 1, 1, 2]), np.array([1.0, 2, 2, 2, 2])
    assert (
        abs(two_groups.mann_whitney(x, y).p - stats.mannwhitneyu(x, y, method="exact").pvalue)
        > 0.01
    )


def test_mann_whitney_of_large_groups_is_scipys_approximation_and_says_so():
    x, y = RNG.integers(0, 50, 300).astype(float), RNG.integers(0, 55, 280).astype(float)
    found = two_groups.mann_whitney(x, y)
    assert not found.exact
    assert "normal approximation" in found.note
    assert found.p == pytest.approx(stats.mannwhitneyu(x, y, method="asymptotic").pvalue, abs=1e-12)


def test_exact_and_approximate_mann_whitney_meet_at_sixty_values():
    x, y = RNG.normal(size=30), RNG.normal(size=30) + 0.6
    found = two_groups.mann_whitney(x, y)
    assert found.exact
    assert found.p == pytest.approx(stats.mannwhitneyu(x, y, method="asymptotic").pvalue, rel=0.05)


@pytest.mark.parametrize(("n", "p"), [(3, 0.10), (4, 2 / 70), (5, 2 / 252), (6, 2 / 924)])
def test_smallest_mann_whitney_p(n, p):
    assert two_groups.mann_whitney(np.arange(n) + 10.0, np.arange(n)).p == pytest.approx(
        p, abs=1e-12
    )


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_t_tests_are_scipys(x, y):
    for name, equal in (("welch", False), ("student", True)):
        found, theirs = getattr(two_groups, name)(x, y), stats.ttest_ind(x, y, equal_var=equal)
        assert (found.statistic, found.p) == pytest.approx(
            (theirs.statistic, theirs.pvalue), abs=1e-12
        )


@pytest.mark.parametrize(("x", "y"), [*PLAIN[:4], *TIED])
def test_unpaired_permutation_counts_every_relabeling(x, y):
    found = two_groups.permutation_unpaired(x, y)
    assert found.exact
    assert found.p == pytest.approx(relabeled(x, y, lambda a, b: a.mean() - b.mean()), abs=1e-12)


def test_unpaired_permutation_is_scipys():
    x, y = PLAIN[2]
    theirs = stats.permutation_test((x, y), lambda a, b: a.mean() - b.mean(), n_resamples=np.inf)
    found = two_groups.permutation_unpaired(x, y)
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)


def test_permutations_of_nearly_equal_sums_tie_despite_rounding():
    # Tenths have no exact binary form: 0.1 + 0.2 and 0.3 + 0.0 are one sum to a reader, two to a computer.
    x, y = np.array([1000.1, 1000.2, 1000.6]), np.array([1000.3, 1000.0, 1000.5])
    whole = two_groups.permutation_unpaired(np.array([1.0, 2, 6]), np.array([3.0, 0, 5]))
    assert two_groups.permutation_unpaired(x, y).p == whole.p
    assert (
        paired.permutation_paired(x, y).p == paired.permutation_paired([1.0, 2, 6], [3.0, 0, 5]).p
    )


def test_random_permutations_agree_with_the_exact_distribution_and_with_themselves():
    x, y = RNG.normal(size=14), RNG.normal(size=13) + 0.7
    found = two_groups.permutation_unpaired(x, y, resamples=20_000)
    sums = exact.subset_sums(np.concatenate([x, y])[:20], 6)
    assert sums.size == comb(20, 6)
    assert not found.exact
    assert "random" in found.note
    assert found.p == two_groups.permutation_unpaired(x, y, resamples=20_000).p
    assert found.p == pytest.approx(stats.ttest_ind(x, y).pvalue, abs=0.01)
    assert (
        two_groups.permutation_unpaired(np.arange(20.0), np.arange(20.0) + 99, resamples=99).p
        == 0.02
    )


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_brunner_munzel_by_t_is_scipys(x, y):
    found, theirs = two_groups.brunner_munzel(x, y, reference="t"), stats.brunnermunzel(x, y)
    assert found.p == pytest.approx(theirs.pvalue, abs=1e-12)
    assert found.statistic == pytest.approx(
        -theirs.statistic, abs=1e-9
    )  # ours is positive where the first is larger


@pytest.mark.parametrize(("x", "y"), [*PLAIN[1:3], TIED[1]])
def test_brunner_munzel_counts_every_relabeling_of_few_values(x, y):
    def statistic(a, b):
        with np.errstate(all="ignore"):
            found = -stats.brunnermunzel(a, b, distribution="normal").statistic
        if np.isfinite(found):
            return np.round(found, 9)
        lead = pair_wins(a, b) / (a.size * b.size) - 0.5
        return np.sign(lead) * 1e9 if lead else 0.0

    found = two_groups.brunner_munzel(x, y)
    assert found.exact
    assert found.p == pytest.approx(relabeled(x, y, statistic), abs=1e-12)


def test_brunner_munzel_of_separate_groups_is_as_small_as_the_relabelings_allow():
    assert two_groups.brunner_munzel(np.arange(4) + 9.0, np.arange(4)).p == pytest.approx(2 / 70)
    middle = two_groups.brunner_munzel(np.arange(15) + 99.0, np.arange(15), resamples=999)
    assert middle.p == pytest.approx(0.002)
    large = two_groups.brunner_munzel(np.arange(25), np.arange(25) + 99.0)
    assert large.p == pytest.approx(2 / comb(50, 25), rel=1e-9)
    assert large.statistic == -np.inf
    assert "do not overlap" in large.note
    with pytest.raises(ValueError, match="do not overlap"):
        two_groups.brunner_munzel(np.arange(4) + 9.0, np.arange(4), reference="t")


def test_brunner_munzel_of_thousands_of_images_is_the_t_approximation():
    x, y = RNG.normal(size=3000), RNG.normal(size=2500)
    assert two_groups.brunner_munzel(x, y).p == pytest.approx(
        stats.brunnermunzel(x, y).pvalue, abs=1e-12
    )
    with pytest.raises(ValueError, match="up to 400"):
        two_groups.brunner_munzel(x, y, reference="permutation")


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_wilcoxon_is_scipys_exact_test_without_ties(x, y):
    found, theirs = paired.wilcoxon(x, y), stats.wilcoxon(x, y, method="exact")
    assert found.exact
    assert found.p == pytest.approx(theirs.pvalue, abs=1e-12)
    assert min(found.statistic, x.size * (x.size + 1) / 2 - found.statistic) == pytest.approx(
        theirs.statistic
    )


@pytest.mark.parametrize("zeros", ["drop", "pratt"])
@pytest.mark.parametrize(("x", "y"), TIED_PAIRS)
def test_wilcoxon_counts_every_choice_of_signs_where_differences_tie(x, y, zeros):
    difference = x - y
    if zeros == "drop":
        difference = difference[difference != 0]
    ranks = stats.rankdata(np.abs(difference))[difference != 0]
    difference = difference[difference != 0]
    drawn = np.array([ranks[np.array(s) > 0].sum() for s in product((-1, 1), repeat=ranks.size)])
    found = paired.wilcoxon(x, y, zeros=zeros)
    assert found.exact
    assert found.p == pytest.approx(doubled(drawn, ranks[difference > 0].sum()), abs=1e-12)


def test_wilcoxon_says_what_it_dropped():
    found = paired.wilcoxon([1.0, 2, 3, 4, 9], [1.0, 1, 2, 3, 4])
    assert (
        found.note == "1 pairs without a difference were dropped; 2 tied differences share midranks"
    )
    assert found.n == (5, 5)


def test_wilcoxon_ties_differences_that_differ_by_rounding_alone():
    x, y = np.array([0.9, 0.8, 0.3, 0.5]), np.array([0.8, 0.7, 0.1, 0.55])
    assert paired.wilcoxon(x, y).p == paired.wilcoxon(np.rint(100 * x), np.rint(100 * y)).p
    assert "tied" in paired.wilcoxon(x, y).note


def test_wilcoxon_of_many_pairs_is_scipys_approximation():
    x, y = RNG.normal(size=600), RNG.normal(size=600) + 0.1
    found = paired.wilcoxon(x, y)
    assert not found.exact
    assert found.p == pytest.approx(stats.wilcoxon(x, y, method="asymptotic").pvalue, abs=1e-12)


@pytest.mark.parametrize(("n", "p"), [(5, 0.0625), (6, 0.03125), (8, 0.0078125)])
def test_smallest_wilcoxon_p(n, p):
    assert paired.wilcoxon(np.arange(1.0, n + 1), np.zeros(n)).p == p


@pytest.mark.parametrize(("x", "y"), [*PAIRS, *TIED_PAIRS])
def test_paired_permutation_counts_every_choice_of_signs(x, y):
    difference = x - y
    drawn = np.array([np.dot(s, difference) for s in product((-1, 1), repeat=x.size)])
    found = paired.permutation_paired(x, y)
    assert found.exact
    assert found.p == pytest.approx(doubled(drawn, difference.sum()), abs=1e-12)


def test_paired_permutation_of_many_pairs_draws_signs():
    x, y = RNG.normal(size=40), RNG.normal(size=40) + 0.3
    found = paired.permutation_paired(x, y)
    assert not found.exact
    assert found.p == pytest.approx(stats.ttest_rel(x, y).pvalue, abs=0.015)


@pytest.mark.parametrize(("x", "y"), PAIRS)
def test_paired_and_one_sample_t_are_scipys(x, y):
    theirs = stats.ttest_rel(x, y)
    found = paired.t_paired(x, y)
    assert (found.statistic, found.p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)
    assert paired.t_one(x, mean=0.3).p == pytest.approx(stats.ttest_1samp(x, 0.3).pvalue, abs=1e-12)


def test_sign_test_by_hand():
    found = paired.sign([2.0, 3, 4, 5, 6, 1], [1.0, 1, 1, 1, 1, 1])
    assert found.p == pytest.approx(2 / 2**5)
    assert found.note == "1 pairs without a difference were dropped"
    assert paired.sign([2.0, 0, 4, 5], [1.0, 1, 1, 1]).p == pytest.approx(2 * 5 / 2**4)


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_equivalence_is_statsmodels_tost(x, y):
    from statsmodels.stats.weightstats import ttost_ind, ttost_paired

    assert equivalence.equivalence(x, y, margin=0.8).p == pytest.approx(
        ttost_ind(x, y, -0.8, 0.8, usevar="unequal")[0], abs=1e-12
    )
    n = min(x.size, y.size)
    theirs = ttost_paired(x[:n], y[:n], -0.8, 0.8)[0]
    assert equivalence.equivalence_paired(x[:n], y[:n], margin=0.8).p == pytest.approx(
        theirs, abs=1e-12
    )


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_rank_equivalence_is_two_one_sided_rank_tests(x, y):
    low = stats.mannwhitneyu(x + 0.8, y, alternative="greater", method="exact").pvalue
    high = stats.mannwhitneyu(x - 0.8, y, alternative="less", method="exact").pvalue
    assert equivalence.equivalence_ranks(x, y, margin=0.8).p == pytest.approx(
        max(low, high), abs=1e-12
    )
    n = min(x.size, y.size)
    difference = x[:n] - y[:n]
    low = stats.wilcoxon(difference + 0.8, alternative="greater", method="exact").pvalue
    high = stats.wilcoxon(difference - 0.8, alternative="less", method="exact").pvalue
    assert equivalence.equivalence_ranks_paired(x[:n], y[:n], margin=0.8).p == pytest.approx(
        max(low, high), abs=1e-12
    )


def test_a_difference_on_the_margin_is_not_within_it_despite_rounding():
    # 0.8 - 0.1 is not 0.7 to a computer; on the margin every shifted value ties.
    x, y = np.full(6, 0.8), np.full(6, 0.7)
    assert equivalence.equivalence_ranks(x, y, margin=0.1).p > 0.4
    assert equivalence.equivalence_ranks_paired(x, y, margin=0.1).p == 1.0
    assert equivalence.equivalence_ranks_paired(x, y, margin=0.2).p == 1 / 2**6


def test_not_significant_is_not_equal():
    x, y = np.array([0.70, 0.75, 0.80]), np.array([0.72, 0.79, 0.76])
    assert two_groups.welch(x, y).p > 0.5
    assert equivalence.equivalence(x, y, margin=0.01).p > 0.3


@pytest.mark.parametrize(
    "test",
    [
        equivalence.equivalence,
        equivalence.equivalence_paired,
        equivalence.equivalence_ranks,
        equivalence.equivalence_ranks_paired,
    ],
)
def test_equivalence_needs_a_margin(test):
    for margin in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="margin above 0"):
            test([1.0, 2, 3], [1.0, 2, 4], margin=margin)
