"""Distances between the value distributions of channels, and their means over symmetric pairs (SWd) and all (FWd)."""

from collections.abc import Callable, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.floating]
Distance = Callable[[Values, Values], float]

BINS = 256  # of a histogram, over the range that the two samples have together


def wasserstein(x: Values, y: Values) -> float:
    """Wasserstein-1 of two samples of one size: the mean distance of their sorted values."""
    if x.size != y.size:
        raise ValueError(f"the samples must be of one size, not {x.size} and {y.size}")
    return float(np.abs(np.sort(x, axis=None) - np.sort(y, axis=None)).mean(dtype=np.float64))


def jensen_shannon(x: Values, y: Values, bins: int = BINS) -> float:
    """The Jensen-Shannon divergence of the histograms in nats, from 0 to ln 2."""
    p, q = _histograms(x, y, bins)
    middle = (p + q) / 2
    return max(0.0, (_entropy_to(p, middle) + _entropy_to(q, middle)) / 2)


def bhattacharyya(x: Values, y: Values, bins: int = BINS) -> float:
    """-ln of the histograms' overlap; ln(2 n) where n values and n others have no bin in common, so never infinite."""
    p, q = _histograms(x, y, bins)
    return max(0.0, -float(np.log(max(np.sqrt(p * q).sum(), 1 / (x.size + y.size)))))


DISTANCES: dict[str, Distance] = {
    "wasserstein": wasserstein,
    "jensen_shannon": jensen_shannon,
    "bhattacharyya": bhattacharyya,
}


def symmetric(distance: Distance, channels: Sequence[Values]) -> float:
    """Eq. 1 (SWd): the mean distance of the pairs of channels that lie equally far from the middle."""
    middle = _odd(channels) // 2
    return float(
        np.mean(
            [distance(channels[middle - n], channels[middle + n]) for n in range(1, middle + 1)]
        )
    )


def full(distance: Distance, channels: Sequence[Values]) -> float:
    """Eq. 2 (FWd): the mean distance of all pairs of channels."""
    _odd(channels)
    return float(np.mean([distance(x, y) for x, y in combinations(channels, 2)]))


def condensed(values: Values, count: int) -> Values:
    """The means of so many equal shares of the sorted values: a sample that stands for a larger one."""
    ordered = np.sort(values, axis=None)
    edges = np.linspace(0, ordered.size, min(count, ordered.size) + 1).astype(int)
    return np.add.reduceat(ordered, edges[:-1]) / np.diff(edges)


def _odd(channels: Sequence[Values]) -> int:
    if len(channels) < 3 or len(channels) % 2 == 0:
        raise ValueError(
            f"SWd and FWd need an odd number of channels, at least 3, not {len(channels)}"
        )
    return len(channels)


def _histograms(x: Values, y: Values, bins: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The shares of the values in each bin of the joint range; a range of nothing is one bin."""
    low, high = min(x.min(), y.min()), max(x.max(), y.max())
    if not low < high:
        return np.ones(1), np.ones(1)
    p, q = (np.histogram(sample, bins, (low, high))[0] / sample.size for sample in (x, y))
    return p, q


def _entropy_to(p: NDArray[np.float64], middle: NDArray[np.float64]) -> float:
    there = p > 0
    return float((p[there] * np.log(p[there] / middle[there])).sum())
