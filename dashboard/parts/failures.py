"""What went wrong in a study: its failures by what they say, each kind with one traceback."""

import streamlit as st

from dashboard.parts.text import plain
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from dashboard.read.run_files import text_of
from harness.record.database import Run

MOST_KINDS = 5  # of failures, shown with a traceback
MOST_NAMES = 6  # of runs that failed alike, written out
TITLE_LENGTH = 160  # characters of an error in the title of its section

FailureKind = tuple[str, str]  # the state of a run, and its error


def show_failures(study_runs: StudyRuns) -> None:
    """Shows the kinds of failures, the most frequent first; nothing where nothing failed."""
    kinds = _kinds_of_failures(study_runs)
    if not kinds:
        return
    st.subheader("What went wrong", anchor=False)
    by_frequency = sorted(kinds.items(), key=lambda item: -len(item[1]))
    for kind, runs in by_frequency[:MOST_KINDS]:
        _show_kind(kind, runs)
    if len(kinds) > MOST_KINDS:
        st.caption(f"and {len(kinds) - MOST_KINDS} kinds more; the page Run shows each run.")


def _kinds_of_failures(study_runs: StudyRuns) -> dict[FailureKind, list[Run]]:
    """Groups the failed and diverged runs by their state and error."""
    has_failed = study_runs.runs["state"].isin(["failed", "diverged"])
    ids = set(study_runs.runs.loc[has_failed, "run"])
    kinds: dict[FailureKind, list[Run]] = {}
    for run in study_runs.recorded:
        if run.id in ids:
            error = run.tags.get("harness.error", "no reason was recorded")
            kinds.setdefault((run.state, error), []).append(run)
    return kinds


def _show_kind(kind: FailureKind, runs: list[Run]) -> None:
    """Shows which runs failed in this way, the traceback of the newest, and what can be done."""
    state, error = kind
    names = ", ".join(run.name for run in runs[:MOST_NAMES])
    if len(runs) > MOST_NAMES:
        names += " …"
    with st.expander(f"{len(runs)} {state}: {plain(error[:TITLE_LENGTH])}"):
        st.markdown("In " + plain(names))
        try:
            st.code(text_of(runs[-1], "error.txt"), language=None, wrap_lines=True)
        except Unreadable:
            st.code(error, language=None, wrap_lines=True)
        if state == "diverged":
            st.caption("A diverged trial is a result: it is counted, and kept as it is.")
        else:
            st.caption(
                "`harness run` takes failed trials up again; `harness run --retry failed` only "
                "those."
            )
