"""Effects, intervals and clusters against definitions, inversions of tests, and hand calculations."""

import time
from itertools import product

import numpy as np
import pytest
from scipy import stats

from harness.stats import clusters, effects, intervals, paired, shifts, two_groups

RNG = np.random.default_rng(3)
SAMPLES = [
    (RNG.normal(size=5), RNG.normal(size=7) + 0.5),
    (RNG.integers(0, 5, 8).astype(float), RNG.integers(0, 5, 6).astype(float)),
    (np.arange(4) + 10.0, np.arange(4.0)),
    (RNG.normal(size=40), RNG.normal(size=31)),
]


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_cliffs_delta_counts_pairs_and_is_mann_whitneys_u(x, y):
    found = effects.cliffs_delta(x, y)
    assert found.value == pytest.approx(np.sign(x[:, None] - y).mean(), abs=1e-12)
    assert found.value == pytest.approx(
        2 * two_groups.mann_whitney(x, y).statistic / (x.size * y.size) - 1, abs=1e-12
    )
    assert found.low <= found.value <= found.high
    improvement = effects.probability_of_improvement(x, y)
    assert found.value == pytest.approx(2 * improvement.value - 1, abs=1e-12)
    assert (found.low, found.high) == pytest.approx(
        (2 * improvement.low - 1, 2 * improvement.high - 1), abs=1e-12
    )


@pytest.mark.parametrize(("x", "y"), SAMPLES)
def test_turning_the_groups_round_turns_the_effect_round(x, y):
    for effect in (
        effects.cliffs_delta,
        shifts.hodges_lehmann,
        shifts.cohens_d,
        shifts.mean_difference,
    ):
        there, back = effect(x, y), effect(y, x)
        assert (there.value, there.low, there.high) == pytest.approx(
            (-back.value, -back.high, -back.low), abs=1e-7
        )
        assert there.magnitude == back.magnitude


def test_cliffs_delta_by_hand_and_by_name():
    found = effects.cliffs_delta([1.0, 2, 3, 4], [2.0, 2, 3, 5])
    assert found.value == pytest.approx((-4 - 2 + 1 + 2) / 16)
    names = [
        effects.magnitude(v, effects.ROMANO) for v in (0.13, 0.147, -0.19, 0.33, 0.36, 0.474, -0.53)
    ]
    assert names == ["negligible", "small", "small", "medium", "medium", "large", "large"]


def test_cliffs_delta_of_a_hundred_thousand_values_takes_well_under_a_second():
    x, y = RNG.normal(size=100_000), RNG.normal(size=100_000) + 0.1
    start = time.perf_counter()
    found = effects.cliffs_delta(x, y)
    assert time.perf_counter() - start < 0.5
    assert found.value == pytest.approx(2 * stats.norm.cdf(-0.1 / np.sqrt(2)) - 1, abs=0.01)
    assert found.high - found.low == pytest.approx(
        2 * 1.96 * np.sqrt(4 / 12 * 2 / 100_000), rel=0.01
    )


def test_the_share_interval_solves_newcombes_equation():
    x, y = SAMPLES[0]
    found = effects.probability_of_improvement(x, y)
    for bound in (found.low, found.high):
        extra = 1 + (6 - 1) * ((1 - bound) / (2 - bound) + bound / (1 + bound))
        assert (found.value - bound) ** 2 == pytest.approx(
            1.959964**2 * bound * (1 - bound) * extra / 35, rel=1e-5
        )


def test_groups_that_do_not_overlap_keep_an_interval_with_width():
    for n in (3, 5, 20):
        found = effects.cliffs_delta(np.arange(n) + 100.0, np.arange(n))
        assert found.value == found.high == 1.0
        assert found.low < 0.999
    assert effects.cliffs_delta(np.arange(3), np.arange(3) + 9.0).low == -1.0


@pytest.mark.parametrize("n", [4, 7])
def test_rank_biserial_by_definition(n):
    x, y = RNG.integers(0, 9, n).astype(float), RNG.integers(0, 9, n).astype(float)
    difference = (x - y)[x != y]
    ranks = stats.rankdata(np.abs(difference))
    found = effects.rank_biserial(x, y)
    assert found.value == pytest.approx(
        (ranks * np.sign(difference)).sum() / ranks.sum(), abs=1e-12
    )
    assert -1 <= found.low <= found.value <= found.high <= 1


def test_rank_biserial_of_one_sign_is_one_with_an_interval():
    found = effects.rank_biserial([2.0, 3, 4, 5, 6], np.ones(5))
    # Wilson's bound with the null variance (sum of r^2) / (sum of r)^2 = 55 / 225.
    width = 1.959964**2 * 55 / 225
    assert (found.value, found.high) == (1.0, pytest.approx(1.0))
    assert found.low == pytest.approx((1 - width) / (1 + width), abs=1e-6)


