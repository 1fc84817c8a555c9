"""Rows of a metric, each with its position in a comparison and its unit.

A frame numbers its positions, for numbers are grouped sooner than levels; a list beside it says
which is which.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from harness.judge.arms import Layout, Levels
from harness.judge.beside import lacks_dimension
from harness.spec.columns import ROW_COLUMNS
from harness.spec.naming import is_number, level_name
from harness.study.comparison import Comparison

# Columns that are added to the rows: no dimension of a probe has a name with a space.
POSITION = "position in the comparison"
PLANNED = "planned position"
BASE = "planned unit"
UNIT = "unit of the value"
NETWORK = "network of the value"
FIT = "fit of the value"
PART = "part of a network"
PLACE = "place in the grid"
NO_DIMENSIONS = (*ROW_COLUMNS, "run", "trial", "test_on")
ADDED = (POSITION, PLANNED, BASE, UNIT, NETWORK, FIT, PART)
COLUMNS_OF_TRIALS = ["trial", PLANNED, "seed", "fold", "test_on", FIT]


class Position(NamedTuple):
    """A stratum, an arm, and a point of a trend."""

    stratum: Levels
    arm: Levels
    point: str


def planned_trials(
    layout: Layout,
    comparison: Comparison,
    runs: pd.DataFrame,
) -> tuple[pd.DataFrame, list[Position]]:
    """The trials of a comparison with their runs, and the positions that they are planned at."""
    numbers: dict[Position, int] = {}
    lines = []
    for trial in layout.trial_places:
        position = Position(trial.stratum, trial.arm, trial.point)
        number = numbers.setdefault(position, len(numbers))
        lines.append((trial.trial, number, trial.seed, trial.fold, trial.test_on, trial.network))
    trials = pd.DataFrame(lines, columns=COLUMNS_OF_TRIALS)
    columns = ["run", "trial", "state"]
    recorded = pd.DataFrame(columns=columns, dtype=str)
    if len(runs):
        recorded = runs[columns]
    trials = trials.merge(recorded, on="trial", how="left")
    trials["state"] = trials["state"].fillna("missing")
    trials[NETWORK] = _networks(trials)
    trials[BASE] = _base(trials, comparison)
    return trials, list(numbers)


def _networks(trials: pd.DataFrame) -> pd.Series:
    """The network of each trial: its seed, and its fold where there are folds."""
    folds = trials["fold"].map(lambda fold: _fold_text(fold, " fold ", none=""))
    return _seeds(trials) + folds.astype(str)  # of no trials they are no strings yet


def _seeds(trials: pd.DataFrame) -> pd.Series:
    """The seed of each trial as a unit of replication, named once for all trials that have it."""
    names = {seed: f"seed {seed}" for seed in trials["seed"].unique()}
    return trials["seed"].map(names).astype(str)


def _fold_text(fold: float | None, before: str, none: str) -> str:
    """The number of a fold behind a word; a text of its own where there is no fold."""
    if pd.isna(fold):
        return none
    return f"{before}{int(fold or 0)}"


def _base(trials: pd.DataFrame, comparison: Comparison) -> pd.Series:
    """The seed, fold or network of each planned trial; images and patients are added after
    measuring.
    """
    if comparison.unit == "fold":
        return trials["fold"].map(lambda fold: _fold_text(fold, "fold ", none="fold none"))
    if comparison.unit == "patient":
        return trials["test_on"]
    if comparison.unit == "image":
        return trials[NETWORK]
    return _seeds(trials)


def rows_of_metric(
    layout: Layout,
    metric: str,
    rows: pd.DataFrame,
    trials: pd.DataFrame,
) -> pd.DataFrame:
    """The rows of a metric that take part, each with what is known of its trial.

    They stand in the order of the grid, whichever trial ended first: what is drawn by chance among
    units is drawn alike on every machine.
    """
    data = rows[rows["metric"] == metric].drop(columns=["seed", "fold"], errors="ignore")
    facts = trials[["run", "test_on", PLANNED, BASE, NETWORK, FIT]].copy()
    facts[PLACE] = trials.index
    data = data.merge(facts, on="run")
    if not data[PLACE].is_monotonic_increasing:
        data = data.sort_values(PLACE, kind="stable", ignore_index=True)
    data = data.drop(columns=PLACE)
    for path, levels in layout.kept_levels.items():
        if layout.is_of_two_metrics and lacks_dimension(data, path):
            continue
        codes, names = _level_codes(data, path)
        is_kept = np.array([name in levels for name in names], dtype=bool)
        data = data[is_kept[codes]]
    return data


def _level_codes(data: pd.DataFrame, path: str) -> tuple[np.ndarray, list[str]]:
    """The level of each row by its number, and the levels that the numbers stand for."""
    if path not in data.columns:
        return np.zeros(len(data), dtype=int), ["none"]
    codes, values = pd.factorize(data[path], use_na_sentinel=False)
    numbers: dict[str, int] = {}
    merged = np.zeros(len(values), dtype=int)
    for code, value in enumerate(values):
        merged[code] = numbers.setdefault(level_name(value), len(numbers))
    return merged[codes], list(numbers)


def with_row_levels(
    data: pd.DataFrame,
    layout: Layout,
    planned: list[Position],
) -> tuple[pd.DataFrame, list[Position], list[str]]:
    """Fills in the levels of dimensions of the rows, and says which dimensions are averaged over.

    Returns the rows with the number of their position, the positions, and the notes.
    """
    notes = [
        f"no row has the dimension {path}" for path in layout.dimensions if path not in data.columns
    ]
    numbers, positions = _measured_positions(data, layout, planned)
    data = data.assign(**{POSITION: numbers})
    if layout.has_row_points:
        is_point = np.array([is_number(position.point) for position in positions], dtype=bool)
        is_row_kept = is_point[numbers]
        if not is_row_kept.all():
            count = int((~is_row_kept).sum())
            notes.append(f"{count} rows at no number of the trend were left out")
        data = data[is_row_kept]
    return data, positions, [*notes, *_averaged_dimensions(data, layout)]


def _measured_positions(
    data: pd.DataFrame,
    layout: Layout,
    planned: list[Position],
) -> tuple[np.ndarray, list[Position]]:
    """The number of each row's position, and the positions with the levels that were measured."""
    if not layout.dimensions:
        return data[PLANNED].to_numpy(dtype=int), planned
    table = {PLANNED: data[PLANNED].to_numpy(dtype=int)}
    names: dict[str, list[str]] = {}
    for path in layout.dimensions:
        table[path], names[path] = _level_codes(data, path)
    codes = pd.DataFrame(table)
    numbers = codes.groupby(list(codes.columns), sort=False).ngroup().to_numpy(dtype=int)
    positions = []
    for combination in codes.drop_duplicates().to_dict("records"):
        levels = {path: names[path][combination[path]] for path in layout.dimensions}
        positions.append(_position(planned[combination[PLANNED]], layout, levels))
    return numbers, positions


