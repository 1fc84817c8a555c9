"""Homes with recorded trials, to be merged: made by hand through the tracker, without training."""

import shutil
from pathlib import Path

from harness.record.result import TrialResult
from harness.spec.states import State
from harness.store import Home
from harness.store.manifest import write_manifest
from tests.made.recorded import study_at
from tests.made.studies import tracker_of
from tests.made.trials import NO_CODE, SEEDS

HISTORY = (
    {"phase": "train", "epoch": 1, "step": 3, "loss/net": 0.5, "at": 1000.5},
    {"phase": "train", "epoch": 2, "step": 6, "loss/net": float("nan"), "at": 1001.5},
)


def home_beside(home: Home, name: str) -> Home:
    """A further home, with an empty database."""
    far = Home(home.folder / name)
    far.folder.mkdir()
    shutil.copy(home.database, far.database)
    return far


def finish_folder(home: Home, kind: str, key: str, text: str) -> Path:
    """A finished folder of a store with one file in it."""
    folder = home.store(kind).path(key)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "rows.parquet").write_text(text)
    write_manifest(folder)
    return folder


def record(home: Home, number: int, dice: float, state: State = State.FINISHED) -> str:
    """Records a trial of the study, with its fit and what was measured."""
    study = study_at(home, SEEDS.format(name="far", seeds=4))
    cell = study.cells[number]
    folder = None
    if state == State.FINISHED:
        folder = finish_folder(home, "trials", cell.trial.key, f"rows {dice}")
        finish_folder(home, "fits", cell.trial.fit.key, "weights")
    numbers = {"dice": dice, "nothing": float("nan"), "seconds/fit": 100 * dice}
    result = TrialResult(state, folder, 3.0, numbers, HISTORY)
    tracker = tracker_of(home)
    run = tracker.record(study, cell, result, NO_CODE, reason="new", start_over=True)
    assert run is not None
    return run
