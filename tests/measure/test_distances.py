"""Distances against scipy and by hand; SWd and FWd of 3, 5 and 7 channels by hand."""

import math

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
    for x, y in [
        (rng.normal(size=n), rng.exponential(size=n)),
        (rng.integers(0, 3, n) * 1.0, rng.normal(size=n)),
    ]:
        assert wasserstein(x, y) == pytest.approx(wasserstein_distance(x, y), abs=1e-12)


def test_wasserstein_of_images_of_whatever_shape_and_type() -> None:
    x, y = rng.random((40, 50)).astype(np.float32), rng.random((40, 50)).astype(np.float32)
    assert wasserstein(x, y) == pytest.approx(wasserstein_distance(x.ravel(), y.ravel()), rel=1e-5)
    with pytest.raises(ValueError, match="one size, not 2000 and 3"):
        wasserstein(x, y[0, :3])


def test_jensen_shannon_is_the_square_of_scipys_distance() -> None:
    x, y = rng.exponential(size=5000), rng.exponential(1.4, size=5000)
    p, q = (
        np.histogram(s, BINS, (min(x.min(), y.min()), max(x.max(), y.max())))[0] for s in (x, y)
    )
    assert jensen_shannon(x, y) == pytest.approx(jensenshannon(p, q) ** 2, rel=1e-9)


def test_histogram_distances_by_hand() -> None:
    x, y = (
        np.array([0.0, 0, 0, 1]),
        np.array([0.0, 1, 1, 1]),
    )  # shares 3/4 and 1/4 against 1/4 and 3/4
    assert bhattacharyya(x, y) == pytest.approx(-math.log(2 * math.sqrt(3) / 4))
    mean = (0.75 * math.log(0.75 / 0.5) + 0.25 * math.log(0.25 / 0.5)) / 1
    assert jensen_shannon(x, y) == pytest.approx(mean)
    apart = np.zeros(4), np.ones(4)
    assert jensen_shannon(*apart) == pytest.approx(math.log(2))
    assert bhattacharyya(*apart) == pytest.approx(
        math.log(8)
    )  # as if a single value of eight were shared


@pytest.mark.parametrize("name", DISTANCES)
def test_equal_samples_are_at_no_distance_and_order_does_not_count(name: str) -> None:
    x, y = rng.random(300), rng.random(300) ** 2
    distance = DISTANCES[name]
    assert distance(x, x[::-1]) == pytest.approx(0, abs=1e-12)
    assert distance(np.full(9, 2.0), np.full(9, 2.0)) == 0
    assert distance(x, y) == pytest.approx(distance(y, x)) != 0


@pytest.mark.parametrize(
    ("at", "swd", "fwd"),
    [
        ((1, 5, 3), 2, (4 + 2 + 2) / 3),
        ((0, 1, 9, 3, 10), (2 + 10) / 2, (1 + 9 + 3 + 10 + 8 + 2 + 9 + 6 + 1 + 7) / 10),
        ((0, 0, 0, 0, 3, 2, 1), (3 + 2 + 1) / 3, (4 * (3 + 2 + 1) + 1 + 2 + 1) / 21),
    ],
)
def test_swd_and_fwd_by_hand(at: tuple[int, ...], swd: float, fwd: float) -> None:
    channels = [
        np.array([a, a + 1.0]) for a in at
    ]  # the same shape, moved: the distance is how far
    assert symmetric(wasserstein, channels) == pytest.approx(swd)
    assert full(wasserstein, channels) == pytest.approx(fwd)
    assert symmetric(wasserstein, channels[::-1]) == pytest.approx(swd)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_an_even_stack_has_no_middle(n: int) -> None:
    for mean in (symmetric, full):
        with pytest.raises(ValueError, match=f"odd number of channels, at least 3, not {n}"):
            mean(wasserstein, [np.zeros(2)] * n)
