"""Tests of equivalence against statsmodels and against two one-sided tests of scipy."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from harness.stats import equivalence, two_groups
from harness.stats.result import Result
from tests.stats.counting import Array, close

RNG = np.random.default_rng(7)
SAMPLES = [
    (RNG.normal(size=3), RNG.normal(size=3) + 0.5),
    (RNG.normal(size=5), RNG.normal(size=5) + 0.5),
    (RNG.normal(size=4), RNG.normal(size=7) + 0.5),
    (RNG.normal(size=9), RNG.normal(size=6) + 0.5),
    (RNG.normal(size=12), RNG.normal(size=12) + 0.5),
]
TESTS = [
    equivalence.equivalence,
    equivalence.equivalence_paired,
    equivalence.equivalence_ranks,
    equivalence.equivalence_ranks_paired,
]
NO_MARGINS = [
    0.0,
    -1.0,
    float("nan"),
    float("inf"),
]


def as_pairs(x: Array, y: Array) -> tuple[Array, Array]:
    """Leaves out what the longer sample has more."""
    n = min(x.size, y.size)
    return x[:n], y[:n]


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_equivalence_is_statsmodels_tost(x: Array, y: Array) -> None:
    from statsmodels.stats.weightstats import ttost_ind

    result = equivalence.equivalence(x, y, margin=0.8)
    expected = ttost_ind(x, y, -0.8, 0.8, usevar="unequal")
    assert result.p == close(expected[0])


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_equivalence_of_pairs_is_statsmodels_tost(x: Array, y: Array) -> None:
    from statsmodels.stats.weightstats import ttost_paired

    x, y = as_pairs(x, y)
    result = equivalence.equivalence_paired(x, y, margin=0.8)
    expected = ttost_paired(x, y, -0.8, 0.8)
    assert result.p == close(expected[0])


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_rank_equivalence_is_two_one_sided_rank_tests(x: Array, y: Array) -> None:
    above = stats.mannwhitneyu(x + 0.8, y, alternative="greater", method="exact")
    below = stats.mannwhitneyu(x - 0.8, y, alternative="less", method="exact")
    larger = max(above.pvalue, below.pvalue)
    result = equivalence.equivalence_ranks(x, y, margin=0.8)
    assert result.p == close(larger)


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_rank_equivalence_of_pairs_is_two_one_sided_rank_tests(x: Array, y: Array) -> None:
    x, y = as_pairs(x, y)
    difference = x - y
    above = stats.wilcoxon(difference + 0.8, alternative="greater", method="exact")
    below = stats.wilcoxon(difference - 0.8, alternative="less", method="exact")
    larger = max(above.pvalue, below.pvalue)
    result = equivalence.equivalence_ranks_paired(x, y, margin=0.8)
    assert result.p == close(larger)


def test_a_difference_on_the_margin_is_not_within_it_despite_rounding() -> None:
    # 0.8 - 0.1 is not 0.7 to a computer; on the margin every shifted value ties.
    x = np.full(6, 0.8)
    y = np.full(6, 0.7)
    on_margin = equivalence.equivalence_ranks(x, y, margin=0.1)
    assert on_margin.p > 0.4
    pairs_on_margin = equivalence.equivalence_ranks_paired(x, y, margin=0.1)
    assert pairs_on_margin.p == 1.0
    pairs_within = equivalence.equivalence_ranks_paired(x, y, margin=0.2)
    assert pairs_within.p == 1 / 2**6


def test_not_significant_is_not_equal() -> None:
    x = np.array([0.70, 0.75, 0.80])
    y = np.array([0.72, 0.79, 0.76])
    assert two_groups.welch(x, y).p > 0.5
    assert equivalence.equivalence(x, y, margin=0.01).p > 0.3


@pytest.mark.parametrize("margin", NO_MARGINS)
@pytest.mark.parametrize("test", TESTS)
def test_equivalence_needs_a_margin(test: Callable[..., Result], margin: float) -> None:
    x, y = SAMPLES[1]
    with pytest.raises(ValueError, match="margin above 0"):
        test(x, y, margin=margin)
