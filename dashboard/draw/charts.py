"""Charts as values: the same chart on the page and in the file that is saved from it."""

import math
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from dashboard.draw.colours import Ink
from harness.judge.arms import levels_text
from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate, mean, number, p_value
from harness.judge.verdicts import Arm
from harness.study.comparison import Comparison

ROW, SLOT = 62, 20  # pixels of an arm, and of a bracket beside it
DOTS, JOINED, BRACKETS = (
    300,
    80,
    8,
)  # dots of a row, units joined by lines, brackets of a chart, at most
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', sans-serif"

Colours = dict[str, str]


def dressed(layers: Sequence[Any], ink: Ink, height: float) -> Any:
    """Layers in the look that all charts share; in one call, for each further one copies every number."""
    axis = {
        "labelColor": ink.soft, "titleColor": ink.soft, "gridColor": ink.rule, "gridOpacity": 0.6, "domain": False,
        "tickColor": ink.rule, "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal",
        "labelLimit": 160, "titlePadding": 8,
    }  # fmt: skip
    legend = {
        "labelColor": ink.text, "titleColor": ink.soft, "labelFontSize": 12, "titleFontSize": 12,
        "titleFontWeight": "normal", "orient": "top", "labelLimit": 220, "columns": 3, "symbolType": "circle",
        "symbolOpacity": 1, "direction": "horizontal",
    }  # fmt: skip
    fit = {"type": "fit", "contains": "padding"}
    look = alt.Config(font=FONT, view={"stroke": None}, autosize=fit, axis=axis, legend=legend)
    padding = {"left": 4, "right": 6, "top": 4, "bottom": 4}
    return alt.layer(*layers, height=height, background="transparent", padding=padding, config=look)


def units(
    one: Comparison, arms: Sequence[Arm], contrasts: Sequence[Contrast], colours: Colours, ink: Ink
) -> Any:
    """A row for each arm: a dot for each unit, quartiles, the mean with its interval; brackets with corrected p."""
    values = [v for arm in arms for v in arm.sample.values]
    if not values:
        return None
    brackets = _brackets(arms, contrasts, one.alpha)
    right = 10 + SLOT * (1 + max((b["slot"] for b in brackets), default=-1))
    x = _across(values, arms, _title(one), right)
    y = alt.Y(
        "y:Q", axis=None, scale=alt.Scale(domain=[len(arms) - 0.5, -0.72], nice=False, zero=False)
    )
    layers = [
        *_joined(arms, contrasts, (x, y), ink),
        *_boxes(arms, colours, (x, y), ink),
        *_dots(one, arms, colours, (x, y), ink),
        *_means(arms, (x, y), ink),
        _names(arms, y, ink),
        *_bracketed(brackets, y, ink),
    ]
    return dressed(layers, ink, ROW * len(arms) + 56)


def _title(one: Comparison) -> str:
    return (
        f"{one.metric}, area under the curve over {one.trend}"
        if one.by and one.trend
        else ", ".join(one.metrics)
    )


def _across(values: Iterable[float], arms: Iterable[Arm], title: str, right: float) -> alt.X:
    low, high = min(values), max(values)
    wide = (high - low) or abs(low) or 1
    ends = [b for a in arms if a.mean for b in (a.mean.low, a.mean.high)]
    near = [b for b in ends if math.isfinite(b) and abs(b - (low + high) / 2) < 1.5 * wide]
    low, high = min([low, *near]), max([high, *near])
    margin = 0.04 * ((high - low) or wide)
    scale = alt.Scale(
        domain=[low - margin, high + margin],
        range=[0, {"expr": f"width-{right}"}],
        nice=False,
        zero=False,
        clamp=True,
    )
    return alt.X(
        "x:Q", scale=scale, title=title, axis=alt.Axis(tickCount=5, titleAnchor="end", format="~g")
    )


