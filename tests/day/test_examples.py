"""Every file in examples/ does what it says."""

import runpy
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.spec.values import Trial
from harness.store import Home
from tests.made.cells_pictures import write_cells
from tests.made.recorded import fill, scores, study_at
from tests.made.studies import edit
from tests.made.user import type_harness

EXAMPLES = Path(__file__).parents[2] / "examples"

# A file -> where it is run; a new example needs a line and a test.
TESTED = {
    "comparisons.yaml": "tests/cli/test_judge.py",
    "scores.csv": "tests/cli/test_judge.py",
    "load_network.py": "tests/record/test_mlflow_page.py",
    "my_study.yaml": __file__,
    "lab/my_method.py": __file__,
    "own_data.yaml": __file__,
    "read_table.py": __file__,
    "make_stack.py": "tests/cli/test_init.py",
}


def test_every_example_is_run_by_a_test() -> None:
    files = [path for path in EXAMPLES.rglob("*") if path.is_file()]
    names = {
        path.relative_to(EXAMPLES).as_posix() for path in files if "__pycache__" not in path.parts
    }
    assert names <= set(TESTED), "an example that no test runs"


STARTS = """
name: starts
seeds: 2
base: {fit: {train_on: phantom, net: {arch: tiny_unet, slices: 3}, patch: 32}}
grid:
  fit.init: [random, {name: trained, label: another, fit: {train_on: phantom}}]
"""


def dice_of(trial: Trial) -> float:
    return 0.8 if trial.fit.init.name == "trained" else 0.5


def test_a_table_is_read_in_python(
    home: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(home, study_at(home, STARTS), scores(dice_of))
    monkeypatch.setattr(sys, "argv", ["read_table.py", "starts"])
    runpy.run_path(str(EXAMPLES / "read_table.py"), run_name="__main__")
    head, *lines = capsys.readouterr().out.splitlines()
    assert head == "fit.init,0,1"
    values = {line.split(",")[0]: float(line.split(",")[1]) for line in lines}
    assert values["another"] == pytest.approx(0.8, abs=0.05)
    assert values["random"] == pytest.approx(0.5, abs=0.05)


def test_a_study_on_pictures_of_ones_own_is_planned(home: Home) -> None:
    write_cells(home.folder, 20, side=128)
    result = CliRunner().invoke(app, ["plan", str(EXAMPLES / "own_data.yaml")])
    assert result.exit_code == 0, result.output
    assert "12 trials" in result.output


@pytest.mark.slow
def test_the_study_with_a_method_of_ones_own_is_answered(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES, tmp_path / "examples")
    output = type_harness(tmp_path, "run", "examples/my_study.yaml")
    assert "12 finished" in output
    assert "head first" in type_harness(tmp_path, "compare", "examples/my_study.yaml")


@pytest.mark.slow
def test_the_study_on_pictures_of_ones_own_is_answered(tmp_path: Path) -> None:
    write_cells(tmp_path, 20, side=128)
    file = tmp_path / "own_data.yaml"
    file.write_text((EXAMPLES / "own_data.yaml").read_text())
    edit(file, "epochs: 20", "epochs: 1")  # minutes less; what is learned is no matter here
    edit(file, "of: imagenet", "of: photos")  # no test waits for a hub
    output = type_harness(tmp_path, "run", "own_data.yaml")
    assert "12 finished" in output
    assert "answer:" in output
