"""A table of scores that were measured elsewhere, as runs and rows: for a judge, or recorded."""

import json
import math
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.record.code import Code
from harness.record.contents import SOURCE_TAG, final_metrics, keep_artifacts, params_of
from harness.record.database import MLFLOW_STATUS
from harness.record.description import tags_of_experiment
from harness.record.result import TrialResult
from harness.record.tracker import Tracker
from harness.spec.paths import settings
from harness.spec.states import State
from harness.study.cell_names import run_name
from harness.study.cells import Cell
from harness.study.load import Study

if TYPE_CHECKING:
    from pandas import DataFrame


def table_of_scores(study: Study) -> "tuple[DataFrame, DataFrame]":
    """The runs and rows of a study whose results lie in a table, as `record.table` gives those of
    others; the key of a trial stands for its run.
    """
    import pandas as pd

    runs = []
    rows = []
    for cell in study.cells:
        key = cell.trial.key
        facts = {"run": key, "trial": key, "name": run_name(cell), "state": str(State.FINISHED)}
        runs.append({**facts, "ended": 0, **settings(cell.trial)})
        for row in rows_of_cell(study, cell):
            rows.append({**row, "run": key})
    return pd.DataFrame(runs), pd.DataFrame(rows)


def rows_of_cell(study: Study, cell: Cell) -> Iterator[dict[str, Any]]:
    """The numbers of a trial as rows: what a probe would have written."""
    fit = cell.trial.fit
    fold = None if fit.fold is None else fit.fold[0]
    scores = () if study.scores is None else study.scores.of_trial[cell.trial.key]
    for score in scores:
        yield {
            "metric": score.metric,
            "value": score.value,
            "image": score.image,
            "group": score.patient,
            "seed": fit.seed,
            "fold": fold,
        }


def record_scores(study: Study, tracker: Tracker) -> None:
    """Records a run for each trial of a table that has none yet, with its rows, so that the
    dashboard and `harness report` find them.
    """
    tracker.prepare()
    recorded = {run.key for run in tracker.runs(study.name)}
    client = tracker.client()
    experiment = tracker.experiment(client, study.name, tags_of_experiment(study))
    for cell in study.cells:
        if cell.trial.key not in recorded:
            _record(study, cell, tracker, client, experiment)


def _record(study: Study, cell: Cell, tracker: Tracker, client: Any, experiment: str) -> None:
    """Makes the run of a trial: its settings, the means of its metrics, and its rows."""
    import pyarrow as pa
    from pyarrow import parquet

    rows = list(rows_of_cell(study, cell))
    result = TrialResult(State.FINISHED, metrics=_means(rows))
    run = client.create_run(
        experiment, tags=_tags(study, cell), run_name=run_name(cell), start_time=_now()
    )
    client.log_batch(
        run.info.run_id, metrics=final_metrics(result, time.time()), params=params_of(cell)
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        parquet.write_table(pa.Table.from_pylist(rows), folder / "rows.parquet")
        measured = TrialResult(State.FINISHED, folder)
        keep_artifacts(client, run.info, cell, measured, Code())
    client.set_terminated(run.info.run_id, MLFLOW_STATUS[State.FINISHED])


def _now() -> int:
    """The time as MLflow writes it."""
    return int(1000 * time.time())


def _tags(study: Study, cell: Cell) -> dict[str, str]:
    """The tags by which a run is found again; no machine and no code of it are known."""
    return {
        "harness.trial": cell.trial.key,
        "harness.fit": cell.trial.fit.key,
        "harness.study": study.name,
        "harness.state": State.FINISHED.value,
        "harness.levels": json.dumps(cell.levels),
        "harness.reason": "measured elsewhere",
        "harness.design": study.design,
        SOURCE_TAG: study.path.name,  # beside the database, wherever both are moved
        "mlflow.source.type": "LOCAL",
    }


def _means(rows: list[dict[str, Any]]) -> dict[str, float]:
    """The mean of each metric over the rows that have a number."""
    values: dict[str, list[float]] = {}
    for row in rows:
        if math.isfinite(row["value"]):
            values.setdefault(row["metric"], []).append(row["value"])
    return {metric: sum(numbers) / len(numbers) for metric, numbers in values.items()}
