"""Corrections of a family of p values; each returns them in the order given."""

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats import correction, inputs
from harness.stats.result import Array


@correction
def bonferroni(p: Array) -> Array:
    """Every p times their number: the chance of any false rejection stays below alpha."""
    p = _family(p)
    return np.minimum(1, p * p.size)


@correction
def holm(p: Array) -> Array:
    """Step by step from the smallest p: any false rejection stays below alpha, with more power than
    Bonferroni.
    """
    p = _family(p)
    return _step_down(p, np.arange(p.size, 0.0, -1))


def pass_on(p: Array, keeps: npt.NDArray[np.bool_]) -> Array:
    """Holm's correction where some keep their share of alpha: they never leave the count that the
    later ones are multiplied with. Without such it is Holm's.
    """
    p = _family(p)
    order = np.argsort(p, kind="stable")
    leaves = np.logical_not(keeps[order])
    have_left = np.cumsum(leaves) - leaves
    return _step_down(p, p.size - have_left)


@correction
def shaffer(p: Array) -> Array:
    """Holm for all pairs of k groups, using that not every number of pairs can be equal at once."""
    p = _family(p)
    k = round((1 + np.sqrt(1 + 8 * p.size)) / 2)
    if k * (k - 1) // 2 != p.size:
        raise ValueError(
            f"shaffer needs every pair of k groups (3, 6, 10, ... p values), not {p.size}"
        )
    possible = sorted(_equal_pairs(k))
    factors = np.empty(p.size)
    for step, left in enumerate(range(p.size, 0, -1)):
        factors[step] = max(count for count in possible if count <= left)
    return _step_down(p, factors)


@correction
def bh(p: Array) -> Array:
    """Benjamini-Hochberg: the expected share of false rejections stays below alpha, for independent
    tests.
    """
    return np.asarray(stats.false_discovery_control(_family(p), method="bh"))


@correction
def by(p: Array) -> Array:
    """Benjamini-Yekutieli: the expected share of false rejections stays below alpha, however tests
    depend.
    """
    return np.asarray(stats.false_discovery_control(_family(p), method="by"))


def _step_down(p: Array, factors: Array) -> Array:
    """Each p times its factor, from the smallest up, and never below the one before."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(1, np.maximum.accumulate(p[order] * factors))
    return adjusted


def _equal_pairs(k: int) -> set[int]:
    """How many of the pairs of k groups can be equal at once.

    The groups fall into classes of equals.
    """
    possible: list[set[int]] = [{0}, {0}]
    for size in range(2, k + 1):
        counts: set[int] = set()
        for equal in range(1, size + 1):
            pairs = equal * (equal - 1) // 2
            counts.update(pairs + rest for rest in possible[size - equal])
        possible.append(counts)
    return possible[k]


def _family(p: Array) -> Array:
    """A family of p values, checked."""
    p = inputs.sample(p, least=1, name="the family of p values")
    if p.min() < 0 or p.max() > 1:
        outside = p.min() if p.min() < 0 else p.max()
        raise ValueError(f"p values lie between 0 and 1, not at {outside}")
    return p
