"""Which runs stand in a grid of images: one for each arm, alike in everything else."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.ask.facts import levels_in, settings
from dashboard.read.records import StudyRuns
from dashboard.read.run_files import figures_of
from harness.record.database import Run
from harness.spec.repetitions import REPETITIONS
from harness.study.names import level_display_names

PREDICTION = "prediction"  # how the names of figures begin that have panels


@dataclass(frozen=True)
class ArmsOfCases:
    """Runs that differ in one factor alone: a run for each of its levels."""

    factor: str
    name: str  # what they have in common
    runs: dict[str, str]  # of each level, the id of its run


def arms_alike(study_runs: StudyRuns, runs: pd.DataFrame, factor: str) -> list[ArmsOfCases]:
    """Returns the sets of runs that differ in a factor alone, those with the most arms first."""
    paths = _paths_beside(study_runs, runs, factor)
    names: dict[str, dict[str, str]] = {}
    for path in paths:
        levels = runs[path].dropna().unique()
        names[path] = level_display_names(levels, path)
    sets: dict[tuple[str, ...], dict[str, str]] = {}
    for run in runs.dropna(subset=[factor]).to_dict("records"):
        words = tuple([names[path].get(run[path], "none") for path in paths])
        sets.setdefault(words, {}).setdefault(str(run[factor]), str(run["run"]))
    order = levels_in(study_runs, factor)
    names_of_sets = said_once(sets)
    alike = []
    for words, runs_of_levels in sets.items():
        name = names_of_sets[words] or "everything else"
        levels_in_order = [level for level in order if level in runs_of_levels]
        arms = {level: runs_of_levels[level] for level in levels_in_order}
        alike.append(ArmsOfCases(factor, name, arms))
    return sorted(alike, key=lambda arms: -len(arms.runs))


def said_once(lists: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], str]:
    """Returns each of these lists of words as a name that has no word twice, as of a seed and its
    draw; all words stand in it where it would be the name of two lists.
    """
    different = {}
    for words in lists:
        different[words] = tuple(dict.fromkeys(words))
    counts = Counter(different.values())
    names = {}
    for words, once in different.items():
        names[words] = " · ".join(once if counts[once] == 1 else words)
    return names


def _paths_beside(study_runs: StudyRuns, runs: pd.DataFrame, factor: str) -> list[str]:
    """Returns the settings that vary beside a factor, and are no options of its component."""
    component = factor.removesuffix(".name").removesuffix(".arch")
    paths = []
    for path in (*settings(study_runs), *REPETITIONS):
        is_of_factor = path == factor or path.startswith(f"{component}.")
        if path in runs and not is_of_factor and runs[path].nunique() > 1:
            paths.append(path)
    return paths


def cases_of(runs: Sequence[Run]) -> list[str]:
    """Returns the predictions that every one of these runs has drawn, in the order of the first."""
    of_runs = [figures_of(run) for run in runs]
    shared = []
    for name in of_runs[0]:
        if name.startswith(PREDICTION) and all(name in figures for figures in of_runs):
            shared.append(name)
    return shared
