"""The page Export: everything can be taken along, as tables and as charts."""

import importlib.util
import io
import zipfile
from types import ModuleType
from typing import Any

import pytest

from dashboard.ask.answers import answers
from dashboard.parts.outputs import chart_bytes
from dashboard.read.records import runs_of
from harness.store import Home
from tests.dashboard.pages import DASHBOARD, open_page


def test_everything_can_be_taken_along(at_home: Home) -> None:
    app = open_page("7_export", study="starts")
    buttons: list[Any] = list(app.get("download_button"))
    labels = {button.label for button in buttons}
    expected = {"LaTeX tables (booktabs)", "All charts as SVG (ZIP)", "All charts as PNG (ZIP)"}
    assert expected <= labels
    assert "36 runs (CSV)" in labels
    assert not app.code
    app.toggle(key="latex").set_value(True).run()
    assert "\\toprule" in app.code[0].value


def load_page() -> ModuleType:
    """Loads the page as a module, without drawing it."""
    file = DASHBOARD / "pages" / "7_export.py"
    spec = importlib.util.spec_from_file_location("export", file)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    source = file.read_text()
    assert source.endswith("draw_framed(page)\n")
    exec(compile(source.removesuffix("draw_framed(page)\n"), file.name, "exec"), module.__dict__)
    return module


def test_charts_are_files(at_home: Home) -> None:
    pytest.importorskip("vl_convert")
    export = load_page()
    study_runs = runs_of("starts")
    verdicts = answers(study_runs)
    charts = dict(export.charts_of(study_runs, verdicts))
    assert {"start", "start-differences", "agree-points"} <= set(charts)
    assert chart_bytes(charts["start"], "png")[:8] == b"\x89PNG\r\n\x1a\n"
    svg = chart_bytes(charts["start"], "svg").decode()
    assert svg.startswith("<svg")
    assert "batch 8 · n = 5" in svg
    archive = zipfile.ZipFile(io.BytesIO(export.zip_of_charts(study_runs, verdicts, "svg")))
    assert "start.svg" in archive.namelist()
