"""A study with a method outside the package, from the command line: workers run it, and an edit
trains again.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.spec.outside import VARIABLE
from harness.store import Home

METHOD = '''
from harness.components.methods import method
from harness.spec.options import Count, Loss, Optimiser, Schedule
from harness.train.phases import single


@method
def plain(
    net,
    data,
    *,
    epochs: Count = 1,
    loss: Loss = "ce",
    optimiser: Optimiser = "adam",
    schedule: Schedule = "constant",
):
    """The loss alone."""

    def step(batch):
        return loss(net(batch.source.images), batch.source.masks, data.source.ignore)

    yield single(
        "plain", net, step, epochs=epochs, lr=1e-3, optimiser=optimiser, schedule=schedule
    )
'''


def harness(*words: str) -> Any:
    """What a command prints for machines, in a process of its own."""
    command = [sys.executable, "-m", "harness.cli.main", *words, "--json"]
    process = subprocess.run(command, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def reasons(file: Path) -> dict[str, str]:
    """The levels of each trial that is to be run, and why."""
    plan = harness("plan", str(file))
    todo = [trial for trial in plan["trials"] if trial["action"] != "done"]
    return {trial["levels"]["fit.method"]: trial["reason"] for trial in todo}


@pytest.fixture
def study(home: Home, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The tiny study with one seed and two methods, one of them in a folder that HARNESS_COMPONENTS
    names.
    """
    folder = home.folder / "lab"
    folder.mkdir()
    (folder / "plain.py").write_text(METHOD)
    monkeypatch.setenv(VARIABLE, str(folder))
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    text = tiny.read_text().split("compare:")[0]
    text = text.replace("seeds: 2", "seeds: 1")
    text = text.replace("    method: {name: supervised, epochs: 2, lr: 1e-3}\n", "")
    text = text.replace("fit.method.loss: [bce_dice, ce]", "fit.method: [supervised, plain]")
    tiny.write_text(text)
    return tiny


def test_an_edit_of_the_file_trains_again_and_the_plan_says_why(study: Path) -> None:
    assert reasons(study) == {"supervised": "new", "plain": "new"}
    harness("run", str(study))
    assert reasons(study) == {}
    file = study.parent / "lab" / "plain.py"
    file.write_text(METHOD.replace("lr=1e-3", "lr=2e-3"))
    assert reasons(study) == {"plain": "code of plain changed"}
    file.write_text(METHOD)
    assert reasons(study) == {}
