"""Heat maps: the means of two factors crossed, with the numbers in their cells."""

from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from dashboard.draw.charts import NARROW, styled_chart
from dashboard.draw.colours import RAMP, Theme
from harness.judge.sentences import number

MOST_COLUMNS = 12  # whose cells have room for a number
FEW_CHARACTERS = 36  # of all labels above a heat map; more are slanted
ROOM_OF_A_NUMBER = 34  # pixels of a column
BRIGHT = 0.6  # share of the range from which a cell needs dark digits


@dataclass(frozen=True)
class HeatTitles:
    """What a heat map is about: the factor down, the factor across, the metric."""

    down: str
    across: str
    metric: str


Orders = tuple[list[str], list[str]]  # the levels down and across, with those that have no cell


def heat_map(
    table: pd.DataFrame, titles: HeatTitles, theme: Theme, orders: Orders | None = None
) -> Any:
    """Draws cells `down`, `across`, `value`, `n`; None where there are none.

    Levels stand in the order of their cells, or in `orders`.
    """
    if table.empty:
        return None
    cells = _with_texts(table)
    if orders is None:
        orders = (list(dict.fromkeys(cells["down"])), list(dict.fromkeys(cells["across"])))
    rows, columns = orders
    angle = 0 if sum(map(len, columns)) < FEW_CHARACTERS else -35
    room_of_column = f"width / {len(columns)}"
    limit = 190 if angle else alt.ExprRef(f"{room_of_column} - 4")
    top = alt.Axis(orient="top", labelAngle=angle, labelLimit=limit, ticks=False)
    across = alt.Scale(domain=columns)
    x = alt.X("across:N", sort=columns, scale=across, title=titles.across, axis=top)
    limit = alt.ExprRef(f"containerSize()[0] < {NARROW} ? 90 : 190")
    left = alt.Axis(labelLimit=limit, ticks=False)
    y = alt.Y("down:N", sort=rows, scale=alt.Scale(domain=rows), title=titles.down, axis=left)
    ramp = alt.Scale(range=list(reversed(RAMP)), zero=False)
    colour = alt.Color("value:Q", title=titles.metric, legend=None, scale=ramp)
    tips = [
        alt.Tooltip("down:N", title=titles.down),
        alt.Tooltip("across:N", title=titles.across),
        alt.Tooltip("text:N", title=titles.metric),
        alt.Tooltip("n:Q", title="units"),
    ]
    chart = alt.Chart(cells)
    tiles = chart.mark_rect(stroke=theme.paper, strokeWidth=2, cornerRadius=3)
    layers = [tiles.encode(x=x, y=y, color=colour, tooltip=tips)]
    if len(columns) <= MOST_COLUMNS:
        digits = alt.condition("datum.bright", alt.value("#111111"), alt.value("#ffffff"))
        is_shown = alt.ExprRef(f"{room_of_column} < {ROOM_OF_A_NUMBER} ? 0 : 1")
        texts = chart.mark_text(fontSize=12, opacity=is_shown)
        layers.append(texts.encode(x=x, y=y, text="text:N", color=digits, tooltip=tips))
    return styled_chart(layers, theme, 40 * len(rows) + 70)


def _with_texts(table: pd.DataFrame) -> pd.DataFrame:
    """Adds the text of each cell, with digits for the range of all, and whether it is bright."""
    low = table["value"].min()
    high = table["value"].max()
    width = high - low
    texts = []
    is_bright = []
    for value in table["value"]:
        texts.append(number(value, width / 3 if width else abs(value)))
        is_bright.append(bool(width) and (value - low) / width > BRIGHT)
    return table.assign(text=texts, bright=is_bright)
