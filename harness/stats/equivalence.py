"""Whether a difference is smaller than a margin: the only way to say that two things are equal."""

import numpy as np
from scipy import stats

from harness.stats import exact, inputs, test
from harness.stats.exact import Tails
from harness.stats.paired import signed_ranks
from harness.stats.result import Array, Result
from harness.stats.two_groups import t_of_means, unvarying, wins

CLAIM = "a small p says that the difference lies within the margin"
STILL = (
    "all values are equal, and without spread a t test cannot judge; the rank-based equivalence can"
)


@test(paired=False, groups=2, boundless=True)
def equivalence(x: Array, y: Array, *, margin: float = 0.0) -> Result:
    """Whether two independent means differ by less than a margin (two one-sided Welch tests)."""
    x, y = inputs.two(x, y)
    check_margin(margin)
    if inputs.constant(x) and inputs.constant(y):
        return unvarying(
            "equivalence", inputs.constant(np.concatenate([x, y])), (x.size, y.size), STILL
        )
    low = t_of_means(x + margin, y, equal=False, side="greater")
    high = t_of_means(x - margin, y, equal=False, side="less")
    statistic, p = max(low, high, key=lambda side: side[1])
    return Result("equivalence", statistic, p, (x.size, y.size), exact=False, note=CLAIM)


@test(paired=True, groups=2, boundless=True)
def equivalence_paired(x: Array, y: Array, *, margin: float = 0.0) -> Result:
    """Whether the mean of paired differences is smaller than a margin (two one-sided t tests)."""
    difference = inputs.differences(x, y)
    check_margin(margin)
    n = (difference.size, difference.size)
    if inputs.constant(difference):
        return unvarying("equivalence_paired", not difference.any(), n, STILL)
    low = stats.ttest_1samp(np.subtract(x, y), -margin, alternative="greater")
    high = stats.ttest_1samp(np.subtract(x, y), margin, alternative="less")
    statistic, p = max(
        ((float(t.statistic), float(t.pvalue)) for t in (low, high)), key=lambda side: side[1]
    )
    return Result("equivalence_paired", statistic, p, n, exact=False, note=CLAIM)


@test(paired=False, groups=2)
def equivalence_ranks(x: Array, y: Array, *, margin: float = 0.0) -> Result:
    """Whether two independent groups are shifted by less than a margin (two one-sided Mann-Whitney
    tests).
    """
    x, y = inputs.two(x, y)
    check_margin(margin)
    low, high, still = (
        inputs.without_rounding(v, x, y, np.array([margin])) for v in (x + margin, x - margin, y)
    )
    above = exact.rank_sum_tails(low, still)
    below = exact.rank_sum_tails(high, still)
    p, statistic = max((above.greater, wins(low, still)), (below.less, wins(high, still)))
    return Result(
        "equivalence_ranks", statistic, p, (x.size, y.size), above.exact and below.exact, CLAIM
    )


@test(paired=True, groups=2)
def equivalence_ranks_paired(x: Array, y: Array, *, margin: float = 0.0) -> Result:
    """Whether paired values are shifted by less than a margin (two one-sided Wilcoxon tests)."""
    difference = inputs.differences(x, y)
    check_margin(margin)
    above, below = (
        _signed_rank(inputs.without_rounding(difference + m, x, y, np.array([m])))
        for m in (margin, -margin)
    )
    p, statistic = max((above[0].greater, above[1]), (below[0].less, below[1]))
    exactly = above[0].exact and below[0].exact
    return Result("equivalence_ranks_paired", statistic, p, (difference.size,) * 2, exactly, CLAIM)


def _signed_rank(difference: Array) -> tuple[Tails, float]:
    moved, ranks = signed_ranks(difference)
    tails = exact.signed_rank_tails(moved, ranks) if ranks.size else Tails(1.0, 1.0, True)
    return tails, float(ranks[moved > 0].sum() / 2)


def check_margin(margin: float) -> None:
    """Refuses a margin that is none."""
    if not 0 < margin < np.inf:
        raise ValueError(f"an equivalence test needs a margin above 0, not {margin}")
