"""The database of recorded runs, opened so that nothing can be written into it."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from harness.record.database import open_read_only, refuse_no_database
from harness.record.tracker import Tracker, uri
from harness.store import Home

Version = tuple[int, int]  # how many runs there are, and when the newest ended

# The runs that are harness's own, and the condition under which they count.
RUNS_OF_STUDIES = """FROM runs r JOIN experiments e USING (experiment_id)
    JOIN experiment_tags o ON o.experiment_id = e.experiment_id
    AND o.key = 'harness' AND o.value = 'study'"""
NOT_DELETED = "r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'"


class Unreadable(Exception):
    """Something cannot be shown: the problem, and what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def tracker() -> Tracker:
    """Returns the tracker of this home, which knows where runs are recorded."""
    home = Home.here()
    return Tracker(uri(home), home)


@contextmanager
def open_database() -> Iterator[sqlite3.Connection]:
    """Opens the database for reading; `Unreadable` says in words what is wrong with it."""
    file = _database_file()
    try:
        with closing(open_read_only(file)) as db:
            yield db
    except (sqlite3.OperationalError, PermissionError) as error:
        raise _unreadable_now(file, str(error)) from None
    except sqlite3.DatabaseError as error:
        remedy = (
            "Restore it, or move it away: `harness run` fills a new one without training again."
        )
        raise Unreadable(f"{file} is damaged: {error}.", remedy) from None


def _database_file() -> Path:
    """Returns the file that holds the runs, after looking whether it can be a database."""
    file = tracker().file
    if file is None:
        raise Unreadable(
            f"Runs are recorded on a server ({tracker().shown_uri}), and this page reads a file.",
            "Its own page shows them. For this one, unset MLFLOW_TRACKING_URI or set it to "
            "sqlite:///PATH.",
        )
    try:
        refuse_no_database(file)
    except ValueError as error:
        raise Unreadable(str(error), "Then load this page again.") from None
    if not file.exists() or not file.stat().st_size:
        raise Unreadable(
            f"Nothing has been recorded in {file} yet.",
            "Run a study there, such as `harness run studies/smoke.yaml`, or start the dashboard "
            "with HARNESS_HOME set to the folder of another mlflow.db.",
        )
    return file


def _unreadable_now(file: Path, error: str) -> Unreadable:
    """Says why SQLite could not read the file: tables of another version, or a moment's lock."""
    if "no such" in error:
        return Unreadable(
            f"{file} has the tables of another version of MLflow ({error}).",
            f"`mlflow db upgrade sqlite:///{file}` brings it up to date, and so does the next "
            "`harness run`.",
        )
    return Unreadable(
        f"{file} cannot be read just now: {error}.", "Load this page again in a moment."
    )


def version(study: str | None = None) -> Version:
    """Returns a value that changes when a run of a study (or of any) has ended, and only then."""
    sql = f"SELECT count(*), coalesce(max(end_time), 0) {RUNS_OF_STUDIES} WHERE {NOT_DELETED}"
    arguments: tuple[str, ...] = ()
    if study is not None:
        sql += " AND e.name = ?"
        arguments = (study,)
    with open_database() as db:
        count, newest = db.execute(sql, arguments).fetchone()
    return int(count), int(newest)
