"""A link to what is not here says so, and shows nothing else in its place."""

from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from dashboard.read.records import runs_of
from dashboard.read.run_files import file_of, folder_of
from dashboard.read.study_file import study_of
from harness.store import Home
from tests.dashboard.pages import open_page, text_of_page, without_failure
from tests.dashboard.studies import STARTS, better_with_batch
from tests.made.recorded import figures_of, fill, scores, study_at


def link_to(page: str, study: str, **query: str) -> AppTest:
    """Opens a page as a link to it does."""
    app = open_page(study=study)
    app.switch_page(f"pages/{page}.py")
    for key, value in query.items():
        app.query_params[key] = value
    return without_failure(app.run())


def test_a_link_to_a_missing_study_shows_no_other(at_home: Home) -> None:
    app = open_page(study="strats")
    text = text_of_page(app)
    assert "The link asks for the study strats" in text
    assert "Does other tissue pay as a start?" not in text
    assert not app.metric
    app.selectbox(key="study-anew").select("starts")
    without_failure(app.run())
    assert "Does other tissue pay as a start?" in text_of_page(app)
    assert app.query_params["study"] == "starts"


def test_a_link_to_a_missing_run_shows_no_other(at_home: Home) -> None:
    app = link_to("6_run", study="starts", run="f" * 32)
    assert f"The link asks for the run {'f' * 32}" in text_of_page(app)
    assert not app.tabs
    choice = app.selectbox(key="run-anew")
    choice.select_index(0)
    without_failure(app.run())
    assert app.tabs
    assert app.query_params["run"] == app.selectbox(key="run").value


def test_a_link_to_a_run_of_another_study_names_that(at_home: Home) -> None:
    id = runs_of("tiny").recorded[0].id
    app = link_to("6_run", study="starts", run=id)
    assert "It is a run of the study tiny" in text_of_page(app)


def test_a_link_to_a_missing_metric_names_what_stands_instead(at_home: Home) -> None:
    app = link_to("2_compare", study="starts", ask="your own", metric="dise")
    assert "The link asks for dise, which is not here; this is Dice" in text_of_page(app)


def test_a_moved_project_opens_its_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Home(tmp_path / "old")
    old.folder.mkdir()
    study = study_at(old, STARTS)
    ids = fill(old, study, scores(better_with_batch))
    (figures_of(old, study, ids[0]).parent / "error.txt").write_text("what went wrong")
    home = Home(old.folder.rename(tmp_path / "new"))
    monkeypatch.setenv("HARNESS_HOME", str(home.folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    st.cache_resource.clear()
    study_runs = runs_of("starts")
    run = next(run for run in study_runs.recorded if run.id == ids[0])
    folder = folder_of(run)
    assert folder is not None
    assert folder.is_relative_to(home.hidden)
    assert file_of(run, "error.txt").read_text() == "what went wrong"
    assert study_of(study_runs).path == home.folder / "study.yaml"
    assert "is not here" not in text_of_page(open_page("2_compare", study="starts"))
