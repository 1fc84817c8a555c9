"""What live records cost: a fit of a minute whose curves are written while it trains."""

import os
import statistics
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.recording import CODE, STUDY
from harness.record import live
from harness.record.live import LiveRuns
from harness.record.result import TrialResult
from harness.record.tracker import Tracker, uri
from harness.spec.states import State
from harness.store import Home, file_lock
from harness.study.cells import Cell
from tests.made.recorded import study_at

TRIALS = 40
EPOCHS = 20
CURVES = 6
SECONDS_OF_FIT = 60.0  # one batch is written each EVERY seconds of it


def epoch_row(epoch: int) -> Mapping[str, Any]:
    """What a fit says of one epoch: some curves, and when it ended."""
    row: dict[str, Any] = {"phase": "train", "epoch": epoch, "at": time.time()}
    for number in range(CURVES):
        row[f"curve/{number}"] = 1 / (epoch + number)
    return row


def milliseconds_of_trial(runs: LiveRuns, cell: Cell) -> float:
    """What the parent spends on a trial, each epoch of which comes in a batch of its own."""
    rows = [epoch_row(epoch) for epoch in range(1, EPOCHS + 1)]
    metrics = {f"metric_{number}": 0.5 for number in range(30)}
    result = TrialResult(State.FINISHED, metrics=metrics, history=rows, seconds=SECONDS_OF_FIT)
    began = time.perf_counter()
    runs.open_run(cell, "new")
    for row in rows:
        runs.append(cell.trial.fit.key, [row])
    runs.close_run(cell, result, "new")
    return 1000 * (time.perf_counter() - began)


def compare_with_recording_at_the_end(home: Home) -> None:
    """Times trials whose curves grow, and trials that are recorded when they have ended."""
    text = STUDY.replace("name: long", "name: live")
    study = study_at(home, text)
    tracker = Tracker(uri(home), home)
    lock = home.hidden / "running" / "bench.lock"
    with file_lock(lock):
        runs = LiveRuns(tracker, study, CODE, lock)
        milliseconds_of_trial(runs, study.cells[-1])  # MLflow loads what it needs
        live.EVERY = float("inf")
        at_end = [milliseconds_of_trial(runs, cell) for cell in study.cells[:TRIALS]]
        live.EVERY = 0.0
        growing = [milliseconds_of_trial(runs, cell) for cell in study.cells[TRIALS : 2 * TRIALS]]
    assert runs.recorded == 2 * TRIALS + 1
    late = statistics.median(at_end)
    early = statistics.median(growing)
    share = 100 * early / (1000 * SECONDS_OF_FIT)
    print(f"opened, closed, curves at the end      {late:7.1f} ms a trial")
    print(f"curves in {EPOCHS} batches, every 3 s        {early:7.1f} ms a trial")
    print(f"share of a fit of {SECONDS_OF_FIT:.0f} s               {share:7.2f} %")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home_folder:
        os.environ["HARNESS_HOME"] = home_folder
        compare_with_recording_at_the_end(Home(Path(home_folder)))
