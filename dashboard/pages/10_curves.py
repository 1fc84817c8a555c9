"""The training curves of many runs in one chart, which grow while a study runs."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.curve_table import (
    ONLY_LEVEL,
    CurveRun,
    curve_table,
    mean_curves,
    runs_with_curves,
    spread_over_levels,
)
from dashboard.ask.facts import levels_in, settings
from dashboard.ask.names import level_names, title_of, titles_of
from dashboard.draw.colours import Theme, palette
from dashboard.draw.overlay_chart import mean_chart, overlay_chart
from dashboard.parts.controls import choose, filter_runs, heading, runs_of_chosen_study
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import show_chart
from dashboard.parts.progress import live_progress
from dashboard.parts.run_links import ID_LENGTH, runs_with_ids, show_links
from dashboard.read.database import Unreadable
from dashboard.read.numbers import curve_names
from dashboard.read.records import StudyRuns, runs_of

EVERY = 3  # seconds between two looks at a study that runs
MOST_RUNS = 60  # lines of a chart
MOST_TO_READ_AGAIN = 2_000  # runs of a study whose new runs are shown as they begin
MOST_OF_MEANS = 400  # runs whose curves are averaged
NOTHING = "–"
EACH = "every run"
MEANS = "mean of each level"


@dataclass(frozen=True)
class CurveChoice:
    """What a reader wants to see: a metric, by a factor, and how."""

    metric: str
    factor: str | None
    is_mean: bool
    is_log: bool


def page() -> None:
    """Draws the controls, and the chart as a part that is drawn again while the study runs."""
    name = str(st.session_state.get("study", ""))
    is_running = bool(live_progress(name))
    study_runs = runs_of(name) if is_running else runs_of_chosen_study()
    heading("Curves", study_runs)
    st.fragment(_draw, run_every=EVERY if is_running else None)(study_runs, is_running)


def _draw(as_opened: StudyRuns, is_running: bool) -> None:
    """Draws the curves of the runs that are left by the filters, or that a link names."""
    study_runs = _with_new_runs(as_opened) if is_running else as_opened
    runs = study_runs.runs
    ids = st.query_params.get("runs", "")
    if ids:
        named_runs = {run.id for run in runs_with_ids(study_runs, ids.split(","))}
        runs = runs[runs["run"].isin(named_runs)]
        st.button(f"Only the {len(runs)} runs of the link: show all", on_click=_forget_link)
    elif len(runs):
        runs = filter_runs(study_runs)
    factors = settings(study_runs)
    factor = NOTHING
    if factors:
        titles = titles_of(study_runs, factors)
        factor = choose("Colour by", "colour", [*factors, NOTHING], names=titles)
    by = None if factor == NOTHING else factor
    drawn = runs_with_curves(study_runs, runs, by)
    if ids:
        starts = ids.split(",")
        drawn = [run for run in drawn if run.id[:ID_LENGTH] in starts]
    choice = _choice(drawn, by)
    if choice is None:
        st.info("No history was recorded of these runs: their fits have no epoch behind them yet.")
        return
    _chart(study_runs, drawn, choice)


def _with_new_runs(as_opened: StudyRuns) -> StudyRuns:
    """Returns the runs of a study that have begun by now, unless to read them takes too long."""
    if len(as_opened.runs) > MOST_TO_READ_AGAIN:
        return as_opened
    try:
        return runs_of(as_opened.name)
    except Unreadable:  # the database is locked for a moment; the next look comes soon
        return as_opened


def _forget_link() -> None:
    del st.query_params["runs"]


def _choice(drawn: list[CurveRun], factor: str | None) -> CurveChoice | None:
    """Draws the controls; returns None where there is no curve to choose."""
    sample = spread_over_levels(drawn, MOST_RUNS)
    names = curve_names([run.id for run in sample])
    if not names:
        return None
    columns = st.columns([3, 3, 1], vertical_alignment="bottom")
    with columns[0]:
        metric = choose("Curve", "curve", names)
    with columns[1]:
        mode = st.segmented_control(
            "Lines", [EACH, MEANS], default=EACH, key="lines", bind="query-params", required=True
        )
    with columns[2]:
        is_log = st.toggle("log", key="log", bind="query-params")
    return CurveChoice(metric, factor, mode == MEANS, is_log)


def _chart(study_runs: StudyRuns, drawn: list[CurveRun], choice: CurveChoice) -> None:
    """Draws the chart, says what it leaves out, and links to a line that is clicked."""
    most = MOST_OF_MEANS if choice.is_mean else MOST_RUNS
    first = spread_over_levels(drawn, most)
    draw = partial(_draw_chart, study_runs, first, choice)
    clicked = show_chart(draw, f"{study_runs.name} {choice.metric}", "overlay")
    running = sum(run.is_running for run in first)
    texts = [f"{len(first):,} of {len(drawn):,} runs, {running} of them on their way."]
    if choice.is_mean:
        texts.append("The band holds all runs of a level; they may end at different epochs.")
    else:
        texts.append("Click a line, or the dot of a single epoch: its run is linked here.")
    st.caption(" ".join(texts))
    if clicked:
        show_links(study_runs, runs_with_ids(study_runs, [clicked]))


def _draw_chart(
    study_runs: StudyRuns, drawn: list[CurveRun], choice: CurveChoice, theme: Theme
) -> Any:
    """Draws the curves in the colours that the levels of the factor have on every page."""
    levels = [ONLY_LEVEL]
    if choice.factor is not None:
        levels = levels_in(study_runs, choice.factor)
    levels = list(dict.fromkeys([*levels, *(run.level for run in drawn)]))
    names = {ONLY_LEVEL: ONLY_LEVEL}
    if choice.factor is not None:
        names = level_names(study_runs, choice.factor, levels)
    table = curve_table(drawn, choice.metric, names)
    colours = {names[level]: colour for level, colour in palette(levels, theme).items()}
    factor_title = NOTHING if choice.factor is None else title_of(study_runs, choice.factor)
    titles = (choice.metric, factor_title)
    if choice.is_mean:
        return mean_chart(mean_curves(table), titles, colours, theme, is_log=choice.is_log)
    return overlay_chart(table, titles, colours, theme, is_log=choice.is_log)


draw_framed(page)
