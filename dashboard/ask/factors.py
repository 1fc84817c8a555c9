"""The finished table crossed by two factors, for heat maps: the means that a report's table has."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd
import streamlit as st

from dashboard.ask.facts import facts, levels_in
from dashboard.ask.names import level_names
from dashboard.read.database import Unreadable, tracker
from dashboard.read.records import StudyRuns
from dashboard.read.study_file import file_of, study_of
from harness.judge.arms import Layout, TrialPlace, lay_out
from harness.judge.tables import Means, means
from harness.spec.naming import is_number, level_of_text
from harness.spec.repetitions import FOLD, SEED
from harness.study.comparison import Comparison, Unit
from harness.study.load import Study

COLUMNS = ["down", "across", "value", "n"]
Paths = tuple[str, str]
Where = tuple[tuple[str, str], ...]  # settings, and the level that each is confined to


def crossed_means(
    study_runs: StudyRuns,
    metric: str,
    paths: Paths,
    where: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Returns cells `down`, `across`, `value`, `n` of two factors.

    The value is the mean over units, as a table of the study has it, and n is their number.
    """
    confined = tuple(sorted((where or {}).items()))
    averages = _means(_means_key(study_runs), metric, paths, confined, study_runs)
    down, across = (_ranks(study_runs, path) for path in paths)
    cells: list[tuple[str, str, float, int]] = []
    for levels, entry in averages.entries.items():
        row, column = (level_of_text(level) for level in levels)
        # a trial without such a setting stands at no level of it
        if row in down and column in across:
            cells.append((row, column, entry.mean, entry.n))
    cells.sort(key=lambda cell: (across[cell[1]], down[cell[0]]))
    table = pd.DataFrame(cells, columns=COLUMNS)
    for name, path in zip(("down", "across"), paths, strict=True):
        table[name] = table[name].map(_axis_labels(study_runs, path, table[name]))
    return table


def _axis_labels(study_runs: StudyRuns, path: str, levels: Iterable[str]) -> dict[str, str]:
    """Returns what stands at an axis for each level: numbers as they are, for the axis has a
    title.
    """
    distinct = list(dict.fromkeys(levels))
    labels = level_names(study_runs, path, distinct)
    labels.update({level: level for level in distinct if is_number(level)})
    return labels


def _ranks(study_runs: StudyRuns, path: str) -> dict[str, int]:
    """Returns the levels of a setting or dimension, each with its rank."""
    levels = levels_in(study_runs, path)
    return {level_of_text(level): rank for rank, level in enumerate(levels)}


def _means_key(study_runs: StudyRuns) -> tuple[object, ...]:
    """Returns what a mean depends on: the runs, and the study file where it can be read."""
    runs_key = (tracker().uri, study_runs.name, study_runs.version)
    try:
        return (*runs_key, file_of(study_runs))
    except Unreadable:
        return runs_key


@st.cache_resource(max_entries=64, show_spinner=False)
def _means(
    key: tuple[object, ...],
    metric: str,
    paths: Paths,
    where: Where,
    _study_runs: StudyRuns,
) -> Means:
    """Averages over everything but the two factors; `key` tells the cache when to do it again."""
    unit = unit_of(_study_runs, metric)
    name = f"{metric} crossed"
    question = Comparison(name, unit, metric, within=list(paths), where=dict(where))
    study = _study_behind(_study_runs)
    if study is not None:
        trial_layout = lay_out(study, question)
    else:
        trial_layout = _layout_of_runs(_study_runs, paths, dict(where))
    return means(trial_layout, question, _study_runs.runs, _study_runs.rows)


def _study_behind(study_runs: StudyRuns) -> Study | None:
    """Returns the study file that plans these runs; None where it is gone or plans none of them."""
    try:
        planned = facts(study_runs).planned
        study = study_of(study_runs)
    except Unreadable:
        return None
    recorded = study_runs.runs["trial"].to_numpy()
    return None if planned.isdisjoint(recorded) else study


def unit_of(study_runs: StudyRuns, metric: str) -> Unit:
    """Returns the unit that a mean is over: that of the study.

    It is a network where the metric has none of the study's images or patients.
    """
    return _find_unit(_means_key(study_runs), metric, study_runs)


@st.cache_resource(max_entries=64, show_spinner=False)
def _find_unit(key: tuple[object, ...], metric: str, _study_runs: StudyRuns) -> Unit:
    """Finds it; `key` tells the cache when to do it again."""
    del key
    study_runs = _study_runs
    network: Unit = "fold" if _has_values(study_runs.rows, "fold") else "seed"
    if _study_behind(study_runs) is None:
        return network
    usual: Unit = facts(study_runs).units[0]
    if usual == "image":
        column = "image"
    elif usual == "patient":
        column = "group"
    else:
        return usual
    rows = study_runs.rows[study_runs.rows["metric"] == metric]
    return usual if _has_values(rows, column) else network


def _has_values(rows: pd.DataFrame, column: str) -> bool:
    if column not in rows.columns:
        return False
    return bool(rows[column].notna().any())


def _layout_of_runs(study_runs: StudyRuns, paths: Paths, where: Mapping[str, str]) -> Layout:
    """Returns where each recorded trial stands, for runs whose study file is gone.

    What is recorded then counts as all that was planned.
    """
    settings_of_runs = [path for path in paths if path not in study_runs.rows.columns]
    runs = study_runs.runs.dropna(subset=settings_of_runs)
    for path, level in where.items():
        runs = runs[runs[path] == level]
    trial_places = []
    for run in runs.to_dict("records"):
        fold = re.match(r"\d+", str(run.get(FOLD)))
        trial_place = TrialPlace(
            trial=run["trial"],
            stratum=tuple(str(run[path]) for path in settings_of_runs),
            arm=(),
            point="",
            seed=int(run[SEED]),
            fold=int(fold.group()) if fold else None,
            test_on=str(run.get("test_on")),
            rest=(),
        )
        trial_places.append(trial_place)
    dimensions = tuple(path for path in paths if path not in settings_of_runs)
    return Layout(trial_places, paths, arm_paths=(), point_path=None, dimensions=dimensions)
