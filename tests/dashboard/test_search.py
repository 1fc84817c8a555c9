"""The page Search: what was tried, and a link from each point to its runs."""

import pytest
import streamlit as st

from harness.store import Home
from tests.dashboard.pages import PAGES, open_page, text_of_page

pytest.importorskip("optuna")


@pytest.fixture
def at_search(searched_home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The dashboard looks at the home with the search."""
    monkeypatch.setenv("HARNESS_HOME", str(searched_home.folder))
    st.cache_resource.clear()
    return searched_home


def test_the_page_says_what_the_search_came_to(at_search: Home) -> None:
    app = open_page("8_search", study="sought")
    text = text_of_page(app)
    assert "has the best Dice" in text
    assert "after 5 trainings (of a budget of 5 trainings)" in text
    assert "random(seed=0), optuna" in text
    assert "a list of importances needs 8" in text
    assert "`confirm` in the study file trains them" in text
    charts = app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    assert len(charts) >= 4  # best, race, points, two settings


def test_a_point_leads_to_the_runs_of_its_seeds(at_search: Home) -> None:
    from dashboard.read.records import runs_of
    from dashboard.read.search import history_of

    app = open_page("8_search", study="sought")
    study_runs = runs_of("sought")
    points = {str(point.number): point for point in history_of(study_runs).points}
    point = points[str(app.selectbox(key="point").value)]
    ids = {run.key: run.id for run in study_runs.recorded}
    links = [element.proto.query_string for element in app.get("page_link")]
    assert point.trial_keys
    for key in point.trial_keys:
        assert any(f"run={ids[key]}" in link for link in links)


@pytest.mark.parametrize("page", PAGES)
def test_every_page_draws_a_search(at_search: Home, page: str) -> None:
    assert text_of_page(open_page(page, study="sought"))


def test_a_study_that_searches_nothing_says_so(at_home: Home) -> None:
    text = text_of_page(open_page("8_search", study="tiny"))
    assert "This study searches nothing" in text


def test_the_page_writes_nothing(at_search: Home) -> None:
    journal = at_search.hidden / "optuna.journal"
    before = journal.read_bytes()
    changed = journal.stat().st_mtime_ns
    open_page("8_search", study="sought")
    assert journal.read_bytes() == before
    assert journal.stat().st_mtime_ns == changed


def test_a_space_that_changed_is_said_in_a_sentence(
    at_search: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = at_search.folder / "sought.yaml"
    text = file.read_text()
    file.write_text(text.replace("[bce_dice, ce]", "[bce_dice, bce]"))
    try:
        page = text_of_page(open_page("8_search", study="sought"))
    finally:
        file.write_text(text)
    assert "fit.method.loss" in page
