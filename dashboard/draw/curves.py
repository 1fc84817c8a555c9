"""Charts of lines: means of one factor over the levels of another, and histories of training."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from dashboard.draw.charts import (
    LEGEND_COLUMNS,
    LEGEND_ROW,
    Colours,
    clickable,
    colour_of_levels,
    styled_chart,
)
from dashboard.draw.colours import BLUE, LIGHT_BLUE, Theme
from harness.judge.sentences import mean, number
from harness.judge.verdicts import Arm
from harness.spec.naming import is_number

MOST_DOTS = 400  # of a chart
FEW_CHARACTERS = 36  # of all labels below a chart; more are slanted
FEW_EPOCHS = 40  # of a history; its points are drawn too


@dataclass(frozen=True)
class CurvePoint:
    """A point of a line: an arm, and the level of the factor across that it stands at."""

    across: str
    line: str
    arm: Arm


@dataclass(frozen=True)
class CurveTitles:
    """What a chart of lines is about: the factor across, the factor of the lines, the metric."""

    across: str
    line: str
    metric: str


class MeanRow(NamedTuple):
    """A mean with its interval, as Vega-Lite gets it."""

    x: float
    across: str
    line: str
    y: float
    low: float
    high: float
    mean: str
    n: int


class UnitRow(NamedTuple):
    """The value of one unit, as Vega-Lite gets it."""

    x: float
    line: str
    y: float
    unit: str
    runs: str


def lines(points: Sequence[CurvePoint], titles: CurveTitles, colours: Colours, theme: Theme) -> Any:
    """Draws a line of means with intervals for each level of a factor; a dot for each unit.

    Returns None where nothing was measured.
    """
    means: list[MeanRow] = []
    units: list[UnitRow] = []
    for point, x in zip(points, _positions(points, list(colours)), strict=True):
        arm = point.arm
        sample = arm.sample
        for unit, value, ids in zip(sample.units, sample.values, sample.runs, strict=True):
            runs = " ".join(run[:8] for run in ids)
            units.append(UnitRow(x, point.line, value, unit, runs))
        if sample.units:
            means.append(_mean_row(point, x))
    if not means:
        return None
    x_axis = _x_axis(points, titles.across)
    layers = _layers(pd.DataFrame(means), pd.DataFrame(units), titles, x_axis, colours)
    rows_of_legend = math.ceil(len({row.line for row in means}) / LEGEND_COLUMNS)
    return styled_chart(layers, theme, 320 + LEGEND_ROW * rows_of_legend)


def _mean_row(point: CurvePoint, x: float) -> MeanRow:
    """Returns the mean of an arm; a single value, or one without an interval, stands alone."""
    count = len(point.arm.sample.units)
    interval = point.arm.mean
    if interval is None:
        value = float(np.mean(point.arm.sample.values))
        return MeanRow(x, point.across, point.line, value, value, value, number(value), count)
    bounds = (interval.value, interval.low, interval.high)
    return MeanRow(x, point.across, point.line, *bounds, mean(interval), count)


def _levels_across(points: Sequence[CurvePoint]) -> list[str]:
    return list(dict.fromkeys(point.across for point in points))


def _are_numbers(levels: list[str]) -> bool:
    is_series = len(levels) > 1
    return is_series and all(is_number(level) for level in levels)


def _positions(points: Sequence[CurvePoint], order: list[str]) -> list[float]:
    """Returns where each point stands: at its number, else beside those of the other lines."""
    across = _levels_across(points)
    if _are_numbers(across):
        return [float(point.across) for point in points]
    drawn_lines = dict.fromkeys(point.line for point in points)
    ordered_lines = dict.fromkeys([*order, *drawn_lines])
    ranks: dict[str, int] = {}
    for line in ordered_lines:
        if line in drawn_lines:
            ranks[line] = len(ranks)
    step = min(0.14, 0.6 / max(1, len(ranks)))
    middle = (len(ranks) - 1) / 2
    return [across.index(point.across) + (ranks[point.line] - middle) * step for point in points]


def _x_axis(points: Sequence[CurvePoint], title: str) -> alt.X:
    """Returns the axis across: of numbers, or of levels side by side."""
    levels = _levels_across(points)
    if _are_numbers(levels):
        scale = alt.Scale(zero=False, nice=False, padding=14)
        return alt.X("x:Q", title=title, axis=alt.Axis(format="~g", tickCount=6), scale=scale)
    is_short = sum(map(len, levels)) < FEW_CHARACTERS
    axis = alt.Axis(
        values=list(range(len(levels))),
        labelExpr=f"{json.dumps(levels)}[datum.value]",
        grid=False,
        labelLimit=110,
        labelAngle=0 if is_short else -35,
        labelAlign="center" if is_short else "right",
    )
    scale = alt.Scale(domain=[-0.5, len(levels) - 0.5], nice=False, zero=False)
    return alt.X("x:Q", title=title, axis=axis, scale=scale)


def _y_scale(values: pd.Series) -> alt.Scale:
    """Returns a scale that holds all values with a tenth of their range around them."""
    low = values.min()
    high = values.max()
    width = (high - low) or abs(low) or 1
    margin = 0.1 * width
    domain = [low - margin, high + margin]
    return alt.Scale(domain=domain, zero=False, nice=True, clamp=True)


def _layers(
    means: pd.DataFrame,
    units: pd.DataFrame,
    titles: CurveTitles,
    x: alt.X,
    colours: Colours,
) -> list[Any]:
    """Draws the lines, the dots of the units if they are few, the intervals and the means."""
    drawn_lines = set(means["line"])
    lines_in_order = [line for line in colours if line in drawn_lines]
    colour = colour_of_levels("line", lines_in_order, titles.line, colours)
    scale = _y_scale(units["y"])
    y = alt.Y("y:Q", title=titles.metric, scale=scale, axis=alt.Axis(tickCount=5, format="~g"))
    tips = [
        alt.Tooltip("line:N", title=titles.line),
        alt.Tooltip("across:N", title=titles.across),
        "mean:N",
        "n:Q",
    ]
    chart = alt.Chart(means)
    layers = [chart.mark_line(strokeWidth=2, opacity=0.85).encode(x=x, y=y, color=colour)]
    if len(units) <= MOST_DOTS:
        unit_tips = [alt.Tooltip("unit:N"), alt.Tooltip("y:Q", format=".3g", title=titles.metric)]
        dots = alt.Chart(units).mark_circle(size=24, opacity=0.45, cursor="pointer")
        layers.append(clickable(dots.encode(x=x, y=y, color=colour, tooltip=unit_tips)))
    low = alt.Y("low:Q", scale=scale, title=titles.metric)
    interval = chart.mark_rule(strokeWidth=2)
    layers.append(interval.encode(x=x, y=low, y2="high:Q", color=colour, tooltip=tips))
    diamond = chart.mark_point(shape="diamond", filled=True, size=90, opacity=1)
    layers.append(diamond.encode(x=x, y=y, color=colour, tooltip=tips))
    return layers


def history(curve: pd.DataFrame, metric: str, theme: Theme) -> Any:
    """Draws a metric over the epochs of a training."""
    y = alt.Y(
        "value:Q",
        title=metric,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(tickCount=4, format="~g"),
    )
    x = alt.X("step:Q", title="epoch", axis=alt.Axis(tickMinStep=1, format="d", tickCount=6))
    blue = LIGHT_BLUE if theme.dark else BLUE
    point = {"color": blue} if len(curve) < FEW_EPOCHS else False
    line = alt.Chart(curve).mark_line(color=blue, strokeWidth=2, point=point)
    tips = [
        alt.Tooltip("step:Q", title="epoch"),
        alt.Tooltip("value:Q", title=metric, format=".4g"),
    ]
    return styled_chart([line.encode(x=x, y=y, tooltip=tips)], theme, 190)
