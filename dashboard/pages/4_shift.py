"""How far a shift of the test images moves a network: scores over strength, distances of each layer."""

from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.answers import asked, factors, facts, levels_here, metrics
from dashboard.ask.factors import crossed, row_dimensions, settings
from dashboard.draw.colours import Ink, palette
from dashboard.draw.curves import Stop, heat, lines
from dashboard.parts.controls import (
    ANY,
    chart,
    choose,
    current,
    heading,
    looked_at,
    study_or_trouble,
    table,
    trouble,
)
from dashboard.parts.frame import framed
from dashboard.parts.text import plain, upper
from dashboard.read.records import Found, Unreadable
from harness.judge.arms import levels_text
from harness.judge.verdicts import Verdict
from harness.spec.naming import numeric, short
from harness.study.load import Study

STRENGTH, KIND, LAYER = "perturb.strength", "perturb.name", "layer"


def page() -> None:
    found = looked_at()
    heading("Shift", found)
    study = study_or_trouble(found)
    found = current(found)
    there = [*settings(found), *row_dimensions(found)]
    if STRENGTH not in there and LAYER not in there:
        st.info(
            "This study measures no shift. An axis `perturb.strength` gives scores over strength; the probe `shift` "
            "gives the distance of each layer's features."
        )
        return
    if study is None:
        _heats(found, there)
        return
    lines_of = [p for p in factors(found) if p not in (STRENGTH, KIND)]
    by = choose("A line for each", "line", [*lines_of, "–"]) if lines_of else "–"
    if STRENGTH in there:
        _over_strength(found, study, by)
    if LAYER in there:
        _over_layers(found, study, by)
    _heats(found, there)


def _layered(found: Found) -> list[str]:
    """The metrics whose rows are of a layer."""
    return (
        list(dict.fromkeys(found.rows.loc[found.rows[LAYER].notna(), "metric"]))
        if LAYER in found.rows
        else []
    )


def _over_strength(found: Found, study: Study, by: str) -> None:
    st.subheader("Over strength", anchor=False)
    offered = [m for m in metrics(found) if m not in _layered(found)]
    metric = choose("Metric", "score", offered, start="iou")
    kinds = [KIND] if len(levels_here(found, KIND)) > 1 else []
    question: dict[str, Any] = {
        "name": f"{metric} over strength",
        "metric": metric,
        "unit": facts(found).units[0],
    }
    asks = {"trend": STRENGTH, "within": [*kinds, *([by] if by != "–" else [])]}
    try:
        verdict = asked(found, question | asks)
    except Unreadable as error:
        trouble(error)
        return
    _drawn(found, verdict, (STRENGTH, by, metric), bool(kinds))
    rows = [
        {"where": levels_text(c.stratum), "trend": upper(c.sentence)} for c in verdict.contrasts
    ]
    with st.expander(f"Trends (exploratory, {verdict.family} p values corrected together)"):
        table(rows, f"{found.name} trends", "trends")


def _drawn(found: Found, verdict: Verdict, titles: tuple[str, str, str], split: bool) -> None:
    """A chart for each kind of perturbation, with the same colours."""
    _, by, metric = titles
    called = short(levels_here(found, by)) if by != "–" else {}
    charts: dict[str, list[Stop]] = {}
    for arm in verdict.arms:
        line = arm.stratum[-1] if by != "–" else metric
        where = arm.stratum[0] if split else ""
        charts.setdefault(where, []).append(
            Stop(levels_text(arm.sample.arm_or_point), called.get(line, line), arm)
        )
    columns = st.columns(2) if len(charts) > 1 else [st.container()]
    order = levels_here(found, KIND)
    for i, (where, stops) in enumerate(
        sorted(charts.items(), key=lambda one: order.index(one[0]) if one[0] else 0)
    ):
        with columns[i % len(columns)]:
            if where:
                st.markdown(f"**{plain(where)}**")
            name = f"{found.name} {metric} {where}"
            chart(partial(_lined, found, stops, titles), name, f"s-{i}")
    st.caption(
        f"A small dot is one {verdict.comparison.unit}; the diamond is the mean with its 95% interval."
    )


