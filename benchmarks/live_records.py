"""What live records cost: a fit of a minute whose curves are written while it trains."""

import os
import statistics
import tempfile
import time
from collections.abc import Mapping, Sequence
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
from harness.study.load import Study
from tests.made.recorded import study_at

ROUNDS = 40
EPOCHS = 20
CURVES = 6
SECONDS_OF_FIT = 60.0


def epoch_row(epoch: int) -> Mapping[str, Any]:
    """What a fit says of one epoch: some curves, and when it ended."""
    row: dict[str, Any] = {"phase": "train", "epoch": epoch, "at": time.time()}
    for number in range(CURVES):
        row[f"curve/{number}"] = 1 / (epoch + number)
    return row


def finished_result(rows: Sequence[Mapping[str, Any]]) -> TrialResult:
    """What a finished trial hands over: thirty numbers, and the epochs of its fit."""
    metrics = {}
    for number in range(30):
        metrics[f"metric_{number}"] = 0.5
    return TrialResult(State.FINISHED, metrics=metrics, history=rows, seconds=SECONDS_OF_FIT)


class Stopwatch:
    """Milliseconds that each way of recording took for a trial, and for a batch of curves."""

    def __init__(self, tracker: Tracker, study: Study, runs: LiveRuns) -> None:
        """Takes the study whose trials are recorded plainly, and the live runs of another."""
        self._tracker = tracker
        self._study = study
        self._runs = runs
        self.plain: list[float] = []
        self.open_and_close: list[float] = []
        self.batches: list[float] = []

    def record_plainly(self, cell: Cell) -> None:
        """Records a trial when it has ended, all of it together."""
        result = finished_result([epoch_row(epoch) for epoch in range(1, EPOCHS + 1)])
        began = time.perf_counter()
        self._tracker.record(self._study, cell, result, CODE, reason="new", start_over=False)
        self.plain.append(1000 * (time.perf_counter() - began))

    def record_live(self, cell: Cell) -> None:
        """Records a trial while it goes on, each epoch in a batch of its own but the last."""
        rows = [epoch_row(epoch) for epoch in range(1, EPOCHS + 1)]
        began = time.perf_counter()
        self._runs.open_run(cell, "new")
        seconds = time.perf_counter() - began
        for row in rows[:-1]:
            began = time.perf_counter()
            self._runs.append(cell.trial.fit.key, [row])
            self.batches.append(1000 * (time.perf_counter() - began))
        began = time.perf_counter()
        self._runs.close_run(cell, finished_result(rows), "new")
        seconds += time.perf_counter() - began
        self.open_and_close.append(1000 * seconds)


def compare_with_recording_at_the_end(home: Home) -> None:
    """Times both ways of recording side by side, a trial of each in turn."""
    every, times_as_long = live.EVERY, live.TIMES_AS_LONG
    live.EVERY = live.TIMES_AS_LONG = 0.0
    study = study_at(home, STUDY.replace("name: long", "name: live"))
    plain_study = study_at(home, STUDY.replace("name: long", "name: plain"), "plain.yaml")
    tracker = Tracker(uri(home), home)
    lock = home.hidden / "running" / "bench.lock"
    with file_lock(lock):
        runs = LiveRuns(tracker, study, CODE, lock)
        warm = Stopwatch(tracker, plain_study, runs)  # MLflow loads what it needs
        stopwatch = Stopwatch(tracker, plain_study, runs)
        for number in range(ROUNDS + 1):
            watch = stopwatch if number else warm
            watch.record_plainly(plain_study.cells[number])
            watch.record_live(study.cells[number])
    assert runs.recorded == ROUNDS + 1
    show(stopwatch, every, times_as_long)


def show(stopwatch: Stopwatch, every: float, times_as_long: float) -> None:
    """Prints the medians, their ratio, and the share of a fit that live records would take."""
    plain = statistics.median(stopwatch.plain)
    live_trial = statistics.median(stopwatch.open_and_close)
    batch = statistics.median(stopwatch.batches)
    period = max(every, times_as_long * batch / 1000) + batch / 1000
    curves = batch * SECONDS_OF_FIT / period
    extra = live_trial - plain + curves
    print(f"recorded at its end             {plain:7.1f} ms a trial")
    ratio = f"ratio {live_trial / plain:.2f}"
    print(f"opened and closed               {live_trial:7.1f} ms a trial   {ratio}")
    print(f"a batch of curves               {batch:7.1f} ms, one each {period:.1f} s")
    print(f"more for live records           {extra:7.1f} ms in a fit of {SECONDS_OF_FIT:.0f} s")
    print(f"share of that fit               {extra / (10 * SECONDS_OF_FIT):7.2f} %")


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as home_folder:
        os.environ["HARNESS_HOME"] = home_folder
        compare_with_recording_at_the_end(Home(Path(home_folder)))
