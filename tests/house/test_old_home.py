"""What version 0.1 has recorded is found by every later version: its runs, its weights, its
measurements, its keys.

`data/home_of_0_1.tar.gz` is a home as that version (commit 5ac7701) left it: `study.yaml`,
`.harness` and `mlflow.db`. Taken out of it were the phantoms, which are drawn again, the logs and
locks, and the figures of all runs but one. `data/keys_of_0_1.json` has the keys that `harness plan
--json` of the same version gave to the studies that shipped, as far as they need no files;
`skips_of_0_1.yaml` is one of them as it was then, and `studies/skips.yaml` has the keys of the
study that took its place. A test that fails here says that work which people have would be done
again.
"""

import json
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).parent
ROOT = Path(__file__).parents[2]
KEYS: dict[str, dict[str, list[str]]] = json.loads((DATA / "keys_of_0_1.json").read_text())

FITS = [
    "503b5d50ac22597c3c2d",
    "60de043921c0f24ac27c",
    "74e82183e6dd7628a13d",
    "a38722e54f53556393a3",
    "cc13e573fbc28ba25c92",
]
TRIALS = [
    "0ae23eaa69acabd98148",
    "117a404492028a5fc3d1",
    "1ffb6ebc9833d255f23b",
    "254bb9b3260a3abdcd0c",
    "69a73f8a739a439fbd21",
    "717c9492cb0ed6584feb",
    "a457b031db17e0116d96",
    "f8d59d33dc36b7c80f72",
]
# Of both comparisons, the values of seeds 0 and 1 that version 0.1 wrote into
# reports/study/values.csv.
VALUES = {
    ("start", "random"): [0.0837131076388889, 0.41628689236111116],
    ("start", "kasthuri"): [0.0837131076388889, 0.08929508369674352],
    ("strength", "random"): [0.7410812973976135, 0.6439078971743584],
    ("strength", "kasthuri"): [0.7194597870111465, 0.7334743365645409],
}


def harness(home: Path, command: str, file: Path) -> Any:
    """What a command prints for machines, in a process of its own."""
    environment = {**os.environ, "HARNESS_HOME": str(home)}
    for variable in ("MLFLOW_TRACKING_URI", "HARNESS_DATA"):
        environment.pop(variable, None)
    process = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", command, str(file), "--json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.fixture
def old_home(tmp_path: Path) -> Path:
    with tarfile.open(DATA / "home_of_0_1.tar.gz") as archive:
        archive.extractall(tmp_path, filter="data")
    return tmp_path / "home_of_0_1"


def actions(plan: dict[str, Any]) -> dict[str, str]:
    actions_by_key = {}
    for trial in plan["trials"]:
        actions_by_key[trial["key"]] = trial["action"]
    return actions_by_key


def test_nothing_of_an_old_study_is_done_again(old_home: Path) -> None:
    plan = harness(old_home, "plan", old_home / "study.yaml")
    assert actions(plan) == dict.fromkeys(TRIALS, "done")
    assert plan["fits"] == []
    assert plan["seconds"] == 0


def test_old_measurements_are_recorded_without_the_database(old_home: Path) -> None:
    (old_home / "mlflow.db").unlink()
    plan = harness(old_home, "plan", old_home / "study.yaml")
    assert actions(plan) == dict.fromkeys(TRIALS, "record")
    assert plan["fits"] == []


def test_old_weights_are_measured_without_training(old_home: Path) -> None:
    (old_home / "mlflow.db").unlink()
    shutil.rmtree(old_home / ".harness" / "trials")
    plan = harness(old_home, "plan", old_home / "study.yaml")
    assert actions(plan) == dict.fromkeys(TRIALS, "run")
    assert {fit["key"]: fit["cached"] for fit in plan["fits"]} == dict.fromkeys(FITS, True)


def test_an_old_fit_that_is_lost_is_trained_again(old_home: Path) -> None:
    (old_home / "mlflow.db").unlink()
    shutil.rmtree(old_home / ".harness" / "trials")
    shutil.rmtree(old_home / ".harness" / "fits" / FITS[0])
    plan = harness(old_home, "plan", old_home / "study.yaml")
    assert {fit["key"] for fit in plan["fits"] if not fit["cached"]} == {FITS[0]}


def test_the_table_of_an_old_study_has_the_rows_it_had(old_home: Path) -> None:
    verdicts = harness(old_home, "compare", old_home / "study.yaml")
    assert verdicts["states"]["finished"] == verdicts["states"]["planned"] == len(TRIALS)
    values = {}
    for verdict in verdicts["verdicts"]:
        for arm in verdict["arms"]:
            sample = arm["sample"]
            assert sample["units"] == ["seed 0", "seed 1"]
            values[verdict["comparison"]["name"], arm["name"]] = sample["values"]
    assert values.keys() == VALUES.keys()
    for arm_of, expected in VALUES.items():
        assert values[arm_of] == pytest.approx(expected, rel=1e-12), arm_of


@pytest.mark.parametrize("file", sorted(KEYS))
def test_a_study_that_ships_has_the_keys_it_had(file: str, tmp_path: Path) -> None:
    plan = harness(tmp_path, "plan", ROOT / file)
    trials = [trial["key"] for trial in plan["trials"]]
    fits = [fit["key"] for fit in plan["fits"]]
    recorded = KEYS[file]
    assert sorted(trials) == recorded["trials"]
    assert sorted(fits) == recorded["fits"]
