"""Runs recorded without training anything: by SQL, with their rows straight in files."""

import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from harness.record.tracker import Tracker, uri
from harness.spec.paths import settings
from harness.spec.values import Trial
from harness.store import Home, file_name
from harness.study.cell_names import run_name
from harness.study.cells import Cell
from harness.study.load import Study, load_study
from tests.made.synthetic import all_finished

Columns = dict[str, Any]  # metric, value, image, group, and any dimension
Measured = Callable[[Trial, np.random.Generator], Columns]

SCORES = ("dice", "iou", "precision", "recall")


def study_at(home: Home, text: str, file: str = "study.yaml") -> Study:
    """A study file in a home, and an empty database for it."""
    path = home.folder / file
    path.write_text(text)
    if not home.database.exists():
        Tracker(uri(home), home).prepare()
    return load_study(path)


def scores(value: Callable[[Trial], float], images: int = 4) -> Measured:
    """Overlap scores of so many images, around a value of the trial."""

    def rows_of(trial: Trial, rng: np.random.Generator) -> Columns:
        """The rows of one trial."""
        offsets = np.linspace(0, 0.1, len(SCORES))[:, None]
        noise = rng.normal(0, 0.02, (len(SCORES), images)) + offsets
        ids = [f"image-{number:03}" for number in range(images)]
        return {
            "metric": np.repeat(SCORES, images).tolist(),
            "value": np.clip(value(trial) + noise, 0, 1).ravel(),
            "image": ids * len(SCORES),
            "group": ["volume"] * images * len(SCORES),
        }

    return rows_of


def fill(
    home: Home,
    study: Study,
    measured: Measured,
    *,
    state: Callable[[Trial], str] = all_finished,
) -> list[str]:
    """Records a run for each trial whose state is not 'missing', and returns their ids."""
    now = int(time.time() * 1000) - 100_000
    runs = []
    with sqlite3.connect(home.database) as db:
        experiment = _experiment(db, home, study, now)
        for number, cell in enumerate(study.cells):
            ended = state(cell.trial)
            if ended != "missing":
                run = _Run(db, home, study, cell, number, experiment, now + number)
                run.record(ended, measured)
                runs.append(run.id)
    db.close()
    return runs


def _experiment(db: sqlite3.Connection, home: Home, study: Study, now: int) -> int:
    """The number of a study's experiment, which is recorded where it is new."""
    row = db.execute(
        "SELECT experiment_id FROM experiments WHERE name = ?", (study.name,)
    ).fetchone()
    if row is not None:
        return int(row[0])
    (number,) = db.execute("SELECT max(experiment_id) + 1 FROM experiments").fetchone()
    artifacts = home.hidden / "artifacts" / file_name(study.name)
    experiment = {
        "experiment_id": number,
        "name": study.name,
        "artifact_location": artifacts.as_uri(),
        "lifecycle_stage": "active",
        "creation_time": now,
        "last_update_time": now,
    }
    _insert(db, "experiments", experiment)
    for key, text in (("harness", "study"), ("mlflow.note.content", study.question)):
        tag = {"key": key, "value": text, "experiment_id": number}
        _insert(db, "experiment_tags", tag)
    return int(number)


def _insert(db: sqlite3.Connection, table: str, row: Mapping[str, object]) -> None:
    """Adds a row to a table of the database."""
    marks = ", ".join("?" * len(row))
    columns = ", ".join(row)
    sql = f"INSERT INTO {table} ({columns}) VALUES ({marks})"
    db.execute(sql, tuple(row.values()))


@dataclass(frozen=True)
class _Run:
    """A run of a trial, being recorded."""

    db: sqlite3.Connection
    home: Home
    study: Study
    cell: Cell
    number: int
    experiment: int
    start: int

    @property
    def id(self) -> str:
        key = (self.study.name, self.cell.trial.key, self.number)
        return f"{abs(hash(key)) & 0xFFFFFFFF:08x}{self.number:024x}"

    def record(self, state: str, measured: Measured) -> None:
        """Writes the run as the tracker would, with its rows where it is finished."""
        trial = self.cell.trial
        columns: Columns = {}
        if state == "finished":
            columns = measured(trial, np.random.default_rng(self.number))
            self._write_rows(columns)
        self._insert_run(state)
        self._insert_all("tags", self._tags(state))
        self._insert_all("params", settings(trial))
        metrics = {**_means(columns), "seconds/fit": 50.0, "seconds/measure": 10.0}
        for metric, value in metrics.items():
            row = {"key": metric, "value": value, "timestamp": self.start}
            row.update({"step": 0, "is_nan": 0, "run_uuid": self.id})
            _insert(self.db, "latest_metrics", row)
            _insert(self.db, "metrics", row)

    def _insert_run(self, state: str) -> None:
        """The run's own line, which says when it ran and where its artifacts are."""
        study_folder = self.home.hidden / "artifacts" / file_name(self.study.name)
        artifacts = study_folder / self.id
        row = {
            "run_uuid": self.id,
            "name": run_name(self.cell),
            "source_type": "LOCAL",
            "user_id": "",
            "status": "FINISHED" if state == "finished" else "FAILED",
            "start_time": self.start,
            "end_time": self.start + 60_000,
            "lifecycle_stage": "active",
            "artifact_uri": (artifacts / "artifacts").as_uri(),
            "experiment_id": self.experiment,
        }
        _insert(self.db, "runs", row)

    def _insert_all(self, table: str, values: Mapping[str, str]) -> None:
        """A line of a table for each key."""
        for key, value in values.items():
            _insert(self.db, table, {"value": value, "key": key, "run_uuid": self.id})

    def _tags(self, state: str) -> dict[str, str]:
        """What the tracker would say of the run."""
        trial = self.cell.trial
        tags = {
            "harness.trial": trial.key,
            "harness.fit": trial.fit.key,
            "harness.study": self.study.name,
            "harness.state": state,
            "harness.levels": json.dumps(self.cell.levels),
            "harness.design": self.study.design,
            "harness.declared.0": self.study.declaration.text(),
            "harness.reason": "new",
            "harness.host": "bench",
            "harness.machine": "x86_64, 2 cores",
            "harness.device": "cpu",
            "mlflow.source.name": str(self.study.path),
            "mlflow.source.git.commit": "c" * 40,
        }
        if state == "failed":
            tags["harness.error"] = "RuntimeError: no such layer"
        return tags

    def _write_rows(self, columns: Columns) -> None:
        """The rows in the folder of the trial, as a worker leaves them."""
        trial = self.cell.trial
        folder = self.home.store("trials").path(trial.key)
        folder.mkdir(parents=True, exist_ok=True)
        count = len(columns["value"])
        fold = None
        if trial.fit.fold is not None:
            fold = trial.fit.fold[0]
        units = {"seed": [trial.fit.seed] * count, "fold": [fold] * count}
        parquet.write_table(pa.table({**columns, **units}), folder / "rows.parquet")


def _means(columns: Columns) -> dict[str, float]:
    """The mean of each metric over all rows."""
    if not columns:
        return {}
    metrics = np.array(columns["metric"])
    values = np.array(columns["value"])
    means = {}
    for metric in dict.fromkeys(columns["metric"]):
        means[metric] = float(values[metrics == metric].mean())
    return means


def figures_of(home: Home, study: Study, run: str) -> Path:
    """The folder of a run's figures among its artifacts."""
    study_folder = home.hidden / "artifacts" / file_name(study.name)
    folder = study_folder / run / "artifacts" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
