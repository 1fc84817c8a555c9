"""The runs in an MLflow database, read by SQL: MLflow's own search takes ten seconds for 5,000."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from harness.record.database import Ask, Run, is_result_state
from harness.spec.collector import collector_paused

BY_ROW = "r.rowid"  # of a file: as recorded, for a clock may be set back
BY_START = "r.start_time, r.run_uuid"  # of a server, whose rows have no order of their own


def recording_order(*, is_file: bool) -> str:
    """What runs are ordered by so that they come as they were recorded."""
    return BY_ROW if is_file else BY_START


class RunRow(NamedTuple):
    """A run's own columns, in the order of `COLUMNS`."""

    id: str
    name: str
    status: str
    start: int | None
    end: int | None
    artifact_uri: str | None = None


COLUMNS = "run_uuid, r.name, status, start_time, end_time, artifact_uri"


def as_run(row: RunRow, tags: dict[str, str], params: dict[str, str]) -> Run:
    """Makes a Run of a row and of the tags and parameters that belong to it."""
    return Run(
        id=row.id,
        key=tags["harness.trial"],
        study=tags.get("harness.study", ""),
        name=row.name,
        status=row.status,
        state=tags.get("harness.state", ""),
        started=row.start or 0,
        ended=row.end or 0,
        levels=json.loads(tags.get("harness.levels", "{}")),
        params=params,
        tags=tags,
        artifact_uri=row.artifact_uri or "",
    )


def read_runs(ask: Ask, study: str | None, *, is_file: bool) -> list[Run]:
    """Reads the runs of a study, or of all, in the order in which they were recorded."""
    of_study = "AND e.name = :study" if study is not None else ""
    among = f"""FROM runs r JOIN experiments e USING (experiment_id)
        WHERE r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active' {of_study}"""
    bound = {"study": study} if study is not None else {}
    order = recording_order(is_file=is_file)
    values_of = _values_in_file if is_file else _values_on_server
    with collector_paused():
        rows = ask(f"SELECT {COLUMNS} {among} ORDER BY {order}", **bound)
        tags = values_of(ask, "tags", among, bound)
        params = values_of(ask, "params", among, bound)
        runs = []
        for row in map(RunRow._make, rows):
            tags_of_run = tags.get(row.id, {})
            if "harness.trial" in tags_of_run:
                runs.append(as_run(row, tags_of_run, params.get(row.id, {})))
    return runs


Values = dict[str, dict[str, Any]]  # of a run: its keys, each with its value


def _values_on_server(ask: Ask, table: str, among: str, bound: Mapping[str, str]) -> Values:
    """The tags or parameters of the runs that a condition speaks of."""
    sql = f"SELECT run_uuid, key, value {_of_runs(table, among)}"
    return _by_run(ask(sql, **bound))


def _values_in_file(ask: Ask, table: str, among: str, bound: Mapping[str, str]) -> Values:
    """The same of a file, where SQLite puts each run's together: in a third of the time."""
    together = f"SELECT run_uuid, json_group_object(key, value) {_of_runs(table, among)}"
    texts = ask(f"{together} GROUP BY run_uuid", **bound)
    return {run: json.loads(text) for run, text in texts}


def _of_runs(table: str, among: str) -> str:
    return f"FROM {table} WHERE run_uuid IN (SELECT run_uuid {among})"


def read_metrics(ask: Ask, study: str) -> dict[str, dict[str, Any]]:
    """Reads the final metrics of each run of a study; None for what is no number."""
    sql = """SELECT m.run_uuid, m.key, CASE WHEN m.is_nan THEN NULL ELSE m.value END
        FROM latest_metrics m JOIN runs r USING (run_uuid) JOIN experiments e USING (experiment_id)
        WHERE e.name = :study AND r.lifecycle_stage = 'active'"""
    return _by_run(ask(sql, study=study))


def read_has_result(ask: Ask, study: str, trial: str) -> bool:
    """Whether a trial of a study is recorded as a result; the study's size does not matter."""
    sql = """SELECT state.value, r.status FROM tags trial
        JOIN runs r ON r.run_uuid = trial.run_uuid
        JOIN experiments e ON e.experiment_id = r.experiment_id
        JOIN tags state ON state.run_uuid = r.run_uuid AND state.key = 'harness.state'
        WHERE trial.key = 'harness.trial' AND trial.value = :trial AND e.name = :study
        AND r.lifecycle_stage = 'active' AND e.lifecycle_stage = 'active'"""
    outcomes = ask(sql, trial=trial, study=study)
    return any(is_result_state(state, status) for state, status in outcomes)


def _by_run(rows: list[tuple[Any, ...]]) -> Values:
    """The keys and values of each run, from rows of runs, keys and values."""
    values: Values = {}
    for run, key, value in rows:
        values.setdefault(run, {})[key] = value
    return values
