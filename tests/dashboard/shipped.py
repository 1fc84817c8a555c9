"""The shipped studies as the pages see them: their own files, with a few made-up results."""

from pathlib import Path
from typing import Any

import numpy as np

from harness.record.tracker import Tracker, uri
from harness.spec.values import Part, Trial
from harness.store import Home
from harness.study.load import load_study
from tests.made.recorded import fill

STUDIES = Path(__file__).resolve().parents[2] / "studies"
WHOLE_SHIFTS = "skips_levels"  # its axis `perturb` is one list of perturbations
PHANTOM_STUDIES = (  # they read no files, so that their trials are planned anywhere
    *("ranking", "risk_map", "saliency", "saliency_control", "saliency_inits"),
    *("skips", WHOLE_SHIFTS, "smoke", "styles", "uda"),
)
SEEDS = 2  # of each cell that are recorded
LEVELS = ["1", "2", "3"]  # of a dimension that the study does not spell out
IMAGES = ["test-000", "test-001"]


def fill_shipped_study(home: Home, name: str) -> None:
    """Records the first seeds of a shipped study, with rows as its own probes declare them."""
    if not home.database.exists():
        Tracker(uri(home), home).prepare()
    study = load_study(STUDIES / f"{name}.yaml")
    seeds = sorted({cell.trial.fit.seed for cell in study.cells})

    def of_the_first_seeds(trial: Trial) -> str:
        """The state of a trial: those of later seeds have not run yet."""
        return "finished" if trial.fit.seed in seeds[:SEEDS] else "missing"

    fill(home, study, rows_of_probes, state=of_the_first_seeds)


def rows_of_probes(trial: Trial, rng: np.random.Generator) -> dict[str, Any]:
    """A few rows of every metric that the probes of a trial declare, with their dimensions."""
    rows: list[dict[str, Any]] = []
    for probe in trial.probes:
        for metric in probe.component.facts.metrics:
            rows += _rows_of_metric(probe, metric)
    names: dict[str, None] = {}
    for row in rows:
        names.update(dict.fromkeys(row))
    columns: dict[str, Any] = {}
    for name in names:
        columns[name] = [row.get(name) for row in rows]
    columns["value"] = rng.random(len(rows)).tolist()
    return columns


def _rows_of_metric(probe: Part, metric: str) -> list[dict[str, Any]]:
    """Rows of one metric: of each level of each of its dimensions, or of each image."""
    rows: list[dict[str, Any]] = []
    for dimension in probe.component.facts.dimensions:
        levels = probe.options.get(f"{dimension}s")
        if not isinstance(levels, tuple | list):
            levels = LEVELS
        for level in levels:
            rows.append({"metric": metric, "image": None, "group": None, dimension: str(level)})
    if not rows:
        rows = [{"metric": metric, "image": image, "group": "volume"} for image in IMAGES]
    return rows
