"""Rows averaged down to the declared unit: one value for each unit of each arm, and what was lost on the way."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from harness.judge.arms import Layout, Levels
from harness.judge.positions import (
    BASE,
    NETWORK,
    PLANNED,
    POSITION,
    UNIT,
    Position,
    planned_trials,
    rows_of_metric,
    with_row_levels,
    with_units,
)
from harness.study.comparison import Comparison

STATES = ("finished", "diverged", "failed", "missing")


@dataclass(frozen=True)
class Sample:
    """The values of an arm (at one point of a trend), one for each unit, and the runs behind each."""

    stratum: Levels
    arm: Levels
    point: str
    units: tuple[str, ...]
    values: tuple[float, ...]
    clusters: tuple[str, ...]  # the network that each value is of
    runs: tuple[tuple[str, ...], ...]

    @property
    def arm_or_point(self) -> Levels:
        """What tells the sample from others of its stratum: its arm, or its point of a trend without arms."""
        return self.arm or (self.point,)

    def array(self, units: Iterable[str] | None = None) -> Any:
        """The values, of all units or of these in this order."""
        if units is None:
            return np.array(self.values)
        values = dict(zip(self.units, self.values, strict=True))
        return np.array([values[unit] for unit in units])


@dataclass(frozen=True)
class Tally:
    """What became of the trials, rows and units of an arm (of a point of a trend without arms)."""

    stratum: Levels
    arm: Levels
    states: dict[str, int]
    undefined: int = 0  # rows without a finite value
    lost: tuple[str, ...] = ()  # planned units without a complete value
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measured:
    """The samples of a comparison and the fate of everything planned."""

    samples: tuple[Sample, ...]
    tallies: tuple[Tally, ...]
    notes: tuple[str, ...] = ()

    @property
    def strata(self) -> list[Levels]:
        """The strata in which anything was measured."""
        return list(dict.fromkeys(sample.stratum for sample in self.samples))

    def of_stratum(self, stratum: Levels) -> list[Sample]:
        """The samples of a stratum."""
        return [sample for sample in self.samples if sample.stratum == stratum]

    def of_arm(self, stratum: Levels, arm: Levels) -> Sample | None:
        """The sample of an arm in a stratum; None where nothing was measured."""
        for sample in self.samples:
            if sample.stratum == stratum and sample.arm == arm:
                return sample
        return None


def measured_samples(
    layout: Layout, comparison: Comparison, metric: str, runs: pd.DataFrame, rows: pd.DataFrame
) -> Measured:
    """Averages the rows of one metric to a value for each unit of each arm."""
    trials, planned = planned_trials(layout, comparison, runs)
    data = rows_of_metric(layout, metric, rows, trials)
    data, positions, notes = with_row_levels(data, layout, planned)
    is_finite = np.isfinite(data["value"].astype(float))
    undefined = _counts(data[~is_finite], positions)
    data, unit_notes = with_units(data[is_finite], comparison, metric)
    samples = _samples(_values(data, trials, comparison), positions)
    samples = _in_order(samples, strata(layout, samples))
    if comparison.trend and comparison.by:
        samples = _areas(samples, layout)
    tallies = _tallies(_Plan(trials, planned), samples, undefined, comparison, layout)
    return Measured(samples, tuple(tallies), (*notes, *unit_notes))


def _counts(data: pd.DataFrame, positions: list[Position]) -> dict[Position, int]:
    """How many rows stand at each position."""
    sizes = data.groupby(POSITION).size()
    return {positions[int(number)]: int(size) for number, size in sizes.items()}


def _values(data: pd.DataFrame, trials: pd.DataFrame, comparison: Comparison) -> pd.DataFrame:
    """Takes a mean within each trial, then over the trials of a unit, where all that were planned are there."""
    unit = comparison.unit
    if unit == "patient":
        data = data.assign(**{NETWORK: ""})
    keys = [POSITION, PLANNED, BASE, UNIT]
    of_trials = data.groupby([*keys, NETWORK, "run"], sort=False)["value"].mean().reset_index()
    grouped = of_trials.groupby([*keys, NETWORK], sort=False)
    values = grouped.agg(value=("value", "mean"), have=("run", "size"), runs=("run", tuple))
    values = values.reset_index()
    if unit == "image" or unit == "patient":  # those of a failed trial cannot be counted
        return values
    grouped = values.groupby(keys, sort=False)
    values = grouped.agg(value=("value", "mean"), have=("have", "sum"), runs=("runs", "sum"))
    values = values.reset_index()
    values[NETWORK] = values[UNIT]
    need = trials.groupby([PLANNED, BASE]).size().rename("need").reset_index()
    values = values.merge(need, on=[PLANNED, BASE], how="left")
    return values[values["have"] == values["need"]]


def _samples(values: pd.DataFrame, positions: list[Position]) -> tuple[Sample, ...]:
    samples = []
    for number, group in values.groupby(POSITION, sort=False):
        sample = Sample(
            *positions[number],
            units=tuple(group[UNIT]),
            values=tuple(map(float, group["value"])),
            clusters=tuple(group[NETWORK]),
            runs=tuple(group["runs"]),
        )
        samples.append(sample)
    return tuple(samples)


def strata(layout: Layout, samples: Iterable[Sample]) -> list[Levels]:
    """The strata in the order of the grid; a planned stratum without measurements is listed too."""
    measured = list(dict.fromkeys(sample.stratum for sample in samples))
    ordered = []
    for planned in dict.fromkeys(place.stratum for place in layout.trial_places):
        of_planned = [stratum for stratum in measured if layout.planned_stratum(stratum) == planned]
        ordered += of_planned or [planned]
    return ordered


def _in_order(samples: tuple[Sample, ...], ordered: Iterable[Levels]) -> tuple[Sample, ...]:
    """The samples, stratum by stratum."""
    sorted_samples: list[Sample] = []
    for stratum in ordered:
        sorted_samples += [sample for sample in samples if sample.stratum == stratum]
    return tuple(sorted_samples)


def _areas(samples: tuple[Sample, ...], layout: Layout) -> tuple[Sample, ...]:
    """One value for each unit: the area under its curve over the trend, per width, so in the metric's own unit."""
    curves: dict[tuple[Levels, Levels], list[Sample]] = {}
    for sample in samples:
        curves.setdefault((sample.stratum, sample.arm), []).append(sample)
    areas = []
    for (stratum, arm), samples_of_arm in curves.items():
        curve = sorted(samples_of_arm, key=lambda sample: float(sample.point))
        areas.append(_area(curve, _planned_points(layout, stratum, arm)))
    return tuple(areas)


