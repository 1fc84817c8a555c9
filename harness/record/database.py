"""A run as an MLflow database knows it, and the file of one: opened, locked, refused."""

import json
import math
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from harness.spec.states import RESULTS, State
from harness.store import file_lock

SQLITE = "sqlite:///"  # how the address of a database file begins
SECONDS_FOR_A_LOCK = 20.0  # that SQLite itself waits for somebody else's lock


# The rows that answer a query, whichever the database: `ask("... = :name", name=value)`.
Ask = Callable[..., list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Run:
    """What the database knows of a trial."""

    id: str
    key: str
    study: str
    name: str
    status: str
    state: str
    started: int
    ended: int
    levels: dict[str, str] = field(default_factory=dict)
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    artifact_uri: str = ""


def mapping_in(run: Run, tag: str) -> dict[str, Any]:
    """The mapping that a tag of a run holds as JSON; empty where it is missing or was cut."""
    try:
        mapping = json.loads(run.tags.get(tag, "{}"))
    except ValueError:
        return {}
    return mapping if isinstance(mapping, dict) else {}


MLFLOW_STATUS: Mapping[str, str] = {  # harness's state of a run -> the status it has in MLflow
    State.FINISHED: "FINISHED",
    State.DIVERGED: "FAILED",
    State.FAILED: "FAILED",
    State.KILLED: "KILLED",
}


def is_result(run: Run) -> bool:
    """Whether a run is a result: its trial need not run again."""
    return is_result_state(run.state, run.status)


def is_result_state(state: str, status: str) -> bool:
    """Whether harness's state of a run and MLflow's status of it make a result.

    The one rule for all who read the tag `harness.state`: plans, recording, tables and the
    dashboard's overview of studies.
    """
    return state in RESULTS and status == MLFLOW_STATUS[state]


def add_trial_index(file: Path) -> None:
    """Lets SQLite go straight to the runs of a trial.

    MLflow's own indices find a tag by its name, not by its value.
    """
    sql = """CREATE INDEX IF NOT EXISTS harness_trial ON tags ("key", value)
        WHERE "key" = 'harness.trial'"""
    with closing(open_for_writing(file)) as db:
        db.execute(sql)
        db.commit()


def lock_of(file: Path) -> Path:
    """The lock of a database, which stands beside it: several homes may share one database."""
    file = file.resolve()
    return file.with_name(f".{file.name}.lock")


def open_read_only(file: Path) -> sqlite3.Connection:
    """Opens a database so that nothing can be written to it.

    A process that was killed while it wrote may have left a journal, which says how to undo the
    half of a change. SQLite refuses to read before that is done, and does it where it may write.
    """
    try:
        return _open_to_read(file)
    except sqlite3.OperationalError:
        if not _journal_of(file).exists():
            raise
    with file_lock(lock_of(file)), closing(open_for_writing(file)) as db:
        db.execute(FIRST_LOOK)
    return _open_to_read(file)


FIRST_LOOK = "SELECT count(*) FROM sqlite_master"  # makes SQLite look for a journal


def _open_to_read(file: Path) -> sqlite3.Connection:
    """A connection that only reads, and has looked for a journal that a kill left."""
    path = quote(str(file))
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=SECONDS_FOR_A_LOCK)
    try:
        db.execute("PRAGMA query_only = 1")
        db.execute(FIRST_LOOK)
    except BaseException:
        db.close()
        raise
    return db


def _journal_of(file: Path) -> Path:
    file = file.resolve()
    return file.with_name(f"{file.name}-journal")


def open_for_writing(file: Path) -> sqlite3.Connection:
    """A connection that may write, and waits for others that do."""
    return sqlite3.connect(file, timeout=SECONDS_FOR_A_LOCK)


def without_nan(numbers: dict[str, float]) -> dict[str, Any]:
    """Metrics as the databases tell them: None for what is no number."""
    numbers_only: dict[str, Any] = dict(numbers)
    for name, value in numbers.items():
        if math.isnan(value):
            numbers_only[name] = None
    return numbers_only


def refuse_no_database(file: Path) -> None:
    """Refuses a file that is no database.

    MLflow itself would try a folder or garbage for a hundred seconds in silence.
    """
    remedy = "move it, or set HARNESS_HOME elsewhere"
    if file.is_dir():
        raise ValueError(f"{file} is a folder, and should be MLflow's database; {remedy}")
    if file.exists() and file.stat().st_size:
        with open(file, "rb") as handle:
            if handle.read(16) != b"SQLite format 3\x00":
                raise ValueError(f"{file} is not an SQLite database; {remedy}")
