"""What is read of a database and a study file, and what is said where they cannot be read."""

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.parts.text import energy_of
from dashboard.read.overview import overview, trial_states
from dashboard.read.records import in_memory, runs_of
from harness.record.lookups import Outcome
from harness.store import Home
from harness.store.manifest import write_manifest
from tests.dashboard.pages import PAGES, open_page, text_of_page
from tests.dashboard.studies import STARTS, better_with_batch, two_trials_failed
from tests.made.recorded import fill, scores, study_at


def test_runs_are_read_again_only_when_one_has_ended(home: Home) -> None:
    study = study_at(home, STARTS)
    ids = fill(home, study, scores(better_with_batch), state=two_trials_failed)
    first = runs_of("starts")
    assert runs_of("starts") is first
    assert in_memory("starts")
    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE runs SET name = 'touched' WHERE run_uuid = ?", (ids[0],))
    assert runs_of("starts") is first
    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE runs SET end_time = end_time + 1000000000 WHERE run_uuid = ?", (ids[0],))
    assert not in_memory("starts")
    again = runs_of("starts")
    assert again is not first
    assert "touched" in set(again.runs["name"])


def test_a_summary_counts_trials_and_the_time_of_each_fit_once(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch), state=two_trials_failed)
    (summary,) = overview()
    assert summary.name == "starts"
    assert summary.question == "Does other tissue pay as a start?"
    assert summary.states == {"finished": 34, "failed": 2}
    assert summary.count == 36
    assert summary.seconds == 36 * (50 + 10)
    assert (summary.watt_hours, summary.is_all_energy) == (0.0, False)


def test_a_summary_adds_the_energy_that_was_told(home: Home) -> None:
    study = study_at(home, STARTS)
    ids = fill(home, study, scores(better_with_batch), state=two_trials_failed)
    insert = (
        "INSERT INTO latest_metrics (key, value, timestamp, step, is_nan, run_uuid) "
        "VALUES (?, ?, 1, 0, 0, ?)"
    )
    with sqlite3.connect(home.database) as db:
        db.execute(insert, ("gpu_energy_wh/fit", 2.0, ids[0]))
        db.execute(insert, ("gpu_energy_wh/measure", 0.5, ids[0]))
        db.execute(insert, ("gpu_energy_wh/measure", 0.25, ids[1]))
    (summary,) = overview()
    assert (summary.watt_hours, summary.is_all_energy) == (2.75, False)
    assert energy_of(summary.watt_hours, is_all=False) == "at least 2.75 Wh"
    assert energy_of(summary.watt_hours, is_all=True) == "2.75 Wh"
    assert energy_of(0.0, is_all=False) == "–"


FINISHED = ("finished", "FINISHED")  # the state that harness writes, and MLflow's status
DIVERGED = ("diverged", "FAILED")
FAILED = ("failed", "FAILED")
RUNNING = (None, "RUNNING")
KILLED_AT_THE_END = ("finished", "KILLED")


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([FINISHED, FAILED], "finished"),
        ([FAILED, DIVERGED], "diverged"),
        ([FINISHED, DIVERGED], "diverged"),
        ([FAILED, RUNNING], "running"),
        ([FINISHED, RUNNING], "finished"),
        ([KILLED_AT_THE_END, FAILED], "failed"),
    ],
)
def test_a_failure_after_a_result_does_not_hide_it(
    outcomes: list[tuple[str | None, str]], expected: str
) -> None:
    runs = []
    for i, (state, status) in enumerate(outcomes):
        run = Outcome(1, f"run {i}", "trial", "fit", state, status, i)
        runs.append(run)
    assert trial_states(runs) == {"trial": expected}


def make_folder(path: Path) -> None:
    path.mkdir()


def make_text(path: Path) -> None:
    path.write_bytes(b"no database at all, only bytes")


def make_damaged(path: Path) -> None:
    path.write_bytes(b"SQLite format 3\x00" + b"\x00" * 4000)


def make_foreign_tables(path: Path) -> None:
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE runs (run_uuid)")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (make_folder, "is a folder"),
        (make_text, "is not an SQLite database"),
        (make_damaged, "damaged"),
        (make_foreign_tables, "no database of MLflow (no such table"),
    ],
)
def test_what_is_no_database_is_named(
    home: Home,
    make: Callable[[Path], None],
    problem: str,
) -> None:
    make(home.database)
    assert problem in text_of_page(open_page())


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("postgresql+psycopg2://ann:secret@127.0.0.1:9/x", "postgresql+psycopg2://ann:***@"),
    ],
)
def test_a_server_that_is_away_is_named(
    home: Home, monkeypatch: pytest.MonkeyPatch, address: str, name: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", address)
    for page in PAGES:
        text = text_of_page(open_page(page))
        assert f"{name}" in text
        assert "does not answer" in text
        assert "secret" not in text


def test_broken_rows_are_named_and_not_judged(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch))
    folder = home.store("trials").path(study.cells[0].trial.key)
    write_manifest(folder)
    rows = folder / "rows.parquet"
    rows.write_bytes(bytes(rows.stat().st_size))
    text = text_of_page(open_page("2_compare"))
    assert f"{rows} holds other bytes than when it was finished" in text
    assert "harness check --repair" in text


def test_a_study_file_that_is_gone_or_wrong(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch), state=two_trials_failed)
    study.path.write_text(STARTS + "nonsense: 1\n")
    assert "no section 'nonsense'" in text_of_page(open_page("2_compare"))
    study.path.write_text(STARTS.replace("name: starts", "name: other"))
    assert "is now the study other" in text_of_page(open_page("2_compare"))
    study.path.write_text(STARTS.replace("{arch: tiny_unet}", "{arch: tiny_unet, width: 3}"))
    assert "earlier version" in text_of_page(open_page("2_compare"))
    study.path.unlink()
    for page in PAGES:
        text = text_of_page(open_page(page))
        assert "is not here" in text or page in ("5_images", "6_run", "9_runs", "10_curves")
    assert "36" in open_page("6_run").selectbox(key="run").label
