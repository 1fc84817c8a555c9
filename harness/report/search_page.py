"""The section Search of a report: what was tried, what was best, and how far to believe it."""

from collections.abc import Iterator, Sequence
from html import escape

from harness.judge.sentences import number
from harness.record.database import Run
from harness.report.fact_list import fact_list
from harness.report.formats import with_capital
from harness.report.search_figures import (
    MOST_LINES,
    Links,
    best_figure,
    parallel_figure,
    race_figure,
)
from harness.report.search_maps import front_figure, importance_figure, map_table
from harness.search.history import SearchHistory, SearchPoint
from harness.search.importance import Importances, importances
from harness.search.sentences import bias_text, counts_text, headline, state_text
from harness.search.summary import biases, ranked_points

FIRST_POINTS = 10  # before the rest of the table is folded away
MOST_POINTS = 1000  # of the table


def links_of(recorded: Sequence[Run]) -> dict[str, str]:
    """The run of each recorded trial, the newest of several."""
    return {run.key: run.id for run in recorded}


def search_html(history: SearchHistory, links: Links) -> str:
    """The section of a search."""
    return "\n".join(part for part in _parts(history, links) if part)


def _parts(history: SearchHistory, links: Links) -> Iterator[str]:
    """The parts of the section from top to bottom."""
    yield '<section id="search"><h2>Search</h2>'
    yield f'<p class="verdict">{escape(with_capital(headline(history)))}.</p>'
    yield f'<p class="warning">{escape(with_capital(bias_text(history)))}.</p>'
    objectives = ", ".join(objective.text for objective in history.objectives)
    facts = [
        ("objective", objectives),
        ("sampler", history.sampler),
        ("budget", f"{history.budget}, spent {history.spent_trainings}"),
        ("points", counts_text(history)),
    ]
    yield fact_list(facts)
    yield _bias_table(history)
    figures = [best_figure(history, links), race_figure(history, links)]
    figures += [front_figure(history, links), parallel_figure(history, links)]
    weights = importances(history)
    figures.append(importance_figure(weights))
    yield _figures(figures)
    yield _legend(history, weights)
    yield _map_of_weightiest(history, weights)
    yield _points(history, links)
    yield "</section>"


def _figures(figures: Sequence[str]) -> str:
    body = "".join(f"<figure>{figure}</figure>" for figure in figures if figure)
    return f'<div class="figures">{body}</div>' if body else ""


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
    text += f"Importances: {weights.note}."
    return f'<p class="legend">{escape(text)}</p>'


def _map_of_weightiest(history: SearchHistory, weights: Importances) -> str:
    """The map of the two settings that mattered most, or of the first two."""
    by_path = {dimension.path: dimension for dimension in history.dimensions}
    paths = [row.path for row in weights.rows] or list(by_path)
    if len(paths) < 2:
        return ""
    across, down = (by_path[path] for path in paths[:2])
    metric = history.objectives[0].metric
    legend = f"Mean {metric} of the points that were tried there, and how many they are."
    return f'{map_table(history, (down, across))}<p class="legend">{escape(legend)}</p>'


def _bias_table(history: SearchHistory) -> str:
    """What the search saw of each confirmed point beside what fresh seeds say."""
    lines = []
    for bias in biases(history):
        cells = ""
        texts = (number(bias.seen), number(bias.fresh), number(bias.difference))
        for name, text in zip(("seen", "fresh seeds", "difference"), texts, strict=True):
            cells += f'<td data-k="{name}">{escape(text)}</td>'
        point = f'<a href="#point-{bias.point}">{bias.point}</a>'
        metric = f'<td data-k="metric">{escape(bias.metric)}</td>'
        lines.append(f'<tr><td data-k="point">{point}</td>{metric}{cells}</tr>')
    if not lines:
        return ""
    names = ("point", "metric", "seen", "fresh seeds", "difference")
    head = "".join(f"<th>{name}</th>" for name in names)
    body = "".join(lines)
    return f'<table class="cards"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _points(history: SearchHistory, links: Links) -> str:
    """The table of all points, the best first; all but the first are folded away."""
    ranked = ranked_points(history)
    ranks = {point.number for point in ranked}
    ranked += [point for point in history.points if point.number not in ranks]
    first = ranked[:FIRST_POINTS]
    rest = ranked[FIRST_POINTS:MOST_POINTS]
    html = _table_of(history, first, links)
    if rest:
        summary = f"<summary>{len(rest)} more points</summary>"
        html += f"<details>{summary}{_table_of(history, rest, links)}</details>"
    return html


def _table_of(history: SearchHistory, points: Sequence[SearchPoint], links: Links) -> str:
    """Points as rows, each with links to its runs."""
    names = ["point", "state"]
    names += [objective.metric for objective in history.objectives]
    names += ["runs", *(dimension.path for dimension in history.dimensions), "why"]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    lines = []
    for point in points:
        cells = "".join(f"<td>{cell}</td>" for cell in _cells_of(history, point, links))
        lines.append(f'<tr id="point-{point.number}">{cells}</tr>')
    table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody>"
    return f'<div class="wide"><table>{table}</table></div>'


def _cells_of(history: SearchHistory, point: SearchPoint, links: Links) -> Iterator[str]:
    """The cells of a point, as HTML."""
    yield str(point.number)
    yield escape(state_text(history, point.state))
    for index in range(len(history.objectives)):
        yield "–" if point.means is None else escape(number(point.means[index]))
    runs = []
    for index, key in enumerate(point.trial_keys):
        seed = str(point.scores[index][0]) if index < len(point.scores) else "run"
        run = links.get(key)
        runs.append(f'<a href="#run-{escape(run)}">{seed}</a>' if run else seed)
    yield " ".join(runs) or "–"
    for dimension in history.dimensions:
        yield escape(point.levels.get(dimension.path, "–"))
    yield escape(point.reason)
