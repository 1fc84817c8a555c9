"""The section Search of a report: what was tried, what was best, and how far to believe it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.judge.sentences import number
from harness.record.database import Run
from harness.report.search_figures import (
    MOST_LINES,
    Links,
    best_figure,
    parallel_figure,
    race_figure,
)
from harness.report.search_maps import front_figure, importance_figure, map_table
from harness.report.templates import render
from harness.search.history import SearchHistory, SearchPoint
from harness.search.importance import Importances, importances
from harness.search.sentences import bias_text, counts_text, headline, state_text
from harness.search.summary import biases, ranked_points

FIRST_POINTS = 10  # before the rest of the table is folded away
MOST_POINTS = 1000  # of the table


@dataclass(frozen=True)
class PointRow:
    """A point as a row of the table: its means, its runs by seed, its settings and why it ended."""

    number: int
    state: str
    means: Sequence[str]
    runs: Sequence[tuple[str, str]]
    settings: Sequence[str]


def links_of(recorded: Sequence[Run]) -> dict[str, str]:
    """The run of each recorded trial, the newest of several."""
    return {run.key: run.id for run in recorded}


def search_html(history: SearchHistory, links: Links) -> Markup:
    """The section of a search."""
    objectives = ", ".join(objective.text for objective in history.objectives)
    facts = [
        ("objective", objectives),
        ("sampler", history.sampler),
        ("budget", f"{history.budget}, spent {history.spent_trainings}"),
        ("points", counts_text(history)),
    ]
    figures = [best_figure(history, links), race_figure(history, links)]
    figures += [front_figure(history, links), parallel_figure(history, links)]
    weights = importances(history)
    figures.append(importance_figure(weights))
    return render(
        "search.html",
        headline=headline(history),
        bias=bias_text(history),
        facts=facts,
        biases=biases(history),
        figures=[Markup(figure) for figure in figures if figure],
        legend=_legend(history, weights),
        map=_map_of_weightiest(history, weights),
        map_metric=history.objectives[0].metric,
        head=_head(history),
        points=_points(history, links),
        first=FIRST_POINTS,
    )


def _legend(history: SearchHistory, weights: Importances) -> str:
    """What the figures show."""
    text = (
        "A dot is a point, and leads to its run; orange dots and thick lines are incumbents. The "
        "race shows how many seeds a point got until its mean fell below that of the incumbent. A "
        "line across the settings is a point, the brighter the better. "
    )
    if len(history.points) > MOST_LINES:
        text += "Of so many points the best are drawn, and every so many of the others. "
    if weights.rows:
        text += (
            "An importance is the share of the variance over the whole space that a setting "
            "explains by itself (fANOVA), with the middle nine tenths of forests fitted to points "
            "drawn anew; one that does not pass its dashed mark may owe its share to chance. "
        )
    return f"{text}Importances: {weights.note}."


def _map_of_weightiest(history: SearchHistory, weights: Importances) -> Markup:
    """The map of the two settings that mattered most, or of the first two."""
    by_path = {dimension.path: dimension for dimension in history.dimensions}
    paths = [row.path for row in weights.rows] or list(by_path)
    if len(paths) < 2:
        return Markup()
    across, down = (by_path[path] for path in paths[:2])
    return Markup(map_table(history, (down, across)))


def _head(history: SearchHistory) -> list[str]:
    """The columns of the table of points."""
    metrics = [objective.metric for objective in history.objectives]
    paths = [dimension.path for dimension in history.dimensions]
    return ["point", "state", *metrics, "runs", *paths, "why"]


def _points(history: SearchHistory, links: Links) -> list[PointRow]:
    """The rows of the table of points, the best first."""
    ranked = ranked_points(history)
    ranks = {point.number for point in ranked}
    ranked += [point for point in history.points if point.number not in ranks]
    return [_row_of(history, point, links) for point in ranked[:MOST_POINTS]]


def _row_of(history: SearchHistory, point: SearchPoint, links: Links) -> PointRow:
    """A point as a row of the table."""
    means = []
    for index in range(len(history.objectives)):
        means.append("–" if point.means is None else number(point.means[index]))
    runs = []
    for index, key in enumerate(point.trial_keys):
        seed = str(point.scores[index][0]) if index < len(point.scores) else "run"
        runs.append((seed, links.get(key, "")))
    levels = [point.levels.get(dimension.path, "–") for dimension in history.dimensions]
    state = state_text(history, point.state)
    return PointRow(point.number, state, means, runs, [*levels, point.reason])
