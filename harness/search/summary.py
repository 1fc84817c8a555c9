"""What a search has come to, as the report and the dashboard draw it: pure functions of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.search.history import SearchHistory, SearchPoint
from harness.search.race_rule import dominates

ENDED = ("rejected", "incumbent", "complete")  # states of points whose means were told


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
    maximise = [objective.maximise for objective in history.objectives]
    front: list[SearchPoint] = []
    for point in sorted(points, key=lambda point: _losses(history, point)):
        # whoever dominates a point stands before it, and somebody on the front dominates it too
        means = means_of(point)
        if not any(dominates(maximise, means_of(rival), means) for rival in front):
            front.append(point)
    return sorted(front, key=lambda point: point.number)


def _losses(history: SearchHistory, point: SearchPoint) -> list[float]:
    """The means of a point so that less is better."""
    losses = []
    for objective, mean in zip(history.objectives, means_of(point), strict=True):
        losses.append(-mean if objective.maximise else mean)
    return losses


def ranked_points(history: SearchHistory, objective: int = 0) -> list[SearchPoint]:
    """The incumbents first, and then all points that have ended, the better means before."""
    sign = -1 if history.objectives[objective].maximise else 1
    best = {point.number for point in best_points(history)}

    def rank(point: SearchPoint) -> tuple[bool, float]:
        return point.number not in best, sign * means_of(point)[objective]

    return sorted(ended_points(history), key=rank)


def thin_out(history: SearchHistory, points: Sequence[SearchPoint], most: int) -> list[SearchPoint]:
    """The points that a figure has room for: the best, and every second or tenth of the others."""
    step = math.ceil(len(points) / most)
    if step <= 1:
        return list(points)
    best = {point.number for point in best_points(history)}
    left = []
    for index, point in enumerate(points):
        if index % step == 0 or point.number in best:
            left.append(point)
    return left


def biases(history: SearchHistory) -> list[Bias]:
    """For each point that was confirmed and each objective: seen against confirmed."""
    rows: list[Bias] = []
    for confirmed in history.confirmed:
        for number, objective in enumerate(history.objectives):
            seen = confirmed.seen[number]
            fresh = confirmed.fresh[number]
            rows.append(Bias(confirmed.point, objective.metric, seen, fresh))
    return rows


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
