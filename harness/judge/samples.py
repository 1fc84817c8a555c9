"""Rows averaged down to the declared unit: one value for each unit of each arm, and what was lost
on the way.
"""

from collections.abc import Iterable
from itertools import chain
from typing import Any

import numpy as np
import pandas as pd

from harness.judge.arms import Layout, Levels
from harness.judge.means import means_of_trials
from harness.judge.measured import Measured, Sample, Tally, shared_units, strata
from harness.judge.network_losses import networks_of_all_arms
from harness.judge.positions import (
    BASE,
    FIT,
    NETWORK,
    PLANNED,
    POSITION,
    UNIT,
    Position,
    planned_trials,
    rows_of_metric,
    with_row_levels,
)
from harness.judge.tallies import Plan, count_trials
from harness.judge.units_of_rows import with_units
from harness.study.comparison import Comparison, Unit


def measured_samples(
    layout: Layout,
    comparison: Comparison,
    metric: str,
    runs: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    within_network: Unit | None = None,
    of_each_network: bool = False,
    with_tallies: bool = True,
) -> Measured:
    """Averages the rows of one metric to a value for each unit of each arm; images or patients
    (`within_network`) are averaged within each network first. A patient is averaged over networks,
    unless he is wanted `of_each_network`. Without tallies nothing is said of what is missing.
    """
    trials, planned = planned_trials(layout, comparison, runs)
    data = rows_of_metric(layout, metric, rows, trials)
    data, positions, notes = with_row_levels(data, layout, planned)
    is_finite = np.isfinite(data["value"].astype(float))
    undefined = _counts(data[~is_finite], positions)
    data, unit_notes = with_units(data[is_finite], comparison, metric, within_network)
    if of_each_network:
        data = data.assign(**{UNIT: data[NETWORK] + " " + data[UNIT]})
    elif comparison.unit == "patient":
        data, network_notes = networks_of_all_arms(data, trials, planned)
        unit_notes += network_notes
    if comparison.unit == "patient" and not of_each_network:
        data = data.assign(**{NETWORK: ""})
    samples = _samples(_values(data, trials, comparison), positions)
    samples = _in_order(samples, layout)
    if comparison.trend and comparison.by:
        samples = _areas(samples, layout)
    tallies: Iterable[Tally] = ()
    if with_tallies:
        tallies = count_trials(Plan(trials, planned), samples, undefined, comparison, layout)
    return Measured(samples, tuple(tallies), (*notes, *unit_notes))


def _counts(data: pd.DataFrame, positions: list[Position]) -> dict[Position, int]:
    """How many rows stand at each position."""
    sizes = data.groupby(POSITION).size()
    counts = {}
    for number, size in zip(sizes.index, sizes, strict=True):
        counts[positions[number]] = int(size)
    return counts


