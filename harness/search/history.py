"""What a search has tried so far, as values that a report and a page read."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from harness.search.asking import earlier_search
from harness.search.best import best_points
from harness.search.confirmation import arm_of, point_arm
from harness.search.point import Point, levels_of
from harness.search.replay import Replay, replay
from harness.search.samplers import sampler_line
from harness.search.scores import NoScore, scores_of_rows
from harness.store import Home
from harness.study.cells import Cell
from harness.study.search import Dimension, Objective, Search

if TYPE_CHECKING:
    from harness.study.load import Study

__all__ = ["Dimension", "Objective"]

PointState = Literal["racing", "rejected", "incumbent", "infeasible", "failed", "complete"]


@dataclass(frozen=True)
class SearchPoint:
    """One point of a search: its levels, its scores seed by seed, and what became of it."""

    number: int
    levels: Mapping[str, str]
    # (seed, a value for each objective), in the order in which they were raced
    scores: tuple[tuple[int, tuple[float, ...]], ...]
    state: PointState
    reason: str
    means: tuple[float, ...] | None  # a mean for each objective over the seeds
    trial_keys: tuple[str, ...]  # of the trials behind the scores, in the same order
    began: float | None  # in seconds since 1970
    trainings_before: int  # trainings that the search had spent when the point was asked for
    is_known: bool = False  # answered from an earlier point that is the same trial


@dataclass(frozen=True)
class Confirmed:
    """A point on fresh seeds beside what the search saw of it: the difference is the bias."""

    point: int
    seen: tuple[float, ...]  # the mean for each objective on the seeds of the search
    fresh: tuple[float, ...]  # the mean for each objective on fresh seeds


@dataclass(frozen=True)
class SearchHistory:
    """A search as far as it has come."""

    study: str
    objectives: tuple[Objective, ...]
    dimensions: tuple[Dimension, ...]
    sampler: str  # its name, arguments, version and seed as one line
    points: tuple[SearchPoint, ...]
    budget: str  # as a person reads it: 60 trainings
    spent_trainings: int
    confirmed: tuple[Confirmed, ...] = ()


def read_history(study: "Study", home: Home) -> SearchHistory | None:
    """What the search of a study has tried; None for a study that searches nothing, or not yet.

    A ValueError says that what is recorded is another search.
    """
    search = study.search
    if search is None:
        return None
    recorded = earlier_search(study, search, home)
    if recorded is None:
        return None
    points = recorded.points()
    return SearchHistory(
        study.name,
        search.objectives,
        search.dimensions,
        recorded.sampler_line or sampler_line(search),
        points=_search_points(search, points),
        budget=search.budget.text,
        spent_trainings=sum(point.trainings for point in points),
        confirmed=_fresh_means(study, search, points, home),
    )


def _fresh_means(
    study: "Study", search: Search, points: list[Point], home: Home
) -> tuple[Confirmed, ...]:
    """The best points on fresh seeds, as far as those are measured here."""
    if search.confirm is None or not study.cells:
        return ()
    scores: dict[tuple[tuple[str, str], ...], list[tuple[float, ...]]] = {}
    for cell in study.cells:
        folder = home.store("trials").find(cell.trial.key)
        path = None if folder is None else folder / "rows.parquet"
        if path is None or not path.exists():
            continue
        with suppress(NoScore):
            values = scores_of_rows(path, search.objectives)
            scores.setdefault(_sorted_arm(cell), []).append(values)
    confirmed = []
    for point in best_points(search, points, search.confirm.best):
        arm = point_arm(study, search, search.confirm, point.values)
        fresh = scores.get(tuple(sorted(arm.items())))
        if fresh and point.means is not None:
            columns = zip(*fresh, strict=True)
            means = tuple(sum(column) / len(column) for column in columns)
            confirmed.append(Confirmed(point.number, point.means, means))
    return tuple(confirmed)


def _sorted_arm(cell: Cell) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(arm_of(cell).items()))


def _search_points(search: Search, points: list[Point]) -> tuple[SearchPoint, ...]:
    """The points as a page shows them, with what became of them since they were told."""
    state = replay(search, points)
    search_points = []
    for point in points:
        state_of_point, reason = _state_of(point, state)
        search_point = SearchPoint(
            point.number,
            point.levels or levels_of(point.values),
            point.scores,
            state_of_point,
            reason,
            means=point.means,
            trial_keys=point.trial_keys,
            began=point.began,
            trainings_before=point.trainings_before,
            is_known=point.known_as is not None,
        )
        search_points.append(search_point)
    return tuple(search_points)


def _state_of(point: Point, state: Replay) -> tuple[PointState, str]:
    """Where a point stands now, and why: an incumbent may have been overtaken."""
    if point.number in state.overtaken:
        return "rejected", f"overtaken by point {state.overtaken[point.number]}"
    if point.end is not None:
        return point.end, point.reason
    return "racing", point.reason
