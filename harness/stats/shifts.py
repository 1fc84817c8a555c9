"""How far apart two groups lie: mean differences, Hodges-Lehmann shifts, Cohen's d and Hedges'
g.
"""

import numpy as np
from scipy import optimize, special, stats

from harness.stats import effect, inputs
from harness.stats.effects import COHEN, magnitude
from harness.stats.exact import sign_weights, wins_weights
from harness.stats.result import Array, Effect

LISTED_PAIRS = 4_000_000


@effect(paired=False)
def mean_difference(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The difference of two independent means, in the metric's own unit, with Welch's interval."""
    x, y = inputs.two(x, y)
    inputs.probability(level)
    value = float(x.mean() - y.mean())
    if inputs.constant(x) and inputs.constant(y):
        return Effect("mean_difference", value, -np.inf, np.inf)
    parts = [x.var(ddof=1) / x.size, y.var(ddof=1) / y.size]
    df = sum(parts) ** 2 / (parts[0] ** 2 / (x.size - 1) + parts[1] ** 2 / (y.size - 1))
    half = float(stats.t.isf((1 - level) / 2, df) * np.sqrt(sum(parts)))
    return Effect("mean_difference", value, value - half, value + half)


@effect(paired=True)
def mean_difference_paired(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The mean of paired differences, in the metric's own unit, with a t interval."""
    x, y = inputs.pairs(x, y)
    inputs.probability(level)
    value = float((x - y).mean())
    if inputs.constant(inputs.differences(x, y)):
        return Effect("mean_difference_paired", value, -np.inf, np.inf)
    bounds = stats.ttest_rel(x, y).confidence_interval(level)
    return Effect("mean_difference_paired", value, float(bounds.low), float(bounds.high))


@effect(paired=False)
def hodges_lehmann(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The median difference between values of two independent groups, with the interval that
    Mann-Whitney accepts.
    """
    x, y = inputs.two(x, y)
    n = x.size
    m = y.size
    pairs = n * m
    if pairs * (n + m) <= 250_000:
        depth = _depth(wins_weights(n, m), level)
    else:
        spread = np.sqrt(pairs * (n + m + 1) / 12)
        depth = (
            int(
                np.floor(
                    pairs / 2 - stats.norm.isf((1 - inputs.probability(level)) / 2) * spread - 0.5
                )
            )
            + 1
        )
    return Effect("hodges_lehmann", *_median_and_bounds(x, -y, pairs, depth, within=False))


@effect(paired=True)
def hodges_lehmann_paired(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The median average of two paired differences, with the interval that Wilcoxon's test
    accepts.
    """
    half = np.subtract(*inputs.pairs(x, y)) / 2
    pairs = half.size * (half.size + 1) // 2
    if half.size <= 100:
        depth = _depth(sign_weights(tuple(range(2, 2 * half.size + 1, 2)))[::2], level)
    else:
        spread = np.sqrt(pairs * (2 * half.size + 1) / 12)
        depth = (
            int(np.floor(pairs / 2 - stats.norm.isf((1 - inputs.probability(level)) / 2) * spread))
            + 1
        )
    return Effect(
        "hodges_lehmann_paired", *_median_and_bounds(half, half, pairs, depth, within=True)
    )


def _depth(weight: Array, level: float) -> int:
    """Which difference, counted from either end, bounds the interval; 0 where n is too small for
    that level.
    """
    below = np.cumsum(weight) / weight.sum()
    return int((below <= (1 - inputs.probability(level)) / 2 * (1 + inputs.ROUNDING)).sum())


def _median_and_bounds(
    a: Array,
    b: Array,
    pairs: int,
    depth: int,
    *,
    within: bool,
) -> tuple[float, float, float]:
    """The median of all sums a + b, and the sums that lie `depth` from either end."""
    positions = {(pairs - 1) // 2, pairs // 2}
    if depth:
        positions |= {depth - 1, pairs - depth}
    if pairs <= LISTED_PAIRS:
        value_at = _values_by_listing(a, b, sorted(positions), within)
    else:
        value_at = {k: _value_by_counting(a, b, k, within) for k in positions}
    median = (value_at[(pairs - 1) // 2] + value_at[pairs // 2]) / 2
    if not depth:
        return median, -np.inf, np.inf
    return median, value_at[depth - 1], value_at[pairs - depth]


def _values_by_listing(a: Array, b: Array, positions: list[int], within: bool) -> dict[int, float]:
    sums = (a[:, None] + b)[np.triu_indices(a.size)] if within else np.add.outer(a, b).ravel()
    ordered = np.partition(sums, positions)
    return {k: float(ordered[k]) for k in positions}


def _value_by_counting(a: Array, b: Array, k: int, within: bool) -> float:
    """The k-th smallest sum a + b by bisection on its value, without listing the sums."""
    b = np.sort(b)
    low = float(a.min() + b.min())
    high = float(a.max() + b.max())
    for _ in range(60):
        middle = (low + high) / 2
        count = int(np.searchsorted(b, middle - a, "right").sum())
        if within:  # every pair but a value's own is counted twice
            count = (count + int((2 * a <= middle).sum())) // 2
        low, high = (low, middle) if count > k else (middle, high)
    return high


@effect(paired=False)
def cohens_d(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The difference of two independent means in pooled standard deviations, with the interval of
    the noncentral t.
    """
    x, y = inputs.two(x, y)
    n = x.size
    m = y.size
    if inputs.constant(x) and inputs.constant(y):
        return _unvarying("cohens_d", inputs.constant(np.concatenate([x, y])), level)
    pooled = np.sqrt((x.var(ddof=1) * (n - 1) + y.var(ddof=1) * (m - 1)) / (n + m - 2))
    return _standardised_effect(
        "cohens_d", float((x.mean() - y.mean()) / pooled), n + m - 2, n * m / (n + m), level
    )


@effect(paired=False)
def hedges_g(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """Cohen's d without its upward bias in small samples."""
    d = cohens_d(x, y, level=level)
    df = len(x) + len(y) - 2
    shrink = float(
        np.exp(special.gammaln(df / 2) - special.gammaln((df - 1) / 2)) / np.sqrt(df / 2)
    )
    value = d.value * shrink
    # d's bounds already are exact for the true difference: shrinking them would cost coverage.
    return Effect("hedges_g", value, d.low, d.high, magnitude(value, COHEN))


@effect(paired=True)
def cohens_dz(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The mean paired difference in standard deviations of the differences, with the interval of
    the noncentral t.
    """
    settled = inputs.differences(x, y)
    difference = np.subtract(x, y)
    if inputs.constant(settled):
        return _unvarying("cohens_dz", not settled.any(), level)
    n = difference.size
    d = float(difference.mean() / difference.std(ddof=1))
    return _standardised_effect("cohens_dz", d, n - 1, n, level)


def _unvarying(name: str, equal: bool, level: float) -> Effect:
    inputs.probability(level)
    if not equal:
        raise ValueError(f"{name} needs values that vary within the groups")
    return Effect(name, 0.0, -np.inf, np.inf, "negligible")


def _standardised_effect(name: str, d: float, df: int, scale: float, level: float) -> Effect:
    """`scale` is the squared factor between d and t."""
    tail = (1 - inputs.probability(level)) / 2
    root = float(np.sqrt(scale))
    low, high = (_noncentrality(d * root, df, below) / root for below in (1 - tail, tail))
    return Effect(name, d, low, high, magnitude(d, COHEN))


def _noncentrality(t: float, df: int, below: float) -> float:
    """The noncentrality under which a share `below` of t values lies below this one."""

    def share(shift: float) -> float:
        probability = float(special.nctdtr(df, shift, t))  # NaN in the far tails
        return probability if np.isfinite(probability) else float(shift < t)

    reach = 10.0
    while not share(t - reach) > below > share(t + reach):
        reach *= 2
        if reach > 1e5:
            raise ValueError(f"the effect is too large for an interval (t = {t:.3g})")
    return float(
        optimize.brentq(lambda shift: share(shift) - below, t - reach, t + reach, xtol=1e-10)
    )
