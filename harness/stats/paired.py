"""Two paired samples, or one: signed ranks, signs, permutations and t."""

from typing import Literal

import numpy as np
from scipy import stats

from harness.stats import exact, inputs, test
from harness.stats.result import Array, Result, Whole
from harness.stats.two_groups import unvarying


@test(paired=True, groups=2)
def wilcoxon(x: Array, y: Array, *, zeros: Literal["drop", "pratt"] = "drop") -> Result:
    """Whether paired values differ, by signed ranks; exact while cheap, with ties and zeros too."""
    difference = inputs.differences(x, y)
    n = (difference.size, difference.size)
    if not difference.any():
        return Result("wilcoxon", 0.0, 1.0, n, exact=True, note="all pairs are equal")
    difference, ranks = signed_ranks(difference, zeros)
    tails = exact.signed_rank_tails(difference, ranks)
    notes = [] if tails.exact else ["normal approximation"]
    if dropped := int(n[0] - difference.size):
        notes.append(
            f"{dropped} pairs without a difference "
            + ("were dropped" if zeros == "drop" else "keep their ranks")
        )
    if ties := int(ranks.size - np.unique(ranks).size):
        notes.append(f"{ties} tied differences share midranks")
    statistic = float(ranks[difference > 0].sum() / 2)
    return Result("wilcoxon", statistic, tails.two_sided, n, tails.exact, "; ".join(notes))


def signed_ranks(difference: Array, zeros: str = "drop") -> tuple[Array, Whole]:
    """The differences other than zero and the doubled ranks of their sizes; Pratt ranks zeros, then
    drops them.
    """
    if zeros == "drop":
        difference = difference[difference != 0]
    doubled = exact.doubled_ranks(np.abs(difference))
    return difference[difference != 0], doubled[difference != 0]


@test(paired=True, groups=2)
def sign(x: Array, y: Array) -> Result:
    """Whether more pairs go up than down, whatever the size of the difference; exact."""
    difference = inputs.differences(x, y)
    n = difference.size
    up = int((difference > 0).sum())
    moved = int((difference != 0).sum())
    p = float(stats.binomtest(up, moved).pvalue) if moved else 1.0
    note = f"{n - moved} pairs without a difference were dropped" if moved < n else ""
    return Result("sign", float(up), p, (n, n), exact=True, note=note)


@test(paired=True, groups=2)
def permutation_paired(x: Array, y: Array, *, resamples: int = 9999, seed: int = 0) -> Result:
    """Whether paired means differ, by flipping signs: all choices of signs for up to 17 pairs,
    random ones beyond.
    """
    x, y = inputs.pairs(x, y)
    difference = x - y
    n = difference.size
    observed = float(difference.sum())
    if 2**n <= exact.LISTED:
        sums = exact.sign_sums(difference)
        tails = exact.tails(sums, np.ones(sums.size), observed)
        note = ""
    else:
        sums = exact.random_sign_sums(difference, resamples, seed)
        tails = exact.random_tails(sums, observed)
        note = f"{resamples} random choices of signs"
    return Result(
        "permutation_paired", float(difference.mean()), tails.two_sided, (n, n), tails.exact, note
    )


@test(paired=True, groups=2, boundless=True)
def t_paired(x: Array, y: Array) -> Result:
    """Whether the mean of paired differences is zero (t)."""
    difference = inputs.differences(x, y)
    n = (difference.size, difference.size)
    if inputs.constant(difference):
        return unvarying("t_paired", not difference.any(), n)
    outcome = stats.ttest_rel(x, y)
    return Result("t_paired", float(outcome.statistic), float(outcome.pvalue), n, exact=False)


@test(paired=False, groups=1, boundless=True)
def t_one(x: Array, *, mean: float = 0.0) -> Result:
    """Whether the mean of one sample is a stated value (t)."""
    x = inputs.sample(x)
    if inputs.constant(x):
        return unvarying(
            "t_one", bool(np.isclose(x[0], mean, rtol=inputs.ROUNDING, atol=0)), (x.size,)
        )
    outcome = stats.ttest_1samp(x, mean)
    return Result("t_one", float(outcome.statistic), float(outcome.pvalue), (x.size,), exact=False)
