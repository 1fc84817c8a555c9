"""A ranking as CSV: the models, every score, and how the estimators agree."""

from collections.abc import Iterator
from typing import Any

from harness.apply.score_table import ScoreTable
from harness.apply.standings import Ranking
from harness.report.formats import csv_text

RANKING = (
    *("model", "estimator", "score", "low", "high", "rank", "rank_low", "rank_high", "first"),
    *("told_from_first", "images_without_foreground"),
)
SCORES = ("model", "image", "estimator", "score")
AGREEMENT = ("estimator", "other", "kendall", "p")
LEFT_OUT = ("model", "reason")


def ranking_csv(ranking: Ranking) -> str:
    """A line for each model and estimator."""
    return csv_text(RANKING, list(_ranking_lines(ranking)))


def _ranking_lines(ranking: Ranking) -> Iterator[list[Any]]:
    """The cells of each line."""
    for column in ranking.columns:
        for standing in column.standings:
            yield [
                standing.model,
                column.column.label,
                standing.score,
                standing.low,
                standing.high,
                standing.rank,
                standing.best_rank,
                standing.worst_rank,
                standing.first,
                standing.told_apart,
                standing.empty,
            ]


def scores_csv(table: ScoreTable) -> str:
    """A line for each model, image and estimator."""
    lines = []
    for (model, label, image), value in table.values.items():
        lines.append([model, image, label, value])
    return csv_text(SCORES, lines)


def agreement_csv(ranking: Ranking) -> str:
    """A line for every two estimators."""
    lines = []
    for pair in ranking.agreements:
        lines.append([pair.first, pair.second, pair.tau, pair.p])
    return csv_text(AGREEMENT, lines)


def left_out_csv(table: ScoreTable) -> str:
    """A line for each model that could not be used."""
    return csv_text(LEFT_OUT, [[model.name, model.reason] for model in table.left_out])
