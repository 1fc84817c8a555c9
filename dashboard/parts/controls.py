"""What all pages share: the study that is looked at, filters in the URL, charts and tables with their files."""

import io
import math
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st
from altair.utils.schemapi import disable_debug_mode

from dashboard.ask.answers import apart, facts
from dashboard.draw.colours import LIGHT, NIGHT, Ink
from dashboard.parts.text import plain
from dashboard.read.records import Found, Unreadable, found, overview, study_of
from harness.record.database import Run
from harness.run.progress import running
from harness.spec.naming import short
from harness.store import Home, file_name
from harness.study.load import Study

ANY = "any"
MANY = 500  # runs of a list, at most


def ink() -> Ink:
    """The colours of the page as its reader has chosen them."""
    return NIGHT if st.context.theme.type == "dark" else LIGHT


def choose(label: str, key: str, options: Iterable[str], *, start: str | None = None, help: str | None = None,
           names: dict[str, str] | None = None, always: bool = False) -> str:  # fmt: skip
    """One of several, which the URL keeps under its key unless it is what the page starts with."""
    listed = list(options)
    usual = start if start in listed else listed[0]
    if st.session_state.get(key) not in listed:
        wanted = st.query_params.get(key)
        st.session_state[key] = wanted if wanted in listed else usual
    known = names or {}
    picked = st.selectbox(label, listed, key=key, help=help, persist_state="session",
                          format_func=lambda option: known.get(option, option))  # fmt: skip
    if picked != usual or always:
        st.query_params[key] = picked
    elif key in st.query_params:
        del st.query_params[key]
    return str(picked)


def study_picker() -> str | None:
    """The study in the sidebar; None where there is none."""
    listed = [entry.name for entry in overview()]
    listed += [p.study for p, alive in running(Home.here()) if alive and p.study not in listed]
    if not listed:
        return None
    return choose("Study", "study", listed, always=True)


def looked_at() -> Found:
    """The runs of the study that is looked at."""
    name = st.session_state.get("study")
    if not name:
        raise Unreadable("No study is chosen.", "Choose one at the left.")
    here = found(str(name))
    if not here.recorded:
        raise Unreadable(
            f"No trial of {name} has ended yet.",
            "The page Studies shows how far it is; what has ended appears here when the page is loaded again.",
        )
    return here


def heading(title: str, found: Found) -> None:
    st.header(title, anchor=False)
    st.caption(plain(found.name))


def trouble(error: Unreadable) -> None:
    """What is missing, and what to do about it."""
    st.info(f"**{plain(error.what)}**\n\n{error.remedy}")


def study_or_trouble(found: Found) -> Study | None:
    """The study file behind the runs; where there is none, the page says so and goes on."""
    try:
        study, planned = study_of(found), facts(found).planned
    except Unreadable as error:
        trouble(error)
        return None
    old = len(found.runs) - int(found.runs["trial"].isin(planned).sum())
    if old == len(found.runs):
        st.warning(
            f"All {old:,} runs are of an earlier version of this study or of its components, so none of them counts. "
            "`harness plan` says what changed; `harness run` measures again."
        )
    return study


def current(found: Found) -> Found:
    """Without the runs of earlier versions of the study, as long as any other is there."""
    try:
        planned = facts(found).planned
    except Unreadable:
        return found
    kept = found.runs[found.runs["trial"].isin(planned)]
    if not len(kept) or len(kept) == len(found.runs):
        return found
    return Found(
        found.name,
        found.stamp,
        found.recorded,
        kept,
        found.rows[found.rows["run"].isin(set(kept["run"]))],
    )


