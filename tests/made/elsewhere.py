"""Two homes that record in one place: how a test runs a study in one and looks from the other."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.store import Home
from tests.made.studies import TINY


def call(*words: str) -> str:
    """What a command prints, which must end well."""
    outcome = CliRunner().invoke(app, list(words))
    assert outcome.exit_code == 0, outcome.output + str(outcome.exception)
    return outcome.stdout


def change_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    """Makes a folder the home and the working directory of all that follows."""
    monkeypatch.setenv("HARNESS_HOME", str(folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)
    return Home(folder)


def run_tiny(folder: Path, uri: str) -> Home:
    """Runs the tiny study in a home of its own, by the command line, and records it there."""
    (folder / "tiny.yaml").write_text(TINY)
    with pytest.MonkeyPatch.context() as monkeypatch:
        home = change_home(folder, monkeypatch)
        words = ["--device", "cpu", "--on", "inline", "--uri", uri]
        call("run", str(folder / "tiny.yaml"), *words)
    return home
