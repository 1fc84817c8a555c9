"""The finished table crossed by two factors, for heat maps: the means that the tables of a report have."""

import re
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.ask.answers import apart, facts, levels_here, version
from dashboard.read.records import Found, Unreadable, study_of
from harness.judge.arms import Layout, TrialPlace, layout
from harness.judge.tables import Means, means
from harness.spec.naming import level_of_text, short
from harness.study.comparison import Comparison, Unit
from harness.study.load import Study

KNOWN = {"metric", "value", "image", "group", "seed", "fold", "run"}
COLUMNS = ["down", "across", "value", "n"]
Paths = tuple[str, str]


def crossed(
    found: Found, metric: str, paths: Paths, where: Mapping[str, str] | None = None
) -> pd.DataFrame:
    """Cells `down`, `across`, `value`, `n`: the mean over units, as a table of the study has it, and their number."""
    confined = tuple(sorted((where or {}).items()))
    averages = _means(version(found), metric, paths, confined, found)
    down, across = (_ranks(found, path) for path in paths)
    cells: list[tuple[str, str, float, int]] = []
    for levels, entry in averages.entries.items():
        row, column = (level_of_text(level) for level in levels)
        if (
            row in down and column in across
        ):  # a trial without such a setting stands at no level of it
            cells.append((row, column, entry.mean, entry.n))
    cells.sort(key=lambda cell: (across[cell[1]], down[cell[0]]))
    table = pd.DataFrame(cells, columns=COLUMNS)
    for name in ("down", "across"):
        table[name] = table[name].map(short(dict.fromkeys(table[name])))
    return table


def _ranks(found: Found, path: str) -> dict[str, int]:
    """The levels of a setting or dimension, each with its rank."""
    return {level_of_text(level): rank for rank, level in enumerate(levels_here(found, path))}


@st.cache_resource(max_entries=64, show_spinner=False)
def _means(
    version: tuple[object, ...],
    metric: str,
    paths: Paths,
    where: tuple[tuple[str, str], ...],
    _found: Found,
) -> Means:
    unit = unit_of(_found, metric)
    question = Comparison(f"{metric} crossed", unit, metric, within=list(paths), where=dict(where))
    study = _study_behind(_found)
    laid = (
        layout(study, question)
        if study is not None
        else _layout_of_runs(_found, paths, dict(where))
    )
    return means(laid, question, _found.runs, _found.rows)


def _study_behind(found: Found) -> Study | None:
    """The study file that plans these runs; None where it is gone, or plans none of them any more."""
    try:
        planned = facts(found).planned
        study = study_of(found)
    except Unreadable:
        return None
    return study if planned & set(found.runs["trial"]) else None


def unit_of(found: Found, metric: str) -> Unit:
    """What a mean is over: the unit of the study, but a network where the metric has none of its images or patients."""
    network: Unit = "fold" if _has(found.rows, "fold") else "seed"
    if _study_behind(found) is None:
        return network
    usual: Unit = facts(found).units[0]
    column = {"image": "image", "patient": "group"}.get(usual)
    if column is None:
        return usual
    return usual if _has(found.rows[found.rows["metric"] == metric], column) else network


def _has(rows: pd.DataFrame, column: str) -> bool:
    return column in rows.columns and bool(rows[column].notna().any())


def _layout_of_runs(found: Found, paths: Paths, where: dict[str, str]) -> Layout:
    """Where each recorded trial stands, for runs whose study file is gone: what is recorded is all that was planned."""
    settings_of_runs = [path for path in paths if path not in found.rows.columns]
    runs = found.runs.dropna(subset=settings_of_runs)
    for path, level in where.items():
        runs = runs[runs[path] == level]
    trials = []
    for run in runs.to_dict("records"):
        stratum = tuple(str(run[path]) for path in settings_of_runs)
        fold = re.match(r"\d+", str(run.get("fit.fold")))
        number = int(fold.group()) if fold else None
        trials.append(
            TrialPlace(
                run["trial"],
                stratum,
                (),
                "",
                int(run["fit.seed"]),
                number,
                str(run.get("test_on")),
                (),
            )
        )
    dimensions = tuple(path for path in paths if path not in settings_of_runs)
    return Layout(trials, paths, arm_paths=(), point_path=None, dimensions=dimensions)


def settings(found: Found) -> list[str]:
    """The settings that vary over the runs, also where there is no study file."""
    paths = apart(dict.fromkeys(path for run in found.recorded for path in run.levels))
    return [p for p in paths if len(levels_here(found, p)) > 1]


def row_dimensions(found: Found, metric: str | None = None) -> list[str]:
    """What the rows (of a metric) are told apart by, beside the settings."""
    rows = found.rows if metric is None else found.rows[found.rows["metric"] == metric]
    return [c for c in rows.columns if c not in KNOWN and rows[c].nunique() > 1]
