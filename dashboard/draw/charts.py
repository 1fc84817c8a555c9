"""Charts as values: the same chart on the page and in the file that is saved from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from dashboard.draw.colours import Theme
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names, display_name

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

Colours = dict[str, str]  # of levels
LEGEND_COLUMNS = 3  # two where a chart is narrow
NARROW = 480  # pixels
WIDEST_TITLE = 50  # characters of the title of an axis that a narrow chart has room for
LEGEND_ROW = 20  # pixels of a row of the legend, which stands within the height of the chart
CLICK = "click"  # the parameter of a chart whose marks have runs behind them


@dataclass(frozen=True)
class Axes:
    """The two axes that all marks of a chart share."""

    x: alt.X
    y: alt.Y

    def x_of(self, field: str) -> alt.X:
        """Returns the same horizontal axis for another column."""
        title = self.x["title"]
        return alt.X(field, scale=self.x["scale"], title=title)

    def y_of(self, field: str) -> alt.Y:
        """Returns the same vertical axis for another column."""
        return alt.Y(field, scale=self.y["scale"], axis=None)


def styled_chart(layers: Sequence[Any], theme: Theme, height: float) -> Any:
    """Layers marks in the look that all charts share.

    Everything is set in the one call: every further `.properties()` would copy all data.
    """
    axis = {
        "labelColor": theme.soft,
        "titleColor": theme.soft,
        "gridColor": theme.rule,
        "gridOpacity": 0.6,
        "domain": False,
        "tickColor": theme.rule,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 160,
        "titlePadding": 8,
    }
    legend = {
        "labelColor": theme.text,
        "titleColor": theme.soft,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "orient": "top",
        "labelLimit": {"expr": f"containerSize()[0] < {NARROW} ? 130 : 220"},
        "columns": {"expr": f"containerSize()[0] < {NARROW} ? 2 : {LEGEND_COLUMNS}"},
        "symbolType": "circle",
        "symbolOpacity": 1,
        "direction": "horizontal",
    }
    fit = {"type": "fit", "contains": "padding"}
    config = alt.Config(font=FONT, view={"stroke": None}, autosize=fit, axis=axis, legend=legend)
    padding = {"left": 4, "right": 6, "top": 4, "bottom": 4}
    return alt.layer(
        *layers, height=height, background="transparent", padding=padding, config=config
    )


def clickable(marks: Any) -> Any:
    """Lets a reader click a mark; the column `runs` of its data says which runs are behind it."""
    return marks.add_params(alt.selection_point(name=CLICK, fields=["runs"]))


def haloed_text(texts: Any, theme: Theme) -> Any:
    """Writes texts from the left edge so that they stay readable over lines."""
    mark = {"align": "left", "fontSize": 13, "x": 0}
    paper = theme.paper
    halo = texts.mark_text(**mark, color=paper, stroke=paper, strokeWidth=4, strokeJoin="round")
    return alt.layer(halo, texts.mark_text(**mark, color=theme.text))


def colour_of_levels(field: str, levels: list[str], title: str, colours: Colours) -> alt.Color:
    """Returns the colours of the levels that are drawn; one level alone needs no legend."""
    is_single = len(levels) < 2
    return alt.Color(
        f"{field}:N",
        title=None if is_single else title,
        legend=None if is_single else alt.Undefined,
        sort=levels,
        scale=alt.Scale(domain=levels, range=[colours[level] for level in levels]),
    )


def cut_text(text: str, most: int) -> str:
    """Cuts a text to so many characters, the last of which then is an ellipsis."""
    if len(text) <= most:
        return text
    return text[: most - 1] + "…"


def lines_of_title(text: str) -> str | list[str]:
    """The title of an axis, in two lines where a narrow screen would cut it."""
    first, comma, rest = text.partition(", ")
    if comma and len(text) > WIDEST_TITLE:
        return [f"{first},", rest]
    return text


def metric_title(comparison: Comparison, names: Names = NO_NAMES) -> str:
    """Returns what an axis of values is about."""
    metrics = [display_name(metric, names) for metric in comparison.metrics]
    if comparison.by and comparison.trend:
        trend = display_name(comparison.trend, names)
        return f"{metrics[0]}, area under the curve over {trend}"
    return ", ".join(metrics)
