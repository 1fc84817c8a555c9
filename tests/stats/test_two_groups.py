"""Tests of two groups against scipy where it is right, and against every relabeling elsewhere."""

from math import comb

import numpy as np
import pytest
from scipy import stats

from harness.stats import exact, paired, two_groups
from tests.stats.counting import Array, close, p_by_relabeling, pair_wins, whole_numbers

RNG = np.random.default_rng(7)
PLAIN = [
    (RNG.normal(size=3), RNG.normal(size=3) + 0.5),
    (RNG.normal(size=5), RNG.normal(size=5) + 0.5),
    (RNG.normal(size=4), RNG.normal(size=7) + 0.5),
    (RNG.normal(size=9), RNG.normal(size=6) + 0.5),
    (RNG.normal(size=12), RNG.normal(size=12) + 0.5),
]
TIED = [
    (whole_numbers(RNG, 0, 4, 3), whole_numbers(RNG, 1, 5, 3)),
    (whole_numbers(RNG, 0, 4, 5), whole_numbers(RNG, 1, 5, 5)),
    (whole_numbers(RNG, 0, 4, 6), whole_numbers(RNG, 1, 5, 3)),
]
SMALLEST = [
    (3, 0.10),
    (4, 2 / 70),
    (5, 2 / 252),
    (6, 2 / 924),
]
SMALLEST_BRUNNER_MUNZEL: list[tuple[int, dict[str, int], float]] = [
    (4, {}, 2 / 70),
    (15, {"resamples": 999}, 0.002),
    (25, {}, 2 / comb(50, 25)),
]


def difference_of_means(x: Array, y: Array) -> float:
    return float(x.mean() - y.mean())


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_mann_whitney_is_scipys_exact_test_without_ties(x: Array, y: Array) -> None:
    result = two_groups.mann_whitney(x, y)
    expected = stats.mannwhitneyu(x, y, method="exact")
    assert result.exact
    assert result.n == (x.size, y.size)
    assert result.note == ""
    assert result.statistic == close(expected.statistic)
    assert result.p == close(expected.pvalue)


@pytest.mark.parametrize(("x", "y"), TIED)
def test_mann_whitney_counts_every_relabeling_where_values_tie(x: Array, y: Array) -> None:
    result = two_groups.mann_whitney(x, y)
    assert result.exact
    assert "midranks" in result.note
    assert result.p == close(p_by_relabeling(x, y, pair_wins))
    reversed_groups = two_groups.mann_whitney(y, x)
    assert result.p == close(reversed_groups.p)


def test_mann_whitney_with_ties_is_not_what_scipy_calls_exact() -> None:
    x = np.array([1.0, 1, 1, 1, 2])
    y = np.array([1.0, 2, 2, 2, 2])
    ours = two_groups.mann_whitney(x, y)
    scipys = stats.mannwhitneyu(x, y, method="exact")
    assert abs(ours.p - scipys.pvalue) > 0.01


def test_mann_whitney_of_large_groups_is_scipys_approximation_and_says_so() -> None:
    x = whole_numbers(RNG, 0, 50, 300)
    y = whole_numbers(RNG, 0, 55, 280)
    result = two_groups.mann_whitney(x, y)
    expected = stats.mannwhitneyu(x, y, method="asymptotic")
    assert not result.exact
    assert "normal approximation" in result.note
    assert result.p == close(expected.pvalue)


def test_exact_and_approximate_mann_whitney_meet_at_sixty_values() -> None:
    rng = np.random.default_rng(1)  # p is about .02; the approximation of far smaller p is worse
    x = rng.normal(size=30)
    y = rng.normal(size=30) + 0.6
    result = two_groups.mann_whitney(x, y)
    approximation = stats.mannwhitneyu(x, y, method="asymptotic")
    assert result.exact
    assert result.p == pytest.approx(approximation.pvalue, rel=0.05)


@pytest.mark.parametrize(("n", "p"), SMALLEST)
def test_smallest_mann_whitney_p(n: int, p: float) -> None:
    lower = np.arange(n)
    higher = lower + 10.0
    result = two_groups.mann_whitney(higher, lower)
    assert result.p == close(p)


@pytest.mark.parametrize(("x", "y"), PLAIN)
@pytest.mark.parametrize(("name", "equal"), [("welch", False), ("student", True)])
def test_t_tests_are_scipys(name: str, equal: bool, x: Array, y: Array) -> None:
    test = getattr(two_groups, name)
    result = test(x, y)
    expected = stats.ttest_ind(x, y, equal_var=equal)
    assert result.statistic == close(expected.statistic)
    assert result.p == close(expected.pvalue)


