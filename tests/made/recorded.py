"""Runs recorded without training anything: straight into the database by SQL, their rows straight into files."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import parquet

from harness.record.tracker import Tracker, uri
from harness.run.plan import name
from harness.spec.paths import flat
from harness.spec.values import Trial
from harness.store import Home, file_name
from harness.study.cells import Cell
from harness.study.load import Study, load_study

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

    def measured(trial: Trial, rng: np.random.Generator) -> Columns:
        noise = (
            rng.normal(0, 0.02, (len(SCORES), images)) + np.linspace(0, 0.1, len(SCORES))[:, None]
        )
        ids = [f"image-{i:03}" for i in range(images)]
        return {
            "metric": [m for m in SCORES for _ in ids],
            "value": np.clip(value(trial) + noise, 0, 1).ravel(),
            "image": ids * len(SCORES),
            "group": ["volume"] * images * len(SCORES),
        }

    return measured


def fill(
    home: Home,
    study: Study,
    measured: Measured,
    *,
    state: Callable[[Trial], str] = lambda trial: "finished",
) -> list[str]:
    """A run for each trial whose state is not 'missing'; their ids."""
    now = int(time.time() * 1000) - 100_000
    with sqlite3.connect(home.database) as db:
        experiment = _experiment(db, home, study, now)
        runs = [
            _Run(db, home, study, cell, i, experiment, now)
            for i, cell in enumerate(study.cells)
            if state(cell.trial) != "missing"
        ]
        for run in runs:
            run.record(state(run.trial), measured)
    db.close()
    return [run.id for run in runs]


def _experiment(db: sqlite3.Connection, home: Home, study: Study, now: int) -> int:
    place = (home.hidden / "artifacts" / file_name(study.name)).as_uri()
    found = db.execute(
        "SELECT experiment_id FROM experiments WHERE name = ?", (study.name,)
    ).fetchone()
    if found is not None:
        return int(found[0])
    (id,) = db.execute("SELECT max(experiment_id) + 1 FROM experiments").fetchone()
    columns = (
        "(experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time)"
    )
    db.execute(
        f"INSERT INTO experiments {columns} VALUES (?, ?, ?, 'active', ?, ?)",
        (id, study.name, place, now, now),
    )
    tags = (("harness", "study"), ("mlflow.note.content", study.question))
    db.executemany(f"INSERT INTO experiment_tags VALUES (?, ?, {id})", tags)
    return int(id)


class _Run:
    """A run of a trial, being recorded."""

    def __init__(
        self,
        db: sqlite3.Connection,
        home: Home,
        study: Study,
        cell: Cell,
        i: int,
        experiment: int,
        now: int,
    ) -> None:
        self.db, self.home, self.study, self.cell, self.trial = db, home, study, cell, cell.trial
        self.i, self.experiment, self.start = i, experiment, now + i
        self.id = f"{abs(hash((study.name, cell.trial.key, i))) & 0xFFFFFFFF:08x}{i:024x}"

    def record(self, state: str, measured: Measured) -> None:
        columns = measured(self.trial, np.random.default_rng(self.i)) if state == "finished" else {}
        place = self.home.hidden / "artifacts" / file_name(self.study.name) / self.id / "artifacts"
        status = "FINISHED" if state == "finished" else "FAILED"
        named = "run_uuid, name, source_type, user_id, status, start_time, end_time, lifecycle_stage, artifact_uri"
        self.db.execute(
            f"INSERT INTO runs ({named}, experiment_id) VALUES (?, ?, 'LOCAL', '', ?, ?, ?, 'active', ?, ?)",
            (
                self.id,
                name(self.cell),
                status,
                self.start,
                self.start + 60_000,
                place.as_uri(),
                self.experiment,
            ),
        )
        self._many("tags (value, key, run_uuid)", self._tags(state).items())
        self._many("params (value, key, run_uuid)", flat(self.trial).items())
        means = {m: float(v) for m, v in _means(columns).items()} | {
            "seconds/fit": 50.0,
            "seconds/measure": 10.0,
        }
        timed = (
            f"(value, key, timestamp, step, is_nan, run_uuid) VALUES (?, ?, {self.start}, 0, 0, ?)"
        )
        for table in ("latest_metrics", "metrics"):
            self.db.executemany(
                f"INSERT INTO {table} {timed}", [(v, k, self.id) for k, v in means.items()]
            )
        if columns:
            self._measured(columns)

    def _many(self, into: str, pairs: Iterable[tuple[str, str]]) -> None:
        self.db.executemany(
            f"INSERT INTO {into} VALUES (?, ?, ?)", [(v, k, self.id) for k, v in pairs]
        )

    def _tags(self, state: str) -> dict[str, str]:
        tags = {
            "harness.trial": self.trial.key,
            "harness.fit": self.trial.fit.key,
            "harness.study": self.study.name,
            "harness.state": state,
            "harness.levels": json.dumps(self.cell.levels),
            "harness.design": self.study.design,
            "harness.reason": "new",
            "harness.host": "bench",
            "harness.machine": "x86_64, 2 cores",
            "harness.device": "cpu",
            "mlflow.source.name": str(self.study.path),
            "mlflow.source.git.commit": "c" * 40,
        }
        return tags | (
            {"harness.error": "RuntimeError: no such layer"} if state == "failed" else {}
        )

    def _measured(self, columns: Columns) -> None:
        folder = self.home.store("trials").path(self.trial.key)
        folder.mkdir(parents=True, exist_ok=True)
        count, fold = len(columns["value"]), self.trial.fit.fold
        units = {
            "seed": [self.trial.fit.seed] * count,
            "fold": [None if fold is None else fold[0]] * count,
        }
        parquet.write_table(pa.table({**columns, **units}), folder / "rows.parquet")


def _means(columns: Columns) -> dict[str, float]:
    if not columns:
        return {}
    names, values = np.array(columns["metric"]), np.array(columns["value"])
    return {m: values[names == m].mean() for m in dict.fromkeys(columns["metric"])}


def figures_of(home: Home, study: Study, run: str) -> Path:
    """The folder of a run's figures among its artifacts."""
    folder = home.hidden / "artifacts" / file_name(study.name) / run / "artifacts" / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
