"""Distances of channels' values, and their means over symmetric pairs (SWd) and all pairs (FWd)."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]
Shares = NDArray[np.float64]
Distance = Callable[[Values, Values], float]
T = TypeVar("T")  # the values of a channel, as an array or on a device

BINS = 256  # of a histogram, over the range that the two samples have together


def wasserstein(x: Values, y: Values) -> float:
    """Wasserstein-1 of two samples of one size: the mean distance of their sorted values."""
    if x.size != y.size:
        raise ValueError(f"the samples must be of one size, not {x.size} and {y.size}")
    x = np.sort(x, axis=None)
    y = np.sort(y, axis=None)
    distances = np.abs(x - y)
    return float(distances.mean(dtype=np.float64))


def jensen_shannon(x: Values, y: Values, bins: int = BINS) -> float:
    """The Jensen-Shannon divergence of the histograms in nats, from 0 to ln 2."""
    p, q = _histograms(x, y, bins)
    return jensen_shannon_of_shares(p, q)


def jensen_shannon_of_shares(p: Shares, q: Shares) -> float:
    """The Jensen-Shannon divergence of two histograms."""
    middle = (p + q) / 2
    divergence_of_p = _divergence(p, middle)
    divergence_of_q = _divergence(q, middle)
    divergence = (divergence_of_p + divergence_of_q) / 2
    return max(0.0, divergence)


def bhattacharyya(x: Values, y: Values, bins: int = BINS) -> float:
    """-ln of the histograms' overlap.

    It is ln(2 n) where n values have no bin in common with n others, so never infinite.
    """
    p, q = _histograms(x, y, bins)
    return bhattacharyya_of_shares(p, q, x.size + y.size)


def bhattacharyya_of_shares(p: Shares, q: Shares, count: int) -> float:
    """-ln of the overlap of two histograms of so many values together."""
    overlap = np.sqrt(p * q).sum()
    smallest = 1 / count
    logarithm = np.log(max(overlap, smallest))
    return max(0.0, -float(logarithm))


DISTANCES: dict[str, Distance] = {
    "wasserstein": wasserstein,
    "jensen_shannon": jensen_shannon,
    "bhattacharyya": bhattacharyya,
}


def symmetric(distance: Callable[[T, T], float], channels: Sequence[T]) -> float:
    """Eq. 1 (SWd): the mean distance of the pairs of channels equally far from the middle."""
    middle = _odd_count(channels) // 2
    distances = []
    for n in range(1, middle + 1):
        before = channels[middle - n]
        after = channels[middle + n]
        distances.append(distance(before, after))
    return float(np.mean(distances))


def full(distance: Callable[[T, T], float], channels: Sequence[T]) -> float:
    """Eq. 2 (FWd): the mean distance of all pairs of channels."""
    _odd_count(channels)
    distances = []
    for x, y in combinations(channels, 2):
        distances.append(distance(x, y))
    return float(np.mean(distances))


def condensed_sorted(ordered: Values, count: int) -> Values:
    """Returns the means of so many equal shares of values that are sorted.

    They are a sample that stands for a larger one.
    """
    shares = min(count, ordered.size)
    edges = np.linspace(0, ordered.size, shares + 1).astype(int)
    sums = np.add.reduceat(ordered, edges[:-1])
    return sums / np.diff(edges)


def _odd_count(channels: Sequence[T]) -> int:
    """Returns the number of channels, and refuses one without a middle."""
    count = len(channels)
    if count < 3 or count % 2 == 0:
        raise ValueError(f"SWd and FWd need an odd number of channels, at least 3, not {count}")
    return count


def _histograms(x: Values, y: Values, bins: int) -> tuple[Shares, Shares]:
    """The shares of the values in each bin of the joint range; a range of nothing is one bin."""
    low = min(x.min(), y.min())
    high = max(x.max(), y.max())
    if not low < high:
        return np.ones(1), np.ones(1)
    span = (low, high)
    x_counts, _ = np.histogram(x, bins, span)
    y_counts, _ = np.histogram(y, bins, span)
    x_shares = x_counts / x.size
    y_shares = y_counts / y.size
    return x_shares, y_shares


def _divergence(p: Shares, middle: Shares) -> float:
    """The Kullback-Leibler divergence of p from the middle; empty bins add nothing."""
    occupied = p > 0
    p = p[occupied]
    middle = middle[occupied]
    terms = p * np.log(p / middle)
    return float(terms.sum())
