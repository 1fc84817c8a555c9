"""Attainable p and power against counting, statsmodels and each other."""

import numpy as np
import pytest

from harness.spec.catalogue import catalogue, load_component
from harness.stats.power import attainable, power
from tests.stats.counting import close

RNG = np.random.default_rng(5)
FACTS = {name: component.facts for name, component in catalogue("test").items()}
SMALLEST = [
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
]
IMPOSSIBLE = [
    ("ttest", (3, 3), "no test is named 'ttest'"),
    ("welch", (3,), "takes 2 group sizes"),
    ("welch", (3, 3, 3), "takes 2 group sizes"),
    ("kruskal", (3,), "2 or more"),
    ("welch", (1, 3), "at least 2"),
    ("wilcoxon", (4, 5), "equal group sizes"),
]
CLOSED_FORMS = [
    ("welch", "student", 12),
    ("permutation_paired", "t_paired", 12),
    ("mann_whitney", "student", 30),
]


def group_count(name: str) -> int:
    """Returns a number of groups that a test takes: three where it takes many."""
    groups = FACTS[name].groups
    return 3 if groups == "many" else int(groups)


@pytest.mark.parametrize(("name", "ns", "p"), SMALLEST)
def test_smallest_attainable_p(name: str, ns: tuple[int, ...], p: float) -> None:
    smallest = attainable(name, ns)
    assert smallest == close(p)


def test_five_seeds_carry_six_comparisons_unpaired_and_none_paired() -> None:
    of_six = attainable("mann_whitney", (5, 5), comparisons=6)
    of_seven = attainable("mann_whitney", (5, 5), comparisons=7)
    assert of_six < 0.05 < of_seven
    assert attainable("wilcoxon", (5, 5)) > 0.05
    assert attainable("wilcoxon", (5, 5), comparisons=100) == 1.0


@pytest.mark.parametrize("name", FACTS)
def test_no_data_beat_the_attainable_p(name: str) -> None:
    test = load_component("test", name)
    groups = group_count(name)
    smallest = attainable(name, (4,) * groups)
    options = {"margin": 1.0} if name.startswith("equivalence") else {}
    for _ in range(200):
        values = RNG.normal(size=(groups, 4))
        result = test(*values * RNG.uniform(0, 3), **options)
        assert result.p >= smallest - 1e-12


@pytest.mark.parametrize("effect", [0.0, 0.5, 2.0, -1.0])
def test_power_of_t_is_statsmodels(effect: float) -> None:
    from statsmodels.stats.power import TTestIndPower, TTestPower

    expected = TTestIndPower().power(abs(effect), 6, 0.05, ratio=9 / 6)
    unpaired = power("student", (6, 9), effect)
    assert unpaired == pytest.approx(expected, abs=1e-9)
    expected = TTestPower().power(abs(effect), 7, 0.05)
    in_pairs = power("t_paired", (7, 7), effect)
    assert in_pairs == pytest.approx(expected, abs=1e-9)


def test_power_in_a_family_is_power_at_a_share_of_alpha() -> None:
    in_family = power("student", (5, 5), 1.0, comparisons=4)
    at_quarter = power("student", (5, 5), 1.0, alpha=0.0125)
    assert in_family == pytest.approx(at_quarter)


@pytest.mark.parametrize(("name", "t_test", "n"), CLOSED_FORMS)
def test_simulated_power_meets_the_closed_form(name: str, t_test: str, n: int) -> None:
    simulated = power(name, (n, n), 1.0)
    closed = power(t_test, (n, n), 1.0)
    assert simulated == pytest.approx(closed, abs=0.05)


def test_simulated_power_is_the_same_again() -> None:
    first = power("mann_whitney", (8, 8), 1.5)
    second = power("mann_whitney", (8, 8), 1.5)
    assert first == second


def test_power_is_nil_where_nothing_can_be_attained() -> None:
    assert power("wilcoxon", (5, 5), 9.0) == 0.0
    assert power("mann_whitney", (5, 5), 9.0) > 0.99
    assert power("mann_whitney", (5, 5), 9.0, comparisons=7) == 0.0


def test_power_of_equivalence_falls_as_the_difference_nears_the_margin() -> None:
    near = power("equivalence", (10, 10), 0.9, margin=1.5)
    far = power("equivalence", (10, 10), 0.0, margin=1.5)
    assert near < 0.5
    assert far > 0.75


@pytest.mark.parametrize("name", ["kruskal", "friedman", "page", "jonckheere"])
def test_power_grows_with_n_for_tests_of_many_groups(name: str) -> None:
    of_four = power(name, (4, 4, 4), 1.2, simulations=300)
    of_twelve = power(name, (12, 12, 12), 1.2, simulations=300)
    assert of_four < of_twelve


@pytest.mark.parametrize(("name", "ns", "words"), IMPOSSIBLE)
def test_a_design_that_cannot_be_is_refused(name: str, ns: tuple[int, ...], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        attainable(name, ns)


def test_no_test_rejects_at_alpha_zero() -> None:
    with pytest.raises(ValueError, match="alpha"):
        power("welch", (3, 3), 1.0, alpha=0.0)
