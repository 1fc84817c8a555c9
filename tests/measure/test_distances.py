"""Distances against scipy and by hand; SWd and FWd of 3, 5 and 7 channels by hand."""

import math
from statistics import mean

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from harness.measure.distances import (
    BINS,
    DISTANCES,
    bhattacharyya,
    full,
    jensen_shannon,
    symmetric,
    wasserstein,
)

rng = np.random.default_rng(5)


@pytest.mark.parametrize("n", [1, 2, 999])
def test_wasserstein_is_scipys(n: int) -> None:
    x = rng.normal(size=n)
    y = rng.exponential(size=n)
    expected = wasserstein_distance(x, y)
    assert wasserstein(x, y) == pytest.approx(expected, abs=1e-12)
    levels = rng.integers(0, 3, n).astype(float)
    expected = wasserstein_distance(levels, x)
    assert wasserstein(levels, x) == pytest.approx(expected, abs=1e-12)


def test_wasserstein_of_images_of_whatever_shape_and_type() -> None:
    x = rng.random((40, 50)).astype(np.float32)
    y = rng.random((40, 50)).astype(np.float32)
    expected = wasserstein_distance(x.ravel(), y.ravel())
    assert wasserstein(x, y) == pytest.approx(expected, rel=1e-5)
    with pytest.raises(ValueError, match="one size, not 2000 and 3"):
        wasserstein(x, y[0, :3])


def test_jensen_shannon_is_the_square_of_scipys_distance() -> None:
    x = rng.exponential(size=5000)
    y = rng.exponential(1.4, size=5000)
    low = min(x.min(), y.min())
    high = max(x.max(), y.max())
    span = (low, high)
    p, _ = np.histogram(x, BINS, span)
    q, _ = np.histogram(y, BINS, span)
    expected = jensenshannon(p, q) ** 2
    assert jensen_shannon(x, y) == pytest.approx(expected, rel=1e-9)


def test_histogram_distances_by_hand() -> None:
    # shares 3/4 and 1/4 against 1/4 and 3/4
    x = np.repeat([0.0, 1.0], [3, 1])
    y = np.repeat([0.0, 1.0], [1, 3])
    overlap = math.sqrt(3) / 2
    expected = -math.log(overlap)
    assert bhattacharyya(x, y) == pytest.approx(expected)
    larger_share = 0.75 * math.log(0.75 / 0.5)
    smaller_share = 0.25 * math.log(0.25 / 0.5)
    expected = larger_share + smaller_share
    assert jensen_shannon(x, y) == pytest.approx(expected)


def test_histogram_distances_of_samples_without_overlap() -> None:
    zeros = np.zeros(4)
    ones = np.ones(4)
    assert jensen_shannon(zeros, ones) == pytest.approx(math.log(2))
    # as if a single value of eight were shared
    assert bhattacharyya(zeros, ones) == pytest.approx(math.log(8))


@pytest.mark.parametrize("name", DISTANCES)
def test_equal_samples_are_at_no_distance_and_order_does_not_count(name: str) -> None:
    x = rng.random(300)
    y = rng.random(300) ** 2
    distance = DISTANCES[name]
    constant = np.full(9, 2.0)
    assert distance(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    assert distance(constant, constant) == 0
    assert distance(x, y) == pytest.approx(distance(y, x))
    assert distance(x, y) != 0


SHIFTS_AND_MEANS = (
    (
        (1, 5, 3),
        2,
        mean([4, 2, 2]),
    ),
    (
        (0, 1, 9, 3, 10),
        mean([2, 10]),
        mean([1, 9, 3, 10, 8, 2, 9, 6, 1, 7]),
    ),
    (
        (0, 0, 0, 0, 3, 2, 1),
        mean([3, 2, 1]),
        (4 * (3 + 2 + 1) + 1 + 2 + 1) / 21,
    ),
)


@pytest.mark.parametrize(("shifts", "swd", "fwd"), SHIFTS_AND_MEANS)
def test_swd_and_fwd_by_hand(shifts: tuple[int, ...], swd: float, fwd: float) -> None:
    # the same shape, shifted: the distance is how far
    shape = np.arange(2.0)
    channels = [shape + shift for shift in shifts]
    mirrored = channels[::-1]
    assert symmetric(wasserstein, channels) == pytest.approx(swd)
    assert symmetric(wasserstein, mirrored) == pytest.approx(swd)
    assert full(wasserstein, channels) == pytest.approx(fwd)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_an_even_stack_has_no_middle(n: int) -> None:
    channels = [np.zeros(2)] * n
    for mean_distance in (symmetric, full):
        with pytest.raises(ValueError, match=f"odd number of channels, at least 3, not {n}"):
            mean_distance(wasserstein, channels)
