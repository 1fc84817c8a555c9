"""A recorded trial holds what a stranger needs: settings, numbers, curves, data and files."""

import sqlite3
from pathlib import Path
from types import SimpleNamespace

from harness.record.contents import keeping_artifacts
from harness.record.result import TrialResult
from harness.record.tracker import metrics
from harness.spec.states import State
from harness.store import Home
from tests.made.recorded import study_at
from tests.made.studies import run_study, tracker_of
from tests.made.trials import SEEDS, record_trial


def test_what_is_recorded_is_what_a_stranger_needs(home: Home, tiny: Path) -> None:
    run_study(tiny, home)
    tracker = tracker_of(home)
    runs = tracker.runs("tiny")
    assert {run.status for run in runs} == {"FINISHED"}
    run = runs[0]
    assert run.name == "bce_dice · seed 0"
    assert run.params["fit.net.width"] == "2"
    assert run.params["fit.method.loss"] == "bce_dice"
    numbers = metrics(tracker, "tiny")[run.id].keys()
    assert {"dice", "volume_dice", "loss/net", "watch", "seconds/fit", "steps"} <= numbers
    curve = "SELECT step FROM metrics WHERE run_uuid = ? AND key = 'loss/net'"
    inputs = "SELECT COUNT(*) FROM inputs WHERE destination_id = ?"
    with sqlite3.connect(home.database) as db:
        assert sorted(db.execute(curve, (run.id,)).fetchall()) == [(1,), (2,)]
        assert db.execute(inputs, (run.id,)).fetchone() == (2,)
    names = artifacts_of(home, run.id)
    assert {"rows.parquet", "trial.json", "history.json"} <= names
    assert {"model/MLmodel", "model/data/weights.safetensors", "model/data/network.json"} <= names
    assert "packages.txt" in names
    assert any(name.startswith("figures/") for name in names)


def artifacts_of(home: Home, run: str) -> set[str]:
    study_folder = home.hidden / "artifacts" / "tiny"
    folder = study_folder / run / "artifacts"
    names = set()
    for path in folder.rglob("*"):
        if path.is_file():
            names.add(str(path.relative_to(folder)))
    return names


def test_batches_in_pieces_are_told_and_whole_ones_are_not(home: Home) -> None:
    study = study_at(home, SEEDS.format(name="pieces", seeds=2))
    tracker = tracker_of(home)
    for cell, pieces in zip(study.cells, (1, 4), strict=True):
        result = TrialResult(State.FINISHED, pieces={"net": pieces}, metrics={"loss": float("inf")})
        record_trial(tracker, study, cell, result)
    whole, cut = tracker.runs("pieces")
    assert "harness.pieces" not in whole.tags
    assert cut.tags["harness.pieces"] == '{"net": 4}'
    assert metrics(tracker, "pieces")[cut.id] == {"loss": None}  # infinity is no number of MLflow


def test_artifacts_are_kept_in_a_folder_with_spaces(tmp_path: Path) -> None:
    folder = tmp_path / "my cells (2)"
    info = SimpleNamespace(artifact_uri=folder.as_uri())
    with keeping_artifacts(None, info) as keep:
        keep("a text", "notes/a.txt")
    assert (folder / "notes" / "a.txt").read_text() == "a text"
    assert [path.name for path in tmp_path.iterdir()] == ["my cells (2)"]
