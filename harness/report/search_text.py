"""A search as Markdown and CSV: what its report says, without its figures."""

import math
from typing import Any

from harness.judge.sentences import number
from harness.report.formats import csv_text, markdown_table, markdown_text, with_capital
from harness.search.history import SearchHistory, SearchPoint
from harness.search.sentences import bias_text, counts_text, headline
from harness.search.summary import ranked_points

FIRST_POINTS = 10  # of the table


def search_markdown(history: SearchHistory) -> str:
    """The section of a search: its sentences, and its best points."""
    sentences = [headline(history), bias_text(history), counts_text(history)]
    text = "\n## Search\n\n"
    for sentence in sentences:
        text += f"{markdown_text(with_capital(sentence))}.\n\n"
    head = ["point", *(objective.metric for objective in history.objectives), "seeds"]
    head += [dimension.path for dimension in history.dimensions]
    rows = []
    for point in ranked_points(history)[:FIRST_POINTS]:
        rows.append([markdown_text(cell) for cell in _best_cells(history, point)])
    return f"{text}{markdown_table(head, rows)}\n"


def _best_cells(history: SearchHistory, point: SearchPoint) -> list[str]:
    """The cells of one of the best points."""
    cells = [str(point.number)]
    cells += [number(mean) for mean in point.means or ()]
    cells.append(str(len(point.scores)))
    cells += [point.levels.get(dimension.path, "–") for dimension in history.dimensions]
    return cells


def points_csv(history: SearchHistory) -> str:
    """A line for each point: what became of it, its means, and its settings."""
    metrics = [objective.metric for objective in history.objectives]
    paths = [dimension.path for dimension in history.dimensions]
    head = ["point", "state", *metrics, "seeds", "trainings_before", *paths, "reason", "trials"]
    lines: list[list[Any]] = []
    for point in history.points:
        means = point.means or (math.nan,) * len(metrics)
        line: list[Any] = [point.number, point.state, *means, len(point.scores)]
        line.append(point.trainings_before)
        line += [point.levels.get(path, "") for path in paths]
        line += [point.reason, " ".join(point.trial_keys)]
        lines.append(line)
    return csv_text(head, lines)
