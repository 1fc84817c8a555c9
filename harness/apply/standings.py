"""Scores -> ranks with their uncertainty, whom the best can be told from, and how estimators agree.

Images are drawn again with replacement, the same for all models. What lies in one file may be more
alike than what lies in several: files are drawn where there are enough of them, else images.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from harness.apply.own_images import Plane
from harness.apply.questions import Column
from harness.apply.score_table import ScoreTable
from harness.stats.ranks import kendall
from harness.stats.result import Array

DRAWS = 2000
LEVEL = 0.95
FILES = 8  # with as many files or more, files are drawn rather than images
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
    units, unit = _units(table.planes)
    draws = _draws(units)
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


def _units(planes: Sequence[Plane]) -> tuple[list[str], str]:
    """The unit of each image that is drawn again, and what people call it."""
    files = [str(plane.file.path) for plane in planes]
    if len(set(files)) == len(files):
        return files, "images"
    if len(set(files)) >= FILES:
        return files, "files"
    numbers = [f"{file}:{plane.index}" for file, plane in zip(files, planes, strict=True)]
    if len(set(numbers)) >= FILES:
        return numbers, "planes"
    return [plane.name for plane in planes], "windows"


def _draws(units: Sequence[str]) -> Array:
    """(draws, images): how often each image counts in each draw."""
    rng = np.random.default_rng(0)
    names, positions = np.unique(np.array(units), return_inverse=True)
    count = len(names)
    picks = rng.integers(0, count, (DRAWS, count))
    weights = np.zeros((DRAWS, count))
    np.add.at(weights, (np.arange(DRAWS)[:, None], picks), 1)
    return weights[:, positions]


def averages(values: Array, weights: Array, average: str) -> Array:
    """(draws, models): the weighted mean or median of values (models, images), NaN left out."""
    results = np.full((len(weights), len(values)), np.nan)
    for number, row in enumerate(values):
        is_number = ~np.isnan(row)
        if not is_number.any():
            continue
        own_values = row[is_number]
        own_weights = weights[:, is_number]
        if average == "mean":
            results[:, number] = _weighted_means(own_values, own_weights)
        else:
            results[:, number] = _weighted_medians(own_values, own_weights)
    return results


def _weighted_means(values: Array, weights: Array) -> Array:
    totals = weights.sum(axis=1)
    with np.errstate(invalid="ignore"):  # a draw without any of these images
        return np.asarray(weights @ values / totals)


def _weighted_medians(values: Array, weights: Array) -> Array:
    """The median of values that each count as often as their whole weight says."""
    order = np.argsort(values, kind="stable")
    sorted_values = values[order]
    sums = np.cumsum(weights[:, order], axis=1)
    totals = sums[:, -1:]
    lower = (sums > (totals - 1) // 2).argmax(axis=1)
    upper = (sums > totals // 2).argmax(axis=1)
    medians = (sorted_values[lower] + sorted_values[upper]) / 2
    medians[totals[:, 0] == 0] = np.nan
    return medians


def _by_images(table: ScoreTable, column: Column, draws: Array) -> ColumnRanking:
    """The models by a column with a value for each image."""
    values = table.of_images(column)
    scores = averages(values, np.ones((1, values.shape[1])), column.average)[0]
    drawn = averages(values, draws, column.average)
    ranks = _ranks(drawn)
    order = _best_first(scores)
    best = order[0]
    told_apart = _told_apart(drawn, best)
    own_ranks = _ranks(scores[None])[0]
    standings = []
    for number in order:
        low, high = _bounds(drawn[:, number])
        best_rank, worst_rank = _bounds(ranks[:, number])
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
                told_apart=bool(told_apart[number]),
                empty=int(np.isnan(values[number]).sum()),
            )
        )
    return ColumnRanking(column, tuple(standings))


def _by_set(table: ScoreTable, column: Column) -> ColumnRanking:
    """The models by a column with one value for the whole set, whose uncertainty is not known."""
    scores = table.of_set(column)
    ranks = _ranks(scores[None])[0]
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


def _ranks(scores: Array) -> Array:
    """(draws, models): 1 is the highest; a model without a score comes last."""
    filled = np.where(np.isnan(scores), -np.inf, scores)
    return np.asarray(rankdata(-filled, method="min", axis=1), dtype=np.float64)


def _bounds(values: Array) -> tuple[float, float]:
    """The bounds of the middle 95 % of draws."""
    if np.isnan(values).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return float(low), float(high)


def _told_apart(drawn: Array, best: int) -> Array:
    """Whether the best is above each model in enough draws.

    With several models the level is that of all comparisons together (Bonferroni).
    """
    others = max(1, drawn.shape[1] - 1)
    level = (1 - LEVEL) / others
    gaps = drawn[:, [best]] - drawn
    gaps = np.where(np.isnan(drawn), np.inf, gaps)
    told_apart = np.quantile(gaps, level / 2, axis=0, method="lower") > 0
    told_apart[best] = False
    return np.asarray(told_apart)


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
