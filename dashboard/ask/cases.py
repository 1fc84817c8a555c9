"""Which runs stand in a grid of images: one for each arm, alike in everything else."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.ask.facts import SEEDS, levels_in, settings
from dashboard.read.records import StudyRuns
from dashboard.read.run_files import figures_of
from harness.record.database import Run
from harness.spec.naming import short_names

PREDICTION = "prediction"  # how the names of figures begin that have panels


@dataclass(frozen=True)
class ArmsOfCases:
    """Runs that differ in one factor alone: a run for each of its levels."""

    name: str  # what they have in common
    runs: dict[str, str]  # of each level, the id of its run


def arms_alike(study_runs: StudyRuns, runs: pd.DataFrame, factor: str) -> list[ArmsOfCases]:
    """Returns the sets of runs that differ in a factor alone, those with the most arms first."""
    component = factor.removesuffix(".name").removesuffix(".arch")
    paths = [path for path in (*settings(study_runs), *SEEDS) if path in runs]
    paths = [path for path in paths if path != factor and not path.startswith(f"{component}.")]
    paths = [path for path in paths if runs[path].nunique() > 1]
    order = {level: rank for rank, level in enumerate(levels_in(study_runs, factor))}
    sets: dict[str, dict[str, str]] = {}
    names = {path: short_names(runs[path].dropna().unique(), path) for path in paths}
    for run in runs.dropna(subset=[factor]).to_dict("records"):
        words = [names[path].get(run[path], "none") for path in paths]
        levels = sets.setdefault(" · ".join(words) or "everything else", {})
        levels.setdefault(str(run[factor]), str(run["run"]))
    alike = []
    for name, levels in sets.items():
        ordered = sorted(levels.items(), key=lambda item: order.get(item[0], len(order)))
        alike.append(ArmsOfCases(name, dict(ordered)))
    return sorted(alike, key=lambda arms: -len(arms.runs))


def cases_of(runs: Sequence[Run]) -> list[str]:
    """Returns the predictions that every one of these runs has drawn, in the order of the first."""
    of_runs = [figures_of(run) for run in runs]
    shared = []
    for name in of_runs[0]:
        if name.startswith(PREDICTION) and all(name in figures for figures in of_runs):
            shared.append(name)
    return shared
