"""How far a study is: its counts, and the jobs of the processes that run it now."""

import time
from collections import Counter
from dataclasses import dataclass

import streamlit as st

from dashboard.parts.controls import show_problem
from dashboard.parts.text import ago, duration_text, energy_of, plain
from dashboard.read.database import Unreadable
from dashboard.read.overview import StudySummary, overview, summary_of
from harness.run.progress import Progress, duration, how_far, notes, remaining, running
from harness.spec.states import State
from harness.store import Home


def live_progress(name: str) -> list[Progress]:
    """Returns what the processes that run this study now say of themselves."""
    return [progress for progress, alive in running(Home.here(), name) if alive]


def show_progress(name: str, summary: StudySummary | None) -> None:
    """Shows how far a study is; drawn again by itself while the study runs."""
    is_running = bool(live_progress(name))
    st.session_state["was-running"] = is_running
    every = 2 if is_running else None
    st.fragment(_draw_progress, run_every=every)(name, summary)


def _draw_progress(name: str, summary: StudySummary | None) -> None:
    """Draws the tiles and bars of a study once; draws the whole page when the study has ended."""
    try:
        summary = summary_of(name, overview()) or summary
    except Unreadable as error:
        show_problem(error)
        return
    progresses = live_progress(name)
    _tiles(summary, bool(progresses))
    for progress in progresses:
        _bar(progress)
    if st.session_state.get("was-running") and not progresses:
        st.session_state["was-running"] = False
        st.rerun()


def _tiles(summary: StudySummary | None, is_running: bool) -> None:
    """Draws the counts, what it cost, and the age of the newest result."""
    states = summary.states if summary else {}
    tiles = [
        ("state", "running" if is_running else "at rest"),
        ("finished", f"{states.get('finished', 0):,}"),
        ("failed", f"{states.get('failed', 0):,}"),
        ("diverged", f"{states.get('diverged', 0):,}"),
        ("machine time", duration_text(summary.seconds if summary else 0)),
        ("last result", ago(summary.version[1]) if summary else "none yet"),
    ]
    if states.get("killed"):
        tiles.insert(3, ("killed", f"{states['killed']:,}"))
    if summary and summary.watt_hours:
        tiles.insert(
            -1, ("GPU energy", energy_of(summary.watt_hours, is_all=summary.is_all_energy))
        )
    with st.container(horizontal=True, gap="small"):
        for label, value in tiles:
            st.metric(label, value, border=True, width="content")


@dataclass(frozen=True)
class Step:
    """How far a running study is: a share of its jobs, and the same in words."""

    share: float
    text: str


def step_of(progress: Progress) -> Step:
    """Returns how many jobs of a running study are through, and what time is left."""
    total = len(progress.jobs)
    counts = Counter(job.state for job in progress.jobs.values())
    through = total - counts[State.WAITING] - counts[State.RUNNING]
    left = remaining(progress)
    to_go = "no estimate yet" if left is None else f"about {duration(left)} to go"
    passed = duration(time.time() - progress.started)
    text = f"{through} of {total} fits and trials · {passed} so far, {to_go}"
    return Step(through / max(1, total), text)


def _bar(progress: Progress) -> None:
    """Draws how many jobs of a running study are through, and what it does now."""
    step = step_of(progress)
    st.progress(step.share, step.text)
    notes_of_jobs = notes(Home.here(), progress)
    for key, job in progress.jobs.items():
        if job.state is State.RUNNING:
            position = how_far(notes_of_jobs.get(key, {}))
            st.caption(f"now: {plain(job.name)}: {plain(position)}")