@pytest.mark.parametrize(("x", "y"), [*PLAIN[:4], *TIED])
def test_unpaired_permutation_counts_every_relabeling(x: Array, y: Array) -> None:
    result = two_groups.permutation_unpaired(x, y)
    assert result.exact
    assert result.p == close(p_by_relabeling(x, y, difference_of_means))


def test_unpaired_permutation_is_scipys() -> None:
    x, y = PLAIN[2]
    expected = stats.permutation_test((x, y), difference_of_means, n_resamples=np.inf)
    result = two_groups.permutation_unpaired(x, y)
    assert result.statistic == close(expected.statistic)
    assert result.p == close(expected.pvalue)


def test_permutations_of_nearly_equal_sums_tie_despite_rounding() -> None:
    # Tenths have no exact binary form: 0.1 + 0.2 and 0.3 + 0.0 are one sum to a reader, two to a
    # computer.
    x = np.array([1000.1, 1000.2, 1000.6])
    y = np.array([1000.3, 1000.0, 1000.5])
    whole_x = np.array([1.0, 2, 6])
    whole_y = np.array([3.0, 0, 5])
    unpaired = two_groups.permutation_unpaired
    assert unpaired(x, y).p == unpaired(whole_x, whole_y).p
    in_pairs = paired.permutation_paired
    assert in_pairs(x, y).p == in_pairs(whole_x, whole_y).p


def test_random_permutations_agree_with_the_exact_distribution_and_with_themselves() -> None:
    x = RNG.normal(size=14)
    y = RNG.normal(size=13) + 0.7
    result = two_groups.permutation_unpaired(x, y, resamples=20_000)
    assert not result.exact
    assert "random" in result.note
    repetition = two_groups.permutation_unpaired(x, y, resamples=20_000)
    assert result.p == repetition.p
    t_test = stats.ttest_ind(x, y)
    assert result.p == pytest.approx(t_test.pvalue, abs=0.01)


def test_subset_sums_are_as_many_as_there_are_subsets() -> None:
    values = RNG.normal(size=20)
    assert exact.subset_sums(values, 6).size == comb(20, 6)


def test_random_permutations_of_separate_groups_give_no_p_below_their_number() -> None:
    lower = np.arange(20.0)
    result = two_groups.permutation_unpaired(lower, lower + 99, resamples=99)
    assert result.p == 0.02


@pytest.mark.parametrize(("x", "y"), PLAIN)
def test_brunner_munzel_by_t_is_scipys(x: Array, y: Array) -> None:
    result = two_groups.brunner_munzel(x, y, reference="t")
    expected = stats.brunnermunzel(x, y)
    assert result.p == close(expected.pvalue)
    # Ours is positive where the first group is larger.
    assert result.statistic == pytest.approx(-expected.statistic, abs=1e-9)


@pytest.mark.parametrize(("x", "y"), [*PLAIN[1:3], TIED[1]])
def test_brunner_munzel_counts_every_relabeling_of_few_values(x: Array, y: Array) -> None:
    def statistic(a: Array, b: Array) -> float:
        with np.errstate(all="ignore"):
            result = stats.brunnermunzel(a, b, distribution="normal")
        if np.isfinite(result.statistic):
            return float(np.round(-result.statistic, 9))
        share = pair_wins(a, b) / (a.size * b.size)
        return float(np.sign(share - 0.5) * 1e9)

    result = two_groups.brunner_munzel(x, y)
    assert result.exact
    assert result.p == close(p_by_relabeling(x, y, statistic))


@pytest.mark.parametrize(("n", "options", "p"), SMALLEST_BRUNNER_MUNZEL)
def test_brunner_munzel_of_separate_groups_is_as_small_as_the_relabelings_allow(
    n: int,
    options: dict[str, int],
    p: float,
) -> None:
    lower = np.arange(n)
    result = two_groups.brunner_munzel(lower + 99.0, lower, **options)
    assert result.p == pytest.approx(p, rel=1e-9)


def test_brunner_munzel_of_separate_groups_has_no_finite_statistic() -> None:
    lower = np.arange(25)
    result = two_groups.brunner_munzel(lower, lower + 99.0)
    assert result.p == pytest.approx(2 / comb(50, 25), rel=1e-9)
    assert result.statistic == -np.inf
    assert "do not overlap" in result.note
    few = np.arange(4)
    with pytest.raises(ValueError, match="do not overlap"):
        two_groups.brunner_munzel(few + 9.0, few, reference="t")


def test_brunner_munzel_of_thousands_of_images_is_the_t_approximation() -> None:
    x = RNG.normal(size=3000)
    y = RNG.normal(size=2500)
    expected = stats.brunnermunzel(x, y)
    assert two_groups.brunner_munzel(x, y).p == close(expected.pvalue)
    with pytest.raises(ValueError, match="up to 400"):
        two_groups.brunner_munzel(x, y, reference="permutation")
