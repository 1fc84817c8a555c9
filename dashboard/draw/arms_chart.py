"""The chart of a comparison's arms: every unit, the quartiles, the mean with its interval."""

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import altair as alt
import numpy as np
import pandas as pd

from dashboard.draw.brackets import draw_brackets, place_brackets, width_of_brackets
from dashboard.draw.charts import (
    Axes,
    Colours,
    clickable,
    cut_text,
    haloed_text,
    lines_of_title,
    metric_title,
    styled_chart,
)
from dashboard.draw.colours import GREY, Theme
from harness.judge.arms import levels_text
from harness.judge.contrasts import Contrast
from harness.judge.sentences import mean, number
from harness.judge.verdicts import Arm
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names

ROW_HEIGHT = 62  # pixels of an arm
MOST_DOTS = 300  # of a row
MOST_JOINED = 80  # units of an arm that are joined by lines
MOST_CHARACTERS = 48  # of the name of an arm
FEW_UNITS = 12  # dots of a row that stand on one line; more are spread
QUARTILES = (0.25, 0.5, 0.75)


class LineRow(NamedTuple):
    """A value of one unit, joined by a line to those of its other arms."""

    x: float
    y: int
    unit: str


class BoxRow(NamedTuple):
    """The quartiles of an arm."""

    x: float
    x2: float
    median: float
    top: float
    bottom: float
    colour: str


class MeanRow(NamedTuple):
    """The mean of an arm with its interval."""

    x: float
    low: float
    high: float
    y: float
    mean: str


class NameRow(NamedTuple):
    """The name of an arm above its row."""

    y: float
    name: str
    full: str


def arms_chart(
    comparison: Comparison,
    arms: Sequence[Arm],
    contrasts: Sequence[Contrast],
    colours: Colours,
    theme: Theme,
    *,
    names: Names = NO_NAMES,
) -> Any:
    """Draws a row for each arm, and brackets with the corrected p; None where nothing has values.

    A row has a dot for each unit, the quartiles, and the mean with its interval.
    """
    if not any(arm.sample.values for arm in arms):
        return None
    brackets = place_brackets(arms, contrasts, comparison.alpha)
    y_scale = alt.Scale(domain=[len(arms) - 0.5, -0.72], nice=False, zero=False)
    axes = Axes(
        x=_x_axis(arms, metric_title(comparison, names), width_of_brackets(brackets)),
        y=alt.Y("y:Q", axis=None, scale=y_scale),
    )
    layers = [
        *_joining_lines(arms, contrasts, axes, theme),
        *_boxes(arms, colours, axes),
        _dots(comparison, arms, colours, axes, theme),
        *_means(arms, axes, theme),
        _names(arms, axes, theme),
        *draw_brackets(brackets, axes.y, theme),
    ]
    return styled_chart(layers, theme, ROW_HEIGHT * len(arms) + 56)


def _x_axis(arms: Sequence[Arm], title: str, right: int) -> alt.X:
    """Returns the axis of values; it leaves so many pixels to the right for brackets.

    Ends of intervals that lie far away from all values do not stretch it.
    """
    values: list[float] = []
    ends: list[float] = []
    for arm in arms:
        values += arm.sample.values
        if arm.mean:
            ends += (arm.mean.low, arm.mean.high)
    low = min(values)
    high = max(values)
    width = (high - low) or abs(low) or 1
    middle = (low + high) / 2
    near_ends = [end for end in ends if math.isfinite(end) and abs(end - middle) < 1.5 * width]
    low = min([low, *near_ends])
    high = max([high, *near_ends])
    margin = 0.04 * ((high - low) or width)
    scale = alt.Scale(
        domain=[low - margin, high + margin],
        range=[0, {"expr": f"width-{right}"}],
        nice=False,
        zero=False,
        clamp=True,
    )
    axis = alt.Axis(tickCount=5, titleAnchor="end", format="~g")
    return alt.X("x:Q", scale=scale, title=lines_of_title(title), axis=axis)


def _joining_lines(
    arms: Sequence[Arm],
    contrasts: Sequence[Contrast],
    axes: Axes,
    theme: Theme,
) -> list[Any]:
    """Joins the values of one unit from arm to arm, where the arms are paired."""
    is_paired = any(contrast.paired for contrast in contrasts)
    if not is_paired or any(len(arm.sample.units) > MOST_JOINED for arm in arms):
        return []
    rows = []
    for y, arm in enumerate(arms):
        for unit, value in zip(arm.sample.units, arm.sample.values, strict=True):
            rows.append(LineRow(value, y, unit))
    chart = alt.Chart(pd.DataFrame(rows))
    lines = chart.mark_line(strokeWidth=1, opacity=0.45, color=theme.soft)
    return [lines.encode(x=axes.x, y=axes.y, detail="unit:N", order="y:Q")]


