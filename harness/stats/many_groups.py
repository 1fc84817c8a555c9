"""Several groups at once: Kruskal-Wallis and Friedman, exact where the arrangements can be
counted.
"""

from functools import lru_cache
from itertools import permutations
from math import factorial

import numpy as np
from scipy import stats

from harness.stats import exact, inputs, test
from harness.stats.result import Array, Result, Whole


@test(paired=False, groups="many", post_hoc=["dunn"])
def kruskal(*groups: Array) -> Result:
    """Whether several independent groups differ, by ranks; exact for small groups, with ties
    too.
    """
    samples = inputs.many(groups)
    n = tuple(g.size for g in samples)
    values = np.concatenate(samples)
    if np.ptp(values) == 0:
        return Result("kruskal", 0.0, 1.0, n, exact=True, note="all values are equal")
    approximate = stats.kruskal(*samples)
    statistic = float(approximate.statistic)
    if exact.arrangements(n) > 5 * exact.LISTED:
        return Result(
            "kruskal",
            statistic,
            float(approximate.pvalue),
            n,
            exact=False,
            note="chi-square approximation",
        )
    ranks = exact.doubled_ranks(values)
    sums = np.array([part.sum() for part in np.split(ranks, np.cumsum(n)[:-1])])
    support, weight = _squared_rank_sums(tuple(np.sort(ranks).tolist()), n)
    return Result(
        "kruskal",
        statistic,
        exact.tails(support, weight, float((sums**2 / n).sum())).greater,
        n,
        exact=True,
    )


@lru_cache(maxsize=64)
def _squared_rank_sums(doubled: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[Array, Array]:
    """The distribution of the sum of S^2 / n over groups, which orders arrangements as H does."""
    # State: the size and the rank sum so far of every group; equal states are merged after each
    # rank is dealt.
    k = len(sizes)
    base = sum(doubled) + 1
    states = np.zeros((1, 2 * k), dtype=np.int64)
    weight = np.ones(1)
    code = np.cumprod([1, *(s + 1 for s in sizes[:-1]), *[base] * (k - 2)], dtype=np.int64)
    for rank in doubled:
        grown = []
        grown_weight = []
        for g in range(k):
            room = states[:, g] < sizes[g]
            step = np.zeros(2 * k, dtype=np.int64)
            step[[g, k + g]] = 1, rank
            grown.append(states[room] + step)
            grown_weight.append(weight[room])
        # The last group's size and sum follow from the others'.
        merged = np.concatenate(grown)
        states, weight = _merge(
            merged,
            merged[:, [*range(k - 1), *range(k, 2 * k - 1)]] @ code,
            np.concatenate(grown_weight),
        )
    return (states[:, k:] ** 2 / np.array(sizes)).sum(axis=1), weight


@test(paired=True, groups="many", post_hoc=["nemenyi", "conover"])
def friedman(*groups: Array) -> Result:
    """Whether several paired groups differ, by ranks within blocks; exact for few blocks, with ties
    too.
    """
    table = inputs.blocks(groups)
    blocks, k = table.shape
    n = (blocks,) * k
    if not np.ptp(table, axis=1).any():
        return Result(
            "friedman", 0.0, 1.0, n, exact=True, note="all values are equal within every block"
        )
    doubled = np.rint(2 * stats.rankdata(table, axis=1)).astype(np.int64)
    sums = doubled.sum(axis=0)
    # The tie-corrected statistic in one line: scipy's own refuses two groups.
    statistic = (k - 1) * ((sums - blocks * (k + 1)) ** 2).sum() / ((doubled - (k + 1)) ** 2).sum()
    if (blocks * (k - 1)) ** (k - 1) * blocks > 5_000_000 or factorial(k) > 5040:
        p = float(stats.chi2.sf(statistic, k - 1))
        return Result(
            "friedman", float(statistic), p, n, exact=False, note="chi-square approximation"
        )
    support, weight = _squared_column_sums(
        tuple(sorted(tuple(sorted(row)) for row in doubled.tolist()))
    )
    return Result(
        "friedman",
        float(statistic),
        exact.tails(support, weight, float((sums**2).sum())).greater,
        n,
        exact=True,
    )


@lru_cache(maxsize=64)
def _squared_column_sums(doubled: tuple[tuple[int, ...], ...]) -> tuple[Array, Array]:
    """The distribution of the squared rank sums when each block's ranks fall to the groups at
    random.
    """
    k = len(doubled[0])
    base = sum(map(sum, doubled)) + 1
    states = np.zeros((1, k), dtype=np.int64)
    weight = np.ones(1)
    for block in doubled:
        orders = np.array(list(permutations(block)))
        # Groups are exchangeable, so sums that differ only in their order are one state.
        grown = np.sort((states[:, None] + orders).reshape(-1, k), axis=1)
        code = grown @ np.array([base**j for j in range(k - 1)] + [0])
        states, weight = _merge(grown, code, np.repeat(weight / len(orders), len(orders)))
    return (states.astype(np.float64) ** 2).sum(axis=1), weight


def _merge(states: Whole, code: Whole, weight: Array) -> tuple[Whole, Array]:
    _, first, inverse = np.unique(code, return_index=True, return_inverse=True)
    return states[first], np.bincount(inverse, weights=weight).astype(np.float64)
