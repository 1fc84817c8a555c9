"""Every relabeling of small samples, by which the tests of this folder count p values."""

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

Array = NDArray[np.float64]
Statistic = Callable[[Array, Array], float]


def close(value: Any) -> Any:
    """Compares equal to numbers that differ from `value` by rounding alone."""
    return pytest.approx(value, abs=1e-12)


def whole_numbers(rng: np.random.Generator, low: int, high: int, n: int) -> Array:
    """Draws whole numbers from `low` to below `high`, many of which tie."""
    numbers = rng.integers(low, high, n)
    return numbers.astype(float)


def two_tails(drawn: Sequence[float] | Array, observed: float) -> float:
    """Returns twice the smaller tail of the drawn statistics, at most 1."""
    values = np.asarray(drawn)
    is_less = values <= observed + 1e-9
    is_greater = values >= observed - 1e-9
    smaller_tail = min(is_less.mean(), is_greater.mean())
    return float(min(1.0, 2 * smaller_tail))


def p_by_relabeling(x: Array, y: Array, statistic: Statistic) -> float:
    """Counts the p value of a statistic over every way to choose the first group."""
    values = np.concatenate([x, y])
    drawn = []
    for members in combinations(range(values.size), x.size):
        is_first = np.zeros(values.size, dtype=bool)
        is_first[list(members)] = True
        first = values[is_first]
        second = values[~is_first]
        drawn.append(statistic(first, second))
    return two_tails(drawn, statistic(x, y))


def p_by_order(x: Array, y: Array, statistic: Statistic) -> float:
    """Counts the p value of a statistic over every order of the second sample."""
    drawn = []
    for order in permutations(range(y.size)):
        reordered = y[list(order)]
        drawn.append(statistic(x, reordered))
    return two_tails(drawn, statistic(x, y))


def arrangements(groups: Sequence[Array]) -> Iterator[list[Array]]:
    """Yields every distinct way to deal the pooled values to the groups."""
    values = np.concatenate(groups)
    sizes = [len(group) for group in groups]
    labels = np.repeat(np.arange(len(groups)), sizes)
    for order in set(permutations(labels.tolist())):
        owner = np.array(order)
        yield [values[owner == i] for i in range(len(groups))]


def orders_within_rows(table: Array) -> Iterator[Array]:
    """Yields every way to permute the values within each row."""
    orders = [list(permutations(row)) for row in table.tolist()]
    for rows in product(*orders):
        yield np.array(rows)


def signs(n: int) -> Iterator[Array]:
    """Yields every choice of n signs."""
    for choice in product((-1.0, 1.0), repeat=n):
        yield np.array(choice)


def pair_wins(x: Array, y: Array) -> float:
    """Counts the pairs in which the first value is larger; a tie is half a win."""
    column = x[:, None]
    wins = np.count_nonzero(column > y)
    ties = np.count_nonzero(column == y)
    return wins + 0.5 * ties
