"""What holds for all pages: they draw every study, write nothing, and trust no text."""

import hashlib
import sqlite3
import subprocess
import sys

import pytest

from dashboard.parts.frame import ORDER
from dashboard.parts.text import plain
from dashboard.read.database import tracker
from harness.cli.dashboard import streamlit_options
from harness.store import Home
from tests.dashboard.pages import (
    DASHBOARD,
    PAGES,
    open_page,
    text_of_page,
    tiles_of_page,
    values_of,
    without_failure,
)
from tests.dashboard.studies import EVIL, SHIFTS, worse_with_strength
from tests.made.recorded import fill, study_at


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("study", ["starts", "shifts", "tiny", EVIL])
def test_every_page_draws_every_study(at_home: Home, page: str, study: str) -> None:
    app = open_page(page, study=study)
    assert app.selectbox(key="study").value == study
    assert text_of_page(app)


@pytest.mark.parametrize("state", ["failed", "killed"])
def test_every_page_draws_a_study_that_has_no_result(
    home: Home, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    """All runs have failed, or the process was killed during each: nothing was measured."""
    monkeypatch.setenv("HARNESS_HOME", str(home.folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    fill(home, study_at(home, SHIFTS), worse_with_strength, state=lambda trial: state)
    app = open_page(study="shifts")
    assert tiles_of_page(app)[state] == "48"
    for page in PAGES:
        app.switch_page(f"pages/{page}.py")
        assert text_of_page(without_failure(app.run())), page


def test_every_file_of_a_page_stands_in_the_list() -> None:
    assert sorted(ORDER) == sorted(PAGES)


def test_a_view_can_be_sent_as_its_address(at_home: Home) -> None:
    app = open_page(study="starts")
    app.switch_page("pages/2_compare.py")
    for key, value in {"ask": "your own", "metric": "recall", "by": "fit.train_on.style"}.items():
        app.query_params[key] = value
    without_failure(app.run())
    assert app.selectbox(key="metric").value == "recall"
    assert app.selectbox(key="by").value == "fit.train_on.style"
    assert "recall" in text_of_page(app)


def test_names_are_text_and_nothing_else(at_home: Home) -> None:
    app = open_page(study=EVIL)
    for kind in ("markdown", "header", "caption"):
        assert not any(EVIL in text for text in values_of(app, kind))
    assert EVIL in text_of_page(app)
    assert plain("[a](javascript:b) :red[c] **d** $e$ <b>") == (
        "\\[a\\]\\(javascript:\u2060b\\) :\u2060red\\[c\\] \\*\\*d\\*\\* \\$e\\$ \\<b\\>"
    )
    sources = "".join(path.read_text() for path in DASHBOARD.rglob("*.py"))
    assert "unsafe_allow_html" not in sources
    assert sources.count("st.html(") == 1  # the page's own style


def contents_of(home: Home) -> dict[str, str]:
    """Returns a digest of every file of a home, but of the answers and tables that pages keep."""
    kept_by_pages = [home.hidden / "answers", home.hidden / "tables"]
    digests = {}
    for path in home.folder.rglob("*"):
        if path.is_file() and not any(map(path.is_relative_to, kept_by_pages)):
            digests[str(path)] = hashlib.sha256(path.read_bytes()).hexdigest()
    return digests


def test_nothing_is_written(at_home: Home) -> None:
    before = contents_of(at_home)
    for page in PAGES:
        open_page(page, study="tiny")
    assert contents_of(at_home) == before
    with tracker().asking() as ask, pytest.raises(sqlite3.OperationalError, match="readonly"):
        ask("DELETE FROM runs")


def test_no_torch_and_no_mlflow(at_home: Home) -> None:
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(DASHBOARD / "app.py")!r}, default_timeout=60)
app.query_params["study"] = "tiny"
app.run()
for page in {PAGES!r}:
    app.switch_page(f"pages/{{page}}.py").run()
    assert not app.exception and not app.error, page
heavy = ("torch", "mlflow", "optuna", "captum", "segmentation_models_pytorch")
loaded = [name for name in heavy if name in sys.modules]
sys.exit(", ".join(loaded) or 0)
"""
    outcome = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr[-2000:]


def test_many_runs_are_answered_after_the_page(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark's study at a hundredth of its size: correct, whatever the machine's speed."""
    from benchmarks.dashboard import fill_big_study

    study = fill_big_study(home.folder, 1)
    assert len(study.cells) == 500
    app = open_page(study="big")
    assert tiles_of_page(app)["finished"] == "500"
    app = open_page("2_compare", study="big", ask="your own")
    app.selectbox(key="by").select("fit.patch")
    assert "Of 10 contrasts" in text_of_page(without_failure(app.run()))


def test_the_command_keeps_the_server_to_itself() -> None:
    options = streamlit_options("127.0.0.1", 8501, browser=False)
    assert "--server.address=127.0.0.1" in options
    assert "--browser.gatherUsageStats=false" in options
    assert "--client.showErrorDetails=none" in options
    themes = {option.split(".")[1] for option in options if option.startswith("--theme.")}
    assert {"light", "dark"} <= themes
