"""What stands around every page: the list of pages, the study picker, a sentence if one fails."""

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dashboard.draw.colours import icon
from dashboard.parts.controls import show_problem, study_picker
from dashboard.read.database import Unreadable, tracker

FOLDER = Path(__file__).parent.parent / "pages"
ORDER = (
    *("1_studies", "2_compare", "3_factors", "4_shift", "8_search"),
    *("9_runs", "10_curves", "5_images", "6_run", "7_export"),
)  # answers first, then the runs behind them
PAGES = [FOLDER / f"{name}.py" for name in ORDER]
STYLE = """<style>
.stMainBlockContainer { max-width: 1180px; padding-top: 4.2rem; padding-bottom: 4rem; }
[data-testid="stMetricValue"] { font-variant-numeric: tabular-nums; }
[data-testid="stMarkdownContainer"] { overflow-wrap: anywhere; }
@media (max-width: 640px) { .stMainBlockContainer { padding-left: 1rem; padding-right: 1rem; } }
</style>"""
_run = threading.local()  # a page is drawn in a thread of its own


def draw_framed(page: Callable[[], None] | None = None) -> None:
    """Draws a page in its frame, whichever file the browser asked for.

    The first link into a fresh server may reach a page's file before app.py. The frame then runs
    the page's file again, and this time only the page itself is drawn.
    """
    if page is not None and getattr(_run, "in_frame", False):
        page()
        return
    _run.in_frame = True
    try:
        _draw_frame()
    finally:
        _run.in_frame = False


def _draw_frame() -> None:
    """Draws the style, the sidebar and the page that the browser is at."""
    # an icon by its name would be loaded from the web
    st.set_page_config("harness", icon(), layout="wide")
    st.html(STYLE)
    page = st.navigation([st.Page(file, title=_title(file)) for file in PAGES])
    try:
        with st.sidebar:
            study_picker()
            st.caption(f"Read only from {tracker().file or tracker().shown_uri}")
        page.run()
    except Unreadable as error:
        show_problem(error)
    except Exception:
        logging.getLogger("harness.dashboard").exception("a page failed")
        st.error(
            "This page has failed, and that is a mistake of harness. The server's log says where. "
            "The numbers are safe: nothing is written here, and `harness compare` and "
            "`harness report` show them too."
        )


def _title(file: Path) -> str:
    """Returns the title of a page: 'Compare' for 2_compare.py."""
    return file.stem.split("_", 1)[1].capitalize()
