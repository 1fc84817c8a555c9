"""What it costs to record a trial of a large study: run 3,000 against the first ones."""

import os
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from harness.record.code import Code
from harness.record.result import TrialResult
from harness.record.tracker import Tracker, uri
from harness.spec.states import State
from harness.spec.values import Trial
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
CODE = Code("c" * 40)


def trial_result(folder: Path) -> TrialResult:
    """What a finished trial hands over: thirty numbers, and a loss for each of ten epochs."""
    metrics = {f"metric_{number}": 0.1 * number for number in range(METRICS)}
    history: list[dict[str, Any]] = []
    for epoch in range(1, EPOCHS + 1):
        history.append({"phase": "train", "epoch": epoch, "loss/net": 1 / epoch, "lr": 1e-3})
    return TrialResult(State.FINISHED, folder, seconds=60.0, metrics=metrics, history=history)


def time_each(action: Callable[[Cell], object], cells: Sequence[Cell]) -> list[float]:
    """Milliseconds that an action took for each trial."""
    milliseconds = []
    for cell in cells:
        began = time.perf_counter()
        action(cell)
        milliseconds.append(1000 * (time.perf_counter() - began))
    return milliseconds


def recording(tracker: Tracker, study: Study, result: TrialResult) -> Callable[[Cell], None]:
    """Records a trial, which must not have been recorded yet."""

    def record(cell: Cell) -> None:
        run = tracker.record(study, cell, result, CODE, reason="new", start_over=False)
        assert run is not None

    return record


def looking_up(tracker: Tracker, study: Study) -> Callable[[Cell], bool]:
    """Looks whether a trial is a result."""

    def look_up(cell: Cell) -> bool:
        return tracker.has_result(study.name, cell.trial.key)

    return look_up


def fill_between(home: Home, study: Study) -> None:
    """Every trial but the first and the last ones, straight into the database."""
    middle = {cell.trial.key for cell in study.cells[TIMED:-TIMED]}

    def half(trial: Trial) -> float:
        return 0.5

    def state(trial: Trial) -> str:
        return "finished" if trial.key in middle else "missing"

    fill(home, study, scores(half), state=state)


def compare_first_and_last(home: Home) -> None:
    """Times recording and looking up among the first runs, and among the last."""
    study = study_at(home, STUDY)
    first_cells = study.cells[:TIMED]
    last_cells = study.cells[-TIMED:]
    tracker = Tracker(uri(home), home)
    folder = home.folder / "trial"
    folder.mkdir()
    (folder / "rows.parquet").write_bytes(bytes(4096))
    result = trial_result(folder)
    # MLflow loads what it needs at the first run.
    warm = study_at(home, STUDY.replace("name: long", "name: warm"), "warm.yaml")
    time_each(recording(tracker, warm, result), warm.cells[:3])

    record = recording(tracker, study, result)
    look_up = looking_up(tracker, study)
    first = time_each(record, first_cells)
    first_look = time_each(look_up, first_cells)
    fill_between(home, study)
    last_look = time_each(look_up, last_cells)
    last = time_each(record, last_cells)
    assert len(tracker.runs(study.name)) == RUNS
    show("record a trial", first, last)
    show("is it there?", first_look, last_look)


def show(name: str, first: list[float], last: list[float]) -> None:
    """Prints the medians of the first and of the last runs, and their ratio."""
    early = statistics.median(first)
    late = statistics.median(last)
    start_of_last = RUNS - TIMED + 1
    first_runs = f"runs 1 to {TIMED} {early:7.2f} ms"
    last_runs = f"runs {start_of_last} to {RUNS} {late:7.2f} ms"
    ratio = f"ratio {late / early:.2f}"
    print(f"{name:<20} {first_runs}   {last_runs}   {ratio}")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home_folder:
        os.environ["HARNESS_HOME"] = home_folder
        compare_first_and_last(Home(Path(home_folder)))
