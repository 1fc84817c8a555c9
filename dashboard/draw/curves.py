"""Charts of more than one factor: lines over an ordered one, heat maps of two, histories of training."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import pandas as pd

from dashboard.draw.charts import Colours, dressed
from dashboard.draw.colours import RAMP, Ink, palette
from harness.judge.sentences import mean, number
from harness.judge.verdicts import Arm
from harness.spec.naming import numeric

DOTS = 400  # of a chart of lines


@dataclass(frozen=True)
class Stop:
    """A place of a line: an arm at a level of the factor across."""

    across: str
    line: str
    arm: Arm


def lines(stops: Sequence[Stop], titles: tuple[str, str, str], colours: Colours, ink: Ink) -> Any:
    """A line of means with intervals for each level of a factor, over the levels of another; a dot for each unit."""
    if not stops:
        return None
    place = _places(stops, list(colours))
    means = [
        {
            "x": place(s), "across": s.across, "line": s.line, "y": s.arm.mean.value, "low": s.arm.mean.low,
            "high": s.arm.mean.high, "mean": mean(s.arm.mean), "n": len(s.arm.sample.units),
        }
        for s in stops if s.arm.mean is not None
    ]  # fmt: skip
    dots = [
        {"x": place(s), "line": s.line, "y": v, "unit": u}
        for s in stops
        for u, v in zip(s.arm.sample.units, s.arm.sample.values, strict=True)
    ]
    if not means:
        return None
    return _drawn(
        pd.DataFrame(means), pd.DataFrame(dots), (titles, _bottom(stops, titles[0])), colours, ink
    )


def _places(stops: Sequence[Stop], order: list[str]) -> Callable[[Stop], float]:
    """Where a stop stands: at its number, else in a row with those of the other lines beside it."""
    across = list(dict.fromkeys(s.across for s in stops))
    if _ordered(across):
        return lambda stop: float(stop.across)
    shown = [
        line
        for line in dict.fromkeys([*order, *(s.line for s in stops)])
        if any(s.line == line for s in stops)
    ]
    step = min(0.14, 0.6 / max(1, len(shown)))
    return lambda stop: (
        across.index(stop.across) + (shown.index(stop.line) - (len(shown) - 1) / 2) * step
    )


def _ordered(across: list[str]) -> bool:
    return len(across) > 1 and all(numeric(level) for level in across)


def _bottom(stops: Sequence[Stop], title: str) -> alt.X:
    across = list(dict.fromkeys(s.across for s in stops))
    if _ordered(across):
        scale = alt.Scale(zero=False, nice=False, padding=14)
        return alt.X("x:Q", title=title, axis=alt.Axis(format="~g", tickCount=6), scale=scale)
    few = sum(map(len, across)) < 36
    axis = alt.Axis(
        values=list(range(len(across))), labelExpr=f"{json.dumps(across)}[datum.value]", grid=False, labelLimit=110,
        labelAngle=0 if few else -35, labelAlign="center" if few else "right",
    )  # fmt: skip
    scale = alt.Scale(domain=[-0.5, len(across) - 0.5], nice=False, zero=False)
    return alt.X("x:Q", title=title, axis=axis, scale=scale)


Frame = tuple[
    tuple[str, str, str], alt.X
]  # titles across, of the lines and of the metric; the axis across


def _drawn(
    means: pd.DataFrame, dots: pd.DataFrame, frame: Frame, colours: Colours, ink: Ink
) -> Any:
    (across, line, metric), x = frame
    low, high = dots["y"].min(), dots["y"].max()
    wide = (high - low) or abs(low) or 1
    scale = alt.Scale(
        domain=[low - 0.1 * wide, high + 0.1 * wide], zero=False, nice=True, clamp=True
    )
    y = alt.Y("y:Q", title=metric, scale=scale, axis=alt.Axis(tickCount=5, format="~g"))
    shown = [name for name in colours if name in set(means["line"])]
    several = len(shown) > 1
    hue = alt.Color(
        "line:N", title=line if several else None, legend=alt.Undefined if several else None, sort=shown,
        scale=alt.Scale(domain=shown, range=[colours[name] for name in shown]),
    )  # fmt: skip
    data = alt.Chart(means)
    tips = [
        alt.Tooltip("line:N", title=line),
        alt.Tooltip("across:N", title=across),
        "mean:N",
        "n:Q",
    ]
    layers = [data.mark_line(strokeWidth=2, opacity=0.85).encode(x=x, y=y, color=hue)]
    if len(dots) <= DOTS:
        tip = [alt.Tooltip("unit:N"), alt.Tooltip("y:Q", format=".3g", title=metric)]
        layers.append(
            alt.Chart(dots)
            .mark_circle(size=24, opacity=0.45)
            .encode(x=x, y=y, color=hue, tooltip=tip)
        )
    interval = data.mark_rule(strokeWidth=2)
    layers += [
        interval.encode(
            x=x, y=alt.Y("low:Q", scale=scale, title=metric), y2="high:Q", color=hue, tooltip=tips
        ),
        data.mark_point(shape="diamond", filled=True, size=90, opacity=1).encode(
            x=x, y=y, color=hue, tooltip=tips
        ),
    ]
    return dressed(layers, ink, 340)


def heat(table: pd.DataFrame, titles: tuple[str, str, str], ink: Ink) -> Any:
    """A heat map of cells `down`, `across`, `value`, `n`; the numbers stand in it."""
    if table.empty:
        return None
    low, high = table["value"].min(), table["value"].max()
    wide = high - low
    table = table.assign(
        text=[number(v, wide / 3 if wide else abs(v)) for v in table["value"]],
        bright=[bool(wide) and (v - low) / wide > 0.6 for v in table["value"]],
    )
    down, across, metric = titles
    rows, columns = list(dict.fromkeys(table["down"])), list(dict.fromkeys(table["across"]))
    angle = 0 if sum(map(len, columns)) < 36 else -35
    top = alt.Axis(orient="top", labelAngle=angle, labelLimit=120, ticks=False)
    x = alt.X("across:N", sort=columns, title=across, axis=top)
    y = alt.Y("down:N", sort=rows, title=None, axis=alt.Axis(labelLimit=110, ticks=False))
    hue = alt.Color(
        "value:Q",
        title=metric,
        legend=None,
        scale=alt.Scale(range=list(reversed(RAMP)), zero=False),
    )
    tips = [alt.Tooltip("down:N", title=down), alt.Tooltip("across:N", title=across),
            alt.Tooltip("text:N", title=metric), alt.Tooltip("n:Q", title="units")]  # fmt: skip
    data = alt.Chart(table)
    layers = [
        data.mark_rect(stroke=ink.paper, strokeWidth=2, cornerRadius=3).encode(
            x=x, y=y, color=hue, tooltip=tips
        )
    ]
    if len(columns) <= 12:
        ink_of = alt.condition("datum.bright", alt.value("#111111"), alt.value("#ffffff"))
        layers.append(
            data.mark_text(fontSize=12).encode(x=x, y=y, text="text:N", color=ink_of, tooltip=tips)
        )
    return dressed(layers, ink, 40 * len(rows) + 70)


def history(table: pd.DataFrame, metric: str, ink: Ink) -> Any:
    """A metric over the epochs of a training."""
    y = alt.Y(
        "value:Q",
        title=metric,
        scale=alt.Scale(zero=False),
        axis=alt.Axis(tickCount=4, format="~g"),
    )
    x = alt.X("step:Q", title="epoch", axis=alt.Axis(tickMinStep=1, format="d", tickCount=6))
    blue = palette(["one"], ink)["one"]
    mark = alt.Chart(table).mark_line(
        color=blue, strokeWidth=2, point={"color": blue} if len(table) < 40 else False
    )
    tips = [
        alt.Tooltip("step:Q", title="epoch"),
        alt.Tooltip("value:Q", title=metric, format=".4g"),
    ]
    return dressed([mark.encode(x=x, y=y, tooltip=tips)], ink, 190)