def _joined(
    arms: Sequence[Arm], contrasts: Sequence[Contrast], at: tuple[alt.X, alt.Y], ink: Ink
) -> list[Any]:
    """The values of one unit, joined from arm to arm where the arms are paired."""
    few = all(len(arm.sample.units) <= JOINED for arm in arms)
    if not few or not any(c.paired for c in contrasts):
        return []
    rows = [
        {"x": v, "y": i, "unit": u}
        for i, arm in enumerate(arms)
        for u, v in zip(arm.sample.units, arm.sample.values, strict=True)
    ]
    mark = alt.Chart(pd.DataFrame(rows)).mark_line(strokeWidth=1, opacity=0.45, color=ink.soft)
    return [mark.encode(x=at[0], y=at[1], detail="unit:N", order="y:Q")]


def _boxes(arms: Sequence[Arm], colours: Colours, at: tuple[alt.X, alt.Y], ink: Ink) -> list[Any]:
    rows = []
    for i, arm in enumerate(arms):
        if len(arm.sample.values) > 3:
            first, median, third = np.quantile(arm.sample.values, [0.25, 0.5, 0.75])
            here = {"top": i - 0.15, "bottom": i + 0.15, "colour": _colour(arm, colours)}
            rows.append({"x": first, "x2": third, "median": median, **here})
    if not rows:
        return []
    data = alt.Chart(pd.DataFrame(rows))
    tall = {"y": alt.Y("top:Q", scale=at[1]["scale"], axis=None), "y2": "bottom:Q"}
    hue = alt.Color("colour:N", scale=None)
    return [
        data.mark_rect(opacity=0.22, cornerRadius=2).encode(x=at[0], x2="x2:Q", **tall, color=hue),
        data.mark_rule(strokeWidth=2, opacity=0.8).encode(
            x=alt.X("median:Q", scale=at[0]["scale"], title=at[0]["title"]), **tall, color=hue
        ),
    ]


def _colour(arm: Arm, colours: Colours) -> str:
    return colours.get(levels_text(arm.sample.arm_or_point), colours.get(arm.full, "#999999"))