def _planned_points(layout: Layout, stratum: Levels, arm: Levels) -> set[str]:
    """The points of the trend that the grid plans for an arm; none where the trend is a dimension of the rows."""
    if layout.has_row_points:
        return set()
    planned = layout.planned_stratum(stratum), layout.planned_arm(arm)
    places = layout.trial_places
    return {place.point for place in places if (place.stratum, place.arm) == planned}


def _area(curve: list[Sample], planned_points: set[str]) -> Sample:
    """The units that have every point of a curve, and the area under the curve of each."""
    first = curve[0]
    units = _units_of_curve(curve, planned_points)
    x = np.array([float(sample.point) for sample in curve])
    y = np.array([sample.array(units) for sample in curve])  # (points, units)
    values = np.trapezoid(y, x, axis=0) / (x[-1] - x[0]) if units else np.empty(0)
    networks = dict(zip(first.units, first.clusters, strict=True))
    return Sample(
        first.stratum,
        first.arm,
        point="",
        units=tuple(units),
        values=tuple(map(float, values)),
        clusters=tuple(networks[unit] for unit in units),
        runs=tuple(_runs_of(curve, unit) for unit in units),
    )


def _units_of_curve(curve: list[Sample], planned_points: set[str]) -> list[str]:
    """The units with a value at every point of a curve; none where a planned point has no values at all."""
    is_complete = planned_points <= {sample.point for sample in curve}
    if len(curve) < 2 or not is_complete:
        return []
    everywhere = set.intersection(*(set(sample.units) for sample in curve))
    return [unit for unit in curve[0].units if unit in everywhere]


