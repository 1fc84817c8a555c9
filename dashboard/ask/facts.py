"""What a study offers to ask about: its settings with their levels, its metrics and dimensions."""

from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.read.database import Unreadable
from dashboard.read.records import StudyRuns
from dashboard.read.study_file import file_of, study_of
from harness.judge.positions import NO_DIMENSIONS
from harness.spec.naming import is_number, level_name
from harness.spec.repetitions import REPETITIONS
from harness.study.comparison import Unit
from harness.study.levels import grid_paths, levels_of, measured_in
from harness.study.load import Study

SHIFT = "perturb"  # the axis of whole perturbations, each with its options
KIND = "perturb.name"
STRENGTH = "perturb.strength"


@dataclass(frozen=True)
class Facts:
    """What a study file offers to ask about; ten thousand cells take a second to look through."""

    levels: dict[str, list[str]]  # of each setting that varies
    levels_of_shift: dict[str, list[str]]  # of kind and strength, also of whole perturbations
    measured: dict[str, set[str]]  # metrics, each with the dimensions of its rows
    units: list[Unit]  # of replication, that of the first comparison first
    planned: frozenset[str]  # trials


def facts(study_runs: StudyRuns) -> Facts:
    """Returns what the study file behind the runs offers; `Unreadable` where there is no file."""
    study = study_of(study_runs)
    path, changed = file_of(study_runs)
    return _read_facts((path, changed, len(study.cells)), study_runs.name, study)


@st.cache_resource(max_entries=16, show_spinner=False)
def _read_facts(file: tuple[str, int, int], name: str, _study: Study) -> Facts:
    """Looks through the cells of a study; `file` tells the cache when to do it again.

    A search has cells once it is over, so that their number belongs to it.
    """
    grid = _study.expansion
    axes = grid_paths(grid)
    paths = as_factors(axes)
    paths += [path for path in axes if path not in REPETITIONS]
    levels: dict[str, list[str]] = {}
    for path in paths:
        if path not in levels:
            levels[path] = levels_of(grid, path)
    planned = frozenset(cell.trial.key for cell in _study.cells)
    levels_of_shift = {path: levels_of(grid, path) for path in (KIND, STRENGTH)}
    return Facts(levels, levels_of_shift, measured_in(grid), _units(_study), planned)


def _units(study: Study) -> list[Unit]:
    """Returns the units that a question may be about, that of the first comparison first."""
    units: list[Unit] = ["seed", "image", "patient"]
    if any(cell.trial.fit.fold is not None for cell in study.cells):
        units.insert(1, "fold")
    usual = study.compare[0].unit if study.compare else "seed"
    return sorted(units, key=lambda unit: unit != usual)


def factors(study_runs: StudyRuns) -> list[str]:
    """Returns the settings of the study file that vary; seeds and folds are no factors."""
    levels = facts(study_runs).levels
    return [path for path in as_factors(levels) if len(levels.get(path, ())) > 1]


def settings(study_runs: StudyRuns) -> list[str]:
    """Returns the settings that vary over the runs, also where there is no study file."""
    paths = as_factors(study_runs.axes)
    return [path for path in paths if len(levels_in(study_runs, path)) > 1]


def as_factors(axes: Iterable[str]) -> list[str]:
    """Returns the factors that axes are: seeds and folds are none.

    Beside an axis of its options, a component counts by its bare name alone.
    """
    paths = [path for path in axes if path not in REPETITIONS]
    factors: dict[str, None] = {}
    for path in paths:
        if _has_option_axis(path, paths):
            factors[_name_path(path)] = None
        else:
            factors[path] = None
    return list(factors)


def _has_option_axis(path: str, axes: Collection[str]) -> bool:
    """Whether one of the axes is an option of the component at this path."""
    name_path = _name_path(path)
    inner_axes = [axis for axis in axes if axis.startswith(f"{path}.")]
    return any(axis != name_path for axis in inner_axes)


def _name_path(path: str) -> str:
    """Returns the path at which the bare name of a component stands."""
    return f"{path}.arch" if path.endswith("net") else f"{path}.name"


def dimensions(study_runs: StudyRuns, metric: str) -> list[str]:
    """Returns what tells rows of a metric apart beside the settings, by the study file: a layer."""
    return sorted(facts(study_runs).measured.get(metric, ()))


def row_dimensions(study_runs: StudyRuns, metric: str | None = None) -> list[str]:
    """Returns what tells the measured rows (of a metric) apart, beside the settings."""
    rows = study_runs.rows
    if metric is not None:
        rows = rows[rows["metric"] == metric]
    dimensions = [column for column in rows.columns if column not in NO_DIMENSIONS]
    return [column for column in dimensions if rows[column].nunique() > 1]


def metrics(study_runs: StudyRuns) -> list[str]:
    """Returns the metrics that were measured, those of the declared comparisons first."""
    if not len(study_runs.rows):
        return []
    measured = list(study_runs.rows["metric"].unique())
    first: dict[str, None] = {}
    with suppress(Unreadable):
        for comparison in study_of(study_runs).compare:
            first.update(dict.fromkeys(comparison.metrics))
    return list(dict.fromkeys([metric for metric in first if metric in measured] + measured))


def levels_in(study_runs: StudyRuns, path: str) -> list[str]:
    """Returns the levels of a setting or a dimension: numbers by size, else as the study has them.

    Where the study file is gone, they are those of the runs and rows.
    """
    levels = _planned_levels(study_runs, path) or _recorded_levels(study_runs, path)
    if all(is_number(level) for level in levels):
        return sorted(levels, key=float)
    return levels


def _planned_levels(study_runs: StudyRuns, path: str) -> list[str]:
    try:
        offered = facts(study_runs)
    except Unreadable:
        return []
    return offered.levels.get(path) or offered.levels_of_shift.get(path, [])


def _recorded_levels(study_runs: StudyRuns, path: str) -> list[str]:
    if path in study_runs.runs.columns:
        return [str(level) for level in _distinct(study_runs.runs[path])]
    if path in study_runs.rows.columns and path not in ("seed", "fold", "run"):
        return [level_name(level) for level in _distinct(study_runs.rows[path])]
    return []


def _distinct(column: pd.Series) -> list[object]:
    return list(column.dropna().unique())
