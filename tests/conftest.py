"""A home of its own for every test, and a study small enough to run in each."""

import os
from pathlib import Path

# Read when torch is loaded; two threads on a busy machine wait for each other.
os.environ["OMP_NUM_THREADS"] = "1"

import pytest

from harness.store import Home
from tests.made.studies import TINY


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """A home that this test alone writes to; it is the working directory too."""
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("HARNESS_DATA", raising=False)
    monkeypatch.setenv("HARNESS_NO_BUILD", "1")  # it loads torch; tests of it take this away
    monkeypatch.chdir(tmp_path)
    return Home(tmp_path)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """The file of the tiny study."""
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)
    return file
