"""Scores of objects against brute force: sets of pixels, every matching, every pair of pixels."""

import math
from itertools import permutations

import numpy as np
import pytest
from numpy.typing import NDArray

from harness.measure import instances

Mask = NDArray[np.int32]


def random_masks(seed: int) -> tuple[Mask, Mask]:
    """A small mask of up to five objects, and the same with some pixels changed."""
    rng = np.random.default_rng(seed)
    blocks = rng.integers(0, 5, (3, 4))
    truth = blocks.repeat(2, axis=0).repeat(2, axis=1)
    share_changed = rng.choice([0.0, 0.15, 0.5])
    is_changed = rng.random(truth.shape) < share_changed
    others = rng.integers(0, 6, truth.shape)
    predicted = np.where(is_changed, others, truth)
    names = rng.permutation(50)[:6] + 1
    names[0] = 0
    return truth.astype(np.int32), names[predicted].astype(np.int32)


def pixels_of(mask: Mask) -> list[set[int]]:
    """The pixels of each object."""
    flat = mask.ravel()
    names = set(flat.tolist()) - {0}
    pixels = []
    for name in sorted(names):
        positions = np.flatnonzero(flat == name)
        pixels.append(set(positions.tolist()))
    return pixels


def best_matching(truth: Mask, predicted: Mask, threshold: float) -> tuple[int, int, int]:
    """TP, FP and FN of the best of all ways to pair true and predicted objects."""
    rows = pixels_of(truth)
    columns = pixels_of(predicted)
    few, many = sorted((rows, columns), key=len)
    best = 0
    for order in permutations(range(len(many)), len(few)):
        hits = 0
        for first, position in zip(few, order, strict=True):
            second = many[position]
            overlap = len(first & second)
            union = len(first | second)
            hits += overlap / union >= threshold
        best = max(best, hits)
    return best, len(columns) - best, len(rows) - best


def ratio(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


@pytest.mark.parametrize("seed", range(12))
def test_average_precision_and_f1_are_those_of_the_best_matching(seed: int) -> None:
    truth, predicted = random_masks(seed)
    overlaps = instances.ious(instances.shared_pixels(truth, predicted))
    precisions = []
    for threshold in np.arange(0.5, 1.0, 0.05).round(2):
        tp, fp, fn = best_matching(truth, predicted, threshold)
        precision = ratio(tp, tp + fp + fn)
        precisions.append(precision)
        measured = instances.average_precision(overlaps, threshold)
        assert measured == pytest.approx(precision, nan_ok=True)
        f1 = ratio(2 * tp, 2 * tp + fp + fn)
        assert instances.f1(overlaps, threshold) == pytest.approx(f1, nan_ok=True)
    mean = instances.mean_average_precision(overlaps)
    assert mean == pytest.approx(np.mean(precisions), nan_ok=True)


def rand_by_pairs(truth: Mask, predicted: Mask) -> float:
    """Eq. 6 by every ordered pair of pixels of the true foreground, each with itself too."""
    names = predicted.ravel().tolist()
    for pixel, name in enumerate(names):
        if name == 0:
            names[pixel] = -1 - pixel
    labels = truth.ravel().tolist()
    foreground = [pixel for pixel, name in enumerate(labels) if name]
    together_in_truth = 0
    together_in_prediction = 0
    together_in_each = 0
    for first in foreground:
        for second in foreground:
            in_truth = labels[first] == labels[second]
            in_prediction = names[first] == names[second]
            together_in_truth += in_truth
            together_in_prediction += in_prediction
            together_in_each += in_truth and in_prediction
    return ratio(together_in_each, (together_in_truth + together_in_prediction) / 2)


@pytest.mark.parametrize("seed", range(8))
def test_adapted_rand_counts_pairs_of_pixels(seed: int) -> None:
    truth, predicted = random_masks(seed)
    score = instances.adapted_rand(instances.shared_pixels(truth, predicted))
    assert score == pytest.approx(rand_by_pairs(truth, predicted), nan_ok=True)


def test_other_numbers_for_the_same_objects_change_nothing() -> None:
    truth, predicted = random_masks(3)
    other_names = np.random.default_rng(0).permutation(60)
    other_names = np.append(0, other_names[other_names > 0]).astype(np.int32)
    shared = instances.shared_pixels(truth, predicted)
    renamed = instances.shared_pixels(other_names[truth], other_names[predicted])
    assert instances.adapted_rand(shared) == pytest.approx(instances.adapted_rand(renamed))
    before = instances.mean_average_precision(instances.ious(shared))
    after = instances.mean_average_precision(instances.ious(renamed))
    assert before == pytest.approx(after)


def test_an_image_without_objects_has_no_score_and_an_invented_object_costs_all() -> None:
    empty = np.zeros((4, 4), np.int32)
    invented = np.eye(4, dtype=np.int32)
    nothing = instances.ious(instances.shared_pixels(empty, empty))
    assert math.isnan(instances.mean_average_precision(nothing))
    assert math.isnan(instances.adapted_rand(instances.shared_pixels(empty, empty)))
    wrong = instances.ious(instances.shared_pixels(empty, invented))
    assert instances.mean_average_precision(wrong) == 0
