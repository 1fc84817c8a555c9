"""What was planned for each arm of a comparison, and what came of it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import pandas as pd

from harness.judge.arms import Layout, Levels
from harness.judge.measured import Sample, Tally, strata
from harness.judge.positions import BASE, PLANNED, Position
from harness.study.comparison import Comparison

STATES = ("finished", "diverged", "failed", "missing")


def count_states(planned: Iterable[str], runs: pd.DataFrame) -> Counter[str]:
    """How many of these trials are in each state; one without a run is missing."""
    ended: dict[str, str] = {}
    if len(runs):
        ended = dict(zip(runs["trial"].to_numpy(), runs["state"].to_numpy(), strict=True))
    return Counter(ended.get(trial, "missing") for trial in planned)


class PlannedTrial(NamedTuple):
    """What became of a trial: its state, its unit, and its run where it has one."""

    state: str
    unit: str
    run: str | None


class Plan:
    """The planned trials with their runs, and the positions that their column PLANNED numbers."""

    def __init__(self, trials: pd.DataFrame, positions: list[Position]) -> None:
        """Takes the trials apart by their positions, once for all arms."""
        self.positions = positions
        self.trials: list[PlannedTrial] = []
        self.at_position: list[list[int]] = [[] for _ in positions]  # the numbers of the trials
        runs = trials["run"].astype(object).where(trials["run"].notna(), None)
        columns = [trials[name].to_numpy() for name in (PLANNED, "state", BASE)]
        for number, (position, *trial) in enumerate(zip(*columns, runs, strict=True)):
            self.trials.append(PlannedTrial(*trial))
            self.at_position[position].append(number)

    def at(self, stratum: Levels, arm: Levels, is_trend: bool) -> list[PlannedTrial]:
        """The trials planned for an arm, or for a point of a trend, in a stratum."""
        numbers: list[int] = []
        for position, numbers_there in zip(self.positions, self.at_position, strict=True):
            if position.stratum == stratum and _row(position, is_trend) == arm:
                numbers += numbers_there
        return [self.trials[number] for number in sorted(numbers)]


def _row(position: Position | Sample, is_trend: bool) -> Levels:
    """What a tally is of: an arm, or a point of a trend without arms."""
    if is_trend:
        return (position.point,)
    return position.arm


def count_trials(
    plan: Plan,
    samples: tuple[Sample, ...],
    undefined: dict[Position, int],
    comparison: Comparison,
    layout: Layout,
) -> Iterator[Tally]:
    """Counts what was planned and what came of it, for each arm; a trend without arms counts its
    points.
    """
    is_trend = comparison.kind == "trend"
    for stratum, arm in _counted_arms(plan, samples, layout, is_trend):
        planned_arm = layout.planned_arm(arm)
        if is_trend and layout.has_row_points:
            planned_arm = ("",)
        elif is_trend:
            planned_arm = arm
        trials = plan.at(layout.planned_stratum(stratum), planned_arm, is_trend)
        counts = Counter(trial.state for trial in trials)
        units: set[str] = set()
        for sample in samples:
            if sample.stratum == stratum and _row(sample, is_trend) == arm:
                units.update(sample.units)
        lost: set[str] = set()
        if comparison.unit in ("seed", "fold"):
            lost = {trial.unit for trial in trials} - units
        yield Tally(
            stratum,
            arm,
            states={state: counts[state] for state in STATES},
            undefined=_undefined_of(undefined, stratum, None if is_trend else arm),
            lost=tuple(sorted(lost)),
            runs=tuple(trial.run for trial in trials if trial.run is not None),
        )


def _counted_arms(
    plan: Plan,
    samples: tuple[Sample, ...],
    layout: Layout,
    is_trend: bool,
) -> list[tuple[Levels, Levels]]:
    """The strata and arms that are counted: as planned, also where an arm came to nothing; else as
    measured.
    """
    if (is_trend and layout.has_row_points) or (not is_trend and layout.has_row_arms):
        return list(dict.fromkeys((sample.stratum, _row(sample, is_trend)) for sample in samples))
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
