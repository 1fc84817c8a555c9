"""Which test and effect a comparison uses where it names none, and the smallest p that a design can
give.
"""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from math import factorial
from typing import Any

import numpy as np

from harness.judge.pairing import pairing
from harness.spec.catalogue import catalogue, load_component
from harness.study.comparison import Comparison, Statistic
from harness.study.until_decided import SEQUENTIAL_TESTS

FEW = (
    17  # pairs whose choices of signs are all listed; beyond, p cannot fall below that of the draws
)


@dataclass(frozen=True)
class ChosenTest:
    """The test of a contrast, why it is that one, and why its arms are paired or are not."""

    test: str
    why: str
    pairing: str

    @property
    def is_paired(self) -> bool:
        """Whether the test takes pairs."""
        return is_paired(self.test)


def choose_for_pair(
    comparison: Comparison, first: Collection[Any], second: Collection[Any]
) -> ChosenTest:
    """Chooses the test of two arms, given the units of each.

    The preview of a study and its verdicts both ask here; the units of a seed or a fold are those
    planned, so that
    a failure changes no test.
    """
    paired, reason = pairing(comparison, first, second)
    test, why = chosen_test(comparison, paired, pairs=len(set(first) & set(second)))
    return ChosenTest(test, why, reason)


def choose_for_trend(
    comparison: Comparison, first: Collection[Any], last: Collection[Any]
) -> ChosenTest:
    """Chooses the test of a trend, given the units of its first and of its last point."""
    paired, reason = pairing(comparison, first, last)
    test, why = chosen_test(comparison, paired)
    return ChosenTest(test, why, reason)


def chosen_test(comparison: Comparison, paired: bool, pairs: int = 0) -> tuple[str, str]:
    """The test of a comparison and why it is that one; `pairs` are those planned."""
    if comparison.test_name is not None:
        return comparison.test_name, _why_declared(comparison)
    if comparison.correlate:
        return "kendall", "by default: ranks, exact where n is small"
    if comparison.unit == "fold":
        return _test_of_folds(comparison), "folds share training images; t corrected for that"
    if comparison.kind == "trend" and paired:
        return "page", "paired along the trend"
    if comparison.kind == "trend":
        return "jonckheere", "independent along the trend"
    if comparison.margin is not None:
        test = "equivalence_paired" if paired else "equivalence"
        return test, "a margin is declared"
    if paired and pairs > FEW:
        return "wilcoxon", "many pairs; by ranks, exact while they can be counted"
    if paired:
        return "permutation_paired", "pairs; exact, and about means without assuming normality"
    return "mann_whitney", "independent groups; exact, by ranks"


def _why_declared(comparison: Comparison) -> str:
    """Why a test is taken that stands in the comparison; the bounds of looks go by its study."""
    options = declared_options(comparison.test)
    if not options:
        return "declared"
    if comparison.test_name in SEQUENTIAL_TESTS:
        seeds = f"{options['least']} to {options['most']}"
        return f"looked at after every seed from {seeds}, with bounds that allow for it"
    values = ", ".join(f"{name}={value}" for name, value in options.items())
    return f"declared, with {values}"


def _test_of_folds(comparison: Comparison) -> str:
    """The test of folds, which pair wherever two arms have the same."""
    if comparison.kind == "trend":
        return "trend_folds"
    if comparison.margin is not None:
        return "equivalence_folds"
    return "t_folds"


def declared_options(statistic: Statistic | None) -> dict[str, Any]:
    """The options that a comparison sets of its test, its effect or its interval."""
    options: dict[str, Any] = {}
    if isinstance(statistic, dict):
        options.update(statistic)
        del options["name"]
    return options


def options_of_test(comparison: Comparison, test: str) -> dict[str, Any]:
    """The options of the test that is used: those declared, where it is the one declared."""
    if test != comparison.test_name:
        return {}
    return declared_options(comparison.test)


def is_paired(test: str) -> bool:
    """Whether a test takes pairs of values."""
    return bool(catalogue("test")[test].facts.paired)


def effect_of(comparison: Comparison, paired: bool) -> str:
    """The effect that is declared, else the one of ranks that suits the design."""
    return comparison.effect_name or ("rank_biserial" if paired else "cliffs_delta")


def post_hoc_of(comparison: Comparison, test: str) -> str | None:
    """What compares the pairs after a test of several groups; None for a test of two."""
    if comparison.post_hoc:
        return comparison.post_hoc
    component = catalogue("test").get(test)  # a correlation's or a model's is none of these
    if component is None or not component.facts.post_hoc:
        return None
    return component.facts.post_hoc[0]


def smallest(comparison: Comparison, test: str, ns: tuple[int, ...]) -> float:
    """The smallest p that such data can give, before any correction."""
    post_hoc = post_hoc_of(comparison, test)
    if post_hoc:
        return _smallest_after(post_hoc, ns)
    # scipy takes a second to load, which a study without comparisons need not wait for
    from harness.stats.power import attainable

    return attainable(test, ns, options=options_of_test(comparison, test))


def corrected_p(comparison: Comparison, p: list[float]) -> list[float]:
    """The p values of a family after its correction."""
    if comparison.correct is None or not p:
        return p
    correct = load_component("correction", comparison.correct)
    return list(map(float, correct(np.array(p))))


@cache
def _smallest_after(post_hoc: str, ns: tuple[int, ...]) -> float:
    """The smallest p of a pair where, in every block, each group lies above the one before."""
    from harness.stats.post_hoc import POST_HOC

    groups = [number + np.arange(n) / (10 * n) for number, n in enumerate(ns)]
    results = POST_HOC[post_hoc](*groups)
    return min(result.p for result in results.values())


def smallest_of_orders(points: int) -> float:
    """The smallest p of a correlation by ranks: as many orders as there are, twice the one-sided
    tail.
    """
    if points < 3:
        return 1.0
    if points > 20:
        return 0.0
    return min(1.0, 2 / factorial(points))
