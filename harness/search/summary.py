"""What a search has come to, as the report and the dashboard draw it: pure functions of it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from harness.search.history import SearchHistory, SearchPoint
from harness.study.search import Dimension

ENDED = ("rejected", "incumbent", "complete")  # states of points whose means were told
CELLS = 6  # into which a range is cut for a map of two dimensions
MOST_NUMBERS = 12  # of a range of whole numbers, each of which has a cell of its own


@dataclass(frozen=True)
class BestStep:
    """A point that was better than all before it, and after how many trainings that was clear."""

    trainings: int
    value: float
    point: int


@dataclass(frozen=True)
class Bias:
    """What the search saw of a point, what fresh seeds say, and their difference."""

    point: int
    metric: str
    seen: float
    fresh: float

    @property
    def difference(self) -> float:
        """How much of the seen score did not come again."""
        return self.fresh - self.seen


@dataclass(frozen=True)
class MapCell:
    """The points of a search at one place of two dimensions: their mean, and how many they are."""

    down: str
    across: str
    mean: float
    n: int


def ended_points(history: SearchHistory) -> list[SearchPoint]:
    """The points with means, each trial once: what is known from an earlier point is left out."""
    points = []
    for point in history.points:
        if point.state in ENDED and point.means is not None and not point.is_known:
            points.append(point)
    return points


def means_of(point: SearchPoint) -> tuple[float, ...]:
    """The means of a point that has ended."""
    if point.means is None:
        raise ValueError(f"point {point.number} has no mean")
    return point.means


def best_so_far(history: SearchHistory, objective: int = 0) -> list[BestStep]:
    """The points that were the best when they ended, one objective taken by itself.

    In a race these are the incumbents: whoever was rejected had the worse mean, and a point whose
    race the budget ended may have been lucky with its only seed.
    """
    maximise = history.objectives[objective].maximise
    points = ended_points(history)
    if is_race(history):
        points = [point for point in points if point.state != "complete"]
    steps: list[BestStep] = []
    for point in points:
        value = means_of(point)[objective]
        if steps and not _is_better(value, steps[-1].value, maximise=maximise):
            continue
        trainings = point.trainings_before + len(point.scores)
        steps.append(BestStep(trainings, value, point.number))
    return steps


def is_race(history: SearchHistory) -> bool:
    """Whether points are raced, so that there is an incumbent; else each gets all seeds."""
    return any(point.state == "incumbent" for point in history.points)


def _is_better(value: float, than: float, *, maximise: bool) -> bool:
    return value > than if maximise else value < than


def best_points(history: SearchHistory) -> list[SearchPoint]:
    """The incumbents, which of several objectives are a front.

    Where seeds are fixed these are the points that no other dominates.
    """
    points = ended_points(history)
    incumbents = [point for point in points if point.state == "incumbent"]
    if incumbents:
        return incumbents
    front: list[SearchPoint] = []
    for point in points:
        if not any(_dominates(history, rival, point) for rival in points):
            front.append(point)
    return front


def _dominates(history: SearchHistory, point: SearchPoint, rival: SearchPoint) -> bool:
    """Whether a point is as good as a rival in every objective, and better in one."""
    is_better_once = False
    pairs = zip(history.objectives, means_of(point), means_of(rival), strict=True)
    for objective, mean, rival_mean in pairs:
        if _is_better(rival_mean, mean, maximise=objective.maximise):
            return False
        is_better_once = is_better_once or mean != rival_mean
    return is_better_once


def ranked_points(history: SearchHistory, objective: int = 0) -> list[SearchPoint]:
    """The incumbents first, and then all points that have ended, the better means before."""
    sign = -1 if history.objectives[objective].maximise else 1
    best = {point.number for point in best_points(history)}

    def rank(point: SearchPoint) -> tuple[bool, float]:
        return point.number not in best, sign * means_of(point)[objective]

    return sorted(ended_points(history), key=rank)


def biases(history: SearchHistory) -> list[Bias]:
    """For each point that was confirmed and each objective: seen against confirmed."""
    rows: list[Bias] = []
    for confirmed in history.confirmed:
        for number, objective in enumerate(history.objectives):
            seen = confirmed.seen[number]
            fresh = confirmed.fresh[number]
            rows.append(Bias(confirmed.point, objective.metric, seen, fresh))
    return rows


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


def colour_shares(history: SearchHistory, objective: int = 0) -> dict[int, float]:
    """How good each point is, from 0 for the worst to 1 for the best of those that have ended."""
    points = ended_points(history)
    values = {point.number: means_of(point)[objective] for point in points}
    if not values:
        return {}
    low = min(values.values())
    width = max(values.values()) - low
    shares: dict[int, float] = {}
    for number, value in values.items():
        share = (value - low) / width if width else 0.5
        shares[number] = share if history.objectives[objective].maximise else 1 - share
    return shares


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