def _values(data: pd.DataFrame, trials: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Takes a mean within each trial, then over the trials of a unit, where all that were planned
    are there.
    """
    unit = comparison.unit
    keys = [POSITION, PLANNED, BASE, UNIT]
    of_trials = means_of_trials(data, [*keys, NETWORK, FIT, "run"])
    of_trials["have"] = 1
    of_trials["runs"] = [(run,) for run in _as_list(of_trials["run"])]
    of_trials["fits"] = [(fit,) for fit in _as_list(of_trials[FIT])]
    values = _means_with_origins(of_trials, [*keys, NETWORK])
    if unit == "image" or unit == "patient":  # those of a failed trial cannot be counted
        return values
    values = _means_with_origins(values, keys)
    values[NETWORK] = values[UNIT]
    need = trials.groupby([PLANNED, BASE]).size().rename("need").reset_index()
    values = values.merge(need, on=[PLANNED, BASE], how="left")
    return values[values["have"] == values["need"]]


def _means_with_origins(values: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The mean of each group of values, how many trials it has, and their runs and fits in order.

    Tuples are joined here, for pandas takes a hundred times as long.
    """
    grouped = values.groupby(keys, sort=False)
    means = grouped.agg(value=("value", "mean"), have=("have", "sum")).reset_index()
    if len(means) == len(values):  # each group is one value
        return values[[*keys, "value", "have", "runs", "fits"]].reset_index(drop=True)
    groups = grouped.ngroup().tolist()
    for name in ("runs", "fits"):
        origins: list[list[str]] = [[] for _ in range(len(means))]
        for group, of_value in zip(groups, values[name], strict=True):
            origins[group] += of_value
        means[name] = list(map(tuple, origins))
    return means


def _as_list(column: pd.Series) -> list[Any]:
    """The values of a column; an iterator over texts takes ten times as long."""
    values: list[Any] = column.to_numpy().tolist()
    return values


def _samples(values: pd.DataFrame, positions: list[Position]) -> tuple[Sample, ...]:
    """The values of each position, as they come."""
    samples = []
    numbers: Any
    for numbers, group in values.groupby([POSITION], sort=False):
        position = positions[numbers[0]]
        sample = Sample(
            position.stratum,
            position.arm,
            position.point,
            units=tuple(_as_list(group[UNIT])),
            values=tuple(map(float, group["value"])),
            clusters=tuple(_as_list(group[NETWORK])),
            runs=tuple(group["runs"]),
            fits=tuple(map(_name_of_fits, group["fits"])),
        )
        samples.append(sample)
    return tuple(samples)


def _name_of_fits(fits: Iterable[str]) -> str:
    """One name for the fits behind a value: two values of one name are of the same networks."""
    return " ".join(sorted(set(fits)))


def _in_order(samples: tuple[Sample, ...], layout: Layout) -> tuple[Sample, ...]:
    """The samples, stratum by stratum and arm by arm as the grid has them, whichever trial failed;
    those of a dimension of the rows as they come.
    """
    numbers: dict[tuple[Levels, Levels], int] = {}
    for trial in layout.trial_places:
        numbers.setdefault((trial.stratum, trial.arm), len(numbers))

    def place_of(sample: Sample) -> int:
        stratum = layout.planned_stratum(sample.stratum)
        return numbers[stratum, layout.planned_arm(sample.arm)]

    of_strata: dict[Levels, list[Sample]] = {stratum: [] for stratum in strata(layout, samples)}
    for sample in sorted(samples, key=place_of):
        of_strata[sample.stratum].append(sample)
    return tuple(chain.from_iterable(of_strata.values()))


def _areas(samples: tuple[Sample, ...], layout: Layout) -> tuple[Sample, ...]:
    """One value for each unit: the area under its curve over the trend, per width, so in the
    metric's own unit.
    """
    curves: dict[tuple[Levels, Levels], list[Sample]] = {}
    for sample in samples:
        curves.setdefault((sample.stratum, sample.arm), []).append(sample)
    areas = []
    for (stratum, arm), samples_of_arm in curves.items():
        curve = sorted(samples_of_arm, key=lambda sample: float(sample.point))
        areas.append(_area(curve, _planned_points(layout, stratum, arm)))
    return tuple(areas)


def _planned_points(layout: Layout, stratum: Levels, arm: Levels) -> set[str]:
    """The points of the trend that the grid plans for an arm; none where the trend is a dimension
    of the rows.
    """
    if layout.has_row_points:
        return set()
    planned = layout.planned_stratum(stratum), layout.planned_arm(arm)
    points = set()
    for trial in layout.trial_places:
        if (trial.stratum, trial.arm) == planned:
            points.add(trial.point)
    return points


def _area(curve: list[Sample], planned_points: set[str]) -> Sample:
    """The units that have every point of a curve, and the area under the curve of each."""
    first = curve[0]
    units = _units_of_curve(curve, planned_points)
    x = np.array([float(sample.point) for sample in curve])
    y = np.array([sample.array(units) for sample in curve])  # (points, units)
    values = np.empty(0)
    if units:
        values = np.trapezoid(y, x, axis=0) / (x[-1] - x[0])
    networks = dict(zip(first.units, first.clusters, strict=True))
    return Sample(
        first.stratum,
        first.arm,
        point="",
        units=tuple(units),
        values=tuple(map(float, values)),
        clusters=tuple(map(networks.__getitem__, units)),
        runs=tuple(_runs_of(curve, unit) for unit in units),
    )


def _units_of_curve(curve: list[Sample], planned_points: set[str]) -> list[str]:
    """The units with a value at every point of a curve; none where a planned point has no values at
    all.
    """
    missing_points = planned_points.difference(sample.point for sample in curve)
    if len(curve) < 2 or missing_points:
        return []
    return shared_units(curve)


def _runs_of(curve: list[Sample], unit: str) -> tuple[str, ...]:
    """Every run behind a curve of one unit; a run that measures several points counts once."""
    runs: dict[str, None] = {}
    for sample in curve:
        runs.update(dict.fromkeys(sample.runs[sample.units.index(unit)]))
    return tuple(runs)
