"""Charts of a search as it went on: the best so far, the race, and what fresh seeds said."""

from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboard.draw.charts import styled_chart
from dashboard.draw.colours import GREY, LIGHT_BLUE, Theme
from harness.judge.sentences import number
from harness.report.colours import BLUE, GREEN, ORANGE, VERMILION
from harness.search.history import SearchHistory, SearchPoint
from harness.search.sentences import state_text
from harness.search.summary import best_so_far, biases, ended_points, means_of


class PointRow(NamedTuple):
    """A point of a search, as Vega-Lite gets it."""

    number: int
    trainings: int
    value: float
    seeds: int
    state: str
    levels: str
    reason: str


class StepRow(NamedTuple):
    """The best value from a number of trainings on, as Vega-Lite gets it."""

    trainings: int
    value: float


class BiasRow(NamedTuple):
    """A confirmed point with what was seen of it and what came of fresh seeds."""

    name: str
    seen: float
    fresh: float
    seen_text: str
    fresh_text: str


def state_colours(theme: Theme) -> dict[str, str]:
    """Returns a colour for each thing that may become of a point."""
    return {
        "rejected": GREY,
        "with all seeds": LIGHT_BLUE if theme.dark else BLUE,
        "cut off by the budget": LIGHT_BLUE if theme.dark else BLUE,
        "incumbent": ORANGE,
        "still racing": GREEN,
        "failed": VERMILION,
        "infeasible": theme.soft,
    }


def levels_text(point: SearchPoint) -> str:
    """Writes the settings of a point on one line."""
    texts = []
    for path, level in point.levels.items():
        texts.append(f"{path} {level}")
    return ", ".join(texts)


def _row(history: SearchHistory, point: SearchPoint, objective: int) -> PointRow:
    """Returns a point as a row; one without a mean has none."""
    value = means_of(point)[objective] if point.means is not None else float("nan")
    return PointRow(
        number=point.number,
        trainings=point.trainings_before + len(point.scores),
        value=value,
        seeds=len(point.scores),
        state=state_text(history, point.state),
        levels=levels_text(point),
        reason=point.reason,
    )


def _state_colour(rows: list[PointRow], theme: Theme) -> alt.Color:
    """Returns the colours of the states that occur."""
    colours = state_colours(theme)
    states = {row.state for row in rows}
    domain = [state for state in colours if state in states]
    scale = alt.Scale(domain=domain, range=[colours[state] for state in domain])
    return alt.Color("state:N", title=None, scale=scale)


def _tips(metric: str) -> list[alt.Tooltip]:
    """Returns what a point says when the mouse stands on it."""
    return [
        alt.Tooltip("number:Q", title="point"),
        alt.Tooltip("value:Q", title=metric, format=".4g"),
        alt.Tooltip("seeds:Q", title="seeds"),
        alt.Tooltip("state:N", title="state"),
        alt.Tooltip("levels:N", title="settings"),
        alt.Tooltip("reason:N", title="why"),
    ]


def best_chart(history: SearchHistory, objective: int, theme: Theme) -> Any:
    """Draws every point where its race ended, and the best so far as steps; None without points."""
    rows = [_row(history, point, objective) for point in ended_points(history)]
    if not rows:
        return None
    metric = history.objectives[objective].metric
    steps = [StepRow(step.trainings, step.value) for step in best_so_far(history, objective)]
    steps.append(StepRow(max(row.trainings for row in rows), steps[-1].value))
    x_axis = alt.Axis(tickMinStep=1, format="d", tickCount=6)
    x = alt.X("trainings:Q", title="trainings", axis=x_axis, scale=alt.Scale(zero=True))
    y_axis = alt.Axis(tickCount=5, format="~g")
    y = alt.Y("value:Q", title=metric, axis=y_axis, scale=alt.Scale(zero=False))
    line = alt.Chart(pd.DataFrame(steps)).mark_line(
        interpolate="step-after", color=ORANGE, strokeWidth=2
    )
    dots = alt.Chart(pd.DataFrame(rows)).mark_circle(size=55, opacity=0.9)
    colour = _state_colour(rows, theme)
    layers = [
        line.encode(x=x, y=y),
        dots.encode(x=x, y=y, color=colour, tooltip=_tips(metric)),
    ]
    return styled_chart(layers, theme, 300)


def race_chart(history: SearchHistory, objective: int, theme: Theme) -> Any:
    """Draws how many seeds each point got before it was rejected, in the order of the points."""
    rows = [_row(history, point, objective) for point in history.points]
    if not rows:
        return None
    metric = history.objectives[objective].metric
    x_axis = alt.Axis(tickMinStep=1, format="d", tickCount=8, grid=False)
    x_scale = alt.Scale(nice=False, zero=False, padding=8)
    x = alt.X("number:Q", title="point", axis=x_axis, scale=x_scale)
    rungs = sorted({0, *(row.seeds for row in rows)})
    y_axis = alt.Axis(values=rungs, format="d")
    y_scale = alt.Scale(type="sqrt", domain=[0, max(1, *rungs)], nice=False)
    y = alt.Y("seeds:Q", title="seeds", axis=y_axis, scale=y_scale)
    colour = _state_colour(rows, theme)
    chart = alt.Chart(pd.DataFrame(rows))
    stems = chart.mark_rule(strokeWidth=2, opacity=0.7)
    heads = chart.mark_circle(size=60, opacity=1)
    tips = _tips(metric)
    layers = [
        stems.encode(x=x, y=y, color=colour, tooltip=tips),
        heads.encode(x=x, y=y, color=colour, tooltip=tips),
    ]
    return styled_chart(layers, theme, 240)


def bias_chart(history: SearchHistory, objective: int, theme: Theme) -> Any:
    """Draws what the search saw of each confirmed point beside its fresh seeds; None without."""
    metric = history.objectives[objective].metric
    rows: list[BiasRow] = []
    for bias in biases(history):
        if bias.metric == metric:
            texts = (number(bias.seen), number(bias.fresh))
            rows.append(BiasRow(f"point {bias.point}", bias.seen, bias.fresh, *texts))
    if not rows:
        return None
    names = [row.name for row in rows]
    y = alt.Y("name:N", title=None, sort=names, axis=alt.Axis(ticks=False, labelPadding=8))
    scale = alt.Scale(zero=False, nice=False, padding=14)
    axis = alt.Axis(tickCount=5, format="~g")
    seen = alt.X("seen:Q", title=metric, scale=scale, axis=axis)
    fresh = alt.X("fresh:Q", title=metric, scale=scale, axis=axis)
    tips = [
        alt.Tooltip("name:N", title="point"),
        alt.Tooltip("seen_text:N", title="seen"),
        alt.Tooltip("fresh_text:N", title="fresh seeds"),
    ]
    chart = alt.Chart(pd.DataFrame(rows))
    layers = [
        chart.mark_rule(color=theme.soft, strokeWidth=2).encode(x=seen, x2="fresh:Q", y=y),
        chart.mark_point(size=90, color=theme.text, fill=theme.paper, opacity=1).encode(
            x=seen, y=y, tooltip=tips
        ),
        chart.mark_point(size=90, color=ORANGE, filled=True, opacity=1).encode(
            x=fresh, y=y, tooltip=tips
        ),
    ]
    return styled_chart(layers, theme, 44 * len(rows) + 50)
