"""The answers of a study as values: for a page, for a terminal, for machines."""

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.judge.arms import Levels, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.samples import Sample, Tally
from harness.judge.sentences import mean as mean_wording
from harness.judge.sentences import pooled as pooled_wording
from harness.stats.result import Effect, Interval, Result
from harness.study.comparison import Comparison

# Fields as JSON has called them from the first: programs of users read it.
IN_JSON = {"stratum": "within", "point": "at", "corrected_by_test": "already"}


@dataclass(frozen=True)
class Arm:
    """One row of a comparison's table: its values with their units and runs, their mean, and the fate of its trials."""

    stratum: Levels
    name: str
    full: str
    sample: Sample
    mean: Interval | None
    tally: Tally


@dataclass(frozen=True)
class Pooled:
    """What pooling the images of a network amounts to, in one arm."""

    arm: str
    images: int
    networks: int
    icc: Effect | None
    worth: float  # how many independent values they are

    @property
    def sentence(self) -> str:
        icc = self.icc.value if self.icc else math.nan
        return pooled_wording(self.arm, (self.images, self.networks), icc, self.worth)


@dataclass(frozen=True)
class Ranking:
    """Several paired arms by their mean ranks within units: a critical-difference diagram."""

    stratum: Levels
    names: tuple[str, ...]
    table: tuple[tuple[float, ...], ...]  # arms x units
    result: Result


@dataclass(frozen=True)
class Verdict:
    """The answer to one declared comparison."""

    comparison: Comparison
    sentence: str
    arms: tuple[Arm, ...]
    contrasts: tuple[Contrast, ...]
    family: int  # how many p values were corrected together
    notes: tuple[str, ...]
    averaged: tuple[str, ...]
    pooled: tuple[Pooled, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    omnibus: tuple[tuple[Levels, Result], ...] = ()
    normality: tuple[str, ...] = ()  # information, never a gate
    confirmatory: bool = True


@dataclass(frozen=True)
class Verdicts:
    """The answers of a study."""

    study: str
    question: str
    states: dict[str, int]
    verdicts: tuple[Verdict, ...]
    changed: str = ""  # what became of the comparisons after the first trial ran

    @property
    def headline(self) -> str:
        """The answer in one sentence: that of the first primary comparison, else of the first."""
        ranked = sorted(self.verdicts, key=lambda v: not v.comparison.primary)
        return (
            ranked[0].sentence
            if ranked
            else "The study declares no comparison, so there is nothing to answer."
        )


def value(verdicts: Verdicts) -> dict[str, Any]:
    """Verdicts as plain values for JSON: what is not a finite number is null."""

    return {"headline": verdicts.headline, **_plain(verdicts)}


def _plain(item: Any) -> Any:
    """A verdict or a part of one for JSON."""
    if dataclasses.is_dataclass(item):
        fields = [field.name for field in dataclasses.fields(item)]
        return {IN_JSON.get(name, name): _plain_field(name, getattr(item, name)) for name in fields}
    if isinstance(item, float):
        return item if math.isfinite(item) else None
    if isinstance(item, dict):
        return {key: _plain(member) for key, member in item.items()}
    if isinstance(item, list | tuple):
        return [_plain(member) for member in item]
    return item


def _plain_field(name: str, item: Any) -> Any:
    """A field of a verdict or of a part of one for JSON: levels are one text."""
    if name == "omnibus":
        return [[levels_text(stratum), _plain(result)] for stratum, result in item]
    if name in ("stratum", "arm") and isinstance(item, tuple):
        return levels_text(item)
    return _plain(item)


def lines(verdicts: Verdicts) -> Iterator[str]:
    """Verdicts as lines of a terminal."""
    yield verdicts.headline
    yield "trials: " + ", ".join(f"{n} {state}" for state, n in verdicts.states.items() if n)
    if verdicts.changed:
        yield f"declared: {verdicts.changed}"
    for verdict in verdicts.verdicts:
        yield from _verdict_lines(verdict)


def _verdict_lines(verdict: Verdict) -> Iterator[str]:
    one = verdict.comparison
    rank = "primary, " if one.primary else ""
    yield f"{one.name} ({rank}{'confirmatory' if verdict.confirmatory else 'exploratory'}, unit {one.unit})"
    width = max([len(arm.name) for arm in verdict.arms], default=0)
    for arm in verdict.arms:
        where = f"  at {levels_text(arm.stratum)}" if arm.stratum else ""
        yield f"  {arm.name:{width}}  {mean_wording(arm.mean)}  n = {len(arm.sample.units)}{where}"
    for c in verdict.contrasts:
        how = f" [{c.test}{', exact' if c.exact else ''}; {c.why}]" if c.test else ""
        yield f"  {c.sentence}{how}"
    for pooled in verdict.pooled:
        yield f"  {pooled.sentence}"
    for note in verdict.notes:
        yield f"  note: {note}"
