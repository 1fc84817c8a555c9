"""Draws of images: their averages are those of the drawn images, by brute force."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.apply.draws import are_told_apart, averages, ranks_of

AVERAGES: dict[str, Callable[[Any], Any]] = {"mean": np.mean, "median": np.median}


@pytest.mark.parametrize("average", list(AVERAGES))
@pytest.mark.parametrize("count", [4, 5])
def test_an_average_by_weights_is_that_of_the_images_repeated(average: str, count: int) -> None:
    rng = np.random.default_rng(3)
    size = (3, count)
    values = rng.normal(size=size)
    values[1, 0] = np.nan
    values[2] = np.nan
    weights = rng.integers(0, 3, (50, count)).astype(np.float64)
    results = averages(values, weights, average)
    for draw, row in zip(weights, results, strict=True):
        for number in range(2):
            counts = draw.astype(int)
            repeated = np.repeat(values[number], counts)
            is_missing = np.isnan(repeated)
            repeated = repeated[~is_missing]
            expected = np.nan
            if repeated.size:
                expected = AVERAGES[average](repeated)
            assert row[number] == pytest.approx(expected, nan_ok=True)
    assert np.isnan(results[:, 2]).all()


def test_ranks_put_equal_scores_together_and_missing_ones_last() -> None:
    scores = np.array([[0.2, 0.9, 0.9, np.nan]])
    assert ranks_of(scores).tolist() == [[3, 1, 1, 4]]


def test_only_a_gap_that_the_draws_keep_tells_models_apart() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=2000)
    first = noise + 1
    always_below = noise + 0.9
    often_below = rng.normal(size=2000) + 0.9
    drawn = np.stack([first, always_below, often_below, first], axis=1)
    assert are_told_apart(drawn, 0).tolist() == [False, True, False, False]
