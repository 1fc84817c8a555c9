"""Rank effects against definitions, published bounds and hand calculations."""

from collections.abc import Callable

import numpy as np
import pytest
from scipy import stats

from harness.stats import effects, shifts, two_groups
from harness.stats.result import Effect
from tests.stats.counting import Array, close, whole_numbers

RNG = np.random.default_rng(3)
SAMPLES = [
    (RNG.normal(size=5), RNG.normal(size=7) + 0.5),
    (whole_numbers(RNG, 0, 5, 8), whole_numbers(RNG, 0, 5, 6)),
    (np.arange(4) + 10.0, np.arange(4.0)),
    (RNG.normal(size=40), RNG.normal(size=31)),
]
ANTISYMMETRIC = [
    effects.cliffs_delta,
    shifts.hodges_lehmann,
    shifts.cohens_d,
    shifts.mean_difference,
]
ROMANOS_NAMES = [
    (0.13, "negligible"),
    (0.147, "small"),
    (-0.19, "small"),
    (0.33, "medium"),
    (0.36, "medium"),
    (0.474, "large"),
    (-0.53, "large"),
]


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_cliffs_delta_counts_pairs_and_is_mann_whitneys_u(x: Array, y: Array) -> None:
    delta = effects.cliffs_delta(x, y)
    signs = np.sign(x[:, None] - y)
    assert delta.value == close(signs.mean())
    u = two_groups.mann_whitney(x, y).statistic
    share = u / (x.size * y.size)
    assert delta.value == close(2 * share - 1)
    assert delta.low <= delta.value <= delta.high


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_cliffs_delta_stretches_the_probability_of_improvement(x: Array, y: Array) -> None:
    delta = effects.cliffs_delta(x, y)
    share = effects.probability_of_improvement(x, y)
    stretched_low = 2 * share.low - 1
    stretched_high = 2 * share.high - 1
    assert delta.value == close(2 * share.value - 1)
    assert delta.low == close(stretched_low)
    assert delta.high == close(stretched_high)


@pytest.mark.parametrize("effect", ANTISYMMETRIC)
@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_turning_the_groups_round_turns_the_effect_round(
    effect: Callable[..., Effect],
    x: Array,
    y: Array,
) -> None:
    forward = effect(x, y)
    backward = effect(y, x)
    assert forward.value == pytest.approx(-backward.value, abs=1e-7)
    assert forward.low == pytest.approx(-backward.high, abs=1e-7)
    assert forward.high == pytest.approx(-backward.low, abs=1e-7)
    assert forward.magnitude == backward.magnitude


def test_cliffs_delta_by_hand() -> None:
    delta = effects.cliffs_delta([1.0, 2, 3, 4], [2.0, 2, 3, 5])
    wins_less_losses = -4 - 2 + 1 + 2
    assert delta.value == pytest.approx(wins_less_losses / 16)


@pytest.mark.parametrize(("value", "name"), ROMANOS_NAMES)
def test_cliffs_delta_by_name(value: float, name: str) -> None:
    magnitude = effects.magnitude(value, effects.ROMANO)
    assert magnitude == name


def test_cliffs_delta_of_a_hundred_thousand_values_makes_no_table_of_pairs() -> None:
    n = 100_000
    x = RNG.normal(size=n)
    y = RNG.normal(size=n) + 0.1
    delta = effects.cliffs_delta(x, y)
    share = stats.norm.cdf(-0.1 / np.sqrt(2))
    assert delta.value == pytest.approx(2 * share - 1, abs=0.01)
    standard_error = np.sqrt(4 / 12 * 2 / n)
    expected = 2 * 1.96 * standard_error
    assert delta.high - delta.low == pytest.approx(expected, rel=0.01)


def test_the_share_interval_solves_newcombes_equation() -> None:
    x, y = SAMPLES[0]
    share = effects.probability_of_improvement(x, y)
    for bound in (share.low, share.high):
        ratios = (1 - bound) / (2 - bound) + bound / (1 + bound)
        larger_n = 1 + (6 - 1) * ratios
        variance = bound * (1 - bound) * larger_n / 35
        square = (share.value - bound) ** 2
        assert square == pytest.approx(1.959964**2 * variance, rel=1e-5)


@pytest.mark.parametrize("n", [3, 5, 20])
def test_groups_that_do_not_overlap_keep_an_interval_with_width(n: int) -> None:
    lower = np.arange(n)
    delta = effects.cliffs_delta(lower + 100.0, lower)
    assert delta.value == 1.0
    assert delta.high == 1.0
    assert delta.low < 0.999
    reversed_delta = effects.cliffs_delta(lower, lower + 100.0)
    assert reversed_delta.low == -1.0


@pytest.mark.parametrize("n", [4, 7])
def test_rank_biserial_by_definition(n: int) -> None:
    x = whole_numbers(RNG, 0, 9, n)
    y = whole_numbers(RNG, 0, 9, n)
    difference = (x - y)[x != y]
    ranks = stats.rankdata(np.abs(difference))
    signed_sum = (ranks * np.sign(difference)).sum()
    correlation = effects.rank_biserial(x, y)
    assert correlation.value == close(signed_sum / ranks.sum())
    assert -1 <= correlation.low <= correlation.value
    assert correlation.value <= correlation.high <= 1


def test_rank_biserial_of_a_single_sign_is_1_with_an_interval() -> None:
    correlation = effects.rank_biserial([2.0, 3, 4, 5, 6], np.ones(5))
    # Wilson's bound with the null variance (sum of r^2) / (sum of r)^2 = 55 / 225.
    width = 1.959964**2 * 55 / 225
    bound = (1 - width) / (1 + width)
    assert correlation.value == 1.0
    assert correlation.high == pytest.approx(1.0)
    assert correlation.low == pytest.approx(bound, abs=1e-6)


@pytest.mark.parametrize("effect", [effects.cliffs_delta, effects.rank_biserial])
def test_equal_values_have_no_effect(effect: Callable[..., Effect]) -> None:
    values = np.full(4, 0.7)
    assert effect(values, values).value == 0.0
