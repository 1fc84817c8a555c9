"""Attainable p and power against counting, statsmodels and each other."""

import numpy as np
import pytest

from harness.stats.power import MANY, TESTS, attainable, power

RNG = np.random.default_rng(5)


@pytest.mark.parametrize(
    ("name", "ns", "p"),
    [
        ("mann_whitney", (3, 3), 0.1),
        ("mann_whitney", (5, 5), 2 / 252),
        ("mann_whitney", (3, 8), 2 / 165),
        ("wilcoxon", (5, 5), 0.0625),
        ("wilcoxon", (8, 8), 2 / 256),
        ("sign", (6, 6), 2 / 64),
        ("permutation_paired", (5, 5), 0.0625),
        ("permutation_unpaired", (4, 4), 2 / 70),
        ("brunner_munzel", (4, 4), 2 / 70),
        ("kruskal", (3, 3, 3), 6 / 1680),
        ("kruskal", (2, 3, 4), 6 / 1260),
        ("friedman", (4, 4, 4), 1 / 216),
        ("page", (3, 3, 3), 2 / 216),
        ("jonckheere", (3, 3, 3), 2 / 1680),
        ("equivalence_ranks", (4, 4), 1 / 70),
        ("equivalence_ranks_paired", (5, 5), 1 / 32),
        ("welch", (2, 2), 0.0),
        ("t_one", (3,), 0.0),
    ],
)
def test_smallest_attainable_p(name, ns, p):
    assert attainable(name, ns) == pytest.approx(p, abs=1e-12)


def test_five_seeds_carry_six_comparisons_unpaired_and_none_paired():
    assert (
        attainable("mann_whitney", (5, 5), comparisons=6)
        < 0.05
        < attainable("mann_whitney", (5, 5), comparisons=7)
    )
    assert attainable("wilcoxon", (5, 5)) > 0.05
    assert attainable("wilcoxon", (5, 5), comparisons=100) == 1.0


@pytest.mark.parametrize("name", TESTS)
def test_no_data_beat_the_attainable_p(name):
    groups = 1 if name == "t_one" else 3 if name in MANY else 2
    floor = attainable(name, (4,) * groups)
    options = {"margin": 1.0} if name.startswith("equivalence") else {}
    found = [
        TESTS[name](*RNG.normal(size=(groups, 4)) * RNG.uniform(0, 3), **options).p
        for _ in range(200)
    ]
    assert min(found) >= floor - 1e-12


def test_power_of_t_is_statsmodels():
    from statsmodels.stats.power import TTestIndPower, TTestPower

    for effect in (0.0, 0.5, 2.0, -1.0):
        theirs = TTestIndPower().power(abs(effect), 6, 0.05, ratio=9 / 6)
        assert power("student", (6, 9), effect) == pytest.approx(theirs, abs=1e-9)
        theirs = TTestPower().power(abs(effect), 7, 0.05)
        assert power("t_paired", (7, 7), effect) == pytest.approx(theirs, abs=1e-9)
    assert power("student", (5, 5), 1.0, comparisons=4) == pytest.approx(
        power("student", (5, 5), 1.0, alpha=0.0125)
    )


def test_simulated_power_meets_the_closed_form():
    assert power("welch", (12, 12), 1.0) == pytest.approx(power("student", (12, 12), 1.0), abs=0.05)
    assert power("permutation_paired", (12, 12), 1.0) == pytest.approx(
        power("t_paired", (12, 12), 1.0), abs=0.05
    )
    assert power("mann_whitney", (30, 30), 1.0) == pytest.approx(
        power("student", (30, 30), 1.0), abs=0.05
    )
    assert power("mann_whitney", (8, 8), 1.5) == power("mann_whitney", (8, 8), 1.5)


def test_power_is_nil_where_nothing_can_be_attained():
    assert power("wilcoxon", (5, 5), 9.0) == 0.0
    assert power("mann_whitney", (5, 5), 9.0) > 0.99
    assert power("mann_whitney", (5, 5), 9.0, comparisons=7) == 0.0


def test_power_of_equivalence_falls_as_the_difference_nears_the_margin():
    near, far = (
        power("equivalence", (10, 10), 0.9, margin=1.5),
        power("equivalence", (10, 10), 0.0, margin=1.5),
    )
    assert near < 0.5 < 0.75 < far


def test_power_grows_with_n_for_tests_of_many_groups():
    for name in ("kruskal", "friedman", "page", "jonckheere"):
        assert power(name, (4,) * 3, 1.2, simulations=300) < power(
            name, (12,) * 3, 1.2, simulations=300
        )


def test_a_design_that_cannot_be_is_refused():
    for name, ns, words in (
        ("ttest", (3, 3), "no test is named 'ttest'"),
        ("welch", (3,), "takes 2 group sizes"),
        ("welch", (3, 3, 3), "takes 2 group sizes"),
        ("kruskal", (3,), "2 or more"),
        ("welch", (1, 3), "at least 2"),
        ("wilcoxon", (4, 5), "equal group sizes"),
    ):
        with pytest.raises(ValueError, match=words):
            attainable(name, ns)
    with pytest.raises(ValueError, match="alpha"):
        power("welch", (3, 3), 1.0, alpha=0.0)
