"""A person who types harness in a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
OF_TESTS = ("HARNESS_HOME", "HARNESS_DATA", "HARNESS_NO_BUILD", "MLFLOW_TRACKING_URI")


def type_harness(folder: Path, *words: str, home: Path | None = None) -> str:
    """What a command prints on both streams, called in a folder; it must succeed.

    The folder is the home too, unless another is named.
    """
    process = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", *words],
        cwd=folder,
        env=user_environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.returncode == 0, process.stdout
    return process.stdout


def user_environment(home: Path | None = None) -> dict[str, str]:
    """The environment of a person for whom no test has set anything."""
    environment = {name: text for name, text in os.environ.items() if name not in OF_TESTS}
    environment["PYTHONPATH"] = str(ROOT)
    if home is not None:
        environment["HARNESS_HOME"] = str(home)
    return environment
