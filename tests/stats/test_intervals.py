"""Intervals of means against scipy, every resample and the variances that clusters bring."""

from collections.abc import Callable
from itertools import product

import numpy as np
import pytest
from scipy import stats

from harness.stats import intervals
from harness.stats.result import Interval
from tests.stats.counting import close

RNG = np.random.default_rng(3)
BOOTSTRAPS = [
    ("bca", "BCa"),
    ("percentile", "percentile"),
]


def width(interval: Interval) -> float:
    return interval.high - interval.low


def test_t_interval_is_scipys() -> None:
    values = RNG.normal(size=6)
    interval = intervals.t(values, level=0.9)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.9)
    assert interval.low == close(expected.low)
    assert interval.high == close(expected.high)
    assert interval.note == ""


@pytest.mark.parametrize(("name", "name_in_scipy"), BOOTSTRAPS)
def test_bootstrap_intervals_are_scipys(name: str, name_in_scipy: str) -> None:
    values = RNG.exponential(size=25)
    rng = np.random.default_rng(0)
    bootstrap = stats.bootstrap((values,), np.mean, method=name_in_scipy, rng=rng)
    expected = bootstrap.confidence_interval
    interval = getattr(intervals, name)(values)
    assert interval.low == close(expected.low)
    assert interval.high == close(expected.high)
    assert interval.note == ""


@pytest.mark.parametrize("name", ["bca", "percentile"])
def test_bootstrap_intervals_warn_of_few_values(name: str) -> None:
    values = RNG.exponential(size=19)
    interval = getattr(intervals, name)(values)
    assert "too narrow below n = 20" in interval.note


@pytest.mark.parametrize("name", ["bca", "percentile"])
def test_bootstrap_intervals_are_made_for_medians_too(name: str) -> None:
    values = RNG.exponential(size=25)
    interval = getattr(intervals, name)(values, of="median")
    assert interval.value == np.median(values)


def test_percentile_bootstrap_of_three_values_is_every_resample() -> None:
    values = np.array([0.0, 1.0, 5.0])
    means = [np.mean(resample) for resample in product(values, repeat=3)]
    interval = intervals.percentile(values, resamples=50_000)
    assert interval.low == min(means)
    assert interval.high == max(means)


def test_hierarchical_bootstrap_is_wider_than_one_that_forgets_the_seeds() -> None:
    seeds = np.repeat(np.arange(6), 50)
    mean_of_seed = RNG.normal(size=6)
    values = mean_of_seed[seeds] + 0.5 * RNG.normal(size=300)
    nested = intervals.hierarchical(values, seeds)
    flat = intervals.percentile(values)
    assert width(nested) > 4 * width(flat)
    assert nested.n == (50,) * 6
    assert "n = 6" in nested.note
    reversed_rows = intervals.hierarchical(values[::-1], seeds[::-1])
    assert nested.value == pytest.approx(reversed_rows.value)


def test_hierarchical_bootstrap_of_constant_clusters_is_the_bootstrap_of_their_means() -> None:
    values = [0.0, 0, 1, 1, 5, 5]
    seeds = ["a", "a", "b", "b", "c", "c"]
    interval = intervals.hierarchical(values, seeds, resamples=50_000)
    assert interval.value == 2.0
    assert interval.low == 0.0
    assert interval.high == 5.0


def test_hierarchical_bootstrap_spreads_as_the_variances_say() -> None:
    seeds = np.repeat(np.arange(40), 5)
    mean_of_seed = RNG.normal(size=40)
    values = mean_of_seed[seeds] + RNG.normal(size=200)
    rows = values.reshape(40, 5)
    # Redrawn seeds bring the variance of their means, redrawn images within them their own on top.
    between = rows.mean(axis=1).var()
    within = rows.var(axis=1).mean() / 5
    standard_error = np.sqrt((between + within) / 40)
    interval = intervals.hierarchical(values, seeds)
    assert width(interval) == pytest.approx(2 * 1.96 * standard_error, rel=0.05)


@pytest.mark.parametrize("estimate", [intervals.t, intervals.bca, intervals.percentile])
def test_intervals_of_equal_values_are_points_that_say_so(
    estimate: Callable[..., Interval],
) -> None:
    values = np.full(5, 0.3)
    interval = estimate(values)
    assert interval.value == 0.3
    assert interval.low == 0.3
    assert interval.high == 0.3
    assert interval.note == "all values are equal"
