"""Training curves of many runs in one chart: every run as a line, or the mean of each level."""

from typing import Any

import altair as alt
import pandas as pd

from dashboard.draw.charts import Colours, clickable, colour_of_levels, styled_chart
from dashboard.draw.colours import Theme

HEIGHT = 380  # pixels
FEW_LINES = 12  # more are drawn thinner


def overlay_chart(
    table: pd.DataFrame, titles: tuple[str, str], colours: Colours, theme: Theme, *, is_log: bool
) -> Any:
    """Draws a line for each run; `titles` are those of the metric and of the factor."""
    if table.empty:
        return None
    metric, factor = titles
    is_few = table["run"].nunique() <= FEW_LINES
    chart = alt.Chart(table)
    if has_single_points(table, "run"):
        lines = chart.mark_circle(size=70, opacity=0.85 if is_few else 0.5, cursor="pointer")
    else:
        lines = chart.mark_line(
            strokeWidth=2 if is_few else 1.2, opacity=0.85 if is_few else 0.5, cursor="pointer"
        )
    tips = ["name:N", _level_tip(factor), _epoch_tip(), _value_tip("value:Q", metric)]
    encoded = lines.encode(
        x=_epochs(),
        y=_values("value:Q", metric, is_log=is_log),
        color=_colour(table, factor, colours),
        detail="run:N",
        tooltip=tips,
    )
    return styled_chart([clickable(encoded)], theme, HEIGHT)


def has_single_points(table: pd.DataFrame, by: str) -> bool:
    """Whether each curve is one point, of which no line can be drawn."""
    return bool((table.groupby(by).size() < 2).all())


def mean_chart(
    means: pd.DataFrame, titles: tuple[str, str], colours: Colours, theme: Theme, *, is_log: bool
) -> Any:
    """Draws the mean of each level as a line, and the range of its runs as a band."""
    if means.empty:
        return None
    metric, factor = titles
    chart = alt.Chart(means)
    colour = _colour(means, factor, colours)
    band = chart.mark_area(opacity=0.18).encode(
        x=_epochs(),
        y=_values("low:Q", metric, is_log=is_log),
        y2="high:Q",
        color=colour,
    )
    tips = [_level_tip(factor), _epoch_tip(), _value_tip("mean:Q", metric), "n:Q"]
    marks = chart.mark_line(strokeWidth=2.5)
    if has_single_points(means, "level"):
        marks = chart.mark_point(shape="diamond", filled=True, size=110, opacity=1)
    line = marks.encode(
        x=_epochs(),
        y=_values("mean:Q", metric, is_log=is_log),
        color=colour,
        tooltip=tips,
    )
    return styled_chart([band, line], theme, HEIGHT)


def _epochs() -> alt.X:
    axis = alt.Axis(tickMinStep=1, format="d", tickCount=8)
    return alt.X("step:Q", title="epoch", axis=axis, scale=alt.Scale(nice=False, padding=8))


def _values(field: str, metric: str, *, is_log: bool) -> alt.Y:
    scale = alt.Scale(zero=False)
    if is_log:
        scale = alt.Scale(type="log")
    axis = alt.Axis(tickCount=6, format="~g")
    return alt.Y(field, title=metric, scale=scale, axis=axis)


def _colour(table: pd.DataFrame, factor: str, colours: Colours) -> alt.Color:
    drawn = set(table["level"])
    levels = [level for level in colours if level in drawn]
    return colour_of_levels("level", levels, factor, colours)


def _level_tip(factor: str) -> alt.Tooltip:
    return alt.Tooltip("level:N", title=factor)


def _epoch_tip() -> alt.Tooltip:
    return alt.Tooltip("step:Q", title="epoch")


def _value_tip(field: str, metric: str) -> alt.Tooltip:
    return alt.Tooltip(field, title=metric, format=".4g")
