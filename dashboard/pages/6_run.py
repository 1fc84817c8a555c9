"""Everything about one run: settings, numbers, history, files, and where it comes from."""

import os
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from dashboard.draw.curves import history
from dashboard.parts.controls import (
    chart,
    choose,
    filters,
    heading,
    looked_at,
    pick_run,
    run_of,
    table,
    trouble,
)
from dashboard.parts.frame import framed
from dashboard.parts.text import moment, plain, size, spent
from dashboard.read.lineage import curves_of, data_of, experiment_of, lineage
from dashboard.read.records import Found, Unreadable, tracker
from dashboard.read.run_files import figures_of, files_of, opened, text_of
from harness.judge.sentences import number
from harness.record.database import Run
from harness.record.tracker import metrics

CHARTS = 6  # curves drawn at once
TEXTS = (".json", ".txt", ".patch", ".csv", ".md", ".yaml")


def page() -> None:
    found = looked_at()
    heading("Run", found)
    runs = filters(found)
    id = pick_run(runs, f"Run (of {len(runs):,})", "run")
    if id is None:
        return
    run = run_of(found, id)
    _head(run)
    tabs = st.tabs(["Numbers", "History", "Figures", "Settings", "Files", "Provenance"])
    parts = (_numbers, _history, _pictures, _settings, _files, _provenance)
    for tab, part in zip(tabs, parts, strict=True):
        with tab:
            try:
                part(found, run)
            except Unreadable as error:
                trouble(error)


def _head(run: Run) -> None:
    colour = {"finished": "green", "failed": "red", "killed": "red", "diverged": "orange"}.get(
        run.state, "gray"
    )
    st.subheader(plain(run.name), anchor=False)
    with st.container(horizontal=True, gap="small"):
        st.badge(plain(run.state or "unknown"), color=colour)  # type: ignore[arg-type]
        st.badge(f"ended {moment(run.ended)}", color="gray")
        st.badge(
            f"took {spent((run.ended - run.started) / 1000 if run.ended else 0)}", color="gray"
        )
    if error := run.tags.get("harness.error"):
        st.error(plain(error))
        try:
            with st.expander("Traceback", expanded=run.state == "failed"):
                st.code(text_of(run, "error.txt"), language=None, wrap_lines=True)
        except Unreadable:
            st.caption("No traceback was kept.")


def _numbers(found: Found, run: Run) -> None:
    values = metrics(tracker(), found.name).get(run.id, {})
    if not values:
        st.info("This run measured nothing.")
        return
    mine = found.rows[found.rows["run"] == run.id]
    spread = (
        mine.groupby("metric")["value"].agg(["size", "min", "max"]) if len(mine) else pd.DataFrame()
    )
    told = {
        str(k): (str(n), f"{number(low)} to {number(high)}")
        for k, n, low, high in spread.itertuples()
    }
    rows = []
    for name in sorted(values, key=lambda name: (name not in told, name)):
        mean, (count, span) = values[name], told.get(name, ("–", "–"))
        said = "undefined" if mean is None else number(mean)
        rows.append({"metric": name, "mean": said, "rows": count, "range": span})
    table(rows, f"{run.id[:8]}-metrics", "metrics")
    if len(mine):
        with st.expander(f"All {len(mine):,} rows"):
            table(
                mine.drop(columns="run").dropna(axis="columns", how="all"),
                f"{run.id[:8]}-rows",
                "rows",
            )


def _history(found: Found, run: Run) -> None:
    curves = curves_of(run)
    if curves.empty:
        st.info(
            "No history was recorded: the fit was trained for another run, or the trial failed before it began."
        )
        return
    names = list(dict.fromkeys(curves["metric"]))
    if len(names) > CHARTS:
        usual = sorted(names, key=lambda name: not name.startswith(("loss", "watch")))[:CHARTS]
        names = st.multiselect("Curves", names, default=usual, key="curves")
    columns = st.columns(2)
    for i, name in enumerate(names):
        part = curves[curves["metric"] == name]
        with columns[i % 2]:
            chart(partial(history, part, name), f"{run.id[:8]} {name}", f"curve-{name}")


def _pictures(found: Found, run: Run) -> None:
    names = figures_of(run)
    if not names:
        st.info("No probe of this run drew a figure.")
        return
    name = choose("Figure", "figure", names)
    st.image(opened(names[name]), caption=plain(name), width="stretch")


def _settings(found: Found, run: Run) -> None:
    wanted = st.text_input("Find a setting", key="setting", placeholder="lr, style, …")
    rows = [
        {"setting": k, "value": v}
        for k, v in sorted(run.params.items())
        if wanted.lower() in f"{k} {v}".lower()
    ]
    table(rows or [{"setting": "none has it", "value": ""}], f"{run.id[:8]}-settings", "settings")


def _files(found: Found, run: Run) -> None:
    listed = dict(files_of(run))
    if not listed:
        st.info("The files of this run are gone; its numbers are in the database.")
        return
    sizes = {name: path.stat().st_size for name, path in listed.items()}
    frame = pd.DataFrame([{"file": name, "size": size(sizes[name])} for name in listed])
    st.dataframe(frame, hide_index=True, width="stretch", key="files")
    name = choose("File", "file", listed)
    path = listed[name]
    st.download_button(f"Download {Path(name).name}", path.read_bytes, Path(name).name, key="download",
                       on_click="ignore", icon=":material/download:")  # fmt: skip
    if path.suffix in TEXTS:
        st.code(text_of(run, name), language=None, wrap_lines=True, height=320)


def _provenance(found: Found, run: Run) -> None:
    tags = run.tags
    facts: dict[str, Any] = {
        "run": run.id, "trial": run.key, "fit": tags.get("harness.fit"), "why it ran": tags.get("harness.reason"),
        "study file": tags.get("mlflow.source.name"), "code": tags.get("mlflow.source.git.commit", "no git checkout"),
        "uncommitted changes": "yes, in diff.patch" if "harness.dirty" in tags else "none",
        "machine": " ".join(tags.get(f"harness.{k}", "") for k in ("host", "machine", "device")).strip(),
        "batch in pieces": tags.get("harness.pieces", "no"), "checkpoint by": run.params.get("pick"),
    }  # fmt: skip
    st.dataframe(pd.DataFrame([{"what": k, "value": str(v)} for k, v in facts.items() if v]), hide_index=True,
                 width="stretch", key="facts")  # fmt: skip
    for line in lineage(run):
        st.markdown(line)
    rows = data_of(run)
    if rows:
        st.markdown("**Data**")
        st.dataframe(rows, hide_index=True, width="stretch", key="data")
    _mlflow(found, run)


def _mlflow(found: Found, run: Run) -> None:
    base = os.environ.get("HARNESS_MLFLOW_UI", "http://127.0.0.1:5000").rstrip("/")
    place = f"{base}/#/experiments/{experiment_of(run)}/runs/{run.id}"
    st.link_button("Open in the MLflow UI", place, icon=":material/open_in_new:")
    st.caption("`make ui` starts it, at port 5000; HARNESS_MLFLOW_UI names another address.")


framed(page)
