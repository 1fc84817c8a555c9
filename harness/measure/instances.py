"""True and predicted objects of an image compared: numbered from 1 on, 0 is no object.

Paper 001 (section 3.2) judges instances by the mean average precision of Caicedo et al. 2019; its
Eq. 6 is the Rand score.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

Array = NDArray[Any]

NAN = float("nan")
THRESHOLDS = (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95)


def shared_pixels(truth: Array, predicted: Array) -> Array:
    """Counts the pixels that each true object (rows) shares with each predicted one (columns).

    Row 0 and column 0 are the pixels of no object.
    """
    rows, row_count = _positions(truth)
    columns, column_count = _positions(predicted)
    pairs = rows * column_count + columns
    counts = np.bincount(pairs, minlength=row_count * column_count)
    return counts.reshape(row_count, column_count)


def _positions(objects: Array) -> tuple[Array, int]:
    """The position of each pixel's object among all numbers, 0 first, and how many these are."""
    with_background = np.append(objects.ravel(), 0)
    names, positions = np.unique(with_background, return_inverse=True)
    return positions[:-1], len(names)


def ious(shared: Array) -> Array:
    """The overlap over the union of each true object with each predicted one."""
    true_sizes = shared.sum(axis=1, keepdims=True)
    predicted_sizes = shared.sum(axis=0, keepdims=True)
    union = true_sizes + predicted_sizes - shared
    overlaps: Array = shared[1:, 1:] / union[1:, 1:]
    return overlaps


def matches(overlaps: Array, threshold: float) -> int:
    """Counts the pairs of a true and a predicted object whose IoU reaches the threshold.

    Each object is in one pair at most, and there are as many pairs as can be.
    """
    reaches = overlaps >= threshold
    rows, columns = linear_sum_assignment(reaches, maximize=True)
    return int(reaches[rows, columns].sum())


def average_precision(overlaps: Array, threshold: float) -> float:
    """TP / (TP + FP + FN) at one threshold; nan where there is no object, true or predicted."""
    true_count, predicted_count = overlaps.shape
    hits = matches(overlaps, threshold)
    objects = true_count + predicted_count - hits
    return hits / objects if objects else NAN


def mean_average_precision(overlaps: Array) -> float:
    """The mean of the average precision at IoU .5, .55 ... .95."""
    precisions = []
    for threshold in THRESHOLDS:
        precisions.append(average_precision(overlaps, threshold))
    return float(np.mean(precisions))


def f1(overlaps: Array, threshold: float = 0.5) -> float:
    """2 TP / (2 TP + FP + FN) at one threshold; nan where there is no object, true or predicted."""
    true_count, predicted_count = overlaps.shape
    objects = true_count + predicted_count
    hits = matches(overlaps, threshold)
    return 2 * hits / objects if objects else NAN


def adapted_rand(shared: Array) -> float:
    """The Rand score on the true foreground (Arganda-Carreras 2015; Eq. 6 with alpha = 1/2).

    A pixel there that is in no predicted object is an object by itself. 1 is agreement, nan stands
    where there is no true object.
    """
    foreground = shared[1:].astype(float)
    missed = foreground[:, 0].sum()
    true_sizes = foreground.sum(axis=1)
    predicted_sizes = foreground[:, 1:].sum(axis=0)
    pairs = (foreground[:, 1:] ** 2).sum() + missed
    true_pairs = (true_sizes**2).sum()
    predicted_pairs = (predicted_sizes**2).sum() + missed
    if not true_pairs:
        return NAN
    return float(2 * pairs / (true_pairs + predicted_pairs))
