"""What it costs to record a trial of a large study: run 3,000 against the first ones."""

import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.record.code import Code
from harness.record.tracker import Tracker, uri
from harness.store import Home
from harness.study.cells import Cell
from harness.study.load import Study
from tests.made.recorded import fill, scores, study_at  # how a database is filled without training

RUNS = 3000
TIMED = 50
STUDY = f"""
name: long
question: Does recording slow down?
seeds: {RUNS}
base:
  fit:
    train_on: {{name: phantom}}
    net: {{arch: unet, encoder: resnet18}}
    method: {{name: supervised}}
"""
EPOCHS = 10
METRICS = 30


def trial_values() -> dict[str, Any]:
    """What a finished trial hands over: thirty numbers, and a loss for each of ten epochs."""
    metrics = {f"metric_{i}": 0.1 * i for i in range(METRICS)}
    history = [
        {"phase": "train", "epoch": i + 1, "loss/net": 1 / (i + 1), "lr": 1e-3}
        for i in range(EPOCHS)
    ]
    return {
        "name": "run",
        "state": "finished",
        "metrics": metrics,
        "history": history,
        "seconds": 60.0,
    }


def record_timed(
    tracker: Tracker, study: Study, cells: tuple[Cell, ...], folder: Path
) -> list[float]:
    """Milliseconds that each trial took to be recorded."""
    milliseconds = []
    for cell in cells:
        began = time.perf_counter()
        run = tracker.record(study, cell, folder, Code("c" * 40), trial_values())
        milliseconds.append(1000 * (time.perf_counter() - began))
        assert run is not None
    return milliseconds


def look_up_timed(tracker: Tracker, study: Study, cells: tuple[Cell, ...]) -> list[float]:
    """Milliseconds that it took to see whether each trial is a result."""
    milliseconds = []
    for cell in cells:
        began = time.perf_counter()
        tracker.has_result(study.name, cell.trial.key)
        milliseconds.append(1000 * (time.perf_counter() - began))
    return milliseconds


def fill_between(home: Home, study: Study) -> None:
    """Every trial but the first and the last ones, straight into the database."""
    middle = {cell.trial.key for cell in study.cells[TIMED:-TIMED]}
    fill(
        home,
        study,
        scores(lambda trial: 0.5),
        state=lambda trial: "finished" if trial.key in middle else "missing",
    )


def recording(home: Home) -> None:
    study = study_at(home, STUDY)
    cells = tuple(study.cells)
    tracker = Tracker(uri(home), home)
    folder = home.folder / "trial"
    folder.mkdir()
    (folder / "rows.parquet").write_bytes(bytes(4096))
    other = study_at(home, STUDY.replace("name: long", "name: warm"), "warm.yaml")
    record_timed(tracker, other, cells[:3], folder)  # MLflow loads what it needs at the first run
    first = record_timed(tracker, study, cells[:TIMED], folder)
    first_look = look_up_timed(tracker, study, cells[:TIMED])
    fill_between(home, study)
    last_look = look_up_timed(tracker, study, cells[-TIMED:])
    last = record_timed(tracker, study, cells[-TIMED:], folder)
    assert len(tracker.runs(study.name)) == RUNS
    show("record a trial", first, last)
    show("is it there?", first_look, last_look)


def show(name: str, first: list[float], last: list[float]) -> None:
    early, late = statistics.median(first), statistics.median(last)
    runs = f"runs 1 to {TIMED} {early:7.2f} ms   runs {RUNS - TIMED + 1} to {RUNS} {late:7.2f} ms"
    print(f"{name:<20} {runs}   ratio {late / early:.2f}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        os.environ["HARNESS_HOME"] = name
        recording(Home(Path(name)))
