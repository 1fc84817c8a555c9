"""The points of a correlation by the networks that they are of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import factorial
from typing import Any, Literal

import numpy as np

from harness.judge.arms import Levels
from harness.judge.choose_test import smallest_of_orders
from harness.judge.measured import Sample, shared_units
from harness.stats.network_ranks import across_networks, within_networks
from harness.stats.result import Array, Correlation
from harness.study.comparison import Comparison

Pair = tuple[Sample, Sample]  # one point: its values of one metric, and of another
Shape = Literal["of their own", "across", "within", "each unit", "too few"]

SHARED = "points share networks"  # why a correlation counts networks


@dataclass(frozen=True)
class Sharing:
    """How the points share networks; the tables have a row for each network."""

    shape: Shape
    x: Array
    y: Array


NO_TABLE = np.empty((0, 0))


def counted_in_correlation(comparison: Comparison, why: str) -> str:
    """What n of a correlation counts: its units, networks or points."""
    if comparison.correlate is not None and comparison.correlate.each_unit:
        return comparison.unit
    return "network" if SHARED in why else "point"


def smallest_p_of_correlation(comparison: Comparison, why: str, n: int) -> float:
    """The smallest p that a correlation of so many units, networks or points can have; 0 where
    that is not known.
    """
    counted = counted_in_correlation(comparison, why)
    if counted == "network":
        return 0.0
    return smallest_of_orders(n) if counted == "point" else smallest_of_signs(n)


def smallest_of_signs(count: int) -> float:
    """The smallest p of coefficients whose signs are flipped."""
    return 2 / 2**count if count else 1.0


def sharing_of(pairs: Sequence[Pair], comparison: Comparison) -> Sharing:
    """Whether points have networks of their own, are several points of each network, or are all of
    the same networks; or whether each unit is asked by itself.
    """
    if not pairs:
        return Sharing("of their own", NO_TABLE, NO_TABLE)
    if comparison.correlate is not None and comparison.correlate.each_unit:
        return Sharing("each unit", *_rows_of_units(pairs))
    blocks: dict[str, list[Pair]] = {}
    for pair in pairs:
        blocks.setdefault(_networks_of(pair[0]), []).append(pair)
    units = shared_units([*(x for x, _ in pairs), *(y for _, y in pairs)])
    least = least_p_of_networks([_networks_of(x) for x, _ in pairs], len(units))
    if least is None:
        return Sharing("of their own", NO_TABLE, NO_TABLE)
    if least > comparison.alpha:
        return Sharing("too few", NO_TABLE, NO_TABLE)
    if len(blocks) == 1:
        return Sharing("within", *_rows_of_units(pairs))
    tables = _tables(list(blocks.values()))
    if tables is None:
        return Sharing("too few", NO_TABLE, NO_TABLE)
    return Sharing("across", *tables)


def least_p_of_networks(networks: Sequence[str], units: int) -> float | None:
    """The smallest p of points, given the networks behind each and the units that all share.

    Where all points are of the same networks, each network has a correlation of its own, whose
    signs are flipped. Where several points are of each network, whole networks are permuted. None
    where each point has networks of its own, so that networks set no bound.
    """
    distinct = len(set(networks))
    if distinct == len(networks):
        return None
    if distinct == 1:
        return smallest_of_signs(units)
    return 1 / factorial(distinct)


def correlate_networks(sharing: Sharing, test: str, options: Mapping[str, Any]) -> Correlation:
    """The correlation of points that share networks, with a p that knows it."""
    correlate = across_networks if sharing.shape == "across" else within_networks
    own_options: dict[str, Any] = {}
    if sharing.shape == "each unit":
        own_options["rows"] = "units"
    for name in ("level", "tie_x", "tie_y"):
        if name in options:
            own_options[name] = options[name]
    return correlate(sharing.x, sharing.y, test, **own_options)


def _rows_of_units(pairs: Sequence[Pair]) -> tuple[Array, Array]:
    """A row for each unit that all points have, for either metric."""
    samples: list[Sample] = []
    for pair in pairs:
        samples += pair
    units = shared_units(samples)
    x = [of_x.array(units) for of_x, _ in pairs]
    y = [of_y.array(units) for _, of_y in pairs]
    return np.array(x).T, np.array(y).T


def _networks_of(sample: Sample) -> str:
    """The networks behind a point, as one name."""
    return " ".join(sorted(set(sample.fits)))


def _tables(blocks: Sequence[Sequence[Pair]]) -> tuple[Array, Array] | None:
    """A row for each block over the points that all blocks have; None where there are none."""
    varying = _varying_within(blocks)
    of_blocks: list[dict[Levels, Pair]] = []
    for block in blocks:
        of_blocks.append({_part(x.arm, varying): (x, y) for x, y in block})
    labels = set(of_blocks[0])
    for pairs in of_blocks:
        labels.intersection_update(pairs)
    shared = [label for label in of_blocks[0] if label in labels]
    if not shared:
        return None
    tables = []
    for side in (0, 1):
        rows = []
        for pairs in of_blocks:
            rows.append([float(np.mean(pairs[label][side].values)) for label in shared])
        tables.append(np.array(rows))
    return tables[0], tables[1]


def _varying_within(blocks: Sequence[Sequence[Pair]]) -> list[int]:
    """Which factors tell the points of one network apart."""
    varying: set[int] = set()
    for block in blocks:
        for number, levels in enumerate(zip(*(x.arm for x, _ in block), strict=True)):
            if len(set(levels)) > 1:
                varying.add(number)
    return sorted(varying)


def _part(levels: Levels, numbers: Sequence[int]) -> Levels:
    return tuple(levels[number] for number in numbers)
