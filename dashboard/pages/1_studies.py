"""Every study: its question, its answer, how far it is, what it cost and what failed."""

import time
from collections import Counter

import pandas as pd
import streamlit as st

from dashboard.ask.answers import answers
from dashboard.parts.controls import csv_button, trouble
from dashboard.parts.frame import framed
from dashboard.parts.text import ago, counted, plain, spent, upper
from dashboard.read.records import (
    Entry,
    Found,
    Unreadable,
    foreign,
    found,
    in_memory,
    overview,
    study_of,
)
from dashboard.read.run_files import text_of
from harness.judge.answer import states
from harness.record.database import Run
from harness.run.progress import Progress, duration, how_far, notes, remaining, running
from harness.spec.naming import short
from harness.store import Home
from harness.study.load import Study

ERRORS = 5  # kinds of failures shown with a traceback
SOON = 2000  # trials whose answer is worth waiting for


def page() -> None:
    studies, others = overview(), foreign()
    name = st.session_state.get("study")
    entry = next((e for e in studies if e.name == name), None)
    if name is None or (entry is None and not _progress(str(name))):
        _nothing(others)
        return
    st.header(plain(str(name)), anchor=False)
    if entry is not None and entry.question:
        st.markdown(plain(entry.question))
    answer = st.container()
    live(str(name), entry)
    below = st.container()
    if len(studies) > 1:
        _others(studies)
    if others:
        st.caption(
            f"{others} other experiments in this database are not harness's; the MLflow UI shows them."
        )
    if entry is None or not entry.count:
        st.info("No trial has ended yet. The answer and the charts come with the first ones.")
        return
    if entry.count > SOON and not in_memory(entry.name):
        with answer:
            _later(entry)
        return
    here = found(entry.name)
    with answer:  # last: everything else stands while it is judged
        _answer(here)
    with below:
        _design(here)
        _failures(here)


def _nothing(others: int) -> None:
    what = (
        "The database holds runs, but none of harness."
        if others
        else "The database holds no study yet."
    )
    raise Unreadable(
        what, "`harness run studies/smoke.yaml` takes a minute and gives one to look at."
    )


def _later(entry: Entry) -> None:
    """The answer of many runs, which comes when everything else can be read and used."""
    st.session_state["drawn"] = entry.stamp

    @st.fragment(run_every=0.2)
    def answer_then_draw() -> None:
        st.info(f"Reading {entry.count:,} trials for the answer …")
        if st.session_state.pop("drawn", None) != entry.stamp:  # not with the page, but after it
            try:
                answers(found(entry.name))
            except Unreadable as error:
                trouble(error)
                return
            st.rerun()

    answer_then_draw()


def _answer(here: Found) -> None:
    try:
        verdicts = answers(here)
    except Unreadable as error:
        trouble(error)
        return
    with st.container(border=True):
        st.markdown(f"##### {plain(upper(verdicts.headline))}")
        rest = [v for v in verdicts.verdicts if v.sentence != verdicts.headline]
        if rest:
            with st.expander(f"{len(rest)} more {'answers' if len(rest) > 1 else 'answer'}"):
                for verdict in rest:
                    mark = "" if verdict.confirmatory else " (exploratory)"
                    st.markdown(
                        f"- **{plain(verdict.comparison.name)}**{mark}: {plain(verdict.sentence)}"
                    )
        if verdicts.changed:
            st.caption(plain(upper(verdicts.changed)))
        st.page_link(
            "pages/2_compare.py", label="See the values behind it", icon=":material/arrow_forward:"
        )


def _progress(name: str) -> list[tuple[Progress, bool]]:
    return [(p, alive) for p, alive in running(Home.here(), name) if alive]


def live(name: str, entry: Entry | None) -> None:
    """How far a study is; drawn again by itself while it runs."""
    st.session_state["was-running"] = bool(_progress(name))
    every = 2 if st.session_state["was-running"] else None
    st.fragment(_live, run_every=every)(name, entry)


def _live(name: str, entry: Entry | None) -> None:
    try:
        now = next((e for e in overview() if e.name == name), entry)
    except Unreadable as error:
        trouble(error)
        return
    alive = _progress(name)
    _tiles(now, bool(alive))
    for progress, _ in alive:
        _running(progress)
    if st.session_state.get("was-running") and not alive:
        st.session_state["was-running"] = False
        st.rerun()


