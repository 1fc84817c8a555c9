"""The dashboard: `harness dashboard`; a page is a file in pages/."""

from dashboard.parts.frame import draw_framed

draw_framed()
