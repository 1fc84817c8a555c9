"""Single runs looked up in a large database: the newest of a study, the study of a run."""

from typing import Any

from harness.record.database import Ask, Run
from harness.record.lookups import NOT_DELETED, RUNS_OF_STUDIES, look_up
from harness.record.recorded_runs import COLUMNS, RunRow, as_run, recording_order
from harness.record.runs_on_server import runs_from_server
from harness.record.tracker import Tracker

NEWEST = f"""SELECT r.{COLUMNS} {RUNS_OF_STUDIES}
    JOIN tags trial ON trial.run_uuid = r.run_uuid AND trial.key = 'harness.trial'
    WHERE {NOT_DELETED} AND e.name = :study ORDER BY"""


def newest_run(tracker: Tracker, study: str) -> Run | None:
    """The run of a study that was recorded last, without its parameters; None where none is."""

    def of_database(tracker: Tracker, ask: Ask) -> Run | None:
        """Reads its line and its tags."""
        order = recording_order(is_file=tracker.file is not None).replace(",", " DESC,")
        rows = ask(f"{NEWEST} {order} DESC LIMIT 1", study=study)
        if not rows:
            return None
        row = RunRow(*rows[0])
        tags: dict[str, str] = dict(
            ask("SELECT key, value FROM tags WHERE run_uuid = :run", run=row.id)
        )
        return as_run(row, tags, {})

    def of_server(client: Any) -> Run | None:
        runs = runs_from_server(client, study)
        return runs[-1] if runs else None

    return look_up(tracker, of_database, of_server)


def study_of_run(tracker: Tracker, run: str) -> str | None:
    """The study that a run of a database is recorded in; None where there is no such run."""
    sql = f"SELECT e.name {RUNS_OF_STUDIES} WHERE {NOT_DELETED} AND r.run_uuid = :run"
    with tracker.asking() as ask:
        rows = ask(sql, run=run)
    return str(rows[0][0]) if rows else None
