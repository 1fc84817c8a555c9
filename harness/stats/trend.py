"""Whether values rise or fall along ordered groups, such as strengths: Page where paired, else
Jonckheere.
"""

from collections.abc import Iterator
from functools import lru_cache, reduce
from itertools import combinations, permutations
from math import comb, factorial
from typing import Literal

import numpy as np
from scipy import stats

from harness.stats import exact, inputs, test
from harness.stats.exact import Tails
from harness.stats.result import Array, Result
from harness.stats.two_groups import wins


@test(paired=True, groups="many", ordered=True)
def page(*groups: Array, direction: Literal["either", "up", "down"] = "either") -> Result:
    """Whether values rise or fall along ordered paired groups, by ranks within blocks; exact, with
    ties too.
    """
    table = inputs.blocks(groups)
    blocks, k = table.shape
    doubled = np.rint(2 * stats.rankdata(table, axis=1)).astype(np.int64)
    statistic = int((doubled * np.arange(1, k + 1)).sum())
    # scipy counts arrangements without ties even where values tie; here each block keeps its own
    # ranks.
    if factorial(k) <= 5040 and blocks * statistic <= exact.COUNTED // 100:
        parts = tuple(sorted(tuple(sorted(row)) for row in doubled.tolist()))
        weight = _page_weights(parts)
        tails = exact.tails(np.arange(weight.size), weight, statistic)
        note = ""
    else:
        mean = blocks * k * (k + 1) ** 2 / 4
        spread = np.sqrt(((doubled / 2 - (k + 1) / 2) ** 2).sum() * k * (k + 1) / 12)
        z = (statistic / 2 - mean) / spread if spread else 0.0
        tails = Tails(float(stats.norm.cdf(z)), float(stats.norm.sf(z)), False)
        note = "normal approximation"
    return Result(
        "page",
        statistic / 2,
        _choose(tails, direction),
        (blocks,) * k,
        tails.exact,
        _note_of_side(note, direction),
    )


@lru_cache(maxsize=64)
def _page_weights(doubled: tuple[tuple[int, ...], ...]) -> Array:
    """The probability of each weighted rank sum when every block's ranks fall to the groups at
    random.
    """
    whole = np.ones(1)
    for block in doubled:
        sums = np.array(list(permutations(block))) @ np.arange(1, len(block) + 1)
        whole = np.convolve(whole, np.bincount(sums) / sums.size)
    return whole


@test(paired=False, groups="many", ordered=True)
def jonckheere(*groups: Array, direction: Literal["either", "up", "down"] = "either") -> Result:
    """Whether values rise or fall along ordered independent groups, by pairs in order; exact if
    small, ties too.
    """
    samples = inputs.many(groups)
    n = tuple(g.size for g in samples)
    values = np.concatenate(samples)
    doubled = round(sum(2 * wins(later, earlier) for earlier, later in combinations(samples, 2)))
    ties = tuple(int(t) for t in np.unique(values, return_counts=True)[1])
    pairs = (sum(n) ** 2 - sum(s * s for s in n)) // 2
    # Ties couple the groups, and counting them all takes a second at 40,000 steps; without ties a
    # product will do.
    steps = np.prod([s + 1.0 for s in n]) * len(n) * max(ties) ** (len(n) - 1)
    if (max(ties) == 1 and sum(n) <= 100) or steps <= 40_000:
        weight = _untied_weights(n) if max(ties) == 1 else _tied_weights(ties, n)
        tails = exact.tails(np.arange(weight.size), weight, doubled)
        note = ""
    else:
        spread = np.sqrt(_jonckheere_variance(ties, n))
        z = (doubled / 2 - pairs / 2) / spread if spread else 0.0
        tails = Tails(float(stats.norm.cdf(z)), float(stats.norm.sf(z)), False)
        note = "normal approximation"
    return Result(
        "jonckheere",
        doubled / 2,
        _choose(tails, direction),
        n,
        tails.exact,
        _note_of_side(note, direction),
    )


@lru_cache(maxsize=64)
def _untied_weights(sizes: tuple[int, ...]) -> Array:
    """The doubled count's distribution without ties: each group against all before it,
    independently of the others.
    """
    parts = [
        exact.wins_weights(before, size)
        for before, size in zip(np.cumsum(sizes), sizes[1:], strict=False)
    ]
    single = reduce(np.convolve, [part / part.sum() for part in parts])
    whole = np.zeros(2 * single.size - 1)
    whole[::2] = single
    return whole


@lru_cache(maxsize=64)
def _tied_weights(ties: tuple[int, ...], sizes: tuple[int, ...]) -> Array:
    """In how many arrangements the doubled count of pairs in order takes each value."""
    k = len(sizes)
    top = sum(sizes) ** 2 - sum(size * size for size in sizes)
    states = {(0,) * k: np.eye(1, top + 1)[0]}
    # From the smallest value up: each run of tied values is dealt to the groups in every way.
    for run in ties:
        grown: dict[tuple[int, ...], Array] = {}
        for filled, weight in states.items():
            room = tuple(size - count for size, count in zip(sizes, filled, strict=True))
            for deal in _deals(run, room):
                step, ways = _step_and_ways(run, filled, deal)
                after = tuple(np.add(filled, deal).tolist())
                if after not in grown:
                    grown[after] = np.zeros(top + 1)
                grown[after][step:] += ways * weight[: top + 1 - step]
        states = grown
    return states[sizes]


def _step_and_ways(run: int, filled: tuple[int, ...], deal: tuple[int, ...]) -> tuple[int, int]:
    """By how much a deal of tied values raises the doubled count, and in how many ways it is
    made.
    """
    step = 0
    ways = 1
    for group, count in enumerate(deal):
        dealt_before = sum(deal[:group])
        step += count * (2 * sum(filled[:group]) + dealt_before)
        ways *= comb(run - dealt_before, count)
    return step, ways


def _deals(run: int, room: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Every way to deal `run` equal values to groups that have room for so many."""
    if len(room) == 1:
        yield (run,)
        return
    for first in range(max(0, run - sum(room[1:])), min(run, room[0]) + 1):
        yield from ((first, *rest) for rest in _deals(run - first, room[1:]))


def _jonckheere_variance(ties: tuple[int, ...], sizes: tuple[int, ...]) -> float:
    """The null variance with ties (Hollander and Wolfe, 6.19)."""
    total = sum(sizes)
    n = np.array(sizes, dtype=float)
    t = np.array(ties, dtype=float)

    def first(v: Array) -> float:
        return float((v * (v - 1) * (2 * v + 5)).sum())

    def second(v: Array) -> float:
        return float((v * (v - 1) * (v - 2)).sum())

    def third(v: Array) -> float:
        return float((v * (v - 1)).sum())

    variance = (first(np.array([total], dtype=float)) - first(n) - first(t)) / 72
    if total > 2:
        variance += second(n) * second(t) / (36 * total * (total - 1) * (total - 2))
    return variance + third(n) * third(t) / (8 * total * (total - 1))


def _choose(tails: Tails, direction: str) -> float:
    return {"either": tails.two_sided, "up": tails.greater, "down": tails.less}[direction]


def _note_of_side(note: str, direction: str) -> str:
    """A note, and which side was looked at where it was one alone."""
    if direction == "either":
        return note
    side = f"one-sided: {direction}"
    return f"{note}; {side}" if note else side
