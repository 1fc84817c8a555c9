"""What was measured for a comparison, as values: samples, and the fate of everything planned."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.judge.arms import Layout, Levels, by_stratum


@dataclass(frozen=True)
class Sample:
    """The values of an arm (at a point of a trend), one for each unit, and the runs behind each."""

    stratum: Levels
    arm: Levels
    point: str
    units: tuple[str, ...]
    values: tuple[float, ...]
    clusters: tuple[str, ...]  # the network that each value is of
    runs: tuple[tuple[str, ...], ...]
    fits: tuple[str, ...] = ()  # the trained weights behind each value, of one or several fits

    @property
    def arm_or_point(self) -> Levels:
        """What tells the sample from others of its stratum: its arm, or its point of a trend
        without arms.
        """
        return self.arm or (self.point,)

    def array(self, units: Iterable[str] | None = None) -> Any:
        """The values, of all units or of these in this order."""
        if units is None:
            return np.array(self.values)
        values = dict(zip(self.units, self.values, strict=True))
        return np.array([values[unit] for unit in units])

    def without_unit(self, unit: str) -> "Sample":
        """The values of all units but one."""
        stays = [number for number, name in enumerate(self.units) if name != unit]
        fields: dict[str, Any] = {}
        for name in ("units", "values", "clusters", "runs", "fits"):
            values = getattr(self, name)
            if values:  # a sample may say nothing of its fits
                fields[name] = tuple(values[number] for number in stays)
        return replace(self, **fields)


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

    def without_unit(self, unit: str) -> "Measured":
        """What was measured without one unit; a sample of it alone is gone."""
        samples = []
        for sample in self.samples:
            reduced = sample.without_unit(unit) if unit in sample.units else sample
            if reduced.units:
                samples.append(reduced)
        return replace(self, samples=tuple(samples))

    def of_arm(self, stratum: Levels, arm: Levels) -> Sample | None:
        """The sample of an arm in a stratum; None where nothing was measured."""
        for sample in self.samples:
            if sample.stratum == stratum and sample.arm == arm:
                return sample
        return None


def runs_behind(samples: Iterable[Sample]) -> tuple[str, ...]:
    """Every run that a value of these samples comes from, in their order."""
    runs: dict[str, None] = {}
    for sample in samples:
        for runs_of_unit in sample.runs:
            runs.update(dict.fromkeys(runs_of_unit))
    return tuple(runs)


def strata(layout: Layout, samples: Iterable[Sample]) -> list[Levels]:
    """The strata in the order of the grid; a planned stratum without measurements is listed too."""
    measured: dict[Levels, list[Levels]] = {}  # of each planned stratum
    for stratum in dict.fromkeys(sample.stratum for sample in samples):
        measured.setdefault(layout.planned_stratum(stratum), []).append(stratum)
    ordered = []
    for planned in by_stratum(layout.trial_places):
        ordered += measured.get(planned, [planned])
    return ordered


def shared_units(samples: Iterable[Sample]) -> list[str]:
    """The units that all samples have, in the order of the first."""
    first, *others = samples
    shared = set(first.units)
    for sample in others:
        shared.intersection_update(sample.units)
    return [unit for unit in first.units if unit in shared]


def left_out(samples: Collection[Sample]) -> tuple[str, ...]:
    """The units that only some of the samples have, so that a paired test leaves them out."""
    units: set[str] = set()
    for sample in samples:
        units.update(sample.units)
    return tuple(sorted(units.difference(shared_units(samples))))
