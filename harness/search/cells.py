"""Where the points of a search lie: along one setting, and in the cells of two."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.search.history import SearchHistory
from harness.search.summary import ended_points, means_of
from harness.study.search import Dimension

CELLS = 6  # into which a range is cut for a map of two dimensions
MOST_NUMBERS = 12  # of a range of whole numbers, each of which has a cell of its own


@dataclass(frozen=True)
class MapCell:
    """The points of a search at one place of two dimensions: their mean, and how many they are."""

    down: str
    across: str
    mean: float
    n: int


def position(dimension: Dimension, level: str) -> float:
    """Where a level stands along its dimension, from 0 to 1; on the logarithm of a log range."""
    if dimension.kind == "categorical":
        last = len(dimension.levels) - 1
        return dimension.levels.index(level) / last if last else 0.5
    low = on_scale(dimension, dimension.low or 0.0)
    high = on_scale(dimension, dimension.high or 0.0)
    width = high - low
    return (on_scale(dimension, float(level)) - low) / width if width else 0.5


def on_scale(dimension: Dimension, value: float) -> float:
    """A number on the scale on which the search draws it."""
    return math.log10(value) if dimension.log else value


def map_of_two(
    history: SearchHistory, down: Dimension, across: Dimension, objective: int = 0
) -> list[MapCell]:
    """The mean of the points at each place of two dimensions, in the order of both.

    A range is cut into cells. Where no point was, there is no cell: nothing is filled in.
    """
    groups: dict[tuple[str, str], list[float]] = {}
    for point in ended_points(history):
        if down.path in point.levels and across.path in point.levels:
            names = (cell_of(down, point.levels), cell_of(across, point.levels))
            groups.setdefault(names, []).append(means_of(point)[objective])
    cells: list[MapCell] = []
    for row in cell_names(down):
        for column in cell_names(across):
            values = groups.get((row, column))
            if values:
                mean = math.fsum(values) / len(values)
                cells.append(MapCell(row, column, mean, len(values)))
    return cells


def cell_names(dimension: Dimension) -> list[str]:
    """The levels of a dimension, or the cells into which its range is cut."""
    if dimension.kind == "categorical":
        return list(dimension.levels)
    numbers = _whole_numbers(dimension)
    if len(numbers) in range(1, MOST_NUMBERS + 1):
        return [str(number) for number in numbers]
    bounds = _cell_bounds(dimension)
    names: list[str] = []
    for low, high in pairwise(bounds):
        names.append(f"{low:.2g}–{high:.2g}")
    return names


def cell_of(dimension: Dimension, levels: Mapping[str, str]) -> str:
    """The cell that a point stands in."""
    level = levels[dimension.path]
    names = cell_names(dimension)
    if level in names:
        return level
    number = int(position(dimension, level) * len(names))
    return names[min(number, len(names) - 1)]


def _whole_numbers(dimension: Dimension) -> range:
    """The numbers of a range of whole numbers; none of another."""
    if dimension.kind != "int" or dimension.log:
        return range(0)
    low, high = int(dimension.low or 0), int(dimension.high or 0)
    return range(low, high + 1, int(dimension.step or 1))


def _cell_bounds(dimension: Dimension) -> Sequence[float]:
    """The ends of the cells of a range, equal on the scale on which the search draws it."""
    low = on_scale(dimension, dimension.low or 0.0)
    high = on_scale(dimension, dimension.high or 0.0)
    bounds: list[float] = []
    for number in range(CELLS + 1):
        bound = low + (high - low) * number / CELLS
        bounds.append(10**bound if dimension.log else bound)
    return bounds
