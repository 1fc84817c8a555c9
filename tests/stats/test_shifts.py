"""Shifts and standardised differences against inversions of tests, scipy and hand calculations."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from harness.stats import paired, shifts, two_groups
from harness.stats.result import Effect
from tests.stats.counting import Array, close, whole_numbers

RNG = np.random.default_rng(3)
SAMPLES = [
    (RNG.normal(size=5), RNG.normal(size=7) + 0.5),
    (RNG.normal(size=40), RNG.normal(size=31)),
    (RNG.normal(size=4), RNG.normal(size=4)),
]
SHIFTS_AND_SIZES = [
    (0.2, 5),
    (1.5, 5),
    (-4.0, 3),
    (30.0, 4),
    (0.0, 60),
]
WITHOUT_BOUNDS = [
    shifts.cohens_d,
    shifts.hedges_g,
    shifts.cohens_dz,
    shifts.mean_difference,
]


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_the_hodges_lehmann_interval_is_what_mann_whitney_accepts(x: Array, y: Array) -> None:
    shift = shifts.hodges_lehmann(x, y)
    differences = np.subtract.outer(x, y)
    assert shift.value == close(np.median(differences))
    for inside in (shift.low + 1e-6, shift.high - 1e-6):
        result = two_groups.mann_whitney(x - inside, y)
        assert result.p > 0.05
    for outside in (shift.low - 1e-6, shift.high + 1e-6):
        result = two_groups.mann_whitney(x - outside, y)
        assert result.p <= 0.05


@pytest.mark.parametrize("n", [6, 9, 30])
def test_the_paired_hodges_lehmann_interval_is_what_wilcoxon_accepts(n: int) -> None:
    x = RNG.normal(size=n) + 0.4
    y = RNG.normal(size=n)
    shift = shifts.hodges_lehmann_paired(x, y)
    difference = x - y
    walsh_averages = np.add.outer(difference, difference) / 2
    upper_triangle = walsh_averages[np.triu_indices(n)]
    assert shift.value == close(np.median(upper_triangle))
    for inside in (shift.low + 1e-6, shift.high - 1e-6):
        result = paired.wilcoxon(x - inside, y)
        assert result.p > 0.05
    for outside in (shift.low - 1e-6, shift.high + 1e-6):
        result = paired.wilcoxon(x - outside, y)
        assert result.p <= 0.05


def test_too_few_values_bound_no_shift() -> None:
    shift = shifts.hodges_lehmann([1.0, 2, 3], [4.0, 6, 8])
    assert shift.value == -4.0
    assert shift.low == -np.inf
    assert shift.high == np.inf
    at_90_percent = shifts.hodges_lehmann([1.0, 2, 3], [4.0, 6, 8], level=0.9)
    assert np.isfinite(at_90_percent.low)


@pytest.mark.parametrize(("n", "has_bounds"), [(5, False), (6, True)])
def test_six_pairs_bound_a_shift(n: int, has_bounds: bool) -> None:
    rising = np.arange(float(n))
    shift = shifts.hodges_lehmann_paired(rising, np.zeros(n))
    assert np.isfinite(shift.high) == has_bounds


@pytest.mark.parametrize("estimate", [shifts.hodges_lehmann, shifts.hodges_lehmann_paired])
def test_shifts_of_many_values_are_the_same_without_listing_pairs(
    estimate: Callable[..., Effect], monkeypatch: pytest.MonkeyPatch
) -> None:
    x = RNG.normal(size=120) + 0.2
    y = whole_numbers(RNG, 0, 5, 120) / 3
    by_listing = estimate(x, y)
    monkeypatch.setattr(shifts, "LISTED_PAIRS", 0)
    by_counting = estimate(x, y)
    assert by_listing.value == close(by_counting.value)
    assert by_listing.low == close(by_counting.low)
    assert by_listing.high == close(by_counting.high)


def test_mean_differences_are_scipys_t_intervals() -> None:
    x, y = SAMPLES[0]
    difference = shifts.mean_difference(x, y)
    expected = stats.ttest_ind(x, y, equal_var=False).confidence_interval()
    assert difference.low == close(expected.low)
    assert difference.high == close(expected.high)


def test_paired_mean_differences_are_scipys_t_intervals() -> None:
    x, y = SAMPLES[2]
    difference = shifts.mean_difference_paired(x, y)
    expected = stats.ttest_rel(x, y).confidence_interval()
    assert difference.low == close(expected.low)
    assert difference.high == close(expected.high)


def test_cohens_d_and_hedges_g_by_hand() -> None:
    x = [2.0, 4, 6]
    y = [1.0, 2, 3]
    d = shifts.cohens_d(x, y)
    g = shifts.hedges_g(x, y)
    assert d.value == close(2 / np.sqrt(2.5))
    # J(4) = gamma(2) / (sqrt(2) gamma(1.5)) = .7979 (Hedges, 1981, table 1)
    assert g.value == close(d.value * 0.797884560802865)
    assert g.low == d.low
    assert g.high == d.high
    assert d.magnitude == "large"
    dz = shifts.cohens_dz(x, y)
    assert dz.value == close(2.0)


@pytest.mark.parametrize(("shift", "n"), SHIFTS_AND_SIZES)
def test_the_interval_of_d_leaves_a_fortieth_on_each_side(shift: float, n: int) -> None:
    x = RNG.normal(size=n) + shift
    y = RNG.normal(size=n)
    d = shifts.cohens_d(x, y)
    root = np.sqrt(n / 2)
    t = d.value * root
    degrees = 2 * n - 2
    t_test = stats.ttest_ind(x, y)
    assert t == pytest.approx(t_test.statistic, abs=1e-9)
    above = stats.nct.sf(t, degrees, d.low * root)
    assert above == pytest.approx(0.025, abs=1e-7)
    below = stats.nct.cdf(t, degrees, d.high * root)
    assert below == pytest.approx(0.025, abs=1e-7)


@pytest.mark.parametrize("effect", WITHOUT_BOUNDS)
def test_equal_values_have_no_effect_and_no_bounds(effect: Callable[..., Effect]) -> None:
    values = np.full(4, 0.7)
    difference = effect(values, values)
    assert difference.value == 0.0
    assert difference.low == -np.inf
    assert difference.high == np.inf


def test_equal_values_are_not_shifted() -> None:
    values = np.full(4, 0.7)
    shift = shifts.hodges_lehmann_paired(values, values)
    assert shift.value == 0.0


def test_groups_without_spread_have_no_standardised_difference() -> None:
    values = np.full(4, 0.7)
    with pytest.raises(ValueError, match="vary within"):
        shifts.cohens_d(values, values + 1)
