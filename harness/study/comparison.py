"""A question to the finished table, as an entry of `compare:` declares it."""

import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.spec.options import Fraction, NonNegative, Positive
from harness.spec.parse import options_of
from harness.spec.values import digest
from harness.study.says import Says

Unit = Literal["seed", "fold", "image", "patient"]

# a test, an effect or an interval: its name, or a mapping with its name and options
Statistic = str | dict[str, Any]

# what changes nothing of a question: its name, how its answer is said, and what others found
NOT_ASKED = ("name", "says", "published", "from")

# the names of the levels that a setting or a dimension of the rows is confined to
Where = dict[str, str | list[str]]


# an effect in standard deviations, or in the metric's unit beside the spread of one repetition
Expect = Positive | dict[Literal["difference", "spread"], Positive]


@dataclass(frozen=True)
class Correlate:
    """Whether two metrics order the same things alike."""

    x: str
    y: str
    over: list[str]  # one point for each combination of these settings, a mean over everything else
    within: list[str] = field(default_factory=list)
    tie_x: NonNegative = 0.0  # scores closer than this tie
    tie_y: NonNegative = 0.0
    each_unit: bool = False  # a coefficient within each unit; is their mean zero?


@dataclass(frozen=True)
class Comparison:
    """One question to the finished table, declared before the run; the fields are the schema."""

    name: str
    unit: Unit  # what is one independent repetition; rows are averaged down to it first
    metric: str | None = None  # what is compared: `harness list metrics`
    by: str | None = None  # the setting (or dimension of the rows) whose levels are compared
    against: str | None = None  # the name of the level that the others are compared with
    pairs: Literal["against", "all"] | None = None  # null: against where it is named, else all
    within: list[str] = field(default_factory=list)  # compared separately at each level of these
    where: Where = field(default_factory=dict)  # of settings or dimensions: only these levels
    correlate: Correlate | None = None  # {x, y, over}: whether two metrics order alike
    trend: str | None = None  # a numeric setting; with `by`, areas under curves are compared
    model: str | None = None  # a formula: dice ~ fit.init * fit.net.arch
    paired: bool | None = None  # null: deduced from the design, and printed
    test: Statistic | None = None  # null: chosen by the design, and printed
    post_hoc: str | None = None  # which pairs differ, after a test of several groups
    effect: Statistic | None = None  # null: rank_biserial where paired, else cliffs_delta
    interval: Statistic | None = None  # null: t, of folds the one that allows for shared images
    correct: str | None = "holm"  # null: not corrected
    family: str | None = None  # corrected together; null: its own contrasts, or all primary ones
    alpha: Fraction = 0.05  # the level of significance
    margin: Positive | None = None  # of equivalence, in the metric's own unit
    expect: Expect | None = None  # in standard deviations, or {difference, spread}: for the power
    better: Literal["higher", "lower"] | None = None  # marked as best; null: as the probe says
    primary: bool = False  # what the study is about; all else is secondary
    says: Says | None = None  # the answer as a sentence, by how it comes out
    transfer: bool = False  # the arms are transfers: worse than `against` is negative transfer
    published: str | None = None  # a CSV file: averages of correlations, p and effects of pairs
    from_: str = ""  # where these were published

    @property
    def kind(self) -> str:
        """What is asked: correlate, model, groups or trend."""
        for kind in ("correlate", "model"):
            if getattr(self, kind):
                return kind
        return "groups" if self.by else "trend"

    @property
    def test_name(self) -> str | None:
        """The test that is declared, without its options."""
        return None if self.test is None else statistic_name(self.test)

    @property
    def effect_name(self) -> str | None:
        """The effect that is declared, without its options."""
        return None if self.effect is None else statistic_name(self.effect)

    @property
    def interval_name(self) -> str:
        """The interval, without its options; where none is declared, the one that suits the
        unit.
        """
        if self.interval is None:
            return "folds" if self.unit == "fold" else "t"
        return statistic_name(self.interval)

    @property
    def factors(self) -> list[str]:
        """The settings whose combinations are the arms."""
        if self.correlate:
            return self.correlate.over
        if self.model:
            return formula_columns(self.model)[1:]
        return _paths_of(self.by) if self.by else []

    @property
    def metrics(self) -> list[str]:
        """The metrics that it needs of every trial."""
        if self.correlate:
            return [self.correlate.x, self.correlate.y]
        if self.model:
            return formula_columns(self.model)[:1]
        return [self.metric] if self.metric else []

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
        """Changes with anything that is asked; a setting left at its default does not count."""
        plain = dataclasses.asdict(self)
        if self.interval == "t" and self.unit != "fold":
            plain["interval"] = None  # written out, the default is still the default
        if plain["correlate"] is not None and not plain["correlate"]["each_unit"]:
            del plain["correlate"]["each_unit"]  # it came later
        changed: dict[str, Any] = {}
        for name, option in options_of(Comparison).items():
            if name not in NOT_ASKED and plain[name] != option.default:
                changed[name] = plain[name]
        return digest(changed)[:12]


def _paths_of(by: str) -> list[str]:
    """The settings that `by` names: as a key of a grid, 'a, b' moves two together."""
    return [path.strip() for path in by.split(",")]


def statistic_name(statistic: Statistic) -> str:
    """What a statistic is called, whether it is written with options or without."""
    return statistic if isinstance(statistic, str) else str(statistic["name"])


def formula_columns(formula: str) -> list[str]:
    """The columns that a formula names, the metric first."""
    words = re.findall(r"[A-Za-z_][\w.]*", formula)
    return [word for word in dict.fromkeys(words) if word != "C"]


def design(compare: Iterable[Comparison]) -> str:
    """The keys of the declared comparisons, stored with a run so that a later one shows as such."""
    return " ".join(comparison.key for comparison in compare)
