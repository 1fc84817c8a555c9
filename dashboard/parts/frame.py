"""What stands around every page: the list of pages, the study that is looked at, and a sentence where one fails."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard.draw.colours import mark
from dashboard.parts.controls import study_picker, trouble
from dashboard.read.records import Unreadable, tracker

FILES = sorted((Path(__file__).parent.parent / "pages").glob("[0-9]*_*.py"))
STYLE = """<style>
.stMainBlockContainer { max-width: 1180px; padding-top: 3.2rem; padding-bottom: 4rem; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
[data-testid="stMarkdownContainer"] { overflow-wrap: anywhere; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
</style>"""
_run = threading.local()  # a page is drawn in a thread of its own


def framed(page: Callable[[], None] | None = None) -> None:
    """Draws a page in its frame: the first link into a fresh server may reach a page's file before app.py."""
    if page is not None and getattr(_run, "drawn", False):
        page()
        return
    _run.drawn = True
    try:
        _frame()
    finally:
        _run.drawn = False


def _frame() -> None:
    st.set_page_config(
        "harness", mark(), layout="wide"
    )  # an icon by its name would be loaded from the web
    st.html(STYLE)
    page = st.navigation(
        [st.Page(file, title=file.stem.split("_", 1)[1].capitalize()) for file in FILES]
    )
    try:
        with st.sidebar:
            study_picker()
            st.caption(f"Read only from {tracker().file}")
        page.run()
    except Unreadable as error:
        trouble(error)
    except Exception:
        logging.getLogger("harness.dashboard").exception("a page failed")
        st.error(
            "This page has failed, and that is a mistake of harness. The server's log says where. The numbers are "
            "safe: nothing is written here, and `harness compare` and `harness report` show them too."
        )
