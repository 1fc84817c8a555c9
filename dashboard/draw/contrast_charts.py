"""Charts of contrasts: estimates with their intervals, and the points of a correlation."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboard.draw.charts import (
    cut_text,
    haloed_text,
    lines_of_title,
    metric_title,
    styled_chart,
)
from dashboard.draw.colours import BLUE, LIGHT_BLUE, Theme
from harness.judge.contrasts import Contrast
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names, display_name

ROW_HEIGHT = 48  # pixels of a contrast
MOST_CHARACTERS = 52  # of the name of a contrast


class ContrastRow(NamedTuple):
    """A contrast with its estimate and interval, as Vega-Lite gets it."""

    y: int
    label_y: float
    x: float
    low: float
    high: float
    sentence: str
    name: str
    filled: bool


class PointRow(NamedTuple):
    """A point of a correlation, as Vega-Lite gets it."""

    point: str
    x: float
    y: float


def forest_chart(
    comparison: Comparison, contrasts: Sequence[Contrast], theme: Theme, *, names: Names = NO_NAMES
) -> Any:
    """Draws a row for each contrast: its estimate with the interval; None where there is none.

    Beside it stand the line of no difference and the margin of equivalence.
    """
    rows: list[ContrastRow] = []
    for contrast in contrasts:
        if not math.isnan(contrast.estimate):
            rows.append(_row_of(contrast, len(rows)))
    if not rows:
        return None
    margin = comparison.margin or 0
    scale = _estimate_scale(rows, margin)
    axis = alt.Axis(tickCount=5, titleAnchor="end", format="~g")
    title = lines_of_title(_estimate_title(comparison, names))
    x = alt.X("x:Q", scale=scale, title=title, axis=axis)
    y_scale = alt.Scale(domain=[len(rows) - 0.5, -0.75], nice=False, zero=False)
    y = alt.Y("y:Q", axis=None, scale=y_scale)
    chart = alt.Chart(pd.DataFrame(rows))
    tip = alt.Tooltip("sentence:N", title="verdict")
    interval = chart.mark_rule(color=theme.text, strokeWidth=2)
    diamond = chart.mark_point(shape="diamond", size=90, color=theme.text, opacity=1)
    fill = alt.condition("datum.filled", alt.value(theme.text), alt.value(theme.paper))
    label_y = alt.Y("label_y:Q", scale=y_scale, axis=None)
    layers = [
        _zero_line(margin, scale, theme),
        interval.encode(x=alt.X("low:Q", scale=scale), x2="high:Q", y=y),
        diamond.encode(x=x, y=y, tooltip=tip, fill=fill),
        haloed_text(chart.encode(y=label_y, text="name:N", tooltip=tip), theme),
    ]
    return styled_chart(layers, theme, ROW_HEIGHT * len(rows) + 60)


def _row_of(contrast: Contrast, y: int) -> ContrastRow:
    """Returns the contrast as the row at this height of the chart."""
    return ContrastRow(
        y=y,
        label_y=y - 0.36,
        x=contrast.estimate,
        low=contrast.low,
        high=contrast.high,
        sentence=contrast.sentence,
        name=cut_text(contrast.name, MOST_CHARACTERS),
        filled=contrast.outcome in ("differs", "equivalent"),
    )


def _estimate_scale(rows: Sequence[ContrastRow], margin: float) -> alt.Scale:
    """Returns a scale that holds all intervals, zero and the margin of equivalence."""
    ends = [0, margin, -margin]
    for row in rows:
        ends += [end for end in (row.x, row.low, row.high) if math.isfinite(end)]
    low = min(ends)
    high = max(ends)
    padding = 0.05 * ((high - low) or 1)
    return alt.Scale(domain=[low - padding, high + padding], nice=False, zero=False)


def _zero_line(margin: float, scale: alt.Scale, theme: Theme) -> Any:
    """Draws the line of no difference, and the band of equivalence where there is a margin."""
    x = alt.X("x:Q", scale=scale)
    zero = alt.Chart(pd.DataFrame({"x": [0]})).mark_rule(strokeDash=[4, 3], color=theme.soft)
    zero = zero.encode(x=x)
    if not margin:
        return zero
    band = alt.Chart(pd.DataFrame({"x": [-margin], "x2": [margin]}))
    band = band.mark_rect(color=theme.soft, opacity=0.18)
    return alt.layer(band.encode(x=x, x2="x2:Q"), zero)


def _estimate_title(comparison: Comparison, names: Names) -> str:
    """Returns what an axis of estimates is about."""
    if comparison.correlate:
        return "correlation"
    if comparison.kind == "groups":
        return f"difference in {metric_title(comparison, names)}"
    return f"change of {metric_title(comparison, names)}"


def points_chart(contrast: Contrast, theme: Theme, *, names: Names = NO_NAMES) -> Any:
    """Draws two metrics against each other, a dot for each point; None where there is only one."""
    if len(contrast.points) < 2:
        return None
    chart = alt.Chart(pd.DataFrame([PointRow(*point) for point in contrast.points]))
    blue = LIGHT_BLUE if theme.dark else BLUE
    dots = chart.mark_circle(size=80, opacity=0.9, color=blue)
    first = display_name(contrast.first, names)
    second = display_name(contrast.second, names)
    x = alt.X("x:Q", title=first, scale=alt.Scale(zero=False, nice=True))
    y = alt.Y("y:Q", title=second, scale=alt.Scale(zero=False, nice=True))
    tips = [
        "point:N",
        alt.Tooltip("x:Q", title=first, format=".3g"),
        alt.Tooltip("y:Q", title=second, format=".3g"),
    ]
    return styled_chart([dots.encode(x=x, y=y, tooltip=tips)], theme, 300)
