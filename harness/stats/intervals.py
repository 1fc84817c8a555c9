"""Intervals around a mean or a median: t, bootstrap, and a bootstrap of images within seeds."""

import warnings
from collections.abc import Callable
from typing import Any, Literal

import numpy as np
from scipy import stats

from harness.stats import inputs, interval
from harness.stats.result import Array, Interval

# Measured by benchmarks/calibration.py on normal data.
NARROW = (
    "n = {n}: too narrow below n = 20 "
    "(a 95 % bootstrap covers about 75, 83, 90 and 92 % at n = 3, 5, 10 and 20)"
)


@interval
def t(x: Array, *, level: float = 0.95) -> Interval:
    """The mean and its t interval: the one that keeps its promise with a few seeds."""
    x = inputs.sample(x)
    inputs.probability(level)
    value = float(x.mean())
    if inputs.constant(x):
        return Interval("t", value, value, value, (x.size,), "all values are equal")
    half = float(stats.t.isf((1 - level) / 2, x.size - 1) * stats.sem(x))
    return Interval("t", value, value - half, value + half, (x.size,))


@interval
def bca(
    x: Array,
    *,
    of: Literal["mean", "median"] = "mean",
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Interval:
    """The mean or median and its bootstrap interval, corrected for bias and skew (BCa)."""
    return _bootstrap("bca", x, of, level=level, resamples=resamples, seed=seed)


@interval
def percentile(
    x: Array,
    *,
    of: Literal["mean", "median"] = "mean",
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Interval:
    """The mean or median and the percentiles of its bootstrap; too narrow below 20 values."""
    return _bootstrap("percentile", x, of, level=level, resamples=resamples, seed=seed)


def _bootstrap(
    name: Literal["bca", "percentile"],
    x: Array,
    of: str,
    *,
    level: float,
    resamples: int,
    seed: int,
) -> Interval:
    """A bootstrap interval of the mean or median by one of scipy's methods."""
    x = inputs.sample(x)
    inputs.probability(level)
    statistic: Callable[..., Any] = np.mean if of == "mean" else np.median
    value = float(statistic(x))
    if inputs.constant(x):
        return Interval(name, value, value, value, (x.size,), "all values are equal")
    methods: dict[str, Literal["BCa", "percentile"]] = {"bca": "BCa", "percentile": "percentile"}
    with warnings.catch_warnings():
        # A degenerate BCa warns and gives NaN, which is answered below.
        warnings.simplefilter("ignore")
        bootstrap = stats.bootstrap(
            (x,),
            statistic,
            n_resamples=resamples,
            confidence_level=level,
            method=methods[name],
            rng=np.random.default_rng(seed),
        )
    low, high = (float(bound) for bound in bootstrap.confidence_interval)
    if not np.isfinite([low, high]).all():
        raise ValueError(f"{name} gives no interval for these {x.size} values; use the t interval")
    return Interval(name, value, low, high, (x.size,), _note_of_few(x.size))


def _note_of_few(n: int) -> str:
    """The warning that a bootstrap of few values is too narrow."""
    return NARROW.format(n=n) if n < 20 else ""


@interval
def hierarchical(
    x: Array,
    cluster: Array,
    *,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Interval:
    """The mean over clusters (images within seeds) and its bootstrap: clusters are redrawn, then
    values within them.
    """
    groups = inputs.clusters(x, cluster)
    inputs.probability(level)
    rng = np.random.default_rng(seed)
    k = len(groups)
    # Every draw of a cluster redraws its values too: all these means are drawn in bulk, cluster by
    # cluster.
    drawn = rng.integers(0, k, (resamples, k))
    means = np.empty((resamples, k))
    for j, group in enumerate(groups):
        redrawn = drawn == j
        means[redrawn] = _resampled_means(group, int(redrawn.sum()), rng)
    low, high = np.quantile(means.mean(axis=1), [(1 - level) / 2, (1 + level) / 2])
    value = float(np.mean([g.mean() for g in groups]))
    n = tuple(g.size for g in groups)
    return Interval("hierarchical", value, float(low), float(high), n, _note_of_few(k))


def _resampled_means(group: Array, times: int, rng: np.random.Generator) -> Array:
    """The means of `times` bootstrap samples of a group, a few million values at a time."""
    rows = max(1, 4_000_000 // group.size)
    parts = [np.empty(0)]
    for start in range(0, times, rows):
        drawn = rng.integers(0, group.size, (min(rows, times - start), group.size))
        parts.append(group[drawn].mean(1))
    return np.concatenate(parts)
