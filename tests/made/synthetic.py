"""A study file with made-up results: runs and rows as the tracker would give them, without training anything."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from harness.record.database import Run
from harness.spec.paths import flat
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


def made(folder: Path, text: str) -> Study:
    file = folder / "study.yaml"
    file.write_text(BASE + text)
    return load_study(file)


def results(
    study: Study,
    value: Value,
    *,
    images: int = 4,
    state: Callable[[Trial], str] = lambda trial: "finished",
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """A run for each trial, and for each finished one as many images; `state` 'missing' leaves a trial out."""
    runs, rows = [], []
    for i, cell in enumerate(study.cells):
        trial, ended, run = cell.trial, state(cell.trial), f"run{i:04}"
        if ended == "missing":
            continue
        runs.append(
            {"run": run, "trial": trial.key, "name": run, "state": ended, "ended": i, **flat(trial)}
        )
        rng = np.random.default_rng(i)
        for image in range(images if ended == "finished" else 0):
            about = {
                "image": f"image {image}",
                "group": f"patient {image // 2}",
                "seed": trial.fit.seed,
                "run": run,
            }
            fold = None if trial.fit.fold is None else trial.fit.fold[0]
            rows += [
                {"metric": m, "value": value(trial, rng) * k, "fold": fold, **about}
                for m, k in (("dice", 1), ("iou", 2))
            ]
    return pd.DataFrame(runs), pd.DataFrame(rows)


def recorded(study: Study, runs: pd.DataFrame, design: str | None = None) -> list[Run]:
    """The same runs as the tracker lists them."""
    cells = {cell.trial.key: cell for cell in study.cells}
    tags = {
        "harness.design": study.design if design is None else design,
        "mlflow.source.git.commit": "c" * 40,
    }
    return [
        Run(r.run, r.trial, study.name, r.name, "FINISHED", r.state, 1000 * i + 1, 1000 * i + 900,
            cells[r.trial].levels, flat(cells[r.trial].trial), tags)
        for i, r in enumerate(runs.itertuples())
    ]  # fmt: skip
