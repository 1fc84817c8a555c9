"""Charts of the space of a search: what mattered, and every point across its settings."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboard.draw.charts import cut_text, haloed_text, styled_chart
from dashboard.draw.colours import BLUE, LIGHT_BLUE, ORANGE, RAMP, Theme
from dashboard.draw.search_charts import levels_text
from harness.judge.sentences import number
from harness.search.cells import position
from harness.search.history import SearchHistory, SearchPoint
from harness.search.importance import Importances
from harness.search.summary import best_points, colour_shares, ended_points, means_of, thin_out
from harness.spec.naming import level_name
from harness.study.search import Dimension

ROW_HEIGHT = 46  # pixels of an importance
HEADS = (1.1, 1.19)  # how high the names of settings stand; an axis ends at 1
ABSENT = -0.14  # where a point stands that has no such setting
MOST_CHARACTERS = 16  # of a level beside an axis
MOST_LINES = 400  # of more points the best are drawn, and every so many of the others


class ImportanceRow(NamedTuple):
    """The importance of a setting, as Vega-Lite gets it."""

    y: int
    label_y: float
    name: str
    share: float
    low: float
    high: float
    chance: float
    zero: float = 0


class LineRow(NamedTuple):
    """A point at one of its settings, as Vega-Lite gets it."""

    number: int
    axis: int
    y: float
    share: float
    value: str
    levels: str


class LabelRow(NamedTuple):
    """A text beside or above an axis."""

    axis: float
    y: float
    text: str


def importance_chart(importances: Importances, theme: Theme) -> Any:
    """Draws a bar for each setting with its interval, and a mark as far as chance gets."""
    rows: list[ImportanceRow] = []
    for row in importances.rows:
        rank = len(rows)
        numbers = (row.share, row.low, row.high, row.chance)
        rows.append(ImportanceRow(rank, rank - 0.42, row.path, *numbers))
    if not rows:
        return None
    title = f"share of the variance of {importances.metric}; dashed: by chance"
    highest = max(max(row.high, row.chance) for row in rows)
    scale = alt.Scale(domain=[0, min(1.0, highest * 1.05)], nice=False)
    axis = alt.Axis(tickCount=5, format="%", titleAnchor="end")
    zero = alt.X("zero:Q", title=title, scale=scale, axis=axis)
    y_scale = alt.Scale(domain=[len(rows) - 0.5, -0.8], nice=False, zero=False)
    y = alt.Y("y:Q", axis=None, scale=y_scale)
    tips = [alt.Tooltip("name:N", title="setting")]
    for field, text in (("share", "share"), ("low", "from"), ("high", "to"), ("chance", "chance")):
        tips.append(alt.Tooltip(f"{field}:Q", title=text, format=".0%"))
    chart = alt.Chart(pd.DataFrame(rows))
    blue = LIGHT_BLUE if theme.dark else BLUE
    low = alt.X("low:Q", scale=scale)
    chance = alt.X("chance:Q", scale=scale)
    label_y = alt.Y("label_y:Q", scale=y_scale, axis=None)
    dash: dict[str, Any] = {"thickness": 2, "size": 22, "color": ORANGE, "strokeDash": [3, 2]}
    bars = chart.mark_rule(strokeWidth=12, color=blue, opacity=0.55)
    layers = [
        bars.encode(x=zero, x2="share:Q", y=y, tooltip=tips),
        chart.mark_rule(strokeWidth=2, color=theme.text).encode(x=low, x2="high:Q", y=y),
        chart.mark_tick(**dash).encode(x=chance, y=y, tooltip=tips),
        haloed_text(chart.encode(y=label_y, text="name:N", tooltip=tips), theme),
    ]
    return styled_chart(layers, theme, ROW_HEIGHT * len(rows) + 50)


def parallel_chart(history: SearchHistory, objective: int, theme: Theme) -> Any:
    """Draws each point as a line across its settings, the better the brighter; None without."""
    shares = colour_shares(history, objective)
    lines: list[LineRow] = []
    for point in thin_out(history, ended_points(history), MOST_LINES):
        lines += _line_rows(history, point, shares[point.number], objective)
    if not lines:
        return None
    last = len(history.dimensions) - 1
    x_scale = alt.Scale(domain=[-0.08, last + 0.35], nice=False, zero=False)
    x = alt.X("axis:Q", scale=x_scale, axis=None)
    is_conditional = any(dimension.condition for dimension in history.dimensions)
    lowest = ABSENT - 0.08 if is_conditional else -0.06
    y = alt.Y("y:Q", scale=alt.Scale(domain=[lowest, 1.24], nice=False), axis=None)
    ramp = list(reversed(RAMP[:-2])) if theme.dark else list(reversed(RAMP[1:]))
    metric = history.objectives[objective].metric
    colour = alt.Color("share:Q", legend=None, scale=alt.Scale(range=ramp, domain=[0, 1]))
    tips = [
        alt.Tooltip("number:Q", title="point"),
        alt.Tooltip("value:N", title=metric),
        alt.Tooltip("levels:N", title="settings"),
    ]
    best = [point.number for point in best_points(history)]
    frame = pd.DataFrame(lines)
    order = alt.Order("axis:Q")
    layers: list[Any] = [_axis_rules(len(history.dimensions), x, y, theme)]
    for is_best, width, opacity in ((False, 1.5, 0.55), (True, 4, 1.0)):
        part = frame[frame["number"].isin(best) == is_best]
        strokes = alt.Chart(part).mark_line(strokeWidth=width, opacity=opacity)
        layers.append(
            strokes.encode(x=x, y=y, color=colour, detail="number:N", order=order, tooltip=tips)
        )
    limit = {"expr": f"width / {len(history.dimensions)} - 8"}
    labels = _level_labels(history.dimensions)
    layers.append(_labels(labels, x, y, theme, align="left", limit=limit))
    *heads, last_head = _heads(history.dimensions)
    layers.append(_labels(heads, x, y, theme, align="left", soft=True))
    layers.append(_labels([last_head], x, y, theme, align="right", soft=True))
    return styled_chart(layers, theme, 340)


def _line_rows(
    history: SearchHistory, point: SearchPoint, share: float, objective: int
) -> list[LineRow]:
    """Returns where the line of a point crosses the axis of each setting."""
    value = number(means_of(point)[objective])
    rows: list[LineRow] = []
    for axis, dimension in enumerate(history.dimensions):
        level = point.levels.get(dimension.path)
        y = ABSENT if level is None else position(dimension, level)
        rows.append(LineRow(point.number, axis, y, share, value, levels_text(point)))
    return rows


def _axis_rules(count: int, x: alt.X, y: alt.Y, theme: Theme) -> Any:
    """Draws an upright line for each setting."""
    columns = {
        "axis": range(count),
        "y": [0] * count,
        "top": [1] * count,
    }
    chart = alt.Chart(pd.DataFrame(columns))
    rules = chart.mark_rule(color=theme.soft, opacity=0.6)
    return rules.encode(x=x, y=y, y2="top:Q")


def _level_labels(dimensions: Sequence[Dimension]) -> list[LabelRow]:
    """Returns the levels beside each axis, the ends and the middle of a range."""
    labels: list[LabelRow] = []
    for axis, dimension in enumerate(dimensions):
        for y, text in _marks(dimension):
            labels.append(LabelRow(axis + 0.02, y, cut_text(text, MOST_CHARACTERS)))
        if dimension.condition:
            labels.append(LabelRow(axis + 0.02, ABSENT, "not set"))
    return labels


def _marks(dimension: Dimension) -> list[tuple[float, str]]:
    """Returns what is written beside an axis, and how high."""
    if dimension.kind == "categorical":
        return [(position(dimension, level), level) for level in dimension.levels]
    ends = [dimension.low or 0.0, dimension.high or 0.0]
    return [(position(dimension, str(end)), level_name(end)) for end in ends]


def _heads(dimensions: Sequence[Dimension]) -> list[LabelRow]:
    """Returns the name of each setting, above its axis; neighbours stand at two heights, so that
    none is written over the next.
    """
    heads = []
    for axis, dimension in enumerate(dimensions):
        name = cut_text(dimension.path, MOST_CHARACTERS + 8)
        heads.append(LabelRow(axis, HEADS[axis % 2], name))
    return heads


def _labels(
    labels: list[LabelRow],
    x: alt.X,
    y: alt.Y,
    theme: Theme,
    *,
    align: str,
    soft: bool = False,
    limit: Any = alt.Undefined,
) -> Any:
    """Draws texts that stay readable over lines, cut where they are wider than `limit`."""
    chart = alt.Chart(pd.DataFrame(labels)).encode(x=x, y=y, text="text:N")
    mark: dict[str, Any] = {"align": align, "fontSize": 12, "dx": 3, "limit": limit}
    paper = theme.paper
    colour = theme.soft if soft else theme.text
    halo = chart.mark_text(**mark, color=paper, stroke=paper, strokeWidth=4, strokeJoin="round")
    text = chart.mark_text(**mark, color=colour)
    return alt.layer(halo, text)
