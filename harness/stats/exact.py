"""Exact null distributions, ties included: every way the labels could have fallen, counted or
enumerated.
"""

from functools import lru_cache
from itertools import combinations
from math import comb, factorial, prod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats.result import Array, Whole

# What an exact distribution may cost: array elements touched (a tenth of a second), or arrangements
# listed.
COUNTED = 100_000_000
LISTED = 200_000


class Tails(NamedTuple):
    """One-sided p values of the same statistic, and whether they are exact."""

    less: float
    greater: float
    exact: bool

    @property
    def two_sided(self) -> float:
        """Twice the smaller tail, as scipy's permutation_test has it."""
        return min(1.0, 2 * min(self.less, self.greater))


def tails(support: Array | Whole, weight: Array, observed: float) -> Tails:
    """Both tails of a distribution of which every value is known."""
    tie = _ties(support, observed)
    less = weight[tie | (support < observed)].sum()
    greater = weight[tie | (support > observed)].sum()
    return Tails(
        min(1.0, float(less / weight.sum())), min(1.0, float(greater / weight.sum())), True
    )


def random_tails(drawn: Array, observed: float) -> Tails:
    """Both tails from random relabelings; the observed one counts among them, so that p is never
    0.
    """
    tie = _ties(drawn, observed)
    less = int((tie | (drawn < observed)).sum())
    greater = int((tie | (drawn > observed)).sum())
    return Tails((less + 1) / (drawn.size + 1), (greater + 1) / (drawn.size + 1), False)


def _ties(values: Array | Whole, observed: float) -> npt.NDArray[np.bool_]:
    return np.isclose(values, observed, rtol=0, atol=slack(values))


def slack(values: Array | Whole) -> float:
    """How far two sums may lie apart that are one but for rounding: it follows the largest value,
    for a sum near zero carries the rounding of its large terms.
    """
    return 1e-9 * float(np.abs(values[np.isfinite(values)]).max(initial=0))


def doubled_ranks(values: Array) -> Whole:
    """Midranks times two, which are whole numbers even where values tie."""
    return np.rint(2 * stats.rankdata(values)).astype(np.int64)


def rank_sum_tails(x: Array, y: Array) -> Tails:
    """Tails of the rank sum of x among x and y; where values tie, scipy's exact is wrong and its
    auto asymptotic.
    """
    doubled = doubled_ranks(np.concatenate([x, y]))
    few, flip = (doubled[: x.size], False) if x.size <= y.size else (doubled[x.size :], True)
    top = int(np.sort(doubled)[-few.size :].sum())
    if few.size * doubled.size * top > COUNTED:
        less, greater = (
            float(stats.mannwhitneyu(x, y, alternative=a, method="asymptotic").pvalue)
            for a in ("less", "greater")
        )
        return Tails(less, greater, False)
    weight = subset_sum_weights(tuple(np.sort(doubled).tolist()), few.size)
    few_tails = tails(np.arange(weight.size), weight, int(few.sum()))
    return Tails(few_tails.greater, few_tails.less, True) if flip else few_tails


@lru_cache(maxsize=256)
def subset_sum_weights(doubled: tuple[int, ...], size: int) -> Array:
    """How many subsets of `size` ranks have each sum."""
    table = np.zeros((size + 1, sum(doubled[-size:]) + 1))
    table[0, 0] = 1
    for rank in doubled:
        table[1:, rank:] += table[:-1, : table.shape[1] - rank]
    return np.asarray(table[size])


def wins_weights(n: int, m: int) -> Array:
    """In how many arrangements of n + m distinct values the first group wins each number of
    pairs.
    """
    few = min(n, m)
    return subset_sum_weights(tuple(range(2, 2 * (n + m) + 1, 2)), few)[few * (few + 1) :: 2]


def signed_rank_tails(difference: Array, ranks: Whole) -> Tails:
    """Tails of the positive rank sum when each difference could have had either sign; `kept` are
    its doubled ranks.
    """
    if ranks.size * ranks.sum() > COUNTED:
        spread = np.sqrt((ranks.astype(float) ** 2).sum()) / 2
        z = (ranks[difference > 0].sum() - ranks.sum() / 2) / spread
        return Tails(float(stats.norm.cdf(z)), float(stats.norm.sf(z)), False)
    weight = sign_weights(tuple(np.sort(ranks).tolist()))
    return tails(np.arange(weight.size), weight, int(ranks[difference > 0].sum()))


@lru_cache(maxsize=256)
def sign_weights(doubled: tuple[int, ...]) -> Array:
    """The probability of each sum of the ranks that drew a plus."""
    weight = np.zeros(sum(doubled) + 1)
    weight[0] = 1
    for rank in doubled:
        weight[rank:] = (weight[rank:] + weight[: weight.size - rank]) / 2
        weight[:rank] /= 2
    return weight


def sign_sums(difference: Array) -> Array:
    """The sum of the differences under each of the 2^n choices of signs."""
    sums = np.zeros(1)
    for d in np.abs(difference):
        sums = np.concatenate([sums + d, sums - d])
    return sums


def subset_sums(values: Array, size: int) -> Array:
    """The sum of each subset of `size` values."""
    sums_of = {0: np.zeros(1)}
    for count, v in enumerate(values, 1):
        grown: dict[int, Array] = {}
        # A subset that can no longer reach its size is not carried on.
        for k in range(max(0, size - values.size + count), min(size, count) + 1):
            parts = [sums_of[k]] if k in sums_of else []
            parts += [sums_of[k - 1] + v] if k - 1 in sums_of else []
            grown[k] = np.concatenate(parts)
        sums_of = grown
    return sums_of[size]


def arrangements(sizes: tuple[int, ...]) -> int:
    """In how many ways labels can be dealt to groups of these sizes."""
    return factorial(sum(sizes)) // prod(factorial(s) for s in sizes)


@lru_cache(maxsize=4)
def splits(total: int, size: int) -> Array:
    """Every choice of `size` among `total` as rows of zeros and ones."""
    rows = np.zeros((comb(total, size), total))
    for row, members in zip(rows, combinations(range(total), size), strict=True):
        row[list(members)] = 1
    return rows


def random_splits(total: int, size: int, resamples: int, seed: int) -> Array:
    """`resamples` random choices of `size` among `total` as rows of zeros and ones."""
    order = np.random.default_rng(seed).random((resamples, total)).argsort(axis=1)
    return (order < size).astype(np.float64)


def random_subset_sums(values: Array, size: int, resamples: int, seed: int) -> Array:
    """The sums of `resamples` random subsets of `size` values, a few million values at a time."""
    rng = np.random.default_rng(seed)
    sums = []
    for rows in _batches(resamples, values.size):
        members = rng.random((rows, values.size)).argpartition(size - 1, axis=1)[:, :size]
        sums.append(values[members].sum(axis=1))
    return np.concatenate(sums)


def random_sign_sums(difference: Array, resamples: int, seed: int) -> Array:
    """The sums of the differences under `resamples` random choices of signs."""
    rng = np.random.default_rng(seed)
    signs = (
        rng.integers(0, 2, (rows, difference.size)) * 2 - 1
        for rows in _batches(resamples, difference.size)
    )
    return np.concatenate([s @ difference for s in signs])


def _batches(resamples: int, width: int) -> list[int]:
    rows = max(1, 4_000_000 // width)
    return [min(rows, resamples - start) for start in range(0, resamples, rows)]
