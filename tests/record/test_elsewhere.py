"""A study that one machine has recorded on a server is looked at from another, without its store.

The server is a real `mlflow server`.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st

from dashboard.read.database import count_foreign_experiments, version
from dashboard.read.lineage import curves_of, data_of, lineage, mlflow_page_of
from dashboard.read.overview import overview
from dashboard.read.records import in_memory, runs_of
from dashboard.read.run_files import figures_of, sizes_of_files, text_of
from harness.record.files_of_run import DOWNLOADS, file_of_run, sizes_of_artifacts
from harness.record.table import table
from harness.record.tracker import Tracker, metrics
from harness.store import Home
from tests.dashboard.pages import PAGES, open_page, text_of_page
from tests.made.elsewhere import call, change_home, run_tiny
from tests.made.mlflow_server import mlflow_server as mlflow_server
from tests.made.studies import TINY


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory, mlflow_server: str) -> Home:
    """The home that has run the tiny study and recorded it on the server."""
    return run_tiny(tmp_path_factory.mktemp("first"), mlflow_server)


@pytest.fixture(autouse=True)
def _empty_memory() -> Iterator[None]:
    """What a page has read is not in memory for the next test."""
    yield
    st.cache_resource.clear()


@pytest.fixture
def second(first: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """An empty home, which the commands look at; the study file is there."""
    (tmp_path / "tiny.yaml").write_text(TINY)
    return change_home(tmp_path, monkeypatch)


def answers(home: Home, uri: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What compare, report, show and trace say in a home."""
    change_home(home.folder, monkeypatch)
    file = str(home.folder / "tiny.yaml")
    tracker = Tracker(uri, home)
    run = tracker.runs("tiny")[0]
    call("report", file, "--uri", uri, "--to", str(home.folder / "report"))
    return {
        "compare": json.loads(call("compare", file, "--json", "--uri", uri)),
        "values.csv": (home.folder / "report" / "values.csv").read_text(),
        "metrics": json.loads(call("show", run.id, "--json", "--uri", uri))["metrics"],
        "trial": json.loads(call("trace", run.id, "--json", "--uri", uri))["trial"],
    }


def test_another_machine_says_the_same(
    first: Home, second: Home, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = answers(first, mlflow_server, monkeypatch)
    downloaded = {path.name for path in (first.hidden / DOWNLOADS).glob("*/*")}
    assert downloaded <= {"history.json", "packages.txt"}  # which no store has
    assert "could not" not in json.dumps(expected["compare"])
    assert expected["metrics"]["dice"] >= 0
    assert len(expected["values.csv"].splitlines()) > 4
    assert answers(second, mlflow_server, monkeypatch) == expected
    assert not (second.hidden / "trials").exists()


def test_only_what_is_needed_is_downloaded_and_once(
    second: Home, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tracker = Tracker(mlflow_server, second)
    runs, rows = table(tracker, "tiny")
    assert len(runs) == 4
    assert set(rows["run"]) == set(runs["run"])
    names = {path.name for path in (second.hidden / DOWNLOADS).rglob("*") if path.is_file()}
    assert names == {"rows.parquet"}

    def fail(*args: Any) -> None:
        raise AssertionError("downloaded a second time")

    monkeypatch.setattr("mlflow.MlflowClient.download_artifacts", fail)
    assert table(tracker, "tiny")[1].equals(rows)


def test_files_and_metrics_of_a_run(second: Home, mlflow_server: str) -> None:
    tracker = Tracker(mlflow_server, second)
    run = tracker.runs("tiny")[0]
    sizes = sizes_of_artifacts(tracker, run)
    assert sizes["rows.parquet"] > 0
    assert file_of_run(tracker, run, "no-such-file.txt") is None
    packages = file_of_run(tracker, run, "packages.txt")
    assert packages is not None
    assert packages.stat().st_size == sizes["packages.txt"]
    numbers = metrics(tracker, "tiny")
    assert len(numbers) == 4
    assert numbers[run.id]["seconds/fit"] > 0


def facts(home: Home, uri: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the dashboard's functions read in a home."""
    change_home(home.folder, monkeypatch)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    st.cache_resource.clear()
    (summary,) = overview()
    study_runs = runs_of("tiny")
    assert in_memory("tiny")
    run = study_runs.recorded[0]
    return {
        "summary": summary,
        "version": version("tiny"),
        "runs": study_runs.runs.to_dict(),
        "rows": study_runs.rows.to_csv(),
        "curves": curves_of(run).to_csv(),
        "data": data_of(run).to_csv(),
        "mlflow": mlflow_page_of(run),
        "foreign": count_foreign_experiments(),
        "figures": {name: path.read_bytes() for name, path in figures_of(run).items()},
        "sizes": sizes_of_files(run),
        "text": text_of(run, "trial.json"),
    }


def test_the_dashboard_reads_the_same(
    first: Home, second: Home, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = facts(first, mlflow_server, monkeypatch)
    assert expected["summary"].states == {"finished": 4}
    assert expected["version"][0] == 4
    assert "loss/net" in expected["curves"]
    assert "train" in expected["data"]
    assert expected["mlflow"].startswith(f"{mlflow_server}/#/experiments/")
    assert expected["figures"]
    assert facts(second, mlflow_server, monkeypatch) == expected
    assert "not kept here" in "".join(lineage(runs_of("tiny").recorded[0]))


def test_every_page_opens_on_another_machine(
    second: Home, mlflow_server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", mlflow_server)
    for page in PAGES:
        app = open_page(page, study="tiny")
        assert f"Read only from {mlflow_server}" in text_of_page(app)
        assert "Unreadable" not in text_of_page(app)
    assert "Does it run?" in text_of_page(open_page(study="tiny"))
