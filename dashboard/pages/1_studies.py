"""Every study: its question, its answer, how far it is, what it cost and what failed."""

import streamlit as st

from dashboard.ask.answers import answer_at_hand, answers
from dashboard.parts.controls import show_problem
from dashboard.parts.failures import show_failures
from dashboard.parts.frame import draw_framed
from dashboard.parts.progress import live_progress, show_progress
from dashboard.parts.study_cards import show_studies
from dashboard.parts.text import plain, state_counts
from dashboard.read.database import Unreadable, count_foreign_experiments
from dashboard.read.overview import StudySummary, overview, summary_of
from dashboard.read.records import StudyRuns, in_memory, runs_of
from dashboard.read.study_file import study_of
from harness.judge.answer import states
from harness.report.answer_file import AnswerLine, KeptAnswer, answer_of
from harness.report.formats import with_capital
from harness.study.load import Study
from harness.study.names import display_name, level_display_names

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
        show_studies(summaries)
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
            _answer_later(summary, answer_at_hand(summary))
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


def _answer_later(summary: StudySummary, at_hand: KeptAnswer | None) -> None:
    """Draws what is known of the answer; reads the many runs when the page stands already."""
    st.session_state["answer-due"] = summary.version
    if at_hand is not None:
        _show_answer(at_hand)
    use = "the answer" if at_hand is None else "the other pages"

    @st.fragment(run_every=0.2)
    def wait_then_answer() -> None:
        """Says that the answer is on its way; judges when called again, after the page stands."""
        st.caption(f"Reading {summary.count:,} trials for {use} …")
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
    """Judges the study, and shows its answer."""
    try:
        verdicts = answers(study_runs)
    except Unreadable as error:
        show_problem(error)
        return
    _show_answer(answer_of(verdicts))


def _show_answer(answer: KeptAnswer) -> None:
    """Shows the answer of the study, and those of its further comparisons on request."""
    with st.container(border=True):
        st.markdown(f"**{plain(with_capital(answer.headline))}**")
        further = [line for line in answer.lines if line.text not in answer.headline]
        if further:
            noun = "answers" if len(further) > 1 else "answer"
            with st.expander(f"{len(further)} more {noun}"):
                for line in further:
                    st.markdown(_answer_line(line))
        if answer.changed:
            st.caption(plain(with_capital(answer.changed)))
        st.page_link(
            "pages/2_compare.py", label="See the values behind it", icon=":material/arrow_forward:"
        )


def _answer_line(line: AnswerLine) -> str:
    rank = "" if line.is_confirmatory else " (exploratory)"
    return f"- **{plain(line.name)}**{rank}: {plain(line.text)}"


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
        if study.until is not None:
            st.caption(f"seeds are trained {study.until.text}")
        for reason, count in study.expansion.excluded.items():
            st.caption(f"excluded: {plain(reason)} ({count})")
        st.caption(f"{plain(str(study.path))}")


def _axis_line(study: Study, path: str) -> str:
    """Writes a setting of the grid with the first of its levels."""
    levels: dict[str, None] = {}
    for cell in study.cells:
        if path in cell.levels:
            levels[cell.levels[path]] = None
    names = level_display_names(levels, path, study.names)
    text = ", ".join(names[level] for level in list(levels)[:MOST_LEVELS])
    if len(levels) > MOST_LEVELS:
        text += " …"
    title = display_name(path, study.names)
    return f"**{plain(title)}** `{path}` ({len(levels)}): {plain(text)}"


def _planned_counts(study: Study, study_runs: StudyRuns) -> str:
    counts = dict(states(study, study_runs.runs))
    planned = counts.pop("planned")
    return f"{planned:,} trials planned: {state_counts(counts)}"


draw_framed(page)
