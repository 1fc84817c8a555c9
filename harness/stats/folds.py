"""Networks of one cross-validation: their training sets overlap, so they differ less than
independent ones would.

Nadeau and Bengio (2003) put the correlation of two folds at the share that is held out, 1 / n: the
variance of a mean over n folds is then 1 / n + 1 / (n - 1) of theirs, not 1 / n. Five folds need
one and a half times the plain t.
"""

import math

from scipy import stats

from harness.stats import inputs, interval, test
from harness.stats.result import Array, Interval, Result
from harness.stats.two_groups import unvarying


@test(paired=True, groups=2, boundless=True)
def t_folds(x: Array, y: Array) -> Result:
    """Whether the mean of paired differences over all folds is zero (t, corrected for shared
    training images).
    """
    difference = inputs.differences(x, y)
    n = (difference.size, difference.size)
    if inputs.constant(difference):
        return unvarying("t_folds", not difference.any(), n)
    statistic = float(difference.mean()) / _error(difference)
    return Result(
        "t_folds", statistic, float(2 * stats.t.sf(abs(statistic), n[0] - 1)), n, exact=False
    )


@interval
def folds(x: Array, *, level: float = 0.95) -> Interval:
    """The mean over all folds of a cross-validation and its interval, corrected for shared training
    images.
    """
    x = inputs.sample(x)
    inputs.probability(level)
    value = float(x.mean())
    if inputs.constant(x):
        return Interval("folds", value, value, value, (x.size,), "all values are equal")
    half = float(stats.t.isf((1 - level) / 2, x.size - 1)) * _error(x)
    return Interval("folds", value, value - half, value + half, (x.size,))


def _error(x: Array) -> float:
    return float(x.std(ddof=1)) * math.sqrt(1 / x.size + 1 / (x.size - 1))
