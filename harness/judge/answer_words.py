"""The words and numbers that a plain answer is made of."""

import math
from dataclasses import dataclass

from harness.judge.contrast_sentences import ONLY_THESE
from harness.judge.contrast_words import metric_in_words, names_of_sides, where_in_words
from harness.judge.contrasts import Contrast
from harness.judge.correlated_networks import counted_in_correlation
from harness.judge.look_words import level_in_words, looks_in_words
from harness.judge.sentences import number, p_value
from harness.judge.verdicts import Verdict
from harness.study.comparison import Comparison
from harness.study.names import Names, display_name
from harness.study.says import Answer


@dataclass(frozen=True)
class Words:
    """A contrast in words; numbers have the digits that their interval can carry."""

    a: str
    b: str
    metric: str
    difference: str
    size: str  # of the difference, without a sign
    interval: str
    interval_of_size: str
    level: str
    n: str
    unit: str
    p: str
    margin: str
    where: str
    trend: str
    statistic: str
    points: str
    looks: str = ""

    @property
    def n_and_unit(self) -> str:
        """'12 seeds'."""
        return f"{self.n} {self.unit}"

    @property
    def facts(self) -> str:
        """'95% interval 0.01 to 0.03, 12 seeds, p = .012'."""
        return self._facts(self.interval)

    @property
    def facts_of_size(self) -> str:
        """The facts beside the size of a difference, which has no sign."""
        return self._facts(self.interval_of_size)

    def _facts(self, interval: str) -> str:
        facts = [self.n_and_unit, self.p, self.looks]
        if interval:
            facts.insert(0, f"{self.level} {interval}")
        return ", ".join(filter(None, facts))

    def by_placeholder(self) -> dict[str, str]:
        """What fills the places of a sentence of the study."""
        return {
            "a": self.a,
            "b": self.b,
            "metric": self.metric,
            "difference": self.difference,
            "interval": self.interval or "no interval",
            "level": self.level,
            "n": self.n,
            "unit": self.unit,
            "p": self.p,
            "margin": self.margin,
            "where": self.where,
            "facts": self.facts,
        }


def is_of_these_networks(contrast: Contrast) -> bool:
    """Whether a contrast that shows something says nothing of another training."""
    return contrast.outcome == ONLY_THESE


def kind_of_answer(contrast: Contrast) -> Answer | None:
    """What came of a contrast; None where it could not be tested."""
    if contrast.outcome in ("not testable", "no test", ""):
        return None
    if contrast.outcome == "equivalent":
        return "equivalent"
    if contrast.outcome not in ("differs", ONLY_THESE):
        return "undecided"
    if contrast.estimate > 0:
        return "higher"
    return "lower" if contrast.estimate < 0 else "differs"


def words_of(verdict: Verdict, contrast: Contrast, names: Names) -> Words:
    """A contrast in words."""
    comparison = verdict.comparison
    width = contrast.high - contrast.low
    interval = ""
    interval_of_size = ""
    if not math.isnan(width):
        ends = (contrast.low, contrast.high)
        interval = _interval(*ends, width)
        interval_of_size = interval
        if contrast.estimate < 0:
            interval_of_size = _interval(-contrast.high, -contrast.low, width)
    n, unit = _count(verdict, contrast)
    p = p_value(contrast.corrected)
    if verdict.family > 1 and comparison.correct and not contrast.corrected_by_test:
        p = f"corrected {p}"
    margin = "" if comparison.margin is None else f"{comparison.margin:g}"
    first, second = names_of_sides(comparison, contrast, names)
    return Words(
        a=first,
        b=second,
        metric=metric_in_words(comparison, names),
        difference=number(contrast.estimate, width),
        size=number(abs(contrast.estimate), width),
        interval=interval,
        interval_of_size=interval_of_size,
        level=level_in_words(contrast),
        n=n,
        unit=unit,
        p=p,
        margin=margin,
        where=where_in_words(comparison, contrast, names),
        trend=display_name(comparison.trend or "", names),
        statistic=display_name(contrast.test, names),
        points=_points(comparison, names),
        looks=looks_in_words(contrast),
    )


def _interval(low: float, high: float, width: float) -> str:
    return f"{number(low, width)} to {number(high, width)}"


def _count(verdict: Verdict, contrast: Contrast) -> tuple[str, str]:
    """How many units a contrast stands on, and what they are: ('12', 'seeds')."""
    comparison = verdict.comparison
    unit = verdict.tested_unit or comparison.unit
    if comparison.kind == "correlate":
        unit = counted_in_correlation(comparison, contrast.why)
    elif comparison.kind == "model":
        unit = "value"
    sizes = list(dict.fromkeys(map(str, contrast.n)))
    if len(sizes) > 1:
        sizes = list(map(str, contrast.n))
    text = " and ".join(sizes)
    if text != "1":
        unit += "s"
    if len(contrast.n) > 1 and len(sizes) == 1 and not contrast.paired:
        unit += " each"
    return text, unit


def _points(comparison: Comparison, names: Names) -> str:
    """What a correlation orders: the combinations of the settings that it goes over."""
    if comparison.correlate is None:
        return ""
    if any(path.startswith("fit.") for path in comparison.correlate.over):
        return "the networks"
    return "the points"
