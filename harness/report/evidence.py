"""What the records of a study's runs say beside its numbers: machines, packages, times, curves."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.record.database import Run
from harness.record.files_of_run import file_of_run, files_of_runs
from harness.record.tracker import Tracker
from harness.spec.states import State
from harness.store import read_json

FIT_TAG = "harness.fit"
MOST_CURVES = 60  # fits whose histories are read; a figure with more lines shows nothing

Epochs = Sequence[Mapping[str, Any]]  # a row for each epoch of a fit


@dataclass(frozen=True)
class Evidence:
    """The runs that a study's numbers stand on, and what their records say of themselves."""

    runs: Sequence[Run] = ()
    results: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # run -> result.json
    packages: Mapping[str, str] = field(default_factory=dict)  # of the newest run that says them
    histories: Mapping[str, Epochs] = field(default_factory=dict)  # run -> the epochs of its fit

    @property
    def fits(self) -> dict[str, Mapping[str, Any]]:
        """What each fit says of itself, once for all the trials that share it."""
        fits: dict[str, Mapping[str, Any]] = {}
        for run in self.runs:
            result = self.results.get(run.id)
            if result is not None:
                fits.setdefault(run.tags.get(FIT_TAG, run.key), result["fit"])
        return fits


NO_EVIDENCE = Evidence()


def read_evidence(tracker: Tracker, runs: Sequence[Run]) -> Evidence:
    """Reads the records of runs; one that lacks some, as those of an earlier version may, says
    less.
    """
    finished = [run for run in runs if run.state == State.FINISHED]
    results = {}
    for run_id, path in files_of_runs(tracker, finished, "result.json").items():
        results[run_id] = read_json(path)
    histories = {}
    for run in _one_for_each_fit(finished)[:MOST_CURVES]:
        path_of_epochs = file_of_run(tracker, run, "history.json")
        if path_of_epochs is not None:
            histories[run.id] = read_json(path_of_epochs)
    return Evidence(tuple(runs), results, _packages(tracker, finished), histories)


def _one_for_each_fit(runs: Sequence[Run]) -> list[Run]:
    """The first run of each fit."""
    first: dict[str, Run] = {}
    for run in runs:
        first.setdefault(run.tags.get(FIT_TAG, run.key), run)
    return list(first.values())


def _packages(tracker: Tracker, runs: Sequence[Run]) -> dict[str, str]:
    """The packages with their versions, of the newest run that has them."""
    for run in reversed(runs):
        path = file_of_run(tracker, run, "packages.txt")
        if path is not None:
            lines = path.read_text(encoding="utf-8").splitlines()
            return dict(line.split("==", 1) for line in lines if "==" in line)
    return {}


def evidence_value(evidence: Evidence) -> str:
    """The records as JSON, for who packs them."""
    return json.dumps(dict(evidence.results), indent=1)
