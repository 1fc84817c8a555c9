"""The curves of many runs beside each other, each at the level of a factor."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from dashboard.ask.run_table import RUN
from dashboard.read.numbers import curves_of_runs, running_runs
from dashboard.read.records import StudyRuns
from harness.spec.naming import level_of_text

ONLY_LEVEL = "all"  # where no factor tells the curves apart


class CurveRun(NamedTuple):
    """A run whose curve may be drawn: what it is called, and its level of the factor."""

    id: str
    name: str
    level: str
    is_running: bool


def runs_with_curves(
    study_runs: StudyRuns, runs: pd.DataFrame, factor: str | None
) -> list[CurveRun]:
    """Returns the runs that have ended, and those on their way; each at its level of a factor."""
    drawn = []
    for run in runs.to_dict("records"):
        level = ONLY_LEVEL if factor is None else str(run.get(factor, "none"))
        drawn.append(CurveRun(str(run[RUN]), str(run["name"]), level, False))
    ended = {run.id for run in study_runs.recorded if run.status != "RUNNING"}
    for open_run in running_runs(study_runs.name):
        if open_run.id not in ended:
            level = _level_of(open_run.levels, factor)
            drawn.append(CurveRun(open_run.id, open_run.name, level, True))
    return drawn


def _level_of(levels: Mapping[str, str], factor: str | None) -> str:
    """Returns the level of a factor among those of a run; also of a component's bare name."""
    if factor is None:
        return ONLY_LEVEL
    if factor in levels:
        return level_of_text(levels[factor])
    component = levels.get(factor.rpartition(".")[0], "none")
    return component.split("(")[0]


def spread_over_levels(runs: Sequence[CurveRun], most: int) -> list[CurveRun]:
    """Returns at most so many runs, those on their way first and as many of each level."""
    of_level: dict[str, list[CurveRun]] = {}
    for run in sorted(runs, key=lambda run: not run.is_running):
        of_level.setdefault(run.level, []).append(run)
    queues = list(of_level.values())
    first: list[CurveRun] = []
    rank = 0
    while len(first) < most and any(len(queue) > rank for queue in queues):
        first += [queue[rank] for queue in queues if len(queue) > rank]
        rank += 1
    return first[:most]


def curve_table(runs: Sequence[CurveRun], metric: str, names: Mapping[str, str]) -> pd.DataFrame:
    """Returns the points of the curves: `run`, `step`, `value`, `level`, `name`, `runs`.

    `names` are those of the levels as the chart calls them.
    """
    table = curves_of_runs([run.id for run in runs], metric).dropna(subset=["value"])
    level_of = {}
    name_of = {}
    for run in runs:
        level_of[run.id] = names[run.level]
        name_of[run.id] = run.name
    ids = table["run"]
    return table.assign(level=ids.map(level_of), name=ids.map(name_of), runs=ids)


def mean_curves(table: pd.DataFrame) -> pd.DataFrame:
    """Returns a curve for each level: the mean of its runs at each epoch, and their range."""
    groups = table.groupby(["level", "step"], sort=False)["value"]
    means = groups.agg(["mean", "min", "max", "size"]).reset_index()
    return means.rename(columns={"min": "low", "max": "high", "size": "n"})
