"""What an MLflow database says of harness's runs, by SQL: MLflow's own search is slow and stops at 1,000 of them."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

Row = dict[str, Any]


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


RESULTS = (
    ("finished", "FINISHED"),
    ("diverged", "FAILED"),
)  # harness's state of a run, and MLflow's status of it


def is_result(run: Run) -> bool:
    return (run.state, run.status) in RESULTS


class Seen(NamedTuple):
    """A run's own columns, in the order of `INFO`."""

    id: str
    name: str
    status: str
    start: int | None
    end: int | None


INFO = ("run_id", "run_name", "status", "start_time", "end_time")


def as_run(seen: Seen, tags: Row, params: Row) -> Run:
    levels = json.loads(tags.get("harness.levels", "{}"))
    state = tags.get("harness.state", "")
    study = tags.get("harness.study", "")
    start, end = seen.start or 0, seen.end or 0
    return Run(
        seen.id,
        tags["harness.trial"],
        study,
        seen.name,
        seen.status,
        state,
        start,
        end,
        levels,
        params,
        tags,
    )


def read_runs(file: Path, study: str | None) -> list[Run]:
    """By SQL: MLflow's own search takes ten seconds for 5,000 runs and stops at 1,000 of them."""
    chosen = "AND e.name = ?" if study is not None else ""
    among = f"""FROM runs r JOIN experiments e USING (experiment_id)
        WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' {chosen}"""
    args = (study,) if study is not None else ()
    with closing(opened(file)) as db:
        runs = db.execute(
            f"SELECT run_uuid, r.name, status, start_time, end_time {among} ORDER BY start_time",
            args,
        )
        listed = runs.fetchall()
        tags = by_run(
            db,
            f"SELECT run_uuid, key, value FROM tags WHERE run_uuid IN (SELECT run_uuid {among})",
            args,
        )
        sql = f"SELECT run_uuid, key, value FROM params WHERE run_uuid IN (SELECT run_uuid {among})"
        params = by_run(db, sql, args)
    ours = [Seen(*row) for row in listed if "harness.trial" in tags.get(row[0], {})]
    return [as_run(seen, tags[seen.id], params.get(seen.id, {})) for seen in ours]


def has_result(file: Path, study: str, trial: str) -> bool:
    """Whether a trial of a study is recorded as a result: one look-up, however large the study is."""
    sql = """SELECT state.value, r.status FROM tags trial
        JOIN runs r ON r.run_uuid = trial.run_uuid
        JOIN experiments e ON e.experiment_id = r.experiment_id
        JOIN tags state ON state.run_uuid = r.run_uuid AND state.key = 'harness.state'
        WHERE trial.key = 'harness.trial' AND trial.value = ? AND e.name = ?
        AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'"""
    with closing(opened(file)) as db:
        outcomes = db.execute(sql, (trial, study)).fetchall()
    return any(outcome in RESULTS for outcome in outcomes)


def add_trial_index(file: Path) -> None:
    """Lets SQLite go straight to the runs of a trial: MLflow's own indices find a tag by its name, not by its value."""
    sql = """CREATE INDEX IF NOT EXISTS harness_trial ON tags ("key", value) WHERE "key" = 'harness.trial'"""
    with closing(sqlite3.connect(file, timeout=20)) as db:
        db.execute(sql)
        db.commit()


def opened(file: Path) -> sqlite3.Connection:
    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=20)
    db.execute("PRAGMA query_only = 1")
    return db


def by_run(db: sqlite3.Connection, sql: str, args: tuple[Any, ...]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for id, key, value in db.execute(sql, args):
        found.setdefault(id, {})[key] = value
    return found


def refuse_no_database(file: Path) -> None:
    """MLflow retries a folder or garbage for a hundred seconds in silence: look first."""
    if file.is_dir():
        raise ValueError(
            f"{file} is a folder, and should be MLflow's database; move it, or set HARNESS_HOME elsewhere"
        )
    if file.exists() and file.stat().st_size:
        with open(file, "rb") as handle:
            if handle.read(16) != b"SQLite format 3\x00":
                raise ValueError(
                    f"{file} is not an SQLite database; move it, or set HARNESS_HOME elsewhere"
                )
