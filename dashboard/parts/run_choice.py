"""The choice of a run on a page: by its name, or as a link names it."""

import pandas as pd
import streamlit as st

from dashboard.parts.controls import choose, choose_anew, missing_in_url, show_problem
from dashboard.parts.text import plain
from dashboard.read.database import Unreadable, study_of_run
from dashboard.read.records import StudyRuns
from harness.record.database import Run

MOST_RUNS = 500  # of a list


def pick_run(runs: pd.DataFrame, label: str, key: str, start: int = 0) -> str | None:
    """Draws a list of these runs by their names; the URL keeps the id of the choice."""
    if runs.empty:
        st.info("No run has all of these levels. Set a filter back to any.")
        return None
    in_url = st.query_params.get(key)
    first = runs.head(MOST_RUNS)
    if in_url is not None and in_url not in set(first["run"]):
        first = pd.concat([first, runs[runs["run"] == in_url]])
    if len(runs) > MOST_RUNS:
        st.caption(
            f"The first {MOST_RUNS} of {len(runs):,} runs are listed; a filter narrows them down."
        )
    short_ids = first["run"].str[:8]
    texts = first["name"] + "  ·  " + first["state"] + "  ·  " + short_ids
    names = dict(zip(first["run"], texts, strict=True))
    missing = missing_in_url(key, list(names))
    if missing is not None:
        choose_anew(label, key, list(names), names)
        show_problem(_no_such_run(missing))
        return None
    usual = list(names)[min(start, len(names) - 1)]
    return choose(label, key, names, start=usual, names=names, always=True)


def _no_such_run(id: str) -> Unreadable:
    """Says that a link names a run which the list lacks, and why that may be."""
    study = study_of_run(id)
    if study is None:
        remedy = "It may have been deleted, or recorded in another home. Choose another above."
    elif study == st.session_state.get("study"):
        remedy = "A filter hides it, or it has not ended. Set the filters back, or choose above."
    else:
        remedy = f"It is a run of the study {plain(study)}: choose that at the left."
    return Unreadable(f"The link asks for the run {id}, which is not among these.", remedy)


def run_with_id(study_runs: StudyRuns, id: str) -> Run:
    """Returns the run that has this id."""
    return next(run for run in study_runs.recorded if run.id == id)