def _position(planned: Position, layout: Layout, row_levels: Mapping[str, str]) -> Position:
    """A planned position with the levels that rows have of their dimensions."""
    point = row_levels.get(layout.point_path or "", planned.point)
    return Position(
        _filled_levels(layout.stratum_paths, planned.stratum, row_levels),
        _filled_levels(layout.arm_paths, planned.arm, row_levels),
        point,
    )


def _filled_levels(paths: Sequence[str], planned: Levels, row_levels: Mapping[str, str]) -> Levels:
    """A level for each path: that of the rows where the path is a dimension of them, else the
    planned one.
    """
    settings = iter(planned)
    levels = []
    for path in paths:
        if path in row_levels:
            levels.append(row_levels[path])
        else:
            levels.append(next(settings))
    return tuple(levels)


def _averaged_dimensions(data: pd.DataFrame, layout: Layout) -> Iterator[str]:
    """Names the dimensions of the rows that vary within an arm though the comparison does not speak
    of them.
    """
    no_dimensions = {*NO_DIMENSIONS, *ADDED, *layout.dimensions}
    for path in map(str, data.columns):
        if path in no_dimensions:
            continue
        codes, _ = _level_codes(data, path)
        levels = pd.Series(codes, index=data.index)
        count = levels.groupby(data[POSITION], sort=False).nunique().max()
        if count > 1:
            yield f"averaged over {path} ({count} levels)"
