"""The tests of a study whose seeds are trained until it is decided."""

from harness.spec.options import Count, NonNegative
from harness.stats import inputs, sequential, test
from harness.stats.result import Array, Result
from harness.stats.sequential import Looks
from harness.stats.sequential_signs import p_of_signs
from harness.stats.two_groups import unvarying


@test(paired=True, groups=2, boundless=True)
def sequential_t(
    x: Array, y: Array, *, least: Count = 4, most: Count = 12, margin: NonNegative = 0.0
) -> Result:
    """Whether paired means differ, looked at after every pair (t with bounds); with a margin,
    whether they differ or are equivalent.
    """
    difference = inputs.differences(x, y)
    looks = Looks(least, most)
    _check_number(difference.size, looks)
    n = (difference.size, difference.size)
    if inputs.constant(difference):
        return unvarying("sequential_t", not difference.any(), n)
    t = float(sequential.t_path(difference, looks)[-1])
    p = float(sequential.p_of_difference(difference, looks)[-1])
    if margin:
        p = min(p, float(sequential.p_of_equivalence(difference, looks, margin)[-1]))
    return Result("sequential_t", t, p, n, exact=False)


@test(paired=True, groups=2)
def sequential_signs(x: Array, y: Array, *, least: Count = 4, most: Count = 12) -> Result:
    """Whether the signs of paired differences are random, looked at after every pair; exact."""
    difference = inputs.differences(x, y)
    looks = Looks(least, most)
    _check_number(difference.size, looks)
    p = float(p_of_signs(difference, looks)[-1])
    n = (difference.size, difference.size)
    return Result("sequential_signs", float(difference.mean()), p, n, exact=True)


def _check_number(n: int, looks: Looks) -> None:
    """Refuses pairs that no look is for."""
    if n < looks.least:
        raise ValueError(f"{n} pairs, and the first look is after {looks.least}")
    if n > looks.most:
        raise ValueError(f"{n} pairs, and the last look is after {looks.most}")
