"""Every study of the home as a card: its answer, how far it is, what it cost."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.ask.answers import answer_at_hand, answers
from dashboard.parts.outputs import csv_button
from dashboard.parts.progress import Step, step_of
from dashboard.parts.text import ago, duration_text, energy_of, plain, state_counts
from dashboard.read.database import Unreadable
from dashboard.read.overview import StudySummary, overview
from dashboard.read.records import runs_of
from harness.report.answer_file import KeptAnswer
from harness.report.formats import csv_of_frame, with_capital
from harness.run.progress import Progress, running
from harness.store import Home

EVERY = 2  # seconds between two looks at studies that run, or that are still to be judged
MOST_CARDS = 12  # the table has all
QUICK_TO_JUDGE = 2000  # trials; a larger study is judged when it is opened
NOT_JUDGED = "not judged yet; open it"
TO_BE_JUDGED = "being judged …"

Answers = dict[str, KeptAnswer | None]


def show_studies(summaries: Sequence[StudySummary]) -> None:
    """Draws the cards and the table of all studies, again and again while anything changes."""
    st.subheader("All studies here", anchor=False)
    st.session_state["cards-drawn"] = 0
    is_moving = _is_moving(summaries)
    st.session_state["cards-moved"] = is_moving
    st.fragment(_draw, run_every=EVERY if is_moving else None)(summaries)


def _is_moving(summaries: Sequence[StudySummary]) -> bool:
    """Whether a study runs, or one is still to be judged."""
    return bool(_progress_by_study()) or bool(_to_be_judged(summaries))


def _draw(summaries: Sequence[StudySummary]) -> None:
    """Draws all studies once; judges one that has no answer, if it does not run and is small."""
    st.session_state["cards-drawn"] += 1
    if st.session_state["cards-drawn"] > 1:  # the page itself stands before anything is judged
        _judge_next(_to_be_judged(summaries))
    progresses = _progress_by_study()
    current = overview()
    at_hand = {summary.name: answer_at_hand(summary) for summary in current}
    for summary in current[:MOST_CARDS]:
        _card(summary, at_hand[summary.name], progresses.get(summary.name))
    with st.expander(f"As a table ({len(current)})"):
        _table(current, at_hand, progresses)
    if st.session_state["cards-moved"] and not _is_moving(current):
        st.session_state["cards-moved"] = False
        st.rerun()  # once, and then the page stands still


def _progress_by_study() -> dict[str, Progress]:
    """Returns what a process says of each study that runs now."""
    return {progress.study: progress for progress, alive in running(Home.here()) if alive}


def _to_be_judged(summaries: Sequence[StudySummary]) -> list[StudySummary]:
    """Returns the studies whose answer is worth finding out though nobody has opened them."""
    busy = _progress_by_study()
    tried = st.session_state.setdefault("tried-to-judge", set())
    pending = []
    for summary in summaries:
        is_quick = 0 < summary.count <= QUICK_TO_JUDGE
        is_new = (summary.name, summary.version) not in tried
        if is_quick and is_new and summary.name not in busy and answer_at_hand(summary) is None:
            pending.append(summary)
    return pending


def _judge_next(pending: Sequence[StudySummary]) -> None:
    """Judges the first of these studies; one without an answer is not tried again."""
    for summary in pending[:1]:
        st.session_state["tried-to-judge"].add((summary.name, summary.version))
        try:
            answers(runs_of(summary.name))
        except Unreadable:
            return


def _card(summary: StudySummary, answer: KeptAnswer | None, progress: Progress | None) -> None:
    """Draws one study: its name, its answer, and what is known of its trials."""
    with st.container(border=True):
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"**{plain(summary.name)}**",
                key=f"open-{summary.name}",
                type="tertiary",
                icon=":material/arrow_forward:",
                on_click=_open_study,
                args=(summary.name,),
            )
            if progress is None:
                st.badge("at rest", color="gray")
            else:
                st.badge("running", color="blue")
        st.markdown(plain(_answer_text(summary, answer, progress)))
        if progress is not None:
            step = step_of(progress)
            st.progress(step.share, step.text)
        cost = f"machine time {duration_text(summary.seconds)}"
        energy = energy_of(summary.watt_hours, is_all=summary.is_all_energy)
        if summary.watt_hours:
            cost += f" · GPU energy {energy}"
        counts = state_counts(summary.states)
        last = ago(summary.version[1])
        st.caption(f"{counts} · {cost} · last result {last}")


def _open_study(name: str) -> None:
    st.session_state["study"] = name


def _answer_text(
    summary: StudySummary, answer: KeptAnswer | None, progress: Progress | None
) -> str:
    """Returns the answer of a study, or why there is none yet."""
    if answer is not None:
        return with_capital(answer.headline)
    if not summary.count:
        return "No trial has ended yet."
    if progress is not None:
        return "It runs now; the answer of what has ended comes when it is opened."
    tried = st.session_state.get("tried-to-judge", set())
    if summary.count > QUICK_TO_JUDGE or (summary.name, summary.version) in tried:
        return NOT_JUDGED
    return TO_BE_JUDGED


def _table(
    summaries: Sequence[StudySummary], at_hand: Answers, progresses: dict[str, Progress]
) -> None:
    """Draws all studies as a table that can be sorted and saved."""
    rows = []
    for summary in summaries:
        progress = progresses.get(summary.name)
        step = Step(1.0, "at rest") if progress is None else step_of(progress)
        states = summary.states
        row = {
            "study": summary.name,
            "question": summary.question,
            "answer": _answer_text(summary, at_hand[summary.name], progress),
            "state": step.text,
            "progress": step.share,
            "finished": states.get("finished", 0),
            "failed": states.get("failed", 0),
            "diverged": states.get("diverged", 0),
            "machine time": duration_text(summary.seconds),
            "last result": ago(summary.version[1]),
        }
        if any(study.watt_hours for study in summaries):
            row["GPU energy"] = energy_of(summary.watt_hours, is_all=summary.is_all_energy)
        rows.append(row)
    frame = pd.DataFrame(rows)
    bar = st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1)
    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        key="studies",
        column_config={"progress": bar, "answer": st.column_config.TextColumn(width="large")},
    )
    csv_button(lambda: csv_of_frame(frame), "studies", "studies")
