"""A home with recorded studies for all tests of the dashboard, which none of them changes."""

from collections.abc import Iterator

import pytest
import streamlit as st

from harness.store import Home
from tests.conftest import TINY
from tests.dashboard.pages import output_of_command
from tests.dashboard.studies import SEARCH, fill_three_studies


@pytest.fixture(scope="session")
def recorded_home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with three studies filled by hand, and one that was trained and measured."""
    from harness.record.tracker import Tracker, uri
    from harness.run.carry_out import run
    from harness.run.engines import inline
    from harness.run.plan import plan
    from harness.study.load import load_study

    home = Home(tmp_path_factory.mktemp("recorded"))
    fill_three_studies(home)
    tiny = home.folder / "tiny.yaml"
    tiny.write_text(TINY)
    tracker = Tracker(uri(home, f"sqlite:///{home.database}"), home)
    engine = inline(home.folder, "cpu")
    run(plan(load_study(tiny), home, []), home, tracker, engine, lambda progress, outcome: None)
    return home


@pytest.fixture(scope="session")
def searched_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    """A home in which a small search has ended."""
    home = Home(tmp_path_factory.mktemp("searched"))
    file = home.folder / "sought.yaml"
    file.write_text(SEARCH)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HARNESS_HOME", str(home.folder))
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        output_of_command("run", str(file), "--on", "inline")
        yield home


@pytest.fixture
def at_home(recorded_home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    """The same home, and the dashboard looks at it."""
    monkeypatch.setenv("HARNESS_HOME", str(recorded_home.folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return recorded_home


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    """What a test has read is not in memory for the next."""
    yield
    st.cache_resource.clear()
