"""A test that is looked at after every pair spends its alpha as declared, and no more."""

from itertools import product

import numpy as np
import pytest
from scipy import stats

from harness.stats.sequential import (
    Looks,
    one_sided_bounds,
    p_of_difference,
    p_of_equivalence,
    repeated_interval,
    t_bounds,
)
from harness.stats.sequential_signs import is_rejected, p_of_signs

TEN = Looks(4, 10)
SIZES = np.array(TEN.sizes)


def paths_of_t(differences: np.ndarray) -> np.ndarray:
    """t after each of 4 to 10 pairs, of many studies (rows)."""
    columns = []
    for n in TEN.sizes:
        of_look = differences[:, :n]
        result = stats.ttest_1samp(of_look, 0, axis=1)
        columns.append(result.statistic)
    return np.column_stack(columns)


def test_the_nominal_p_of_each_look_are_those_of_a_simulation_of_a_million_paths() -> None:
    bounds = t_bounds(TEN, 0.05)
    nominal = 2 * stats.t.sf(bounds, SIZES - 1)
    expected = [0.0079, 0.0072, 0.0093, 0.0121, 0.0157, 0.0199, 0.0250]
    assert nominal == pytest.approx(expected, abs=2.5e-4)


def test_each_look_spends_its_share() -> None:
    rng = np.random.default_rng(3)
    differences = rng.normal(size=(100_000, 10))
    t = paths_of_t(differences)
    crossed = np.abs(t) >= t_bounds(TEN, 0.05)
    by_then = np.maximum.accumulate(crossed, axis=1)
    by_look = by_then.mean(axis=0)
    shares = 0.05 * (SIZES / 10) ** 2
    chance = 4 * np.sqrt(shares / 100_000)
    assert by_look == pytest.approx(shares, abs=chance.max())
    bounds = one_sided_bounds(TEN, 0.05)
    one_sided = (t >= bounds).any(axis=1)
    assert one_sided.mean() == pytest.approx(0.05, abs=0.003)


def test_one_look_is_the_test_of_a_fixed_number() -> None:
    differences = np.array([0.4, 1.1, 0.2, 0.9, 0.5, 0.1])
    looks = Looks(6, 6)
    p = p_of_difference(differences, looks)
    assert p[-1] == pytest.approx(stats.ttest_1samp(differences, 0).pvalue, rel=0.01)
    low, high = repeated_interval(differences, looks, 0.05)
    fixed = stats.ttest_1samp(differences, 0).confidence_interval(0.95)
    assert low == pytest.approx(fixed.low, abs=1e-3)
    assert high == pytest.approx(fixed.high, abs=1e-3)


@pytest.mark.parametrize("alpha", [0.05, 0.025, 0.05 / 3, 0.01])
def test_the_p_value_is_small_where_a_bound_is_reached_and_only_there(alpha: float) -> None:
    rng = np.random.default_rng(5)
    bounds = t_bounds(TEN, alpha)
    for _ in range(200):
        differences = rng.normal(0.9, 1, 10)
        t = paths_of_t(differences[None])[0]
        p = p_of_difference(differences, TEN)
        ratio = np.abs(t) / bounds
        if np.abs(ratio - 1).min() < 0.005:  # p is interpolated between levels
            continue
        reached = np.maximum.accumulate(ratio >= 1)
        assert list(p <= alpha) == list(reached)


def test_a_larger_level_has_lower_bounds_at_every_look() -> None:
    levels = [0.001, 0.01, 0.02, 0.05, 0.1, 0.3]
    bounds = np.array([t_bounds(TEN, level) for level in levels])
    assert (np.diff(bounds, axis=0) < 0).all()


def test_equivalence_has_to_be_reached_to_both_sides() -> None:
    near = np.array([0.1, -0.1, 0.05, -0.02, 0.03, 0.0, -0.04, 0.06])
    within = p_of_equivalence(near, TEN, 0.5)
    above = p_of_equivalence(near + 0.5, TEN, 0.5)
    below = p_of_equivalence(near - 0.5, TEN, 0.5)
    assert within[-1] < 0.001
    assert above[-1] > 0.2
    assert below[-1] > 0.2


def test_the_signs_spend_no_more_than_their_share_whatever_the_sizes() -> None:
    looks = Looks(4, 9)
    sizes = np.array([3.0, 1.0, 0.2, 5.0, 1.0, 2.0, 2.0, 0.7, 9.0])
    rejected = 0
    for signs in product([-1, 1], repeat=9):
        differences = sizes * np.array(signs)
        rejected += is_rejected(differences, looks, 0.05)
    assert 0.03 < rejected / 2**9 <= 0.05


def test_the_signs_of_one_way_differences_are_shown_as_soon_as_there_are_enough() -> None:
    differences = np.array([1.0, 1.2, 0.9, 1.4, 0.8, 1.1, 1.3, 0.7])
    p = p_of_signs(differences, TEN)
    assert p[0] > 0.05
    assert p[-1] <= 2 / 2**6
    assert (np.diff(p) <= 0).all()
