"""Everything as files: tables for a paper and for machines, charts, the report."""

import io
import zipfile
from collections.abc import Iterator
from functools import partial
from typing import Any

import streamlit as st

from dashboard.ask.answers import answers, strata_of
from dashboard.ask.names import names_behind
from dashboard.ask.report_files import report_files
from dashboard.draw.colours import LIGHT
from dashboard.draw.contrast_charts import forest_chart, points_chart
from dashboard.parts.controls import (
    heading,
    runs_of_chosen_study,
    show_problem,
    study_or_problem,
)
from dashboard.parts.frame import draw_framed
from dashboard.parts.outputs import chart_bytes, csv_button, download_button
from dashboard.parts.verdict import draw_arms_of
from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from harness.judge.arms import levels_text
from harness.judge.verdicts import Verdict, Verdicts
from harness.report.formats import csv_of_frame
from harness.store import file_name
from harness.study.load import Study

LABELS = {
    "report.html": "The report, one page that needs nothing else",
    "report.tex": "LaTeX tables (booktabs)",
    "report.md": "The report as Markdown",
    "contrasts.csv": "Contrasts: estimate, interval, p, effect",
    "arms.csv": "Arms: mean, interval, n, trials",
    "values.csv": "Values: one line for each unit of each arm",
}
MIME = {"html": "text/html", "tex": "application/x-tex", "md": "text/markdown", "csv": "text/csv"}


def page() -> None:
    """Draws a button for everything that can be saved."""
    study_runs = runs_of_chosen_study()
    heading("Export", study_runs)
    _measured_tables(study_runs)
    study = study_or_problem(study_runs)
    if study is None:
        return
    st.subheader("What it says", anchor=False)
    try:
        verdicts = answers(study_runs)
    except Unreadable as error:
        show_problem(error)
        return
    if not verdicts.verdicts:
        st.info(
            "The study file declares no comparison (`compare:`), so there is nothing to judge or "
            "to draw."
        )
        return
    _report_files(study_runs, study, verdicts)
    st.subheader("Charts", anchor=False)
    st.caption(
        "Every chart of the declared comparisons; below each chart of the other pages stands its "
        "own button."
    )
    for kind in ("svg", "png"):
        download_button(
            f"All charts as {kind.upper()} (ZIP)",
            partial(zip_of_charts, study_runs, verdicts, kind),
            f"{file_name(study_runs.name)}-charts-{kind}.zip",
            "application/zip",
            key=f"zip-{kind}",
        )


def _measured_tables(study_runs: StudyRuns) -> None:
    """Draws a button for the table of runs, and one for the rows that they measured."""
    st.subheader("What was measured", anchor=False)
    tables = {"runs": study_runs.runs, "rows": study_runs.rows}
    for column, (kind, frame) in zip(st.columns(2), tables.items(), strict=True):
        with column:
            label = f"{len(frame):,} {kind} (CSV)"
            csv_button(partial(csv_of_frame, frame), f"{study_runs.name}-{kind}", kind, label)


def _report_files(study_runs: StudyRuns, study: Study, verdicts: Verdicts) -> None:
    """Draws a button for each file of the report; its LaTeX is shown where that is asked for."""

    def content(name: str) -> bytes:
        return report_files(study_runs, study, verdicts)[name].encode()

    for name, label in LABELS.items():
        extension = name.split(".")[1]
        download_button(
            label,
            partial(content, name),
            f"{file_name(study_runs.name)}-{name}",
            MIME[extension],
            key=f"file-{name}",
        )
    if st.toggle("Show the LaTeX", key="latex"):
        st.code(content("report.tex").decode(), language="latex")


def charts_of(study_runs: StudyRuns, verdicts: Verdicts) -> Iterator[tuple[str, Any]]:
    """Yields the charts of all declared comparisons by name."""
    for verdict in verdicts.verdicts:
        for name, chart in _charts_of_verdict(study_runs, verdict):
            if chart is not None:
                yield name, chart


def _charts_of_verdict(study_runs: StudyRuns, verdict: Verdict) -> Iterator[tuple[str, Any]]:
    """Yields the charts of one comparison; None stands where there is nothing to draw."""
    comparison = verdict.comparison
    names = names_behind(study_runs)
    for stratum in strata_of(verdict):
        name = file_name(f"{comparison.name} {levels_text(stratum.levels)}".strip())
        if stratum.arms and comparison.kind != "model":
            yield name, draw_arms_of(study_runs, verdict, stratum, LIGHT)
        if comparison.kind in ("groups", "trend"):
            yield (
                f"{name}-differences",
                forest_chart(comparison, stratum.contrasts, LIGHT, names=names),
            )
        for contrast in stratum.contrasts:
            yield f"{name}-points", points_chart(contrast, LIGHT, names=names)


def zip_of_charts(study_runs: StudyRuns, verdicts: Verdicts, kind: str) -> bytes:
    """Returns all charts as the bytes of a ZIP archive."""
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, chart in charts_of(study_runs, verdicts):
            archive.writestr(f"{name}.{kind}", chart_bytes(chart, kind))
    return raw.getvalue()


draw_framed(page)
