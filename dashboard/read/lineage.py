"""Where a run comes from, and how its training went, as the database and the trial's folder know it."""

from collections.abc import Iterator
from typing import Any

import pandas as pd

from dashboard.parts.text import plain
from dashboard.read.records import database
from harness.record.database import Run
from harness.run.progress import duration
from harness.spec.parse import read_trial
from harness.spec.values import Fit, fits_of
from harness.store import Home, read_json


def curves_of(run: Run) -> pd.DataFrame:
    """The metrics that were followed over the epochs: `metric`, `step`, `value`."""
    sql = """SELECT key, step, CASE WHEN is_nan THEN NULL ELSE value END FROM metrics
        WHERE run_uuid = ? AND step > 0 ORDER BY key, step"""
    with database() as db:
        rows = db.execute(sql, (run.id,)).fetchall()
    return pd.DataFrame(rows, columns=["metric", "step", "value"])


def experiment_of(run: Run) -> int:
    with database() as db:
        found = db.execute(
            "SELECT experiment_id FROM runs WHERE run_uuid = ?", (run.id,)
        ).fetchone()
    return int(found[0])


def data_of(run: Run) -> list[dict[str, Any]]:
    """The data sets that a run has read, with the fingerprint of their bytes or of their recipe."""
    sql = """SELECT t.value, d.name, d.digest FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
        LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
        WHERE i.destination_id = ? AND i.destination_type = 'RUN' ORDER BY t.value"""
    with database() as db:
        rows = db.execute(sql, (run.id,)).fetchall()
    return [
        {"used to": role or "?", "data set": name, "fingerprint": digest}
        for role, name, digest in rows
    ]


def lineage(run: Run) -> Iterator[str]:
    """The fit behind a trial and the fits that it starts from, as an indented list."""
    file = Home.here().store("trials").path(run.key) / "trial.json"
    try:
        trial = read_trial(read_json(file)["trial"], [])
    except (OSError, ValueError, LookupError):
        trial = None
    if trial is None:
        yield "The trial's folder is gone or of another version, so the fits behind it are known by their keys alone."
        return
    yield "**Fits, each standing on those below it**"
    yield "\n".join(_fits(trial.fit, 0))


def _fits(fit: Fit, depth: int) -> Iterator[str]:
    folder = Home.here().store("fits").find(fit.key)
    try:
        kept = read_json(folder / "fit.json") if folder else {}
    except (OSError, ValueError):
        kept = {}
    state = (
        f"{kept['state']} in {duration(kept['seconds'])} on {kept['device']}"
        if kept
        else "not kept here"
    )
    yield f"{'  ' * depth}- {plain(fit.label)}, seed {fit.seed}: {plain(state)} (`{fit.key}`)"
    for upstream, _ in fits_of(fit):
        yield from _fits(upstream, depth + 1)
