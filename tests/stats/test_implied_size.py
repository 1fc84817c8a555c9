"""How many values a printed p and delta stand on."""

import math

import numpy as np
import pytest
from scipy.stats import mannwhitneyu

from harness.stats.implied_size import implied_size


@pytest.mark.parametrize("n", [20, 84, 120])
def test_the_size_of_samples_without_ties_is_told_by_their_p_and_delta(n: int) -> None:
    rng = np.random.default_rng(n)
    first = rng.normal(size=n)
    second = rng.normal(0.7, 1, size=n)
    result = mannwhitneyu(first, second, use_continuity=False, method="asymptotic")
    delta = 2 * result.statistic / (n * n) - 1
    assert implied_size(result.pvalue, delta) == pytest.approx(n, rel=1e-6)


@pytest.mark.parametrize(
    ("p", "delta", "size"),
    [
        (1.3751e-20, 0.6949, 120),
        (7.1458e-17, -0.6233, 120),
        (0.0741, 0.1335, 120),
        (0.0122, 0.1874, 120),
        (3.3902e-09, 0.5283, 84),
        (1.7604e-18, 0.7666, 88),
        (9.5091e-08, 0.4663, 88),
    ],
)
def test_paper_000_compares_images_and_not_networks(p: float, delta: float, size: int) -> None:
    assert round(implied_size(p, delta)) == size


def test_no_effect_and_no_p_say_nothing() -> None:
    assert math.isnan(implied_size(0.5, 0.0))
    assert math.isnan(implied_size(0.0, 0.5))
