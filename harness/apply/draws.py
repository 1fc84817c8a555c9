"""Images drawn again and again, and what scores and ranks become in each draw.

The same images are drawn for all models. What lies in one file may be more alike than what lies in
several: files are drawn where there are enough of them, else images.
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import rankdata

from harness.apply.own_images import Plane
from harness.stats.result import Array

DRAWS = 2000
LEVEL = 0.95
FILES = 8  # with as many files or more, files are drawn rather than images


def units_of(planes: Sequence[Plane]) -> tuple[list[str], str]:
    """The unit of each image that is drawn again, and what people call it."""
    files = [str(plane.file.path) for plane in planes]
    if len(set(files)) == len(files):
        return files, "images"
    if len(set(files)) >= FILES:
        return files, "files"
    numbers = []
    for plane in planes:
        numbers.append(f"{plane.file.path}:{plane.index}")
    if len(set(numbers)) >= FILES:
        return numbers, "planes"
    return [plane.name for plane in planes], "windows"


def draws_of(units: Sequence[str]) -> Array:
    """(draws, images): how often each image counts in each draw."""
    rng = np.random.default_rng(0)
    names, positions = np.unique(np.array(units), return_inverse=True)
    count = len(names)
    picks = rng.integers(0, count, (DRAWS, count))
    weights = np.zeros((DRAWS, count))
    rows = np.arange(DRAWS)
    np.add.at(weights, (rows[:, None], picks), 1)
    return weights[:, positions]


def averages(values: Array, weights: Array, average: str) -> Array:
    """(draws, models): the weighted mean or median of values (models, images), NaN left out."""
    shape = (len(weights), len(values))
    results = np.full(shape, np.nan)
    for number, row in enumerate(values):
        is_number = ~np.isnan(row)
        if not is_number.any():
            continue
        own_values = row[is_number]
        own_weights = weights[:, is_number]
        if average == "mean":
            results[:, number] = _weighted_means(own_values, own_weights)
        else:
            results[:, number] = _weighted_medians(own_values, own_weights)
    return results


def _weighted_means(values: Array, weights: Array) -> Array:
    totals = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):  # a draw without any of these images
        means = weights @ values / totals
    return np.asarray(means)


def _weighted_medians(values: Array, weights: Array) -> Array:
    """The median of values that each count as often as their whole weight says."""
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    sums = np.cumsum(weights[:, order], axis=1)
    totals = sums[:, -1:]
    is_beyond = sums > (totals - 1) // 2
    lower = is_beyond.argmax(axis=1)
    is_beyond = sums > totals // 2
    upper = is_beyond.argmax(axis=1)
    medians = (sorted_values[lower] + sorted_values[upper]) / 2
    is_empty = totals[:, 0] == 0
    medians[is_empty] = np.nan
    return medians


def ranks_of(scores: Array) -> Array:
    """(draws, models): 1 is the highest; a model without a score comes last."""
    filled = np.where(np.isnan(scores), -np.inf, scores)
    positions = rankdata(-filled, method="min", axis=1)
    return np.asarray(positions, dtype=np.float64)


def bounds(values: Array) -> tuple[float, float]:
    """The bounds of the middle 95 % of draws."""
    if np.isnan(values).all():
        return float("nan"), float("nan")
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)


def are_told_apart(drawn: Array, best: int) -> Array:
    """Whether the best is above each model in enough draws.

    With several models the level is that of all comparisons together (Bonferroni).
    """
    comparisons = max(1, drawn.shape[1] - 1)
    level = (1 - LEVEL) / comparisons
    gaps = drawn[:, [best]] - drawn
    is_missing = np.isnan(drawn)
    gaps[is_missing] = np.inf
    lowest = np.quantile(gaps, level / 2, axis=0, method="lower")
    is_apart = np.asarray(lowest > 0)
    is_apart[best] = False
    return is_apart
