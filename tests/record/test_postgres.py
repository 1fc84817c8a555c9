"""Runs recorded in a real PostgreSQL, and looked at from a second home."""

import json
from pathlib import Path

import pytest
import streamlit as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import InternalError

from dashboard.read.database import count_foreign_experiments
from dashboard.read.lineage import curves_of, data_of, mlflow_page_of
from dashboard.read.overview import overview
from dashboard.read.records import in_memory, runs_of
from dashboard.read.run_files import figures_of, text_of
from harness.record.database import is_result, without_nan
from harness.record.runs_on_server import runs_from_server
from harness.record.table import table
from harness.record.tracker import Tracker, metrics
from harness.store import Home
from tests.made.elsewhere import call, change_home, run_tiny
from tests.made.postgres import postgres as postgres
from tests.made.studies import TINY


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, postgres: str) -> Home:
    """The home that has run the tiny study and recorded it in PostgreSQL."""
    return run_tiny(tmp_path_factory.mktemp("first"), postgres)


@pytest.fixture
def second(first: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, which the commands look at; the study file is there."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    return change_home(tmp_path, monkeypatch)


def test_sql_says_what_mlflow_says(first: Home, postgres: str) -> None:
    tracker = Tracker(postgres, first)
    runs = tracker.runs("tiny")
    assert len(runs) == 4
    assert all(is_result(run) for run in runs)
    assert runs == runs_from_server(tracker.client(), "tiny")
    assert tracker.has_result("tiny", runs[0].key)
    assert not tracker.has_result("other", runs[0].key)
    client = tracker.client()
    numbers = metrics(tracker, "tiny")
    assert set(numbers) == {run.id for run in runs}
    for id, values in numbers.items():
        assert values == without_nan(client.get_run(id).data.metrics)


def test_nothing_is_written_by_reading(first: Home, postgres: str) -> None:
    tracker = Tracker(postgres, first)
    with tracker.asking() as ask, pytest.raises(InternalError, match="read-only transaction"):
        ask("DELETE FROM runs")
    assert len(tracker.runs()) == 4


def test_artifacts_lie_in_the_home_that_recorded_them(first: Home, postgres: str) -> None:
    run = Tracker(postgres, first).runs("tiny")[0]
    assert run.artifact_uri.startswith(first.hidden.as_uri())


def test_a_second_home_says_the_same(
    first: Home, second: Home, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["tiny.yaml", "--json", "--uri", postgres]
    change_home(first.folder, monkeypatch)
    expected = json.loads(call("compare", *words))
    rows = table(Tracker(postgres, first), "tiny")[1]
    change_home(second.folder, monkeypatch)
    assert json.loads(call("compare", *words)) == expected
    assert table(Tracker(postgres, second), "tiny")[1].equals(rows)
    run = Tracker(postgres, second).runs("tiny")[0]
    run_value = json.loads(call("show", run.id, "--json", "--uri", postgres))
    assert run_value["metrics"] == metrics(Tracker(postgres, second), "tiny")[run.id]
    assert "rows.parquet" in run_value["artifacts"]


def test_a_database_without_tables_holds_no_runs(postgres: str, home: Home) -> None:
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE DATABASE empty"))
    engine.dispose()
    tracker = Tracker(f"{postgres.rpartition('/')[0]}/empty", home)
    assert tracker.runs() == []
    assert metrics(tracker, "tiny") == {}


def test_a_folder_of_another_machine_is_a_sentence(
    first: Home, second: Home, postgres: str
) -> None:
    """Where the artifacts were recorded into a folder that this machine does not have."""
    artifacts = first.hidden / "artifacts"
    artifacts.rename(first.hidden / "away")
    try:
        with pytest.raises(ValueError, match="of the machine that recorded it"):
            table(Tracker(postgres, second), "tiny")
        assert len(table(Tracker(postgres, first), "tiny")[0]) == 4  # the store has them
    finally:
        (first.hidden / "away").rename(artifacts)


def test_the_dashboard_reads_it(
    first: Home, second: Home, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", postgres)
    st.cache_resource.clear()
    (summary,) = overview()
    assert summary.states == {"finished": 4}
    study_runs = runs_of("tiny")
    assert in_memory("tiny")
    run = study_runs.recorded[0]
    assert len(curves_of(run))
    assert set(data_of(run)["used to"]) >= {"train", "test"}
    assert f"/runs/{run.id}?workflowType" in mlflow_page_of(run)
    assert count_foreign_experiments() == 0
    assert figures_of(run)
    assert '"trial"' in text_of(run, "trial.json")
    st.cache_resource.clear()
