"""The dashboard: `streamlit run dashboard/app.py`; a page is a file in pages/."""

from dashboard.parts.frame import draw_framed

draw_framed()
