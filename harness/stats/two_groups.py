"""Two independent groups: ranks, means, permutations and Brunner-Munzel."""

from math import comb
from typing import Literal

import numpy as np
from scipy import stats

from harness.stats import exact, inputs, test
from harness.stats.result import Array, Result

# How many values Brunner-Munzel relabels at most.
RELABELED = 400


@test(paired=False, groups=2)
def mann_whitney(x: Array, y: Array) -> Result:
    """Whether one of two independent groups tends to larger values, by ranks; exact while cheap,
    with ties too.
    """
    x, y = inputs.two(x, y)
    tails = exact.rank_sum_tails(x, y)
    return Result(
        "mann_whitney",
        wins(x, y),
        tails.two_sided,
        (x.size, y.size),
        tails.exact,
        _ties(x, y, tails.exact),
    )


def wins(x: Array, y: Array) -> float:
    """In how many pairs the first group is larger (U); ties count half."""
    ranks = stats.rankdata(np.concatenate([x, y]))
    least = x.size * (x.size + 1) / 2
    return float(ranks[: x.size].sum() - least)


def _ties(x: Array, y: Array, is_exact: bool) -> str:
    values = np.concatenate([x, y])
    ties = values.size - np.unique(values).size
    parts = [] if is_exact else ["normal approximation"]
    return "; ".join(parts + ([f"{ties} tied values share midranks"] if ties else []))


@test(paired=False, groups=2, boundless=True)
def welch(x: Array, y: Array) -> Result:
    """Whether two independent means differ, each group with a variance of its own (Welch's t)."""
    return _t("welch", x, y, equal=False)


@test(paired=False, groups=2, boundless=True)
def student(x: Array, y: Array) -> Result:
    """Whether two independent means differ, if both groups have the same variance (Student's t)."""
    return _t("student", x, y, equal=True)


def _t(name: str, x: Array, y: Array, *, equal: bool) -> Result:
    x, y = inputs.two(x, y)
    n = (x.size, y.size)
    if inputs.constant(x) and inputs.constant(y):
        return unvarying(name, inputs.constant(np.concatenate([x, y])), n)
    return Result(name, *t_of_means(x, y, equal=equal), n, exact=False)


def t_of_means(x: Array, y: Array, *, equal: bool, side: str = "two-sided") -> tuple[float, float]:
    """t and p; from summaries, as scipy warns of lost precision where one of the samples does not
    vary.
    """
    first = (x.mean(), x.std(ddof=1), x.size)
    second = (y.mean(), y.std(ddof=1), y.size)
    outcome = stats.ttest_ind_from_stats(*first, *second, equal_var=equal, alternative=side)
    return float(outcome.statistic), float(outcome.pvalue)


def unvarying(
    name: str,
    equal: bool,
    n: tuple[int, ...],
    note: str = "all values are equal",
) -> Result:
    """What a t test says of data without spread: nothing differs, or t does not exist (scipy says
    NaN, or p = 0).
    """
    if not equal:
        raise ValueError(
            f"{name} needs values that vary within the groups; a permutation or rank test does not"
        )
    return Result(name, 0.0, 1.0, n, exact=False, note=note)


@test(paired=False, groups=2)
def permutation_unpaired(x: Array, y: Array, *, resamples: int = 9999, seed: int = 0) -> Result:
    """Whether two independent means differ, by relabeling: every way up to 200,000, random ones
    beyond.
    """
    x, y = inputs.two(x, y)
    values = np.concatenate([x, y])
    # Centred, sums that tie stay within rounding of each other; scipy's tolerance scales with the
    # observed sum.
    values = values - values.mean()
    observed = float(values[: x.size].sum())
    n = (x.size, y.size)
    if comb(values.size, x.size) <= exact.LISTED:
        sums = exact.subset_sums(values, x.size)
        tails = exact.tails(sums, np.ones(sums.size), observed)
        note = ""
    else:
        sums = exact.random_subset_sums(values, x.size, resamples, seed)
        tails = exact.random_tails(sums, observed)
        note = f"{resamples} random relabelings"
    return Result(
        "permutation_unpaired", float(x.mean() - y.mean()), tails.two_sided, n, tails.exact, note
    )


@test(paired=False, groups=2)
def brunner_munzel(
    x: Array,
    y: Array,
    *,
    reference: Literal["auto", "permutation", "t"] = "auto",
    resamples: int = 9999,
    seed: int = 0,
) -> Result:
    """Whether two groups beat each other equally often, whatever their spreads; permuted where n is
    small.
    """
    x, y = inputs.two(x, y)
    values = np.concatenate([x, y])
    n = (x.size, y.size)
    if np.ptp(values) == 0:
        return Result("brunner_munzel", 0.0, 1.0, n, exact=True, note="all values are equal")
    # The t approximation rejects too often below some 20 values a group; relabelings of very many
    # cost too much.
    if reference == "t" or (reference == "auto" and (min(n) >= 20 or values.size > RELABELED)):
        return _brunner_munzel_t(x, y, reference)
    if values.size > RELABELED:
        raise ValueError(
            f"brunner_munzel permutes up to {RELABELED} values, not {values.size}; "
            "use the t reference"
        )
    above = (values[:, None] > values) + 0.5 * (values[:, None] == values)
    observed = float(_studentised_lead(np.repeat([[1.0, 0.0]], n, axis=1), above)[0])
    if comb(values.size, x.size) <= exact.LISTED // 10:
        drawn = _studentised_lead(exact.splits(values.size, x.size), above)
        tails = exact.tails(drawn, np.ones(drawn.size), observed)
        note = ""
    else:
        drawn = _studentised_lead(exact.random_splits(values.size, x.size, resamples, seed), above)
        tails = exact.random_tails(drawn, observed)
        note = f"{resamples} random relabelings"
    return Result("brunner_munzel", observed, tails.two_sided, n, tails.exact, note)


def _brunner_munzel_t(x: Array, y: Array, reference: str) -> Result:
    """Brunner-Munzel by its t approximation, or by ranks where the groups do not overlap."""
    n = (x.size, y.size)
    if x.min() <= y.max() and y.min() <= x.max():
        outcome = stats.brunnermunzel(x, y)
        return Result(
            "brunner_munzel",
            -float(outcome.statistic),
            float(outcome.pvalue),
            n,
            False,
            "t approximation",
        )
    # Without overlap the statistic is infinite, and scipy's p is NaN.
    if reference == "t":
        raise ValueError(
            "brunner_munzel by t is undefined where the groups do not overlap; use permutation"
        )
    tails = exact.rank_sum_tails(x, y)
    note = "the groups do not overlap: p is that of the rank sum"
    return Result(
        "brunner_munzel",
        float(np.copysign(np.inf, x[0] - y[0])),
        tails.two_sided,
        n,
        tails.exact,
        note,
    )


def _studentised_lead(member: Array, above: Array) -> Array:
    """The statistic under each relabeling (rows of `member`): positive where the first is
    larger.
    """
    rest = 1 - member
    n = member[0].sum()
    m = rest[0].sum()
    # A value's placement is the share of the other group that lies below it.
    first = rest @ above.T / m
    second = member @ above.T / n
    mean = (member * first).sum(1) / n
    spread = (member * (first - mean[:, None]) ** 2).sum(1) / (n - 1) / n
    spread += (rest * (second - (1 - mean)[:, None]) ** 2).sum(1) / (m - 1) / m
    lead = np.where(np.abs(mean - 0.5) < inputs.ROUNDING, 0.0, mean - 0.5)
    spread = np.where(spread < inputs.ROUNDING, 0.0, spread)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(lead == 0, 0.0, lead / np.sqrt(spread))
