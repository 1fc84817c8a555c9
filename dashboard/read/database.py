"""Where runs are recorded, read so that nothing can be written there."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import streamlit as st

from harness.record.database import refuse_no_database
from harness.record.lookups import Overview, Version, read_overview, version_of_database
from harness.record.lookups import count_foreign_experiments as count_foreign
from harness.record.one_run import study_of_run as find_study_of_run
from harness.record.patience import StillLocked, Unreachable
from harness.record.queries import DamagedDatabase
from harness.record.tracker import Tracker, uri
from harness.store import Home

SECONDS_OF_A_SERVER = 15  # for which the answer of an `mlflow server` about all runs stands


class Unreadable(Exception):
    """Something cannot be shown: the problem, and what to do about it."""

    def __init__(self, problem: str, remedy: str) -> None:
        super().__init__(problem)
        self.problem = problem
        self.remedy = remedy


def tracker() -> Tracker:
    """Returns the tracker of this home, which knows where runs are recorded.

    It is not patient: a page says that the database is locked, rather than to stay empty.
    """
    home = Home.here()
    return Tracker(uri(home), home, is_patient=False)


@contextmanager
def readable() -> Iterator[Tracker]:
    """Yields the tracker to read from; `Unreadable` says in words what is wrong meanwhile."""
    reader = tracker()
    file = reader.file
    if file is not None:
        _look_at_file(file)
    try:
        yield reader
    except StillLocked:
        locked = "somebody else has it locked"
        raise _unreadable_now(file or Path(reader.shown_uri), locked) from None
    except Unreachable as error:
        raise Unreadable(f"{error}.", "Start the server, then load this page again.") from None
    except DamagedDatabase as error:
        raise Unreadable(f"{error}.", "Nothing is trained again for it.") from None
    except (sqlite3.OperationalError, PermissionError) as error:
        raise _unreadable_now(file or Path(reader.shown_uri), str(error)) from None
    except sqlite3.DatabaseError as error:
        remedy = (
            "Restore it, or move it away: `harness run` fills a new one without training again."
        )
        raise Unreadable(f"{file} is damaged: {error}.", remedy) from None


def _look_at_file(file: Path) -> None:
    """Looks whether the file that holds the runs can be a database."""
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


def _unreadable_now(file: Path, error: str) -> Unreadable:
    """Says why SQLite could not read the file for a moment, as while another program locks it."""
    return Unreadable(
        f"{file} cannot be read just now: {error}.", "Load this page again in a moment."
    )


def version(study: str | None = None) -> Version:
    """Returns a value that changes when a run of a study (or of any) has ended, and only then."""
    reader = tracker()
    if not reader.is_database:
        return _version_on_server(reader.uri, study)
    with readable() as reader, reader.asking() as ask:
        return version_of_database(ask, study)


def _version_on_server(address: str, study: str | None) -> Version:
    """Returns the same of a server, which cannot count: all that it tells of its runs is read."""
    overview = overview_of_server(address)
    experiments = set()
    for row in overview.studies:
        if study in (None, row.name):
            experiments.add(row.experiment)
    ends = [run.ended or 0 for run in overview.outcomes if run.experiment in experiments]
    return len(ends), max(ends, default=0)


@st.cache_resource(max_entries=4, ttl=SECONDS_OF_A_SERVER, show_spinner="Asking the server …")
def overview_of_server(address: str) -> Overview:
    """Returns what an `mlflow server` tells of all studies; `address` is there for the cache."""
    with readable() as reader:
        return read_overview(reader)


def study_of_run(run: str) -> str | None:
    """Returns the name of the study that a run is recorded in; None where there is no such run."""
    with readable() as reader:
        if reader.is_database:
            return find_study_of_run(reader, run)
    return None


def count_foreign_experiments() -> int:
    """Counts the experiments with runs that are not harness's."""
    with readable() as reader:
        if reader.is_database:
            return count_foreign(reader)
    return _count_foreign_on_server(reader.uri)


@st.cache_resource(max_entries=4, ttl=SECONDS_OF_A_SERVER, show_spinner=False)
def _count_foreign_on_server(address: str) -> int:
    with readable() as reader:
        return count_foreign(reader)