def _dots(
    one: Comparison, arms: Sequence[Arm], colours: Colours, at: tuple[alt.X, alt.Y], ink: Ink
) -> list[Any]:
    rows = []
    for i, arm in enumerate(arms):
        sample, count = arm.sample, len(arm.sample.values)
        step = max(1, math.ceil(count / DOTS))
        for j in range(0, count, step):
            shift = ((j // step * 7) % 5 - 2) * 0.035 if count > 12 else 0
            said = {"arm": arm.name, one.unit: sample.units[j], "value": number(sample.values[j])}
            where = {"x": sample.values[j], "y": i + shift, "colour": _colour(arm, colours)}
            rows.append({**said, **where, "runs": " ".join(r[:8] for r in sample.runs[j])})
    tips = [alt.Tooltip(f"{k}:N") for k in ("arm", one.unit, "value", "runs")]
    mark = alt.Chart(pd.DataFrame(rows)).mark_circle(
        size=64, opacity=0.9, stroke=ink.paper, strokeWidth=0.8
    )
    return [mark.encode(x=at[0], y=at[1], color=alt.Color("colour:N", scale=None), tooltip=tips)]


def _means(arms: Sequence[Arm], at: tuple[alt.X, alt.Y], ink: Ink) -> list[Any]:
    rows = [
        {
            "x": a.mean.value,
            "low": a.mean.low,
            "high": a.mean.high,
            "y": i + 0.29,
            "mean": mean(a.mean),
        }
        for i, a in enumerate(arms)
        if a.mean is not None
    ]
    if not rows:
        return []
    data = alt.Chart(pd.DataFrame(rows))
    low = alt.X("low:Q", scale=at[0]["scale"], title=at[0]["title"])
    tip = [alt.Tooltip("mean:N", title="mean with its interval")]
    return [
        data.mark_rule(color=ink.text, strokeWidth=2).encode(
            x=low, x2="high:Q", y=at[1], tooltip=tip
        ),
        data.mark_point(shape="diamond", filled=True, opacity=1, size=70, color=ink.text).encode(
            x=at[0], y=at[1], tooltip=tip
        ),
    ]


def _names(arms: Sequence[Arm], y: alt.Y, ink: Ink) -> Any:
    rows = [
        {
            "y": i - 0.32,
            "name": f"{_cut(arm.name, 48)} · n = {len(arm.sample.units)}",
            "full": arm.full,
        }
        for i, arm in enumerate(arms)
    ]
    data = alt.Chart(pd.DataFrame(rows)).encode(
        y=y, text="name:N", tooltip=alt.Tooltip("full:N", title="arm")
    )
    return _haloed(data, ink)


def _haloed(data: Any, ink: Ink) -> Any:
    """Text from the left edge that stays readable over lines."""
    mark = {"align": "left", "fontSize": 13, "x": 0}
    around = data.mark_text(
        **mark, color=ink.paper, stroke=ink.paper, strokeWidth=4, strokeJoin="round"
    )
    return alt.layer(around, data.mark_text(**mark, color=ink.text))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def stars(one: Contrast, alpha: float) -> str:
    """What stands at a bracket: stars and the corrected p, or why there is none."""
    if math.isnan(one.corrected):
        return ""
    p = p_value(one.corrected).removeprefix("p = ").removeprefix("p ")
    if one.outcome in ("equivalent", "not shown"):
        return f"{'≈' if one.outcome == 'equivalent' else '?'} {p}"
    if one.outcome == "not testable":
        return "too few"
    mark = "***" if one.corrected <= 0.001 else "**" if one.corrected <= 0.01 else "*"
    return f"{mark} {p}" if one.corrected <= alpha else f"n.s. {p}"


def _brackets(
    arms: Sequence[Arm], contrasts: Sequence[Contrast], alpha: float
) -> list[dict[str, Any]]:
    """The contrasts that are drawn, the decided first, each in a column in which it touches no other."""
    place = {arm.name: i for i, arm in enumerate(arms)}
    told = [c for c in contrasts if c.first in place and c.second in place and stars(c, alpha)]
    if len(told) > BRACKETS:
        decided = [c for c in told if c.outcome in ("differs", "equivalent")]
        told = sorted(decided, key=lambda c: c.corrected)[:BRACKETS]
    found: list[dict[str, Any]] = []
    for c in sorted(told, key=lambda c: abs(place[c.first] - place[c.second])):
        low, high = sorted((place[c.first], place[c.second]))
        taken = {b["slot"] for b in found if b["y"] < high and b["y2"] > low}
        slot = next(s for s in range(len(told)) if s not in taken)
        found.append(
            {"y": low, "y2": high, "slot": slot, "text": stars(c, alpha), "sentence": c.sentence}
        )
    return found


def _bracketed(brackets: list[dict[str, Any]], y: alt.Y, ink: Ink) -> Iterable[Any]:
    if not brackets:
        return
    last = max(b["slot"] for b in brackets)
    tip = alt.Tooltip("sentence:N", title="verdict")
    for b in brackets:
        edge = SLOT * (last - b["slot"] + 1) - 4
        x, inner = (
            alt.value(alt.ExprRef(f"width-{edge}")),
            alt.value(alt.ExprRef(f"width-{edge + 4}")),
        )
        line = alt.Chart(pd.DataFrame([{**b, "y": b["y"] + 0.06, "y2": b["y2"] - 0.06}]))
        yield line.mark_rule(color=ink.text).encode(x=x, y=y, y2="y2:Q", tooltip=tip)
        for end in ("y", "y2"):
            across = line.mark_rule(color=ink.text).encode(x=inner, x2=x, tooltip=tip)
            yield across.encode(y=alt.Y(f"{end}:Q", scale=y["scale"], axis=None))
        middle = alt.Chart(pd.DataFrame([{**b, "y": (b["y"] + b["y2"]) / 2}]))
        yield middle.mark_text(angle=270, dy=8, fontSize=11, color=ink.text).encode(
            x=x, y=y, text="text:N", tooltip=tip
        )


def forest(one: Comparison, contrasts: Sequence[Contrast], ink: Ink) -> Any:
    """A row for each contrast: its estimate with the interval, against none and against the margin of equivalence."""
    known = [c for c in contrasts if not math.isnan(c.estimate)]
    if not known:
        return None
    rows: list[dict[str, Any]] = [
        {
            "y": i, "label_y": i - 0.36, "x": c.estimate, "low": c.low, "high": c.high, "sentence": c.sentence,
            "name": _cut(c.name, 52), "text": estimate(c.estimate, c.low, c.high),
            "filled": c.outcome in ("differs", "equivalent"),
        }
        for i, c in enumerate(known)
    ]  # fmt: skip
    margin = one.margin or 0
    ends = [v for r in rows for v in (r["x"], r["low"], r["high"]) if math.isfinite(v)] + [
        0,
        margin,
        -margin,
    ]
    pad = 0.05 * ((max(ends) - min(ends)) or 1)
    scale = alt.Scale(domain=[min(ends) - pad, max(ends) + pad], nice=False, zero=False)
    x = alt.X(
        "x:Q",
        scale=scale,
        title=_estimated(one),
        axis=alt.Axis(tickCount=5, titleAnchor="end", format="~g"),
    )
    y = alt.Y(
        "y:Q", axis=None, scale=alt.Scale(domain=[len(known) - 0.5, -0.75], nice=False, zero=False)
    )
    data = alt.Chart(pd.DataFrame(rows))
    tip = alt.Tooltip("sentence:N", title="verdict")
    layers = [
        _zero(margin, scale, ink),
        data.mark_rule(color=ink.text, strokeWidth=2).encode(
            x=alt.X("low:Q", scale=scale), x2="high:Q", y=y
        ),
        data.mark_point(shape="diamond", size=90, color=ink.text, opacity=1).encode(
            x=x,
            y=y,
            tooltip=tip,
            fill=alt.condition("datum.filled", alt.value(ink.text), alt.value(ink.paper)),
        ),
        _haloed(
            data.encode(
                y=alt.Y("label_y:Q", scale=y["scale"], axis=None), text="name:N", tooltip=tip
            ),
            ink,
        ),
    ]
    return dressed(layers, ink, 48 * len(known) + 60)


def _zero(margin: float, scale: alt.Scale, ink: Ink) -> Any:
    line = alt.Chart(pd.DataFrame([{"x": 0}])).mark_rule(strokeDash=[4, 3], color=ink.soft)
    line = line.encode(x=alt.X("x:Q", scale=scale))
    if not margin:
        return line
    band = alt.Chart(pd.DataFrame([{"x": -margin, "x2": margin}])).mark_rect(
        color=ink.soft, opacity=0.18
    )
    return alt.layer(band.encode(x=alt.X("x:Q", scale=scale), x2="x2:Q"), line)


def _estimated(one: Comparison) -> str:
    if one.correlate:
        return "correlation"
    return (
        f"difference in {_title(one)}"
        if one.kind == "groups"
        else f"change of {', '.join(one.metrics)}"
    )


def points(c: Contrast, ink: Ink) -> Any:
    """Two metrics against each other, a dot for each point of a correlation."""
    if len(c.points) < 2:
        return None
    data = pd.DataFrame([{"point": name, "x": a, "y": b} for name, a, b in c.points])
    x, y = (alt.X("x:Q", title=c.first, scale=alt.Scale(zero=False, nice=True)),
            alt.Y("y:Q", title=c.second, scale=alt.Scale(zero=False, nice=True)))  # fmt: skip
    mark = alt.Chart(data).mark_circle(size=80, opacity=0.9, color="#0072B2")
    both = (("x", c.first), ("y", c.second))
    tips = ["point:N", *(alt.Tooltip(f"{k}:Q", title=title, format=".3g") for k, title in both)]
    return dressed([mark.encode(x=x, y=y, tooltip=tips)], ink, 300)
