"""Charts and tables on a page, each with a button that saves it as a file."""

import io
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st
from altair.utils.schemapi import disable_debug_mode

from dashboard.draw.charts import CLICK
from dashboard.draw.colours import LIGHT, NIGHT, Theme
from harness.report.formats import csv_of_frame
from harness.store import file_name

Draw = Callable[[Theme], Any]  # a chart in the colours of a page; None where there is nothing

# Checking a chart against the schema of Vega-Lite takes a tenth of a second.
alt.data_transformers.disable_max_rows()
disable_debug_mode()


def page_theme() -> Theme:
    """Returns the colours of the page as its reader has chosen them."""
    return NIGHT if st.context.theme.type == "dark" else LIGHT


def show_chart(draw: Draw, name: str, key: str) -> str:
    """Shows a chart, and below it buttons that save the same chart as a file.

    Returns the ids of the runs behind the mark that the reader has clicked, with spaces between;
    nothing where none is clicked, or where the marks of the chart have no runs.
    """
    chart = draw(page_theme())
    if chart is None:
        st.caption("There is nothing to draw yet.")
        return ""
    spec = chart.to_dict(validate=False)
    runs = ""
    if CLICK in str(spec.get("params", "")):
        event = st.vega_lite_chart(
            spec,
            theme=None,
            width="stretch",
            key=f"chart-{key}",
            on_select="rerun",
            selection_mode=CLICK,
        )
        marks = event["selection"].get(CLICK) or [{}]
        runs = str(marks[0].get("runs", ""))
    else:
        st.vega_lite_chart(spec, theme=None, width="stretch", key=f"chart-{key}")
    _save_buttons(draw, name, key)
    return runs


def _save_buttons(draw: Draw, name: str, key: str) -> None:
    """Draws buttons that make a chart's file when they are pressed; always on white."""
    with st.popover("Save chart", type="tertiary", icon=":material/download:"):
        for kind, mime in (("svg", "image/svg+xml"), ("png", "image/png")):
            download_button(
                f"as {kind.upper()}",
                partial(_light_chart_bytes, draw, kind),
                f"{file_name(name)}.{kind}",
                mime,
                key=f"save-{kind}-{key}",
                icon=None,
            )


def _light_chart_bytes(draw: Draw, kind: str) -> bytes:
    return chart_bytes(draw(LIGHT), kind)


def chart_bytes(chart: Any, kind: str) -> bytes:
    """Returns a chart as the bytes of an SVG or PNG."""
    chart = chart.properties(width=640, background="white")
    if kind == "svg":
        text = io.StringIO()
        chart.save(text, format="svg")
        return text.getvalue().encode()
    raw = io.BytesIO()
    chart.save(raw, format="png", scale_factor=3)
    return raw.getvalue()


def show_table(
    rows: pd.DataFrame | Sequence[dict[str, Any]],
    name: str,
    key: str,
    *,
    csv: str | None = None,
) -> None:
    """Shows a table, and below it a button for its CSV: the table itself is drawn on a canvas."""
    frame = pd.DataFrame(rows)
    st.dataframe(frame, hide_index=True, width="stretch", key=f"table-{key}")
    if csv is None:
        csv_button(lambda: csv_of_frame(frame), name, key)
    else:
        csv_button(lambda: csv, name, key)


def csv_button(text: Callable[[], str], name: str, key: str, label: str = "CSV") -> None:
    """Draws a button that saves a text as a CSV file; the text is made when it is pressed."""
    download_button(
        label,
        lambda: text().encode(),
        f"{file_name(name)}.csv",
        "text/csv",
        key=f"csv-{key}",
    )


def download_button(
    label: str,
    content: Callable[[], bytes],
    file: str,
    mime: str,
    *,
    key: str,
    icon: str | None = ":material/download:",
) -> None:
    """Draws a plain button that saves a file, whose content is made when it is pressed."""
    st.download_button(
        label, content, file, mime, key=key, on_click="ignore", type="tertiary", icon=icon
    )