def _runs_of(curve: list[Sample], unit: str) -> tuple[str, ...]:
    """Every run behind a curve of one unit; a run that measures several points counts once."""
    runs: dict[str, None] = {}
    for sample in curve:
        runs.update(dict.fromkeys(sample.runs[sample.units.index(unit)]))
    return tuple(runs)


@dataclass(frozen=True)
class _Plan:
    """The planned trials with their runs, and the positions that their column PLANNED numbers."""

    trials: pd.DataFrame
    positions: list[Position]

    def at(self, stratum: Levels, arm: Levels, is_trend: bool) -> pd.DataFrame:
        """The trials planned for an arm, or for a point of a trend, in a stratum."""
        numbers = []
        for number, position in enumerate(self.positions):
            if position.stratum == stratum and _row(position, is_trend) == arm:
                numbers.append(number)
        return self.trials[self.trials[PLANNED].isin(numbers)]


def _row(position: Position | Sample, is_trend: bool) -> Levels:
    """What a tally is of: an arm, or a point of a trend without arms."""
    return (position.point,) if is_trend else position.arm


def _tallies(
    plan: _Plan,
    samples: tuple[Sample, ...],
    undefined: dict[Position, int],
    comparison: Comparison,
    layout: Layout,
) -> Iterator[Tally]:
    """Counts what was planned and what came of it, for each arm; a trend without arms counts its points."""
    is_trend = comparison.kind == "trend"
    for stratum, arm in _tallied(plan, samples, layout, is_trend):
        planned_arm = layout.planned_arm(arm)
        if is_trend:
            planned_arm = ("",) if layout.has_row_points else arm
        trials = plan.at(layout.planned_stratum(stratum), planned_arm, is_trend)
        counts = trials["state"].value_counts().to_dict()
        units: set[str] = set()
        for sample in samples:
            if sample.stratum == stratum and _row(sample, is_trend) == arm:
                units.update(sample.units)
        is_planned = comparison.unit in ("seed", "fold")
        yield Tally(
            stratum,
            arm,
            states={state: int(counts.get(state, 0)) for state in STATES},
            undefined=_undefined_of(undefined, stratum, None if is_trend else arm),
            lost=tuple(sorted(set(trials[BASE]) - units)) if is_planned else (),
            runs=tuple(trials["run"].dropna()),
        )


def _tallied(
    plan: _Plan, samples: tuple[Sample, ...], layout: Layout, is_trend: bool
) -> list[tuple[Levels, Levels]]:
    """The strata and arms that are counted: as planned, also where an arm came to nothing; else as measured."""
    is_measured = layout.has_row_points if is_trend else layout.has_row_arms
    if is_measured:
        rows = ((sample.stratum, _row(sample, is_trend)) for sample in samples)
        return list(dict.fromkeys(rows))
    planned = dict.fromkeys((p.stratum, _row(p, is_trend)) for p in plan.positions)
    pairs = []
    for stratum in strata(layout, samples):
        for planned_stratum, arm in planned:
            if planned_stratum == layout.planned_stratum(stratum):
                pairs.append((stratum, arm))
    return pairs


def _undefined_of(undefined: dict[Position, int], stratum: Levels, arm: Levels | None) -> int:
    """How many rows of an arm in a stratum (of all its arms: None) had no finite value."""
    total = 0
    for position, count in undefined.items():
        if position.stratum == stratum and arm in (None, position.arm):
            total += count
    return total
