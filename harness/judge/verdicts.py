"""The answers of a study as values: for a page, for a terminal, for machines."""

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.judge.arms import Levels, at_stratum, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.measured import Sample, Tally
from harness.judge.sentences import number, p_value, pooled_flag
from harness.stats.result import Effect, Interval, Result
from harness.study.comparison import Comparison

# Fields as JSON has called them from the first: programs of users read it.
IN_JSON = {"stratum": "within", "point": "at", "corrected_by_test": "already"}


@dataclass(frozen=True)
class Arm:
    """One row of a comparison's table: its values with their units and runs, their mean, and the
    fate of its trials.
    """

    stratum: Levels
    name: str
    full: str
    sample: Sample
    mean: Interval | None
    tally: Tally
    at: str = ""  # its stratum as people read it


@dataclass(frozen=True)
class Pooled:
    """What pooling the images or patients of a network amounts to, in one arm."""

    arm: str
    images: int  # or patients
    networks: int
    icc: Effect | None
    worth: float  # how many independent values they are
    unit: str = "image"
    is_averaged: bool = False  # the test takes means of networks

    @property
    def sentence(self) -> str:
        """What a reader must know before believing a p of pooled images."""
        icc = math.nan
        if self.icc is not None:
            icc = self.icc.value
        values = f"{self.images} {self.unit}s"
        return pooled_flag(
            self.arm, values, self.networks, icc, self.worth, is_averaged=self.is_averaged
        )


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
    exploratory_because: tuple[str, ...] = ()
    tested_unit: str = ""  # what n counts, where images or patients are averaged within networks
    answers: tuple[str, ...] = ()  # what its contrasts say together: negative transfer, shots
    plain: str = ""  # the answer in words that need no glossary, or in the study's own
    survival: str = ""  # whether it would survive without any one unit; empty where not asked

    @property
    def has_looks(self) -> bool:
        """Whether its contrasts are decided seed by seed."""
        return any(contrast.looked.most for contrast in self.contrasts)

    @property
    def strata(self) -> list[Levels]:
        """The strata that have arms or contrasts, in their order."""
        parts: tuple[Arm | Contrast, ...] = (*self.arms, *self.contrasts)
        strata = dict.fromkeys(part.stratum for part in parts)
        return list(strata)

    def arms_of(self, stratum: Levels) -> list[Arm]:
        """The arms of a stratum."""
        return [arm for arm in self.arms if arm.stratum == stratum]

    def contrasts_of(self, stratum: Levels) -> list[Contrast]:
        """The contrasts of a stratum."""
        return [contrast for contrast in self.contrasts if contrast.stratum == stratum]

    def checks(self) -> Iterator[str]:
        """What a reader should know before believing it; information, never a gate.

        The report and the dashboard list these under each verdict.
        """
        yield from self.notes
        if self.exploratory_because:
            yield f"exploratory: {'; '.join(self.exploratory_because)}"
        if self.averaged:
            yield f"averaged over {', '.join(self.averaged)}"
        for first in self.contrasts[:1]:
            if first.test:
                yield f"test: {first.test}, {first.why}"
            if first.pairing:
                paired = "paired" if first.paired else "not paired"
                yield f"pairs: {paired}, {first.pairing}"
        for contrast in self.contrasts:
            if contrast.note:
                yield f"{contrast.name}: {contrast.note}"
        for stratum, result in self.omnibus:
            values = f"{number(result.statistic)}, {p_value(result.p)}"
            yield f"all arms at once{at_stratum(stratum)}: {result.test} {values}"
        yield from self.normality


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
        """The answer in plain words: that of the primary comparisons, else of the first."""
        if not self.verdicts:
            return "The study declares no comparison, so there is nothing to answer."
        primary = [verdict.plain for verdict in self.verdicts if verdict.comparison.primary]
        return " ".join(primary or [self.verdicts[0].plain])

    @property
    def primary_first(self) -> list[Verdict]:
        """The verdicts in the order in which a reader wants their answers."""
        return sorted(self.verdicts, key=lambda verdict: not verdict.comparison.primary)

    @property
    def answers(self) -> Iterator[str]:
        """What the contrasts of each comparison say together, with the name of the comparison."""
        for verdict in self.verdicts:
            for answer in verdict.answers:
                yield f"{verdict.comparison.name}: {answer}"


def value(verdicts: Verdicts) -> dict[str, Any]:
    """Verdicts as plain values for JSON: what is not a finite number is null."""
    return {"headline": verdicts.headline, **_plain(verdicts)}


def _plain(item: Any) -> Any:
    """A verdict or a part of one for JSON."""
    if dataclasses.is_dataclass(item):
        plain = {}
        for field in dataclasses.fields(item):
            name = IN_JSON.get(field.name, field.name)
            plain[name] = _plain_field(field.name, getattr(item, field.name))
        return plain
    if isinstance(item, float) and not math.isfinite(item):
        return None
    if isinstance(item, dict):
        return {key: _plain(member) for key, member in item.items()}
    if isinstance(item, list | tuple):
        return list(map(_plain, item))
    return item


def _plain_field(name: str, item: Any) -> Any:
    """A field of a verdict or of a part of one for JSON: levels are one text."""
    if name == "omnibus":
        return [[levels_text(stratum), _plain(result)] for stratum, result in item]
    if name in ("stratum", "arm") and isinstance(item, tuple):
        return levels_text(item)
    return _plain(item)
