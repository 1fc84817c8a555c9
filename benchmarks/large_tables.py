"""What statistics of large tables cost: ten times the rows should take some ten times as long."""

import statistics
import time
from collections.abc import Callable
from itertools import product

import numpy as np
import pandas as pd

from harness.stats import effects, models

ROUNDS = 7


def cliffs_delta_of(count: int) -> Callable[[], object]:
    """Cliff's delta of two groups of so many values, whose pairs nobody could keep."""
    rng = np.random.default_rng(count)
    first = rng.normal(size=count)
    second = rng.normal(size=count) + 0.1
    return lambda: effects.cliffs_delta(first, second)


def mixed_model_of(images: int) -> Callable[[], object]:
    """A mixed model of 50 networks that were measured on the same images."""
    rows = list(product(range(5), range(10), range(images)))
    table = pd.DataFrame(rows, columns=["init", "seed", "image"])
    dice = np.random.default_rng(images).normal(size=len(table))
    table = table.assign(dice=dice)
    random = ("init:seed", "image")
    return lambda: models.mixed_effects(table, "dice ~ C(init)", random=random)


def median_seconds(actions: list[Callable[[], object]]) -> list[float]:
    """The median time of each action, of rounds in which they take turns."""
    seconds: list[list[float]] = [[] for _ in actions]
    for _ in range(ROUNDS):
        for action, times in zip(actions, seconds, strict=True):
            began = time.perf_counter()
            action()
            times.append(time.perf_counter() - began)
    return [statistics.median(times) for times in seconds]


def compare_sizes(name: str, small: Callable[[], object], large: Callable[[], object]) -> None:
    """Prints the times of a small table and of one ten times as large, and their ratio."""
    few, many = median_seconds([small, large])
    ratio = many / few
    print(name)
    print(f"    {1000 * few:.1f} ms and {1000 * many:.1f} ms")
    print(f"    ratio {ratio:.1f}")


if __name__ == "__main__":
    few_values = cliffs_delta_of(10_000)
    many_values = cliffs_delta_of(100_000)
    compare_sizes("Cliff's delta of 10,000 and 100,000 values", few_values, many_values)
    compare_sizes("mixed model of 250 and 2,500 rows", mixed_model_of(5), mixed_model_of(50))
