"""What every statistic demands of its arrays, said in one clear sentence where they fail it."""

import math
from collections.abc import Sequence

import numpy as np

from harness.stats.result import Array

# Below this share of the largest value a difference is rounding: 0.9 - 0.8 and 0.8 - 0.7 differ in
# the last bit.
ROUNDING = 1e-12


def sample(values: Array, least: int = 2, name: str = "a sample") -> Array:
    """One finite, one-dimensional sample of at least `least` values."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"{name} must have one dimension, not {array.ndim}")
    if not array.size:
        raise ValueError(f"{name} is empty")
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} holds {int((~np.isfinite(array)).sum())} values that are not finite numbers"
        )
    if array.size < least:
        raise ValueError(f"{name} has n = {array.size}, and at least {least} are needed")
    return array


def two(x: Array, y: Array, least: int = 2) -> tuple[Array, Array]:
    """Two independent samples."""
    return sample(x, least, "the first sample"), sample(y, least, "the second sample")


def pairs(x: Array, y: Array, least: int = 2) -> tuple[Array, Array]:
    """Two samples whose values belong together one by one."""
    x, y = two(x, y, least=1)
    if x.size != y.size:
        x, y = two(x, y, least)  # says which of them is too short
        raise ValueError(f"paired samples must be equally long, not {x.size} and {y.size}")
    return sample(x, least), sample(y, least)


def differences(x: Array, y: Array) -> Array:
    """x - y pair by pair, with differences that differ only by rounding made equal."""
    x, y = pairs(x, y)
    return without_rounding(x - y, x, y)


def many(groups: Sequence[Array], least: int = 2) -> list[Array]:
    """Two or more independent samples."""
    if len(groups) < 2:
        raise ValueError(f"at least 2 groups are needed, not {len(groups)}")
    return [sample(g, least, f"group {i}") for i, g in enumerate(groups, 1)]


def blocks(groups: Sequence[Array]) -> Array:
    """A table with one row per block (seed, fold) and one column per group."""
    columns = many(groups)
    if len({c.size for c in columns}) > 1:
        raise ValueError(
            f"paired groups must be equally long, not {', '.join(str(c.size) for c in columns)}"
        )
    return np.column_stack(columns)


def without_rounding(values: Array, *scale: Array) -> Array:
    """`values` rounded at the twelfth digit of the data they came from, so that what differs by
    rounding alone ties.
    """
    largest = max(float(np.abs(s).max()) for s in scale)
    return np.asarray(
        np.round(values, 12 - math.ceil(math.log10(largest))) if largest else values,
        dtype=np.float64,
    )


def constant(values: Array) -> bool:
    """Whether nothing but rounding distinguishes the values."""
    return bool(np.ptp(values) <= ROUNDING * np.abs(values).max())


def probability(level: float, name: str = "level") -> float:
    """A number strictly between 0 and 1."""
    if not 0 < level < 1:
        raise ValueError(f"{name} must lie between 0 and 1, not {level}")
    return level


def clusters(x: Array, cluster: Array) -> list[Array]:
    """The values of each cluster (the images of each seed); at least two clusters."""
    x = sample(x)
    names = np.asarray(cluster)
    if names.shape != x.shape:
        raise ValueError(f"every value needs its cluster: {x.size} values, {names.size} clusters")
    groups = [x[names == name] for name in np.unique(names)]
    if len(groups) < 2:
        raise ValueError("at least 2 clusters are needed, not 1")
    return groups
