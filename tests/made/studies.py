"""A study small enough to be run in a test, and how tests edit, plan, run and start it."""

import subprocess
import sys
from pathlib import Path

from harness.record.database import Run
from harness.record.tracker import Tracker, uri
from harness.run.carry_out import RunSummary, run
from harness.run.engines import inline
from harness.run.plan import Plan, plan
from harness.spec.states import State
from harness.store import Home
from harness.study.load import load_study

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


def tracker_of(home: Home) -> Tracker:
    return Tracker(uri(home), home)


def edit(file: Path, old: str, new: str) -> None:
    """Replaces a text in a study file, which must be there."""
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def plan_of(file: Path, home: Home, retry: str | None = None) -> Plan:
    """The plan of a study file against what its home holds."""
    study = load_study(file)
    runs = tracker_of(home).runs()
    return plan(study, home, runs, retry)


def run_study(file: Path, home: Home, retry: str | None = None) -> RunSummary:
    """Runs what is missing of a study file in this process."""
    tracker = tracker_of(home)
    tracker.prepare()
    study_plan = plan_of(file, home, retry)
    executor = inline(home.folder, "cpu")
    return run(study_plan, home, tracker, executor, lambda progress, outcome: None)


def work_of(study_plan: Plan) -> dict[str, int]:
    """How many fits a plan trains, and how many trials it runs or records."""
    fits = study_plan.training
    trials = study_plan.todo
    return {"fits": len(fits), "trials": len(trials)}


def runs_in_state(home: Home, state: State) -> list[Run]:
    """The recorded runs of all studies that ended so."""
    runs = tracker_of(home).runs()
    return [run for run in runs if run.state == state]


def start(file: Path, *words: str) -> "subprocess.Popen[str]":
    """Starts `harness run` for a study file in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", "run", str(file), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
