"""Corrections of families of p values against statsmodels and hand calculations."""

from itertools import combinations

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from harness.stats import corrections
from tests.stats.counting import Array, close

RNG = np.random.default_rng(5)
FAMILIES = [
    RNG.uniform(size=7) ** 3,
    np.array([0.01, 0.01, 0.04, 1.0]),
    np.array([0.03]),
]
NAMES_IN_STATSMODELS = [
    ("bonferroni", "bonferroni"),
    ("holm", "holm"),
    ("bh", "fdr_bh"),
    ("by", "fdr_by"),
]
BAD_FAMILIES = [
    ([], "empty"),
    ([0.5, float("nan")], "not finite"),
    ([0.5, 1.2], "between 0 and 1, not at 1.2"),
]


@pytest.mark.parametrize("p", FAMILIES)
@pytest.mark.parametrize(("name", "name_in_statsmodels"), NAMES_IN_STATSMODELS)
def test_corrections_are_statsmodels(name: str, name_in_statsmodels: str, p: Array) -> None:
    correct = getattr(corrections, name)
    expected = multipletests(p, method=name_in_statsmodels)
    assert correct(p) == close(expected[1])


def test_shaffer_of_four_groups_by_hand() -> None:
    # 0, 1, 2, 3 or 6 of the six pairs can be equal at once, so the factors are 6, 3, 3, 3, 2, 1.
    p = np.array([0.001, 0.012, 0.004, 0.5, 0.02, 0.04])
    expected = [0.006, 0.036, 0.012, 0.5, 0.06, 0.08]
    assert corrections.shaffer(p) == close(expected)


def test_shaffer_of_three_groups_by_hand() -> None:
    # 0, 1 or 3 of the three pairs can be equal at once, so the factors are 3, 1, 1.
    corrected = corrections.shaffer([0.01, 0.02, 0.03])
    assert corrected == close([0.03, 0.03, 0.03])


def test_shaffer_counts_the_pairs_that_can_be_equal_at_once() -> None:
    assert corrections._equal_pairs(5) == {0, 1, 2, 3, 4, 6, 10}
    with pytest.raises(ValueError, match="every pair of k groups"):
        corrections.shaffer([0.1, 0.2])


@pytest.mark.parametrize("groups", [3, 4, 6])
def test_shaffer_lies_between_nothing_and_holm(groups: int) -> None:
    pairs = list(combinations(range(groups), 2))
    rng = np.random.default_rng(1)
    p = rng.uniform(size=len(pairs)) ** 2
    by_shaffer = corrections.shaffer(p)
    by_holm = corrections.holm(p)
    assert (by_shaffer <= by_holm + 1e-15).all()
    assert (by_shaffer >= p).all()
    assert (by_shaffer < by_holm).any()


@pytest.mark.parametrize(("family", "words"), BAD_FAMILIES)
@pytest.mark.parametrize("name", ["holm", "bonferroni", "bh", "by", "shaffer"])
def test_a_family_of_no_numbers_is_refused(name: str, family: list[float], words: str) -> None:
    correct = getattr(corrections, name)
    with pytest.raises(ValueError, match=words):
        correct(family)
