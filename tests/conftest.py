"""A home of its own for every test, and a study small enough to run in each."""

import os
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = (
    "1"  # read when torch is loaded; two threads on a busy machine wait for each other
)

import pytest

from harness.store import Home

TINY = """
name: tiny
question: Does it run?
seeds: 2
base:
  fit:
    train_on: {name: phantom, slices: 4, size: 48}
    net: {arch: tiny_unet, slices: 3, width: 2}
    augment: [flips, noise]
    method: {name: supervised, epochs: 2, lr: 1e-3}
    patch: 32
    batch: 4
    steps: 3
grid:
  fit.method.loss: [bce_dice, ce]
compare:
  - {name: loss, metric: dice, by: fit.method.loss, against: ce, unit: seed}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    return file
