"""Correlations over points that share networks: whole networks are permuted, or each is asked."""

from collections.abc import Callable, Iterator
from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
from scipy import stats

from harness.stats import inputs
from harness.stats.paired import permutation_paired
from harness.stats.ranks import tied_ranks
from harness.stats.result import Array, Correlation

LISTED = 5040  # orders of networks that are all tried
DRAWN = 1999


def across_networks(
    x: Array, y: Array, name: str, *, level: float = 0.95, tie_x: float = 0.0, tie_y: float = 0.0
) -> Correlation:
    """Whether networks that are high in one score are so in the other; a row is a network, a column
    a point that all of them have.

    The rows of one score are permuted as wholes. The interval leaves out one network at a time.
    """
    rows, columns = x.shape
    if rows < 3:
        raise ValueError(f"a correlation across networks needs at least 3, not {rows}")
    value = coefficient(name, x.ravel(), y.ravel(), tie_x, tie_y)
    first = _side(name, x, tie_x)
    second = _side(name, y, tie_y)
    bound = abs(_agreement(first, second)) * (1 - 1e-9)
    count = 0
    total = 0
    for order in _orders(rows):
        points = (order[:, None] * columns + np.arange(columns)).ravel()
        total += 1
        count += abs(_agreement(first, _in_order(second, points))) >= bound
    is_exact = factorial(rows) <= LISTED
    p = count / total if is_exact else (count + 1) / (total + 1)
    without = []
    for row in range(rows):
        rest = np.arange(rows) != row
        without.append(coefficient(name, x[rest].ravel(), y[rest].ravel(), tie_x, tie_y))
    spread = float(np.sqrt((rows - 1) * np.var(without)))
    half = float(stats.t.isf((1 - inputs.probability(level)) / 2, rows - 1)) * spread
    note = f"whole networks permuted: {columns} points of each of {rows}"
    low, high = max(-1.0, value - half), min(1.0, value + half)
    return Correlation(name, value, float(p), low, high, rows, is_exact, note)


def within_networks(
    x: Array,
    y: Array,
    name: str,
    *,
    level: float = 0.95,
    tie_x: float = 0.0,
    tie_y: float = 0.0,
    rows: str = "networks",
) -> Correlation:
    """Whether two scores order the points alike within a network, or another unit; a row is one.

    Each network has a correlation of its own, and signs of those are permuted against zero.
    """
    values = [coefficient(name, of_x, of_y, tie_x, tie_y) for of_x, of_y in zip(x, y, strict=True)]
    of_networks = np.array(values)
    count = len(values)
    if count < 2 or x.shape[1] < 2:
        raise ValueError(f"{x.shape[1]} points of {count} {rows} have no order to compare")
    result = permutation_paired(of_networks, np.zeros(count))
    mean = float(of_networks.mean())
    low, high = mean, mean
    if not inputs.constant(of_networks):
        error = float(of_networks.std(ddof=1)) / count**0.5
        half = float(stats.t.isf((1 - inputs.probability(level)) / 2, count - 1)) * error
        low, high = max(-1.0, mean - half), min(1.0, mean + half)
    note = f"the mean of the correlations over {x.shape[1]} points within each of {count} {rows}"
    return Correlation(name, mean, result.p, low, high, count, result.exact, note)


def coefficient(name: str, x: Array, y: Array, tie_x: float, tie_y: float) -> float:
    """A correlation without its p; zero where a score does not vary."""
    if name != "pearson":
        x, y = tied_ranks(x, tie_x), tied_ranks(y, tie_y)
    if inputs.constant(x) or inputs.constant(y):
        return 0.0
    correlate: dict[str, Callable[..., Any]] = {
        "kendall": stats.kendalltau,
        "spearman": stats.spearmanr,
        "pearson": stats.pearsonr,
    }
    return float(correlate[name](x, y).statistic)


def _side(name: str, scores: Array, tie: float) -> Array:
    """A score as its agreement with another counts it: the signs of pairs, ranks, or values."""
    values = scores.ravel()
    if name != "pearson":
        values = tied_ranks(values, tie)
    if name == "kendall":
        return np.asarray(np.sign(values[:, None] - values), dtype=np.float64)
    return values - values.mean()


def _agreement(first: Array, second: Array) -> float:
    return float((first * second).sum())


def _in_order(side: Array, points: Any) -> Array:
    if side.ndim == 2:
        return side[np.ix_(points, points)]
    return side[points]


def _orders(rows: int) -> Iterator[Any]:
    """Every order of the networks, or many at random."""
    if factorial(rows) <= LISTED:
        yield from map(np.array, permutations(range(rows)))
        return
    rng = np.random.default_rng(0)
    for _ in range(DRAWN):
        yield rng.permutation(rows)