def _tiles(entry: Entry | None, alive: bool) -> None:
    kept = entry.states if entry else {}
    bad = sum(kept.get(state, 0) for state in ("failed", "killed"))
    facts = [
        ("state", "running" if alive else "at rest"),
        ("finished", f"{kept.get('finished', 0):,}"),
        ("failed", f"{bad:,}"),
        ("diverged", f"{kept.get('diverged', 0):,}"),
        ("machine time", spent(entry.seconds if entry else 0)),
        ("last result", ago(entry.stamp[1]) if entry else "none yet"),
    ]
    with st.container(horizontal=True, gap="small"):
        for label, value in facts:
            st.metric(label, value, border=True, width="content")


def _running(progress: Progress) -> None:
    jobs = progress.jobs.values()
    counts = Counter(job["state"] for job in jobs)
    done = len(jobs) - counts["waiting"] - counts["running"]
    left = remaining(progress)
    to_go = "no estimate yet" if left is None else f"about {duration(left)} to go"
    passed = duration(time.time() - progress.started)
    st.progress(
        done / max(1, len(jobs)),
        f"{done} of {len(jobs)} fits and trials · {passed} so far, {to_go}",
    )
    far = notes(Home.here(), progress)
    for key, job in progress.jobs.items():
        if job["state"] == "running":
            st.caption(f"now: {plain(job['name'])}: {plain(how_far(far.get(key, {})))}")


def _design(here: Found) -> None:
    try:
        study = study_of(here)
    except Unreadable:
        return
    with st.expander(f"Design: {_planned(study, here)}"):
        for axis in study.axes:
            for path in axis.paths:
                levels = list(
                    dict.fromkeys(c.levels[path] for c in study.cells if path in c.levels)
                )
                names = short(levels)
                shown = ", ".join(names[level] for level in levels[:20]) + (
                    " …" if len(levels) > 20 else ""
                )
                st.markdown(f"**{plain(path)}** ({len(levels)}): {plain(shown)}")
        for reason, count in study.expansion.excluded.items():
            st.caption(f"excluded: {plain(reason)} ({count})")
        st.caption(f"{plain(str(study.path))}")


def _planned(study: Study, here: Found) -> str:
    found = states(study, here.runs)
    rest = {k: v for k, v in found.items() if k != "planned"}
    return f"{found['planned']:,} trials planned: {counted(rest)}"


def _failures(here: Found) -> None:
    """Failures by what they say, each with one traceback."""
    ids = set(here.runs.loc[here.runs["state"].isin(["failed", "diverged"]), "run"])
    kinds: dict[tuple[str, str], list[Run]] = {}
    for run in here.recorded:
        if run.id in ids:
            kinds.setdefault(
                (run.state, run.tags.get("harness.error", "no reason was recorded")), []
            ).append(run)
    if not kinds:
        return
    st.subheader("What went wrong", anchor=False)
    for (state, error), runs in sorted(kinds.items(), key=lambda one: -len(one[1]))[:ERRORS]:
        with st.expander(f"{len(runs)} {state}: {plain(error[:160])}"):
            st.markdown(
                "In " + plain(", ".join(r.name for r in runs[:6]) + (" …" if len(runs) > 6 else ""))
            )
            try:
                st.code(text_of(runs[-1], "error.txt"), language=None, wrap_lines=True)
            except Unreadable:
                st.code(error, language=None, wrap_lines=True)
            again = "`harness run` takes failed trials up again; `harness run --retry failed` only those."
            kept = "A diverged trial is a result: it is counted, and kept as it is."
            st.caption(kept if state == "diverged" else again)
    if len(kinds) > ERRORS:
        st.caption(f"and {len(kinds) - ERRORS} kinds more; the page Run shows each run.")


def _others(entries: tuple[Entry, ...]) -> None:
    st.subheader("All studies here", anchor=False)
    rows = [
        {
            "study": e.name, "question": e.question, "finished": e.states.get("finished", 0),
            "failed": e.states.get("failed", 0), "diverged": e.states.get("diverged", 0),
            "machine time": spent(e.seconds), "last result": ago(e.stamp[1]),
        }
        for e in entries
    ]  # fmt: skip
    frame = pd.DataFrame(rows)

    def look() -> None:
        if picked := st.session_state["studies"].selection.rows:
            st.session_state["study"] = entries[picked[0]].name

    st.dataframe(
        frame,
        hide_index=True,
        width="stretch",
        key="studies",
        on_select=look,
        selection_mode="single-row",
    )
    csv_button(lambda: frame.to_csv(index=False), "studies", "studies")


framed(page)