def _boxes(arms: Sequence[Arm], colours: Colours, axes: Axes) -> list[Any]:
    """Draws the middle half of each arm's values, with a line at the median."""
    rows = []
    for y, arm in enumerate(arms):
        if len(arm.sample.values) > 3:
            first, median, third = np.quantile(arm.sample.values, QUARTILES)
            colour = _colour_of(arm, colours)
            rows.append(BoxRow(first, third, median, y - 0.15, y + 0.15, colour))
    if not rows:
        return []
    chart = alt.Chart(pd.DataFrame(rows))
    top = axes.y_of("top:Q")
    own_colour = alt.Color("colour:N", scale=None)
    box = chart.mark_rect(opacity=0.22, cornerRadius=2)
    line = chart.mark_rule(strokeWidth=2, opacity=0.8)
    return [
        box.encode(x=axes.x, x2="x2:Q", y=top, y2="bottom:Q", color=own_colour),
        line.encode(x=axes.x_of("median:Q"), y=top, y2="bottom:Q", color=own_colour),
    ]


def _colour_of(arm: Arm, colours: Colours) -> str:
    level = levels_text(arm.sample.arm_or_point)
    return colours.get(level, colours.get(arm.full, GREY))


def _dots(
    comparison: Comparison,
    arms: Sequence[Arm],
    colours: Colours,
    axes: Axes,
    theme: Theme,
) -> Any:
    """Draws a dot for each unit, or for as many of them as a row has room for."""
    rows: list[dict[str, Any]] = []
    for y, arm in enumerate(arms):
        sample = arm.sample
        count = len(arm.sample.values)
        colour = _colour_of(arm, colours)
        step = max(1, math.ceil(count / MOST_DOTS))
        for i in range(0, count, step):
            shift = ((i // step * 7) % 5 - 2) * 0.035 if count > FEW_UNITS else 0
            row = {
                "arm": arm.name,
                comparison.unit: sample.units[i],
                "value": number(sample.values[i]),
                "x": sample.values[i],
                "y": y + shift,
                "colour": colour,
                "runs": " ".join(run[:8] for run in sample.runs[i]),
            }
            rows.append(row)
    tips = [alt.Tooltip(f"{name}:N") for name in ("arm", comparison.unit, "value", "runs")]
    chart = alt.Chart(pd.DataFrame(rows))
    look: dict[str, Any] = {"size": 64, "opacity": 0.9, "stroke": theme.paper, "strokeWidth": 0.8}
    dots = chart.mark_circle(**look, cursor="pointer")
    own_colour = alt.Color("colour:N", scale=None)
    return clickable(dots.encode(x=axes.x, y=axes.y, color=own_colour, tooltip=tips))


def _means(arms: Sequence[Arm], axes: Axes, theme: Theme) -> list[Any]:
    """Draws the mean of each arm as a diamond, and its interval as a line."""
    rows = []
    for y, arm in enumerate(arms):
        if arm.mean is not None:
            interval = arm.mean
            text = mean(interval)
            rows.append(MeanRow(interval.value, interval.low, interval.high, y + 0.29, text))
    if not rows:
        return []
    chart = alt.Chart(pd.DataFrame(rows))
    tip = [alt.Tooltip("mean:N", title="mean with its interval")]
    line = chart.mark_rule(color=theme.text, strokeWidth=2)
    diamond = chart.mark_point(shape="diamond", filled=True, opacity=1, size=70, color=theme.text)
    return [
        line.encode(x=axes.x_of("low:Q"), x2="high:Q", y=axes.y, tooltip=tip),
        diamond.encode(x=axes.x, y=axes.y, tooltip=tip),
    ]


def _names(arms: Iterable[Arm], axes: Axes, theme: Theme) -> Any:
    """Writes the name and the number of units of each arm above its row."""
    rows = []
    for y, arm in enumerate(arms):
        name = f"{cut_text(arm.name, MOST_CHARACTERS)} · n = {len(arm.sample.units)}"
        rows.append(NameRow(y - 0.32, name, arm.full))
    chart = alt.Chart(pd.DataFrame(rows))
    tip = alt.Tooltip("full:N", title="arm")
    return haloed_text(chart.encode(y=axes.y, text="name:N", tooltip=tip), theme)
