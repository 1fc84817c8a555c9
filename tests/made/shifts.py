"""Test sets that are shifted by hand, and what the probe `shift` yields on them."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from harness.data.images import Unlabelled
from harness.measure.rows import Arrays, Figure, Row

Values = NDArray[np.floating[Any]]


def shares_by_value(values: Values, edges: list[tuple[float, float]]) -> list[float]:
    """Returns the share of values in each bin, value by value; the last bin is closed."""
    shares = [0.0] * len(edges)
    last = len(edges) - 1
    for value in values:
        for position, (low, high) in enumerate(edges):
            if low <= value < high or (position == last and value >= high):
                shares[position] += 1 / len(values)
                break
    return shares


def slow_hellinger(x: Values, y: Values, bins: int) -> float:
    """Eqs. 4 to 9 of paper 004 for one channel, value by value."""
    joint = np.concatenate([x, y])
    alpha = joint.max() - joint.min()
    beta = joint.min()
    edges = []
    for position in range(bins):
        low = position / bins * alpha + beta
        high = (position + 1) / bins * alpha + beta
        edges.append((low, high))
    pairs = zip(shares_by_value(x, edges), shares_by_value(y, edges), strict=True)
    coefficient = sum(math.sqrt(p * q) for p, q in pairs)
    return math.sqrt(max(0.0, 1 - coefficient))


def random_test_set(count: int, size: int = 64, seed: int = 0, channels: int = 1) -> Unlabelled:
    """Returns images of noise, each a volume of its own."""
    rng = torch.Generator().manual_seed(seed)
    pixels = torch.randint(0, 256, (count, channels, size, size), generator=rng, dtype=torch.uint8)
    alone = torch.arange(count)
    names = [str(position) for position in range(count)]
    return Unlabelled(pixels, names, ["all"] * count, alone, alone)


def darker(test: Unlabelled, factor: float) -> Unlabelled:
    return replace(test, pixels=test.pixels.float() / 255 * factor)


@dataclass
class Shifts:
    """What the probe yields: values by metric and layer, and arrays."""

    values: dict[str, dict[str, float]] = field(default_factory=dict)
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


def shifts_of(items: Iterable[Row | Figure | Arrays]) -> Shifts:
    """Collects what the probe yields."""
    shifts = Shifts()
    for item in items:
        if isinstance(item, Row):
            layers = shifts.values.setdefault(item.metric, {})
            layers[item.dimensions["layer"]] = item.value
        elif isinstance(item, Arrays):
            shifts.arrays = item.arrays
        else:
            assert isinstance(item, Figure)
    return shifts
