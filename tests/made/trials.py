"""Trials recorded by hand through the tracker, each in the state that a test asks for."""

from harness.record.code import Code
from harness.record.result import TrialResult
from harness.record.tracker import Tracker
from harness.spec.states import State
from harness.store import Home
from harness.study.cells import Cell
from harness.study.load import Study

NO_CODE = Code()

SEEDS = """
name: {name}
seeds: {seeds}
base: {{fit: {{train_on: phantom, net: {{arch: tiny_unet, slices: 3}}, patch: 32}}}}
"""  # a trial for each seed


def tracker_through_client(home: Home) -> Tracker:
    """A home's database as a server would be asked: its address does not say that it is a file."""
    return Tracker(f"sqlite+pysqlite:///{home.database}", home)


def record_trial(
    tracker: Tracker,
    study: Study,
    cell: Cell,
    result: TrialResult,
) -> str | None:
    """Records what came of a trial for the first time."""
    return tracker.record(study, cell, result, NO_CODE, reason="new", start_over=False)


def record_state(tracker: Tracker, study: Study, cell: Cell, state: State) -> str:
    """A run of a trial that ended so, beside those that it may have."""
    run = record_trial(tracker, study, cell, TrialResult(state, metrics={"dice": 0.5}))
    assert run is not None
    return run
