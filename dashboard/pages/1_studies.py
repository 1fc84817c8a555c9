"""Every study: its question, its answer, how far it is, what it cost and what failed."""

import pandas as pd
import streamlit as st

from dashboard.ask.answers import answers
from dashboard.parts.controls import show_problem
from dashboard.parts.failures import show_failures
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import csv_button
from dashboard.parts.progress import live_progress, show_progress
from dashboard.parts.text import ago, duration_text, plain, state_counts
from dashboard.read.database import Unreadable, count_foreign_experiments
from dashboard.read.overview import StudySummary, overview, summary_of
from dashboard.read.records import StudyRuns, in_memory, runs_of
from dashboard.read.study_file import study_of
from harness.judge.answer import states
from harness.judge.verdicts import Verdict
from harness.report.formats import csv_of_frame, with_capital
from harness.spec.naming import short_names
from harness.study.load import Study

WORTH_WAITING = 2000  # trials whose answer is worth waiting for
MOST_LEVELS = 20  # of an axis, written out


def page() -> None:
    """Draws what is at hand at once, and the answer when it is judged."""
    summaries = overview()
    foreign = count_foreign_experiments()
    name = st.session_state.get("study")
    summary = summary_of(name, summaries)
    if name is None or (summary is None and not live_progress(str(name))):
        raise _no_study(foreign)
    st.header(plain(str(name)), anchor=False)
    if summary is not None and summary.question:
        st.markdown(plain(summary.question))
    answer = st.container()
    show_progress(str(name), summary)
    below = st.container()
    if len(summaries) > 1:
        _all_studies(summaries)
    if foreign:
        st.caption(
            f"{foreign} other experiments in this database are not harness's; the MLflow UI shows "
            "them."
        )
    if summary is None or not summary.count:
        st.info("No trial has ended yet. The answer and the charts come with the first ones.")
        return
    if summary.count > WORTH_WAITING and not in_memory(summary.name):
        with answer:
            _answer_later(summary)
        return
    study_runs = runs_of(summary.name)
    with answer:  # last: everything else stands while it is judged
        _answer(study_runs)
    with below:
        _design(study_runs)
        show_failures(study_runs)


def _no_study(foreign: int) -> Unreadable:
    remedy = "`harness run studies/smoke.yaml` takes a minute and gives one to look at."
    if foreign:
        return Unreadable("The database holds runs, but none of harness.", remedy)
    return Unreadable("The database holds no study yet.", remedy)


def _answer_later(summary: StudySummary) -> None:
    """Draws the answer of many runs when everything else can be read and used already."""
    st.session_state["answer-due"] = summary.version

    @st.fragment(run_every=0.2)
    def wait_then_answer() -> None:
        """Says that the answer is on its way; judges when called again, after the page stands."""
        st.info(f"Reading {summary.count:,} trials for the answer …")
        is_first_time = st.session_state.pop("answer-due", None) == summary.version
        if is_first_time:  # the fragment runs once with the page, and then after it
            return
        try:
            answers(runs_of(summary.name))
        except Unreadable as error:
            show_problem(error)
            return
        st.rerun()

    wait_then_answer()


def _answer(study_runs: StudyRuns) -> None:
    """Shows the answer of the study, and those of its further comparisons on request."""
    try:
        verdicts = answers(study_runs)
    except Unreadable as error:
        show_problem(error)
        return
    with st.container(border=True):
        st.markdown(f"##### {plain(with_capital(verdicts.headline))}")
        further = [v for v in verdicts.verdicts if v.sentence != verdicts.headline]
        if further:
            noun = "answers" if len(further) > 1 else "answer"
            with st.expander(f"{len(further)} more {noun}"):
                for verdict in further:
                    st.markdown(_answer_line(verdict))
        if verdicts.changed:
            st.caption(plain(with_capital(verdicts.changed)))
        st.page_link(
            "pages/2_compare.py", label="See the values behind it", icon=":material/arrow_forward:"
        )


def _answer_line(verdict: Verdict) -> str:
    rank = "" if verdict.confirmatory else " (exploratory)"
    return f"- **{plain(verdict.comparison.name)}**{rank}: {plain(verdict.sentence)}"


def _design(study_runs: StudyRuns) -> None:
    """Shows the axes of the study file and what it excludes; nothing where the file is gone."""
    try:
        study = study_of(study_runs)
    except Unreadable:
        return
    with st.expander(f"Design: {_planned_counts(study, study_runs)}"):
        for axis in study.axes:
            for path in axis.paths:
                st.markdown(_axis_line(study, path))
        for reason, count in study.expansion.excluded.items():
            st.caption(f"excluded: {plain(reason)} ({count})")
        st.caption(f"{plain(str(study.path))}")


def _axis_line(study: Study, path: str) -> str:
    """Writes a setting of the grid with the first of its levels."""
    levels: dict[str, None] = {}
    for cell in study.cells:
        if path in cell.levels:
            levels[cell.levels[path]] = None
    names = short_names(levels)
    text = ", ".join(names[level] for level in list(levels)[:MOST_LEVELS])
    if len(levels) > MOST_LEVELS:
        text += " …"
    return f"**{plain(path)}** ({len(levels)}): {plain(text)}"


def _planned_counts(study: Study, study_runs: StudyRuns) -> str:
    counts = dict(states(study, study_runs.runs))
    planned = counts.pop("planned")
    return f"{planned:,} trials planned: {state_counts(counts)}"


def _all_studies(summaries: tuple[StudySummary, ...]) -> None:
    """Draws the table of all studies; a click on a row looks at that study."""
    rows = [
        {
            "study": summary.name,
            "question": summary.question,
            "finished": summary.states.get("finished", 0),
            "failed": summary.states.get("failed", 0),
            "diverged": summary.states.get("diverged", 0),
            "machine time": duration_text(summary.seconds),
            "last result": ago(summary.version[1]),
        }
        for summary in summaries
    ]
    frame = pd.DataFrame(rows)

    def look_at_selection() -> None:
        selection = st.session_state["studies"].selection.rows
        if selection:
            st.session_state["study"] = summaries[selection[0]].name

    st.subheader("All studies here", anchor=False)
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        key="studies",
        on_select=look_at_selection,
        selection_mode="single-row",
    )
    csv_button(lambda: csv_of_frame(frame), "studies", "studies")


draw_framed(page)
