"""A search, as the section `search` of a study declares it: frozen values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.spec.naming import level_name
from harness.study.cells import Cell
from harness.study.comparison import Comparison

Kind = Literal["categorical", "int", "float"]

# Significant digits of a value that is drawn from a range: a level is read by people, and no
# network can tell 0.01234 from 0.0123412345.
DIGITS = 4
DIGITS_OF_STEPS = 12  # where a step says which values there are: only the noise of floats goes


@dataclass(frozen=True)
class Objective:
    """A metric that the search makes as high, or as low, as it can."""

    metric: str
    maximise: bool = True

    @property
    def text(self) -> str:
        """The objective as a person reads it."""
        return f"{'maximise' if self.maximise else 'minimise'} {self.metric}"


@dataclass(frozen=True)
class Dimension:
    """A setting that the search varies: its choices, or the ends of its range."""

    path: str
    kind: Kind
    levels: tuple[str, ...] = ()  # of a categorical one, in the order of the file
    low: float | None = None
    high: float | None = None
    log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()  # what the file writes for each level
    when: Mapping[str, Any] = field(default_factory=dict)  # what must hold for it to count

    @property
    def condition(self) -> str:
        """When it counts, as people read it; empty where it always does."""
        conditions = [f"{path}={level_name(value)}" for path, value in self.when.items()]
        return ", ".join(conditions)

    @property
    def range_text(self) -> str:
        """Its choices or its range as people read them."""
        if self.kind == "categorical":
            return ", ".join(self.levels)
        text = f"{level_name(self.low)} to {level_name(self.high)}"
        if self.log:
            text += ", logarithmic"
        if self.step is not None:
            text += f", in steps of {level_name(self.step)}"
        return text

    def to_plain(self) -> dict[str, Any]:
        """What decides the points that it has, as JSON."""
        plain: dict[str, Any] = {"kind": self.kind}
        if self.kind == "categorical":
            plain["choices"] = [json.dumps(choice, sort_keys=True) for choice in self.choices]
        else:
            plain.update(low=self.low, high=self.high, log=self.log, step=self.step)
        if self.when:
            plain["when"] = dict(self.when)
        return plain


@dataclass(frozen=True)
class Sampler:
    """Which sampler asks for points, and its arguments."""

    name: str = "tpe"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0

    @property
    def text(self) -> str:
        """The sampler with its arguments and its seed, as one line."""
        words = []
        for name, value in self.arguments.items():
            words.append(f"{name}={value}")
        words.append(f"seed={self.seed}")
        return f"{self.name}({', '.join(words)})"


@dataclass(frozen=True)
class Budget:
    """When a search ends: after so many trainings, or so many hours, whichever it names."""

    trainings: int | None = None
    hours: float | None = None

    @property
    def text(self) -> str:
        """The budget as people read it."""
        if self.trainings is not None:
            return f"{self.trainings} trainings"
        return f"{level_name(self.hours)} hours"


@dataclass(frozen=True)
class SeedRule:
    """How noise is met: a race over nested counts of seeds, or a fixed count for every point."""

    race: bool = True
    counts: tuple[int, ...] = (1, 2, 4, 8)  # of a fixed rule: one count

    @property
    def largest(self) -> int:
        """The most seeds that a point can get."""
        return self.counts[-1]

    @property
    def text(self) -> str:
        """The rule as people read it."""
        if self.race:
            return f"a race over {', '.join(map(str, self.counts))} seeds"
        return f"{self.largest} seeds for every point"


@dataclass(frozen=True)
class Confirm:
    """What is done after the search: fresh seeds of its best points and of a baseline."""

    best: int = 1
    seeds: int = 8
    label: str = "baseline"  # what the baseline is called
    against: Mapping[str, Any] = field(default_factory=dict)  # its settings beside the base
    comparisons: tuple[Comparison, ...] = ()  # what is asked of the fresh seeds: one an objective


@dataclass(frozen=True)
class Search:
    """The points that a study may try, what makes one better, and when it is enough."""

    dimensions: tuple[Dimension, ...]
    objectives: tuple[Objective, ...]
    budget: Budget
    sampler: Sampler = Sampler()
    seeds: SeedRule = SeedRule()
    prune: str | None = None
    prune_arguments: Mapping[str, Any] = field(default_factory=dict)
    confirm: Confirm | None = None
    examples: tuple[Cell, ...] = ()  # trials that have every level of every dimension

    @property
    def paths(self) -> tuple[str, ...]:
        """The settings that are searched, in the order of the file."""
        return tuple(dimension.path for dimension in self.dimensions)

    @property
    def directions(self) -> tuple[bool, ...]:
        """For each objective whether more of it is better."""
        return tuple(objective.maximise for objective in self.objectives)

    @property
    def signature(self) -> dict[str, Any]:
        """What must not change under points that have been tried, as JSON by what it is called."""
        plain: dict[str, Any] = {}
        for dimension in self.dimensions:
            plain[dimension.path] = dimension.to_plain()
        objectives = [objective.text for objective in self.objectives]
        return {"space": plain, "objectives": objectives}

    def drawn_value(self, dimension: Dimension, value: Any) -> Any:
        """A number as it is written into the trial; of a categorical one the value of its level."""
        if dimension.kind == "categorical":
            return dimension.choices[dimension.levels.index(value)]
        if dimension.kind == "int":
            return int(value)
        digits = DIGITS if dimension.step is None else DIGITS_OF_STEPS
        rounded = float(f"{value:.{digits}g}")
        low, high = dimension.low or 0.0, dimension.high or 0.0
        return min(max(rounded, low), high)