def filters(found: Found, taken: Iterable[str] = ()) -> pd.DataFrame:
    """The runs that the reader narrows down to; each filter is in the URL."""
    axes = dict.fromkeys(path for run in found.recorded for path in run.levels)
    seeds = [path for path in ("fit.seed", "fit.fold") if path in axes]
    offered = [
        p
        for p in [*apart(axes), *seeds]
        if p not in taken and p in found.runs and found.runs[p].nunique() > 1
    ]
    runs = found.runs
    chosen = sum(
        path in st.query_params or st.session_state.get(path, ANY) != ANY for path in offered
    )
    with st.expander(f"Filter{f' ({chosen} set)' if chosen else ''}", expanded=bool(chosen)):
        columns = st.columns(min(3, max(1, len(offered))))
        for i, path in enumerate(offered):
            with columns[i % len(columns)]:
                levels = [str(v) for v in found.runs[path].dropna().unique()]
                level = choose(path, path, [ANY, *sorted(levels, key=_order)], names=short(levels))
            if level != ANY:
                runs = runs[runs[path] == level]
    return runs


def _order(level: str) -> tuple[float, str]:
    try:
        return float(level), level
    except ValueError:
        return math.inf, level


def pick_run(runs: pd.DataFrame, label: str, key: str, start: int = 0) -> str | None:
    """One of these runs, by its name; its id is in the URL."""
    if runs.empty:
        st.info("No run has all of these levels. Set a filter back to any.")
        return None
    wanted = st.query_params.get(key)
    few = runs.head(MANY)
    if wanted is not None and wanted not in set(few["run"]):
        few = pd.concat([few, runs[runs["run"] == wanted]])
    if len(runs) > MANY:
        st.caption(
            f"The first {MANY} of {len(runs):,} runs are listed; a filter narrows them down."
        )
    names = dict(
        zip(
            few["run"],
            few["name"] + "  ·  " + few["state"] + "  ·  " + few["run"].str[:8],
            strict=True,
        )
    )
    return choose(
        label, key, names, start=list(names)[min(start, len(names) - 1)], names=names, always=True
    )


def run_of(found: Found, id: str) -> Run:
    return next(run for run in found.recorded if run.id == id)


def chart(draw: Callable[[Ink], Any], name: str, key: str) -> None:
    """A chart, and below it the same chart as a file."""
    drawn = draw(ink())
    if drawn is None:
        st.caption("There is nothing to draw yet.")
        return
    spec = drawn.to_dict(
        validate=False
    )  # checking it against the schema of Vega-Lite takes a tenth of a second
    st.vega_lite_chart(spec, theme=None, width="stretch", key=f"chart-{key}")
    saved(draw, name, key)


def saved(draw: Callable[[Ink], Any], name: str, key: str) -> None:
    """Buttons that make a chart's file when they are pressed; always on white."""
    with st.popover("Save chart", type="tertiary", icon=":material/download:"):
        for kind, mime in (("svg", "image/svg+xml"), ("png", "image/png")):
            st.download_button(
                f"as {kind.upper()}", partial(_file, draw, kind), f"{file_name(name)}.{kind}", mime,
                key=f"save-{kind}-{key}", on_click="ignore", type="tertiary",
            )  # fmt: skip


def _file(draw: Callable[[Ink], Any], kind: str) -> bytes:
    return exported(draw(LIGHT), kind)


def exported(drawn: Any, kind: str) -> bytes:
    """A chart as the bytes of an SVG or PNG."""
    drawn = drawn.properties(width=640, background="white")
    if kind == "svg":
        text = io.StringIO()
        drawn.save(text, format="svg")
        return text.getvalue().encode()
    raw = io.BytesIO()
    drawn.save(raw, format="png", scale_factor=3)
    return raw.getvalue()


def table(
    rows: list[dict[str, Any]] | pd.DataFrame, name: str, key: str, *, text: str | None = None
) -> None:
    """A table, and the same as CSV: the table itself is drawn on a canvas."""
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, width="stretch", key=f"table-{key}")
    csv_button(lambda: text if text is not None else frame.to_csv(index=False), name, key)


def csv_button(text: Callable[[], str], name: str, key: str, label: str = "CSV") -> None:
    st.download_button(
        label, lambda: text().encode(), f"{file_name(name)}.csv", "text/csv", key=f"csv-{key}", on_click="ignore",
        type="tertiary", icon=":material/download:",
    )  # fmt: skip


alt.data_transformers.disable_max_rows()
disable_debug_mode()  # nor while it is put together
