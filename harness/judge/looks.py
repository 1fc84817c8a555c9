"""What each look at the pairs of two arms showed, where seeds are trained until it is decided."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from harness.judge.choose_test import declared_options
from harness.judge.estimates import Estimate
from harness.stats.result import Array
from harness.stats.sequential import (
    Looks,
    p_of_difference,
    p_of_equivalence,
    repeated_interval,
)
from harness.stats.sequential_signs import p_of_signs
from harness.study.comparison import Comparison
from harness.study.until_decided import SEQUENTIAL_TESTS


@dataclass(frozen=True)
class Looked:
    """The p value after each look, of either claim and of equivalence alone."""

    least: int = 0  # pairs at the first look; 0: nobody looks before the end
    most: int = 0
    p: tuple[float, ...] = ()
    p_of_equivalence: tuple[float, ...] = ()  # where a margin is declared


NOT_LOOKED_AT = Looked()


def has_looks(test: str) -> bool:
    """Whether a test may be looked at after every seed."""
    return test in SEQUENTIAL_TESTS


def in_order_of_seeds(units: Iterable[str]) -> list[str]:
    """Units in the order in which their seeds are trained, whichever ended first."""
    return sorted(units, key=_seed_of)


def _seed_of(unit: str) -> int:
    """The number of the seed that a unit is."""
    return int(unit.removeprefix("seed "))


def looks_at(comparison: Comparison, test: str, differences: Array) -> Looked:
    """What each look at these differences showed; nothing for a test without looks."""
    if not has_looks(test):
        return NOT_LOOKED_AT
    looks = _looks(comparison)
    if differences.size < looks.least or np.ptp(differences) == 0:
        return Looked(looks.least, looks.most)
    if test == "sequential_signs":
        p = p_of_signs(differences, looks)
        return Looked(looks.least, looks.most, p=_as_tuple(p))
    p = p_of_difference(differences, looks)
    if comparison.margin is None:
        return Looked(looks.least, looks.most, p=_as_tuple(p))
    equivalence = p_of_equivalence(differences, looks, comparison.margin)
    either = np.minimum(p, equivalence)
    return Looked(looks.least, looks.most, _as_tuple(either), _as_tuple(equivalence))


def repeated_estimate(comparison: Comparison, differences: Array) -> Estimate:
    """The mean difference with its repeated interval; none before the first look."""
    looks = _looks(comparison)
    if not differences.size:
        return Estimate(np.nan, np.nan, np.nan, "")
    mean = float(differences.mean())
    if differences.size < looks.least:
        return Estimate(mean, np.nan, np.nan, "")
    sides = 2 if comparison.margin is None else 1
    low, high = repeated_interval(differences, looks, comparison.alpha, sides)
    return Estimate(mean, low, high, "")


def _looks(comparison: Comparison) -> Looks:
    """The looks of a comparison whose test has some."""
    options = declared_options(comparison.test)
    return Looks(options["least"], options["most"])


def _as_tuple(values: Array) -> tuple[float, ...]:
    return tuple(map(float, values))