@pytest.mark.parametrize(
    ("x", "y"), [SAMPLES[0], SAMPLES[3], (RNG.normal(size=4), RNG.normal(size=4))]
)
def test_the_hodges_lehmann_interval_is_what_mann_whitney_accepts(x, y):
    found = shifts.hodges_lehmann(x, y)
    assert found.value == pytest.approx(np.median(np.subtract.outer(x, y)), abs=1e-12)
    for inside, outside in (
        (found.low + 1e-6, found.low - 1e-6),
        (found.high - 1e-6, found.high + 1e-6),
    ):
        assert two_groups.mann_whitney(x - inside, y).p > 0.05
        assert two_groups.mann_whitney(x - outside, y).p <= 0.05


@pytest.mark.parametrize("n", [6, 9, 30])
def test_the_paired_hodges_lehmann_interval_is_what_wilcoxon_accepts(n):
    x, y = RNG.normal(size=n) + 0.4, RNG.normal(size=n)
    found, difference = shifts.hodges_lehmann_paired(x, y), x - y
    walsh = [(a + b) / 2 for i, a in enumerate(difference) for b in difference[i:]]
    assert found.value == pytest.approx(np.median(walsh), abs=1e-12)
    for inside, outside in (
        (found.low + 1e-6, found.low - 1e-6),
        (found.high - 1e-6, found.high + 1e-6),
    ):
        assert paired.wilcoxon(x - inside, y).p > 0.05
        assert paired.wilcoxon(x - outside, y).p <= 0.05


def test_too_few_values_bound_no_shift():
    found = shifts.hodges_lehmann([1.0, 2, 3], [4.0, 6, 8])
    assert (found.value, found.low, found.high) == (-4.0, -np.inf, np.inf)
    assert shifts.hodges_lehmann_paired(np.arange(5.0), np.zeros(5)).high == np.inf
    assert np.isfinite(shifts.hodges_lehmann_paired(np.arange(6.0), np.zeros(6)).high)
    assert np.isfinite(shifts.hodges_lehmann([1.0, 2, 3], [4.0, 6, 8], level=0.9).low)


def test_shifts_of_many_values_are_the_same_without_listing_pairs(monkeypatch):
    x, y = RNG.normal(size=120) + 0.2, RNG.integers(0, 5, 120) / 3
    listed = shifts.hodges_lehmann(x, y), shifts.hodges_lehmann_paired(x, y)
    monkeypatch.setattr(shifts, "LISTED_PAIRS", 0)
    for a, b in zip(
        listed, (shifts.hodges_lehmann(x, y), shifts.hodges_lehmann_paired(x, y)), strict=True
    ):
        assert (a.value, a.low, a.high) == pytest.approx((b.value, b.low, b.high), abs=1e-12)


def test_mean_differences_are_scipys_t_intervals():
    x, y = SAMPLES[0]
    found, bounds = (
        shifts.mean_difference(x, y),
        stats.ttest_ind(x, y, equal_var=False).confidence_interval(),
    )
    assert (found.low, found.high) == pytest.approx(tuple(bounds), abs=1e-12)
    found, bounds = (
        shifts.mean_difference_paired(x, y[:5]),
        stats.ttest_rel(x, y[:5]).confidence_interval(),
    )
    assert (found.low, found.high) == pytest.approx(tuple(bounds), abs=1e-12)


def test_cohens_d_and_hedges_g_by_hand():
    x, y = np.array([2.0, 4, 6]), np.array([1.0, 2, 3])
    d, g = shifts.cohens_d(x, y), shifts.hedges_g(x, y)
    assert d.value == pytest.approx(2 / np.sqrt(2.5), abs=1e-12)
    # J(4) = gamma(2) / (sqrt(2) gamma(1.5)) = .7979 (Hedges, 1981, table 1)
    assert g.value == pytest.approx(d.value * 0.797884560802865, abs=1e-12)
    assert (g.low, g.high) == (d.low, d.high)
    assert d.magnitude == "large"
    assert shifts.cohens_dz([2.0, 4, 6], [1.0, 2, 3]).value == pytest.approx(2.0, abs=1e-12)


@pytest.mark.parametrize(("shift", "n"), [(0.2, 5), (1.5, 5), (-4.0, 3), (30.0, 4), (0.0, 60)])
def test_the_interval_of_d_leaves_a_fortieth_on_each_side(shift, n):
    x, y = RNG.normal(size=n) + shift, RNG.normal(size=n)
    found = shifts.cohens_d(x, y)
    t, root = found.value * np.sqrt(n / 2), np.sqrt(n / 2)
    assert t == pytest.approx(stats.ttest_ind(x, y).statistic, abs=1e-9)
    assert stats.nct.sf(t, 2 * n - 2, found.low * root) == pytest.approx(0.025, abs=1e-7)
    assert stats.nct.cdf(t, 2 * n - 2, found.high * root) == pytest.approx(0.025, abs=1e-7)


