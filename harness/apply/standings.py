"""Scores -> ranks with their uncertainty, whom the first is told from, how estimators agree."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from harness.apply.draws import are_told_apart, averages, bounds, draws_of, ranks_of, units_of
from harness.apply.questions import Column
from harness.apply.score_table import ScoreTable
from harness.stats.ranks import kendall
from harness.stats.result import Array

LEAST_FOR_AGREEMENT = 3  # models


@dataclass(frozen=True)
class Standing:
    """Where a model stands by one column."""

    model: str
    score: float
    low: float
    high: float
    rank: float
    best_rank: float  # the bounds of the rank over the draws
    worst_rank: float
    first: float  # in what share of the draws it is the first
    told_apart: bool  # from the first
    empty: int  # images without a value: no foreground in any prediction


@dataclass(frozen=True)
class ColumnRanking:
    """All models by one column, the best first."""

    column: Column
    standings: tuple[Standing, ...]

    @property
    def is_certain(self) -> bool:
        """Whether its uncertainty is known."""
        return self.column.of_images

    def of(self, model: str) -> Standing:
        """Where a model stands."""
        return next(standing for standing in self.standings if standing.model == model)


@dataclass(frozen=True)
class Agreement:
    """How alike two columns order the models."""

    first: str
    second: str
    tau: float
    p: float


@dataclass(frozen=True)
class Ranking:
    """Everything that scores say of models; the first column decides."""

    columns: tuple[ColumnRanking, ...]
    agreements: tuple[Agreement, ...]
    unit: str  # what was drawn again
    count: int  # of units

    @property
    def first(self) -> ColumnRanking:
        return self.columns[0]


def rank_models(table: ScoreTable) -> Ranking:
    """Ranks the models of a table by each of its columns."""
    units, unit = units_of(table.planes)
    draws = draws_of(units)
    columns = []
    for column in _in_order(table):
        if column.of_images:
            columns.append(_by_images(table, column, draws))
        else:
            columns.append(_by_set(table, column))
    return Ranking(tuple(columns), _agreements(columns), unit, len(set(units)))


def _in_order(table: ScoreTable) -> list[Column]:
    """The columns, first those that every model was asked, in the order of the questions."""
    models_asked: dict[str, set[str]] = {}
    for model, label, _ in table.values:
        models_asked.setdefault(label, set()).add(model)

    def lacks_models(column: Column) -> bool:
        return len(models_asked.get(column.label, ())) < len(table.models)

    columns = list(table.columns.values())
    return sorted(columns, key=lambda column: (lacks_models(column), not column.of_images))


def _by_images(table: ScoreTable, column: Column, draws: Array) -> ColumnRanking:
    """The models by a column with a value for each image."""
    values = table.of_images(column)
    scores = averages(values, np.ones((1, values.shape[1])), column.average)[0]
    drawn = averages(values, draws, column.average)
    ranks = ranks_of(drawn)
    order = _best_first(scores)
    best = order[0]
    is_apart = are_told_apart(drawn, best)
    own_ranks = ranks_of(scores[None])[0]
    standings = []
    for number in order:
        low, high = bounds(drawn[:, number])
        best_rank, worst_rank = bounds(ranks[:, number])
        standings.append(
            Standing(
                model=table.models[number].name,
                score=float(scores[number]),
                low=low,
                high=high,
                rank=float(own_ranks[number]),
                best_rank=best_rank,
                worst_rank=worst_rank,
                first=float((ranks[:, number] == 1).mean()),
                told_apart=bool(is_apart[number]),
                empty=int(np.isnan(values[number]).sum()),
            )
        )
    return ColumnRanking(column, tuple(standings))


def _by_set(table: ScoreTable, column: Column) -> ColumnRanking:
    """The models by a column with one value for the whole set, whose uncertainty is not known."""
    scores = table.of_set(column)
    ranks = ranks_of(scores[None])[0]
    standings = []
    for number in _best_first(scores):
        score, rank = float(scores[number]), float(ranks[number])
        name = table.models[number].name
        nan = float("nan")
        standings.append(Standing(name, score, nan, nan, rank, nan, nan, nan, False, 0))
    return ColumnRanking(column, tuple(standings))


def _best_first(scores: Array) -> list[int]:
    """The positions of scores from the highest to the lowest, those without a number last."""
    lowest_last = np.where(np.isnan(scores), -np.inf, scores)
    order: list[int] = np.argsort(-lowest_last, kind="stable").tolist()
    return order


def _agreements(columns: Sequence[ColumnRanking]) -> tuple[Agreement, ...]:
    """Kendall's tau of every two columns over the models that both rank."""
    agreements = []
    for first, second in combinations(columns, 2):
        pairs = []
        for standing in first.standings:
            pairs.append((standing.score, second.of(standing.model).score))
        scores = np.array([pair for pair in pairs if not np.isnan(pair).any()])
        if len(scores) >= LEAST_FOR_AGREEMENT:
            result = kendall(scores[:, 0], scores[:, 1])
            labels = (first.column.label, second.column.label)
            agreements.append(Agreement(*labels, result.value, result.p))
    return tuple(agreements)
