"""A study file with made-up results: runs and rows as the tracker would give them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from harness.record.database import Run
from harness.spec.paths import settings
from harness.spec.values import Trial
from harness.study.load import Study, load_study

BASE = """
name: made-up
question: Is it so?
base:
  fit:
    train_on: {name: phantom}
    net: {arch: tiny_unet}
"""

Value = Callable[[Trial, np.random.Generator], float]


def study_in(folder: Path, text: str) -> Study:
    """A study file in a folder: a name, a question and a base, and behind them this text."""
    file = folder / "study.yaml"
    file.write_text(BASE + text)
    return load_study(file)


def all_finished(trial: Trial) -> str:
    return "finished"


def results(
    study: Study,
    value: Value,
    *,
    images: int = 4,
    state: Callable[[Trial], str] = all_finished,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A run for each trial, and for each finished one as many images.

    A trial whose `state` is 'missing' has no run.
    """
    runs: list[dict[str, object]] = []
    rows: list[dict[str, object]] = []
    for number, cell in enumerate(study.cells):
        trial = cell.trial
        run = f"run{number:04}"
        ended = state(trial)
        if ended == "missing":
            continue
        facts = {"run": run, "trial": trial.key, "name": run, "state": ended, "ended": number}
        runs.append({**facts, **settings(trial)})
        if ended == "finished":
            rng = np.random.default_rng(number)
            rows += _rows_of(trial, run, value, images, rng)
    return pd.DataFrame(runs), pd.DataFrame(rows)


def _rows_of(
    trial: Trial,
    run: str,
    value: Value,
    images: int,
    rng: np.random.Generator,
) -> Iterator[dict[str, object]]:
    """The rows of a trial: two metrics of each image, two images of each patient."""
    fold = None
    if trial.fit.fold is not None:
        fold = trial.fit.fold[0]
    for image in range(images):
        row = {
            "image": f"image {image}",
            "group": f"patient {image // 2}",
            "seed": trial.fit.seed,
            "fold": fold,
            "run": run,
        }
        for metric, factor in (("dice", 1), ("iou", 2)):
            yield {"metric": metric, "value": value(trial, rng) * factor, **row}


def recorded_runs(study: Study, runs: pd.DataFrame, design: str | None = None) -> list[Run]:
    """The same runs as the tracker lists them."""
    cells = {cell.trial.key: cell for cell in study.cells}
    tags = {
        "harness.design": study.design if design is None else design,
        "harness.declared.0": study.declaration.text(),
        "mlflow.source.git.commit": "c" * 40,
    }
    recorded_runs = []
    for number, run in enumerate(runs.to_dict("records")):
        cell = cells[run["trial"]]
        started = 1000 * number + 1
        recorded_runs.append(
            Run(
                run["run"],
                run["trial"],
                study.name,
                run["name"],
                "FINISHED",
                run["state"],
                started,
                started + 899,
                cell.levels,
                settings(cell.trial),
                tags,
            )
        )
    return recorded_runs
