"""Links from a mark of a chart, or from rows of a table, to the runs behind them."""

from collections.abc import Sequence

import streamlit as st

from dashboard.parts.text import plain
from dashboard.read.records import StudyRuns
from harness.record.database import Run

MOST_LINKS = 12  # drawn at once
ID_LENGTH = 8  # letters of a run's id that tell it from the others


def show_clicked_runs(study_runs: StudyRuns, ids: str) -> None:
    """Links to the runs behind the dot that was clicked; says at first that dots can be clicked."""
    if not ids:
        st.caption("Click a dot: its runs are linked here.")
        return
    runs = runs_with_ids(study_runs, ids.split())
    noun = "run" if len(runs) == 1 else f"{len(runs)} runs"
    st.caption(f"The {noun} behind this dot:")
    show_links(study_runs, runs)


def runs_with_ids(study_runs: StudyRuns, ids: Sequence[str]) -> list[Run]:
    """Returns the runs whose ids begin with the letters of one of these."""
    starts = {id[:ID_LENGTH] for id in ids}
    runs = []
    for run in study_runs.recorded:
        if run.id[:ID_LENGTH] in starts:
            runs.append(run)
    return runs


def show_links(study_runs: StudyRuns, runs: Sequence[Run]) -> None:
    """Draws a link to each of these runs, and to their curves."""
    with st.container(horizontal=True, gap="small"):
        for run in runs[:MOST_LINKS]:
            st.page_link(
                "pages/6_run.py",
                label=plain(run.name or run.id),
                icon=":material/arrow_forward:",
                query_params={"study": study_runs.name, "run": run.id},
            )
        ids = ",".join(run.id[:ID_LENGTH] for run in runs)
        st.page_link(
            "pages/10_curves.py",
            label="training curves",
            icon=":material/show_chart:",
            query_params={"study": study_runs.name, "runs": ids},
        )
    if len(runs) > MOST_LINKS:
        st.caption(f"and {len(runs) - MOST_LINKS} further runs, whose curves are there too.")
