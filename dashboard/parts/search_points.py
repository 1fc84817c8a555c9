"""The points of a search as a table, and one of them with a link to each of its runs."""

from typing import Any

import pandas as pd
import streamlit as st

from dashboard.parts.controls import choose
from dashboard.parts.outputs import show_table
from dashboard.parts.text import plain
from dashboard.read.records import StudyRuns
from harness.judge.sentences import number
from harness.search.history import SearchHistory, SearchPoint
from harness.search.sentences import state_text
from harness.search.summary import ranked_points

MOST_POINTS = 500  # of the table and of the list


def show_points(study_runs: StudyRuns, history: SearchHistory, objective: int) -> None:
    """Shows the points, the best first, and the runs of the one that is chosen."""
    ranked = ranked_points(history, objective)
    ranks = {point.number for point in ranked}
    points = ranked + [point for point in history.points if point.number not in ranks]
    first = points[:MOST_POINTS]
    if len(points) > MOST_POINTS:
        st.caption(f"The first {MOST_POINTS} of {len(points):,} points.")
    rows = [_row_of(history, point) for point in first]
    csv = pd.DataFrame([_row_of(history, point) for point in points])
    name = f"{study_runs.name} points"
    show_table(rows, name, "points", csv=csv.to_csv(index=False))
    names = {str(point.number): _name_of(history, point) for point in first}
    choice = choose("Point", "point", names, names=names)
    for point in first:
        if str(point.number) == choice:
            _show_runs(study_runs, history, point)


def _name_of(history: SearchHistory, point: SearchPoint) -> str:
    return f"{point.number}  ·  {state_text(history, point.state)}"


def _row_of(history: SearchHistory, point: SearchPoint) -> dict[str, Any]:
    """A point as a line of the table."""
    row: dict[str, Any] = {"point": point.number, "state": state_text(history, point.state)}
    for index, objective in enumerate(history.objectives):
        row[objective.metric] = point.means[index] if point.means else None
    row["seeds"] = len(point.scores)
    for dimension in history.dimensions:
        row[dimension.path] = point.levels.get(dimension.path, "–")
    row["why"] = point.reason
    return row


def _show_runs(study_runs: StudyRuns, history: SearchHistory, point: SearchPoint) -> None:
    """Says what became of a point, and links to the run of each of its seeds."""
    if point.reason:
        st.markdown(f"Point {point.number}: {plain(point.reason)}.")
    run_of_trial = {run.key: run.id for run in study_runs.recorded}
    scores = list(point.scores)
    with st.container(horizontal=True, gap="small"):
        for index, key in enumerate(point.trial_keys):
            id = run_of_trial.get(key)
            label = "its run"
            if index < len(scores):
                seed, values = scores[index]
                texts = [number(value) for value in values]
                label = f"seed {seed}: {', '.join(texts)}"
            if id is None:
                st.caption(f"{plain(label)} (no run here)")
                continue
            st.page_link(
                "pages/6_run.py",
                label=plain(label),
                icon=":material/arrow_forward:",
                query_params={"study": history.study, "run": id},
            )