def _lined(found: Found, stops: list[Stop], titles: tuple[str, str, str], ink: Ink) -> Any:
    return lines(stops, titles, _colours(found, titles[1], titles[2], ink), ink)


def _colours(found: Found, by: str, metric: str, ink: Ink) -> dict[str, str]:
    if by == "–":
        return palette([metric], ink)
    names = short(levels_here(found, by))
    return {
        names.get(level, level): colour
        for level, colour in palette(levels_here(found, by), ink).items()
    }


def _over_layers(found: Found, study: Study, by: str) -> None:
    st.subheader("Layer by layer", anchor=False)
    offered = _layered(found)
    if not offered:
        return
    columns = st.columns(3)
    with columns[0]:
        metric = choose("Distance", "distance", offered, start="hellinger")
    where = {}
    for i, path in enumerate(
        p for p in (KIND, STRENGTH) if len(levels_here(found, p)) > 1 and p != by
    ):
        with columns[1 + i]:
            levels = levels_here(found, path)
            level = choose(
                path, f"at-{path}", [ANY, *levels], start=levels[-1], names=short(levels)
            )
        if level != ANY:
            where[path] = level
    factor = by if by != "–" else next(iter(factors(found)), None)
    question: dict[str, Any] = {
        "name": f"{metric} by layer",
        "metric": metric,
        "unit": facts(found).units[0],
        "where": where,
    }
    try:
        verdict = asked(found, question | {"by": factor, "within": [LAYER]})
    except Unreadable as error:
        trouble(error)
        return
    titles = (LAYER, str(factor), metric)
    called = short(levels_here(found, str(factor)))
    order = {layer: i for i, layer in enumerate(levels_here(found, LAYER))}
    arms = sorted(verdict.arms, key=lambda arm: order.get(levels_text(arm.stratum), len(order)))
    stops = []
    for arm in arms:
        level = levels_text(arm.sample.arm)
        stops.append(Stop(levels_text(arm.stratum), called.get(level, level), arm))
    chart(partial(_lined, found, stops, titles),
          f"{found.name} {metric} by layer", "layers")  # fmt: skip
    st.page_link(
        "pages/5_images.py",
        label="Distributions of each layer, run by run",
        icon=":material/image:",
    )
    with st.expander(
        f"Differences at each layer (exploratory, {verdict.family} p values corrected together)"
    ):
        table(
            [
                {"layer": levels_text(c.stratum), "difference": upper(c.sentence)}
                for c in verdict.contrasts
            ],
            "layers",
            "by-layer",
        )


def _heats(found: Found, there: list[str]) -> None:
    """Heat maps: kinds over strengths, layers over strengths, source over target."""
    st.subheader("Heat maps", anchor=False)
    pairs = [(KIND, STRENGTH), (LAYER, STRENGTH), (LAYER, KIND)]
    pairs += [
        (p, STRENGTH)
        for p in there
        if p not in (KIND, LAYER, STRENGTH) and not p.startswith("perturb.")
    ]
    offered = {
        f"{down} × {across}": (down, across)
        for down, across in pairs
        if down in there and across in there
    }
    if not offered:
        st.caption("A heat map needs a second factor beside the shift.")
        return
    one, two = st.columns(2)
    with one:
        pair = offered[choose("Crossed", "crossed", offered)]
    layered = _layered(found)
    with two:
        metric = choose(
            "Metric",
            "heat",
            layered if LAYER in pair else [m for m in metrics(found) if m not in layered],
        )
    cells = crossed(found, metric, pair)
    if STRENGTH in pair:
        cells = cells[cells["across"].map(numeric)]
    if cells.empty:
        st.caption("Nothing was measured for these.")
        return
    chart(lambda ink: heat(cells, (*pair, metric), ink), f"{found.name} {metric} heat", "heat")


framed(page)
