"""What a search has tried: its best points, the race, what mattered, and what fresh seeds say."""

from functools import partial

import streamlit as st

from dashboard.ask.names import names_behind
from dashboard.draw.heat_map import HeatTitles, heat_map
from dashboard.draw.search_charts import best_chart, bias_chart, race_chart
from dashboard.draw.search_front import front_chart
from dashboard.draw.search_space import importance_chart, parallel_chart
from dashboard.parts.controls import choose, heading, runs_of_chosen_study
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import show_chart
from dashboard.parts.search_points import show_points
from dashboard.parts.text import plain
from dashboard.read.records import StudyRuns
from dashboard.read.search import history_of, importances_of, map_cells
from harness.report.formats import with_capital
from harness.search.cells import cell_names
from harness.search.history import SearchHistory
from harness.search.in_words import in_words
from harness.search.sentences import bias_text, counts_text, headline
from harness.study.search import Dimension


def page() -> None:
    """Draws the search of the study that is chosen."""
    study_runs = runs_of_chosen_study()
    heading("Search", study_runs)
    history = in_words(history_of(study_runs), names_behind(study_runs))
    with st.container(border=True):
        st.markdown(f"##### {plain(with_capital(headline(history)))}.")
        st.caption(f"{plain(with_capital(counts_text(history)))}. {plain(history.sampler)}")
    metrics = [objective.metric for objective in history.objectives]
    objective = 0
    if len(metrics) > 1:
        objective = metrics.index(choose("Objective", "objective", metrics))
    _progress(study_runs, history, objective)
    if len(metrics) > 1:
        _front(study_runs, history)
    _every_point(study_runs, history, objective)
    _confirmation(study_runs, history, objective)
    _what_mattered(study_runs, history, objective)


def _progress(study_runs: StudyRuns, history: SearchHistory, objective: int) -> None:
    """Draws the best so far and the race."""
    st.subheader("Best so far", anchor=False)
    name = f"{study_runs.name} search"
    show_chart(partial(best_chart, history, objective), f"{name} best", "best")
    st.caption(
        "A dot is a point where its race ended, at the mean of its seeds; the line is the best of "
        "them so far."
    )
    st.subheader("The race", anchor=False)
    show_chart(partial(race_chart, history, objective), f"{name} race", "race")
    st.caption(
        "How many seeds each point got until its mean fell below that of the incumbent. One that "
        "is infeasible got none."
    )


def _front(study_runs: StudyRuns, history: SearchHistory) -> None:
    """Draws two of the objectives against each other."""
    st.subheader("Pareto front", anchor=False)
    metrics = [objective.metric for objective in history.objectives]
    pair = (0, 1)
    if len(metrics) > 2:
        columns = st.columns(2)
        with columns[0]:
            across = choose("Across", "front-across", metrics)
        with columns[1]:
            others = [metric for metric in metrics if metric != across]
            upward = choose("Upward", "front-upward", others)
        pair = (metrics.index(across), metrics.index(upward))
    show_chart(partial(front_chart, history, pair), f"{study_runs.name} front", "front")


def _every_point(study_runs: StudyRuns, history: SearchHistory, objective: int) -> None:
    """Draws all points across their settings, and lists them."""
    st.subheader("Every point", anchor=False)
    draw = partial(parallel_chart, history, objective)
    show_chart(draw, f"{study_runs.name} points", "parallel")
    st.caption("A line is a point, the brighter the better; incumbents are drawn thick.")
    show_points(study_runs, history, objective)


def _what_mattered(study_runs: StudyRuns, history: SearchHistory, objective: int) -> None:
    """Draws the importances and two settings together: last, for forests take seconds."""
    st.subheader("What mattered", anchor=False)
    importances = importances_of(study_runs, history, objective)
    if importances.rows:
        draw = partial(importance_chart, importances)
        show_chart(draw, f"{study_runs.name} importance", "importance")
        st.caption(
            "How much of the variance over the whole space a setting explains by itself (fANOVA); "
            "the line holds the middle nine tenths of forests that were fitted to points drawn "
            "anew. A setting that does not pass its dashed mark may owe its share to chance. "
            f"{plain(with_capital(importances.note))}."
        )
    else:
        st.caption(f"No importance is told: {plain(importances.note)}.")
    if len(history.dimensions) > 1:
        ranking = [row.path for row in importances.rows]
        _two_settings(study_runs, history, objective, ranking)


def _two_settings(
    study_runs: StudyRuns, history: SearchHistory, objective: int, ranking: list[str]
) -> None:
    """Draws the mean over the points of each place of two settings, the weightiest two first."""
    st.subheader("Two settings together", anchor=False)
    dimensions = {dimension.path: dimension for dimension in history.dimensions}
    paths = ranking or list(dimensions)
    columns = st.columns(2)
    with columns[0]:
        across = choose("Setting", "across", paths)
    with columns[1]:
        down = choose("and setting", "down", [path for path in paths if path != across])
    pair: tuple[Dimension, Dimension] = (dimensions[down], dimensions[across])
    cells = map_cells(history, pair, objective)
    metric = history.objectives[objective].metric
    orders = (cell_names(pair[0]), cell_names(pair[1]))
    draw = partial(heat_map, cells, HeatTitles(down, across, metric), orders=orders)
    show_chart(draw, f"{study_runs.name} {down} {across}", "map")
    st.caption("Means over the points that were tried there; where none was, nothing is filled in.")


def _confirmation(study_runs: StudyRuns, history: SearchHistory, objective: int) -> None:
    """Draws seen against confirmed scores, or says that there are none."""
    st.subheader("Seen and confirmed", anchor=False)
    if history.confirmed:
        draw = partial(bias_chart, history, objective)
        show_chart(draw, f"{study_runs.name} confirmed", "bias")
        st.caption("Hollow: what the search saw; filled: the mean of fresh seeds.")
    st.caption(f"{plain(with_capital(bias_text(history)))}.")


draw_framed(page)
