"""Curves of many runs at once, and the runs that are still on their way."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from harness.record.database import Ask, without_nan
from harness.record.lookups import look_up
from harness.record.tracker import Tracker, mlflow_runs

NAMES = "SELECT DISTINCT key FROM metrics WHERE step > 0 AND run_uuid IN ({})"
POINTS = """SELECT run_uuid, step, CASE WHEN is_nan THEN NULL ELSE value END FROM metrics
    WHERE key = :metric AND step > 0 AND run_uuid IN ({}) ORDER BY run_uuid, step"""
OPEN = """SELECT r.run_uuid, r.name, levels.value FROM runs r JOIN experiments e
    USING (experiment_id)
    JOIN tags trial ON trial.run_uuid = r.run_uuid AND trial.key = 'harness.trial'
    LEFT JOIN tags levels ON levels.run_uuid = r.run_uuid AND levels.key = 'harness.levels'
    WHERE r.lifecycle_stage = 'active' AND r.status = 'RUNNING' AND e.name = :study"""

Point = tuple[str, int, float | None]  # a run, an epoch, the value there


class OpenRun(NamedTuple):
    """A run that has not ended, as far as a chart needs to know it."""

    id: str
    name: str
    levels: Mapping[str, str]


def names_of_curves(tracker: Tracker, runs: Sequence[str]) -> list[str]:
    """The metrics that were followed over the epochs of any of these runs."""

    def of_database(_: Tracker, ask: Ask) -> list[str]:
        marks, values = _as_list(runs)
        return sorted(name for (name,) in ask(NAMES.format(marks), **values))

    def of_server(client: Any) -> list[str]:
        names: set[str] = set()
        for run in runs:
            names.update(client.get_run(run).data.metrics)
        return sorted(names)

    return look_up(tracker, of_database, of_server) if runs else []


def curve_of_runs(tracker: Tracker, runs: Sequence[str], metric: str) -> list[Point]:
    """One metric over the epochs of each of these runs."""

    def of_database(_: Tracker, ask: Ask) -> list[Point]:
        marks, values = _as_list(runs)
        rows = ask(POINTS.format(marks), metric=metric, **values)
        return [(run, step, value) for run, step, value in rows]

    def of_server(client: Any) -> list[Point]:
        """Asks for the history of each run."""
        points: list[Point] = []
        for run in runs:
            for point in client.get_metric_history(run, metric):
                if point.step > 0:
                    value = without_nan({metric: point.value})[metric]
                    points.append((run, point.step, value))
        return sorted(points, key=lambda point: point[:2])

    return look_up(tracker, of_database, of_server) if runs else []


def open_runs(tracker: Tracker, study: str) -> list[OpenRun]:
    """The runs of a study that have not ended."""

    def of_database(_: Tracker, ask: Ask) -> list[OpenRun]:
        rows = ask(OPEN, study=study)
        return [OpenRun(id, name, json.loads(levels or "{}")) for id, name, levels in rows]

    def of_server(client: Any) -> list[OpenRun]:
        """Looks through all runs, which a server tells page by page."""
        runs = []
        for run in mlflow_runs(client, study):
            if run.info.status == "RUNNING":
                levels = json.loads(run.data.tags.get("harness.levels", "{}"))
                runs.append(OpenRun(run.info.run_id, run.info.run_name, levels))
        return runs

    return look_up(tracker, of_database, of_server)


def _as_list(runs: Sequence[str]) -> tuple[str, dict[str, str]]:
    """The marks of a list in SQL, and the values that stand for them."""
    values = {}
    marks = []
    for number, run in enumerate(runs):
        values[f"run{number}"] = run
        marks.append(f":run{number}")
    return ", ".join(marks), values
