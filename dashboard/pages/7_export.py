"""Everything as files: tables for a paper and for machines, charts, the report."""

import io
import zipfile
from collections.abc import Iterator
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.ask.answers import answers
from dashboard.draw.charts import forest, points, units
from dashboard.draw.colours import LIGHT
from dashboard.parts.controls import (
    csv_button,
    exported,
    heading,
    looked_at,
    study_or_trouble,
    trouble,
)
from dashboard.parts.frame import framed
from dashboard.parts.verdict import colours_of
from dashboard.read.records import Found, Unreadable
from harness.judge.arms import levels_text
from harness.judge.verdicts import Verdicts
from harness.report.write import texts, used
from harness.store import file_name
from harness.study.load import Study

WORDS = {
    "report.html": "The report, one page that needs nothing else",
    "report.tex": "LaTeX tables (booktabs)",
    "report.md": "The report as Markdown",
    "contrasts.csv": "Contrasts: estimate, interval, p, effect",
    "arms.csv": "Arms: mean, interval, n, trials",
    "values.csv": "Values: one line for each unit of each arm",
}
MIME = {"html": "text/html", "tex": "application/x-tex", "md": "text/markdown", "csv": "text/csv"}


def page() -> None:
    found = looked_at()
    heading("Export", found)
    st.subheader("What was measured", anchor=False)
    one, two = st.columns(2)
    for column, kind, frame in ((one, "runs", found.runs), (two, "rows", found.rows)):
        with column:
            text = f"{len(frame):,} {kind} (CSV)"
            csv_button(partial(lines_of, frame), f"{found.name}-{kind}", kind, text)
    study = study_or_trouble(found)
    if study is None:
        return
    st.subheader("What it says", anchor=False)
    try:
        verdicts = answers(found)
    except Unreadable as error:
        trouble(error)
        return
    if not verdicts.verdicts:
        st.info(
            "The study file declares no comparison (`compare:`), so there is nothing to judge or to draw."
        )
        return
    _report(found, study, verdicts)
    st.subheader("Charts", anchor=False)
    st.caption(
        "Every chart of the declared comparisons; below each chart of the other pages stands its own button."
    )
    for kind in ("svg", "png"):
        st.download_button(
            f"All charts as {kind.upper()} (ZIP)", partial(zipped, found, verdicts, kind),
            f"{file_name(found.name)}-charts-{kind}.zip", "application/zip", key=f"zip-{kind}", on_click="ignore",
            type="tertiary", icon=":material/download:",
        )  # fmt: skip


def lines_of(frame: pd.DataFrame) -> str:
    return str(frame.to_csv(index=False))


def _report(found: Found, study: Study, verdicts: Verdicts) -> None:
    def text(name: str) -> bytes:
        return texts(study, verdicts, used(study, found.runs, found.recorded))[name].encode()

    for name, said in WORDS.items():
        st.download_button(
            said, partial(text, name), f"{file_name(found.name)}-{name}", MIME[name.split(".")[1]],
            key=f"file-{name}", on_click="ignore", type="tertiary", icon=":material/download:",
        )  # fmt: skip
    with st.expander("LaTeX"):
        st.code(text("report.tex").decode(), language="latex")


def drawn(found: Found, verdicts: Verdicts) -> Iterator[tuple[str, object]]:
    """The charts of all declared comparisons by name."""
    for verdict in verdicts.verdicts:
        one = verdict.comparison
        for stratum in dict.fromkeys(
            [a.stratum for a in verdict.arms] + [c.stratum for c in verdict.contrasts]
        ):
            arms = [a for a in verdict.arms if a.stratum == stratum]
            contrasts = [c for c in verdict.contrasts if c.stratum == stratum]
            name = file_name(f"{one.name} {levels_text(stratum)}".strip())
            if arms and one.kind != "model":
                colours = colours_of(found, one.by or one.trend or "", arms, LIGHT)
                yield name, units(one, arms, contrasts, colours, LIGHT)
            if one.kind in ("groups", "trend"):
                yield f"{name}-differences", forest(one, contrasts, LIGHT)
            for c in contrasts:
                yield f"{name}-points", points(c, LIGHT) if c.points else None


def zipped(found: Found, verdicts: Verdicts, kind: str) -> bytes:
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        for name, chart in drawn(found, verdicts):
            if chart is not None:
                archive.writestr(f"{name}.{kind}", exported(chart, kind))
    return raw.getvalue()


framed(page)
