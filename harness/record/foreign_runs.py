"""What a merge reads of another home: its database, by SQL alone, and its runs' files."""

import math
from pathlib import Path
from typing import Any

from harness.record.database import SQLITE, Ask, Run, refuse_no_database
from harness.record.tracker import Tracker
from harness.store import Home

HISTORY = """SELECT key, CASE WHEN is_nan THEN NULL ELSE value END, timestamp, step FROM metrics
    WHERE run_uuid = :run ORDER BY step, timestamp"""
DATA_SETS = """SELECT d.name, d.digest, d.dataset_source_type, d.dataset_source, t.value
    FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id
    LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid AND t.name = 'mlflow.data.context'
    WHERE i.destination_id = :run AND i.destination_type = 'RUN'"""
QUESTIONS = """SELECT e.name, t.value FROM experiments e
    JOIN experiment_tags t ON t.experiment_id = e.experiment_id
    WHERE t.key IN ('harness.question', 'mlflow.note.content') ORDER BY t.key DESC"""


def source_of(path: Path, home: Home) -> Tracker:
    """The database and home that a path names: a database file, or a home with or without one."""
    absolute = path.expanduser().resolve()
    if not absolute.exists():
        raise ValueError(f"{path} is not there; name a database file or a home folder")
    folder = absolute if absolute.is_dir() else absolute.parent
    file = folder / "mlflow.db" if absolute.is_dir() else absolute
    if not file.exists() and not (folder / ".harness").is_dir():
        raise ValueError(f"{path} is no home: neither mlflow.db nor .harness is in it")
    if absolute == home.folder or file == home.database:
        raise ValueError(f"{path} is this home itself; HARNESS_HOME says where records go")
    refuse_no_database(file)
    return Tracker(f"{SQLITE}{file}", Home(folder))


def questions_of(ask: Ask) -> dict[str, str]:
    """The question of each study, by its name; the description stands in where that is all."""
    questions: dict[str, str] = {}
    for study, question in ask(QUESTIONS):
        questions[study] = question
    return questions


def history_of(ask: Ask, run: Run) -> list[Any]:
    """The points of a run's curves and its final numbers, as MLflow's metrics."""
    from mlflow.entities import Metric

    history = []
    for name, value, timestamp, step in ask(HISTORY, run=run.id):
        history.append(Metric(name, math.nan if value is None else value, timestamp, step))
    return history


def data_sets_of(ask: Ask, run: Run) -> list[Any]:
    """The data sets of a run with their roles, as MLflow's inputs."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for name, digest, kind, source, role in ask(DATA_SETS, run=run.id):
        tags = [InputTag("mlflow.data.context", role or "")]
        inputs.append(DatasetInput(Dataset(name, digest, kind, source), tags))
    return inputs
