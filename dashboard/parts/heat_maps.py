"""Means of a metric over two crossed factors, drawn as a part of the page Shift."""

from functools import partial

import streamlit as st

from dashboard.ask.factors import crossed_means
from dashboard.ask.facts import STRENGTH
from dashboard.ask.names import title_of, titles_of
from dashboard.ask.shift import (
    LAYER,
    crossed_pairs,
    metrics_of_images,
    metrics_of_layers,
)
from dashboard.draw.heat_map import HeatTitles, heat_map
from dashboard.parts.controls import choose
from dashboard.parts.outputs import show_chart
from dashboard.read.records import StudyRuns
from harness.spec.naming import is_number


def show_heat_maps(study_runs: StudyRuns, paths: list[str]) -> None:
    """Draws a heat map: kinds over strengths, layers over strengths, source over target."""
    st.subheader("Heat maps", anchor=False)
    pairs = crossed_pairs(paths)
    if not pairs:
        st.caption("A heat map needs a second factor beside the shift.")
        return
    columns = st.columns(2)
    with columns[0]:
        names = {}
        for crossed, (down, across) in pairs.items():
            names[crossed] = f"{title_of(study_runs, down)} × {title_of(study_runs, across)}"
        name = choose("Crossed", "crossed", pairs, names=names)
    pair = pairs[name]
    metrics_of = metrics_of_layers if LAYER in pair else metrics_of_images
    with columns[1]:
        measured = metrics_of(study_runs)
        metric = choose("Metric", "heat", measured, names=titles_of(study_runs, measured))
    cells = crossed_means(study_runs, metric, pair)
    if STRENGTH in pair:
        cells = cells[cells["across"].map(is_number)]
    if cells.empty:
        st.caption("Nothing was measured for these.")
        return
    titles = HeatTitles(*(title_of(study_runs, word) for word in (*pair, metric)))
    draw = partial(heat_map, cells, titles)
    show_chart(draw, f"{study_runs.name} {metric} heat", "heat")
