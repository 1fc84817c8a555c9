"""The page Studies: the answer to the question, how far a study is, what went wrong."""

import json
import os
import sqlite3
from dataclasses import replace
from pathlib import Path

from dashboard.ask.answers import answer_at_hand, answers
from dashboard.read.overview import overview
from dashboard.read.records import runs_of
from harness.store import Home, file_lock, write_json
from tests.dashboard.pages import (
    open_page,
    output_of_command,
    text_of_page,
    tiles_of_page,
    without_failure,
)
from tests.dashboard.studies import STARTS, better_with_batch, two_trials_failed
from tests.made.recorded import fill, scores, study_at


def test_the_first_page_answers_the_question(at_home: Home) -> None:
    app = open_page(study="starts")
    judged = json.loads(output_of_command("compare", str(at_home.folder / "starts.yaml"), "--json"))
    assert judged["headline"] in text_of_page(app)
    assert "Does other tissue pay as a start?" in text_of_page(app)
    tiles = tiles_of_page(app)
    assert tiles["state"] == "at rest"
    assert tiles["finished"] == "34"
    assert tiles["failed"] == "2"
    assert "RuntimeError: no such layer" in text_of_page(app)


def test_a_home_without_a_database(home: Home) -> None:
    assert "Nothing has been recorded" in text_of_page(open_page())
    assert "harness run studies/smoke.yaml" in text_of_page(open_page("2_compare"))


def test_a_database_without_a_study_and_with_runs_of_others(home: Home) -> None:
    study = study_at(home, STARTS)
    assert "holds no study yet" in text_of_page(open_page())
    fill(home, study, scores(better_with_batch))
    with sqlite3.connect(home.database) as db:
        db.execute("DELETE FROM experiment_tags")
    assert "none of harness" in text_of_page(open_page())


def test_an_empty_study(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch), state=lambda trial: "missing")
    assert "No trial has ended yet" in text_of_page(open_page())
    assert "No trial of starts has ended yet" in text_of_page(open_page("2_compare"))


def test_a_running_study(home: Home) -> None:
    fill(home, study_at(home, STARTS), scores(better_with_batch), state=two_trials_failed)
    jobs = {
        "a": {"name": "fit a", "kind": "fit", "state": "finished", "seconds": 2.0},
        "b": {"name": "fit b <b>", "kind": "fit", "state": "running", "since": 0.0},
    }
    progress = {
        "study": "starts",
        "path": "x",
        "pid": os.getpid(),
        "started": 1.0,
        "jobs": jobs,
        "seconds": None,
        "slots": 1,
    }
    stem = home.hidden / "running" / f"starts.{os.getpid()}"
    stem.parent.mkdir(parents=True)
    write_json(stem.with_suffix(".json"), progress)
    with file_lock(Path(f"{stem}.lock")):
        app = open_page()
        assert tiles_of_page(app)["state"] == "running"
        assert "now: fit b <b>: starting" in text_of_page(app)
    assert tiles_of_page(open_page())["state"] == "at rest"


def test_an_answer_is_at_hand_as_long_as_nothing_has_changed(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch), state=two_trials_failed)
    (summary,) = overview()
    assert answer_at_hand(summary) is None
    verdicts = answers(runs_of("starts"))
    answer = answer_at_hand(summary)
    assert answer is not None
    assert answer.headline == verdicts.headline
    assert [line.text for line in answer.lines] == [v.plain for v in verdicts.primary_first]
    later = replace(summary, version=(summary.version[0], summary.version[1] + 1))
    assert answer_at_hand(later) is None
    study.path.write_text(STARTS + "\n")
    assert answer_at_hand(summary) is None


def test_every_study_stands_with_its_answer(at_home: Home) -> None:
    verdicts = answers(runs_of("starts"))
    app = open_page(study="shifts")
    assert verdicts.headline in text_of_page(app)
    table = next(frame.value for frame in app.dataframe if "answer" in frame.value)
    assert set(table["study"]) == {summary.name for summary in overview()}
    app.button(key="open-starts").click()
    assert "Does other tissue pay as a start?" in text_of_page(without_failure(app.run()))