def test_equal_values_have_no_effect_and_no_bounds():
    same = np.full(4, 0.7)
    for effect in (shifts.cohens_d, shifts.hedges_g, shifts.cohens_dz, shifts.mean_difference):
        found = effect(same, same)
        assert (found.value, found.low, found.high) == (0.0, -np.inf, np.inf)
    for effect in (effects.cliffs_delta, effects.rank_biserial, shifts.hodges_lehmann_paired):
        assert effect(same, same).value == 0.0
    with pytest.raises(ValueError, match="vary within"):
        shifts.cohens_d(same, same + 1)


def test_t_interval_is_scipys():
    x = RNG.normal(size=6)
    found = intervals.t(x, level=0.9)
    theirs = stats.ttest_1samp(x, 0).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert found.note == ""


@pytest.mark.parametrize("name", ["bca", "percentile"])
def test_bootstrap_intervals_are_scipys_and_warn_of_few_values(name):
    x = RNG.exponential(size=25)
    method = {"bca": "BCa", "percentile": "percentile"}[name]
    theirs = stats.bootstrap(
        (x,), np.mean, method=method, rng=np.random.default_rng(0)
    ).confidence_interval
    found = getattr(intervals, name)(x)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert found.note == ""
    assert "too narrow below n = 20" in getattr(intervals, name)(x[:19]).note
    assert getattr(intervals, name)(x, of="median").value == np.median(x)


def test_percentile_bootstrap_of_three_values_is_every_resample():
    x = np.array([0.0, 1.0, 5.0])
    means = [np.mean(r) for r in product(x, repeat=3)]
    found = intervals.percentile(x, resamples=50_000)
    assert found.low == min(means)
    assert found.high == max(means)


def test_hierarchical_bootstrap_is_wider_than_one_that_forgets_the_seeds():
    label = np.repeat(np.arange(6), 50)
    x = RNG.normal(size=6)[label] + 0.5 * RNG.normal(size=300)
    nested, flat = intervals.hierarchical(x, label), intervals.percentile(x)
    assert nested.high - nested.low > 4 * (flat.high - flat.low)
    assert nested.n == (50,) * 6
    assert "n = 6" in nested.note
    again = intervals.hierarchical(x[::-1], label[::-1])
    assert nested.value == pytest.approx(again.value)


def test_hierarchical_bootstrap_of_constant_clusters_is_the_bootstrap_of_their_means():
    found = intervals.hierarchical(
        [0.0, 0, 1, 1, 5, 5], ["a", "a", "b", "b", "c", "c"], resamples=50_000
    )
    assert (found.value, found.low, found.high) == (2.0, 0.0, 5.0)


def test_hierarchical_bootstrap_spreads_as_the_variances_say():
    label = np.repeat(np.arange(40), 5)
    x = RNG.normal(size=40)[label] + RNG.normal(size=200)
    means = x.reshape(40, 5).mean(axis=1)
    # Redrawn seeds bring the variance of their means, redrawn images within them their own on top.
    within = x.reshape(40, 5).var(axis=1).mean() / 5
    expected = 2 * 1.96 * np.sqrt((means.var() + within) / 40)
    found = intervals.hierarchical(x, label)
    assert found.high - found.low == pytest.approx(expected, rel=0.05)


def test_intervals_of_equal_values_are_points_that_say_so():
    for interval in (intervals.t, intervals.bca, intervals.percentile):
        found = interval(np.full(5, 0.3))
        assert (found.value, found.low, found.high) == (0.3, 0.3, 0.3)
        assert found.note == "all values are equal"


def test_icc_by_shrout_and_fleiss():
    # Shrout and Fleiss (1979), table 2: six targets by four judges; ICC(1,1) = .17, bounds -.13 and .72.
    table = np.array(
        [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]],
        dtype=float,
    )
    found = clusters.icc1(table.ravel(), np.repeat(np.arange(6), 4))
    assert found.value == pytest.approx(0.1657, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((-0.1329, 0.7226), abs=5e-4)


def test_icc_recovers_the_share_between_unequal_clusters():
    label = np.repeat(np.arange(400), RNG.integers(2, 9, 400))
    x = np.sqrt(0.3) * RNG.normal(size=400)[label] + np.sqrt(0.7) * RNG.normal(size=label.size)
    found = clusters.icc1(x, label)
    assert found.value == pytest.approx(0.3, abs=0.05)
    assert found.low < 0.3 < found.high


def test_effective_n_runs_from_clusters_to_values():
    label = np.repeat(np.arange(3), 50)
    assert clusters.effective_n(np.array([0.0, 1, 2])[label], label) == 3.0
    independent = clusters.effective_n(np.tile(np.arange(50.0), 3), label)
    assert independent == 150.0
    assert clusters.icc1(np.array([0.0, 1, 2])[label], label).value == 1.0
    assert clusters.effective_n([1.0, 2, 3], [1, 2, 3]) == 3.0
