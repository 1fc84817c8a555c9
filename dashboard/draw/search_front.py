"""Chart of a search with several objectives: two of them against each other, and the front."""

from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboard.draw.charts import styled_chart
from dashboard.draw.colours import GREY, ORANGE, Theme
from dashboard.draw.search_charts import levels_text
from harness.search.history import SearchHistory
from harness.search.summary import best_points, ended_points, means_of


class FrontRow(NamedTuple):
    """A point by two objectives, as Vega-Lite gets it."""

    number: int
    x: float
    y: float
    best: str
    levels: str


def front_chart(history: SearchHistory, pair: tuple[int, int], theme: Theme) -> Any:
    """Draws all points by two objectives, and the front as a line; None without points."""
    best = {point.number for point in best_points(history)}
    rows: list[FrontRow] = []
    across, upward = pair
    for point in ended_points(history):
        means = means_of(point)
        word = "front" if point.number in best else "dominated"
        rows.append(FrontRow(point.number, means[across], means[upward], word, levels_text(point)))
    if not rows:
        return None
    scale = alt.Scale(zero=False, nice=True)
    x = alt.X("x:Q", title=_objective_title(history, across), scale=scale)
    y = alt.Y("y:Q", title=_objective_title(history, upward), scale=scale)
    colours = alt.Scale(domain=["front", "dominated"], range=[ORANGE, GREY])
    colour = alt.Color("best:N", title=None, scale=colours)
    tips = [
        alt.Tooltip("number:Q", title="point"),
        alt.Tooltip("x:Q", title=history.objectives[across].metric, format=".4g"),
        alt.Tooltip("y:Q", title=history.objectives[upward].metric, format=".4g"),
        alt.Tooltip("levels:N", title="settings"),
    ]
    frame = pd.DataFrame(rows)
    front = alt.Chart(frame[frame["best"] == "front"]).mark_line(color=ORANGE, strokeWidth=1.5)
    dots = alt.Chart(frame).mark_circle(size=70, opacity=0.9)
    layers = [
        front.encode(x=x, y=y, order="x:Q"),
        dots.encode(x=x, y=y, color=colour, tooltip=tips),
    ]
    return styled_chart(layers, theme, 320)


def _objective_title(history: SearchHistory, index: int) -> str:
    objective = history.objectives[index]
    return f"{objective.metric}, {'higher' if objective.maximise else 'lower'} is better"
