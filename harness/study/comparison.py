"""A question to the finished table, as a study's `compare:` entry declares it; the fields are the schema."""

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.spec.options import REQUIRED, Fraction, NonNegative, Positive
from harness.spec.values import digest

Unit = Literal["seed", "fold", "image", "patient"]
Where = dict[
    str, str | list[str]
]  # the names of the levels that a setting or a dimension of the rows is confined to


@dataclass(frozen=True)
class Correlate:
    """Whether two metrics order the same things alike."""

    x: str
    y: str
    over: list[str]  # one point for each combination of these settings, a mean over everything else
    within: list[str] = field(default_factory=list)
    tie_x: NonNegative = 0.0  # scores closer than this tie
    tie_y: NonNegative = 0.0


@dataclass(frozen=True)
class Comparison:
    """One question to the finished table, declared before the run: by groups, a trend, a correlation or a model."""

    name: str
    unit: Unit  # what is one independent repetition; rows are averaged down to it first
    metric: str | None = None
    by: str | None = None  # the setting (or dimension of the rows) whose levels are compared
    against: str | None = None  # the name of the level that the others are compared with
    pairs: Literal["against", "all"] | None = None  # null: against where it is named, else all
    within: list[str] = field(default_factory=list)  # compared separately at each level of these
    where: Where = field(default_factory=dict)
    correlate: Correlate | None = None
    trend: str | None = (
        None  # a numeric setting; with `by`, the areas under the curves are compared
    )
    model: str | None = None  # a formula: dice ~ fit.init * fit.net.arch
    paired: bool | None = None  # null: deduced from the design, and printed
    test: str | None = None  # null: chosen by the design, and printed
    post_hoc: str | None = None  # which pairs differ, after a test of several groups
    effect: str | None = None  # null: rank_biserial where paired, else cliffs_delta
    interval: str = "t"
    correct: str | None = "holm"  # null: not corrected
    family: str | None = (
        None  # corrected together; null: its own contrasts, and primary comparisons together
    )
    alpha: Fraction = 0.05
    margin: Positive | None = None  # of equivalence, in the metric's own unit
    expect: Positive | None = None  # an effect in standard deviations: what power is printed for
    better: Literal["higher", "lower"] | None = (
        None  # which end is marked best; null: as the probe says
    )
    primary: bool = False

    @property
    def kind(self) -> str:
        return (
            "correlate"
            if self.correlate
            else "model"
            if self.model
            else "groups"
            if self.by
            else "trend"
        )

    @property
    def factors(self) -> list[str]:
        """The settings whose combinations are the arms."""
        if self.correlate:
            return self.correlate.over
        if self.model:
            return words(self.model)[1:]
        return [self.by] if self.by else []

    @property
    def metrics(self) -> list[str]:
        if self.correlate:
            return [self.correlate.x, self.correlate.y]
        named = words(self.model)[0] if self.model else self.metric
        return [named] if named else []

    @property
    def strata(self) -> list[str]:
        """Where the question is asked separately."""
        return self.correlate.within if self.correlate else self.within

    @property
    def together(self) -> str:
        """The family that its p values are corrected in."""
        return self.family or ("primary" if self.primary else self.name)

    @property
    def key(self) -> str:
        """Changes with anything but its name; a setting left at its default does not count."""
        plain = dataclasses.asdict(self)
        return digest(
            {k: v for k, v in plain.items() if k != "name" and v != default_of(type(self), k)}
        )[:12]


def words(formula: str) -> list[str]:
    """The columns that a formula names, the metric first."""
    return [w for w in dict.fromkeys(re.findall(r"[A-Za-z_][\w.]*", formula)) if w != "C"]


def design(compare: Iterable[Comparison]) -> str:
    """The declared comparisons as they are stored with a run: a key for each, so that a later one shows as such."""
    return " ".join(one.key for one in compare)


def default_of(kind: type, name: str) -> Any:
    found = {f.name: f for f in dataclasses.fields(kind)}[name]
    if found.default_factory is not dataclasses.MISSING:
        return found.default_factory()
    return REQUIRED if found.default is dataclasses.MISSING else found.default
