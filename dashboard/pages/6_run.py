"""Everything about one run: settings, numbers, history, files, and where it comes from."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.ask.names import titles_of
from dashboard.draw.curves import history
from dashboard.parts.controls import (
    choose,
    filter_runs,
    heading,
    runs_of_chosen_study,
    show_problem,
)
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import show_chart, show_table
from dashboard.parts.run_choice import pick_run, run_with_id
from dashboard.parts.run_notes import show_note
from dashboard.parts.run_resources import resources_of
from dashboard.parts.text import duration_text, moment, plain
from dashboard.read.database import Unreadable, readable
from dashboard.read.lineage import curves_of, data_of, lineage, mlflow_page_of
from dashboard.read.records import StudyRuns
from dashboard.read.run_files import figures_of, file_of, read_picture, sizes_of_files, text_of
from harness.judge.sentences import number
from harness.record.contents import SOURCE_TAG
from harness.record.database import Run
from harness.record.tracker import metrics
from harness.report.kept_pictures import caption_in
from harness.spec.sizes import bytes_text

MOST_CURVES = 6  # drawn at once
TEXTS = (".json", ".txt", ".patch", ".csv", ".md", ".yaml")


def page() -> None:
    """Draws the run that is chosen, a tab for each section."""
    study_runs = runs_of_chosen_study()
    heading("Run", study_runs)
    runs = filter_runs(study_runs)
    id = pick_run(runs, f"Run (of {len(runs):,})", "run")
    if id is None:
        return
    run = run_with_id(study_runs, id)
    _head(run)
    show_note(study_runs.name, run)
    sections: dict[str, Callable[[Run], None]] = {
        "Numbers": partial(_numbers, study_runs),
        "History": _history,
        "Figures": _figures,
        "Settings": _settings,
        "Files": _files,
        "Provenance": partial(_provenance, study_runs),
    }
    for tab, section in zip(st.tabs(list(sections)), sections.values(), strict=True):
        with tab:
            try:
                section(run)
            except Unreadable as error:
                show_problem(error)


def _head(run: Run) -> None:
    """Shows the name of a run, how and when it ended, and its error if it has one."""
    seconds = (run.ended - run.started) / 1000 if run.ended else 0
    st.subheader(plain(run.name), anchor=False)
    with st.container(horizontal=True, gap="small"):
        _state_badge(run.state)
        st.badge(f"ended {moment(run.ended)}", color="gray")
        st.badge(f"took {duration_text(seconds)}", color="gray")
    error = run.tags.get("harness.error")
    if not error:
        return
    st.error(plain(error))
    try:
        with st.expander("Traceback", expanded=run.state == "failed"):
            st.code(text_of(run, "error.txt"), language=None, wrap_lines=True)
    except Unreadable:
        st.caption("No traceback was kept.")


def _state_badge(state: str) -> None:
    """Shows the state of a run in its colour."""
    text = plain(state or "unknown")
    if state == "finished":
        st.badge(text, color="green")
    elif state in ("failed", "killed"):
        st.badge(text, color="red")
    elif state == "diverged":
        st.badge(text, color="orange")
    else:
        st.badge(text, color="gray")


def _numbers(study_runs: StudyRuns, run: Run) -> None:
    """Shows the mean of each metric with the number and the range of its rows; then all rows."""
    with readable() as reader:
        means = metrics(reader, study_runs.name).get(run.id, {})
    if not means:
        st.info("This run measured nothing.")
        return
    own_rows = study_runs.rows[study_runs.rows["run"] == run.id]
    values_of = {str(metric): values for metric, values in own_rows.groupby("metric")["value"]}
    titles = titles_of(study_runs, means)
    table = []
    for name in sorted(means, key=lambda name: (name not in values_of, name)):
        mean = means[name]
        count = "–"
        span = "–"
        if name in values_of:
            values = values_of[name]
            count = str(values.size)
            span = f"{number(values.min())} to {number(values.max())}"
        mean_text = "undefined" if mean is None else number(mean)
        row = {"metric": titles[name], "mean": mean_text, "rows": count, "range": span}
        table.append({**row, "in a study file": name})
    show_table(table, f"{run.id[:8]}-metrics", "metrics")
    if len(own_rows):
        with st.expander(f"All {len(own_rows):,} rows"):
            columns = own_rows.drop(columns="run").dropna(axis="columns", how="all")
            show_table(columns, f"{run.id[:8]}-rows", "rows")


def _history(run: Run) -> None:
    """Shows how the metrics of the training went over its epochs."""
    curves = curves_of(run)
    if curves.empty:
        st.info(
            "No history was recorded: the fit was trained for another run, or the trial failed "
            "before it began."
        )
        return
    names = list(dict.fromkeys(curves["metric"]))
    if len(names) > MOST_CURVES:
        losses_first = sorted(names, key=lambda name: not name.startswith(("loss", "watch")))
        usual = losses_first[:MOST_CURVES]
        names = st.multiselect("Curves", names, default=usual, key="curves")
    columns = st.columns(2)
    for i, name in enumerate(names):
        curve = curves[curves["metric"] == name]
        with columns[i % 2]:
            show_chart(partial(history, curve, name), f"{run.id[:8]} {name}", f"curve-{name}")


def _figures(run: Run) -> None:
    """Shows one of the figures that the probes of a run drew."""
    figures = figures_of(run)
    if not figures:
        st.info("No probe of this run drew a figure.")
        return
    name = choose("Figure", "figure", figures)
    picture = read_picture(figures[name])
    st.image(picture, caption=plain(caption_in(figures[name]) or name), width="stretch")


def _settings(run: Run) -> None:
    """Shows the settings of a run that hold the text that the reader looks for."""
    text = st.text_input("Find a setting", key="setting", placeholder="lr, style, …").lower()
    rows = []
    for setting, value in sorted(run.params.items()):
        if text in f"{setting} {value}".lower():
            rows.append({"setting": setting, "value": value})
    if not rows:
        rows = [{"setting": "none has it", "value": ""}]
    show_table(rows, f"{run.id[:8]}-settings", "settings")


def _files(run: Run) -> None:
    """Lists the files of a run; one of them can be saved, and read where it is a text."""
    sizes = sizes_of_files(run)
    if not sizes:
        st.info("The files of this run are gone; its numbers are in the database.")
        return
    size_texts = [bytes_text(size) for size in sizes.values()]
    frame = pd.DataFrame({"file": list(sizes), "size": size_texts})
    st.dataframe(frame, hide_index=True, width="stretch", key="files")
    name = choose("File", "file", list(sizes))
    path = file_of(run, name)
    st.download_button(
        f"Download {Path(name).name}",
        path.read_bytes,
        Path(name).name,
        key="download",
        on_click="ignore",
        icon=":material/download:",
    )
    if path.suffix in TEXTS:
        st.code(text_of(run, name), language=None, wrap_lines=True, height=320)


def _provenance(study_runs: StudyRuns, run: Run) -> None:
    """Shows where a run comes from: its code, machine, fits and data, and its page in MLflow."""
    facts = {name: str(value) for name, value in _facts(study_runs, run).items() if value}
    frame = pd.DataFrame({"what": list(facts), "value": list(facts.values())})
    st.dataframe(frame, hide_index=True, width="stretch", key="facts")
    for line in lineage(run):
        st.markdown(line)
    data_sets = data_of(run)
    if len(data_sets):
        st.markdown("**Data**")
        st.dataframe(data_sets, hide_index=True, width="stretch", key="data")
    _mlflow_link(run)


def _facts(study_runs: StudyRuns, run: Run) -> dict[str, str | None]:
    """Returns what the tags of a run say of its origin, by what it is called on the page."""
    tags = run.tags
    machine = [tags.get(f"harness.{name}", "") for name in ("host", "machine", "device")]
    return {
        "run": run.id,
        "trial": run.key,
        "fit": tags.get("harness.fit"),
        "why it ran": tags.get("harness.reason"),
        "study file": tags.get(SOURCE_TAG),
        "code": tags.get("mlflow.source.git.commit", "no git checkout"),
        "uncommitted changes": "yes, in diff.patch" if "harness.dirty" in tags else "none",
        "machine": " ".join(machine).strip(),
        **resources_of(study_runs, run),
        "batch in pieces": tags.get("harness.pieces", "no"),
        "checkpoint by": run.params.get("pick"),
    }


def _mlflow_link(run: Run) -> None:
    address = mlflow_page_of(run)
    st.link_button("Open in the MLflow UI", address, icon=":material/open_in_new:")
    st.caption("`make ui` starts it, at port 5000; HARNESS_MLFLOW_UI names another address.")


draw_framed(page)
