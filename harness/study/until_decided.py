"""`seeds: {until: decided, least: 4, most: 12}`: as many seeds as the comparisons need, by a rule
that is declared before the first.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec.options import did_you_mean
from harness.study.comparison import Comparison
from harness.study.marks import KEY
from harness.study.problems import Findings, Problems

# The tests that hold their size although there is a look after every seed, the default first.
SEQUENTIAL_TESTS = ("sequential_t", "sequential_signs")
CORRECTIONS = ("holm", "bonferroni", None)  # those that know how to pass alpha on

FEWEST = 3  # seeds before the first look: two say nothing of a spread
MOST_SEEDS = 40
SETTINGS = ("until", "least", "most", "first")
WHOLE = {"type": "integer", "minimum": 0}
SCHEMA_OF_RULE: dict[str, Any] = {
    "type": "object",
    "properties": {"until": {"const": "decided"}, "least": WHOLE, "most": WHOLE, "first": WHOLE},
    "required": ["until", "least", "most"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class UntilDecided:
    """How many seeds a study trains at least and at most, in the order in which it does."""

    least: int
    most: int
    first: int = 0

    @property
    def seeds(self) -> tuple[int, ...]:
        """Every seed that may be needed, in the order in which they are trained."""
        return tuple(range(self.first, self.first + self.most))

    @property
    def text(self) -> str:
        """The rule as a declaration holds it and as people read it."""
        seeds = self.seeds
        return f"until decided, {self.least} to {self.most} seeds from {seeds[0]} to {seeds[-1]}"


def read_until_decided(problems: Problems) -> UntilDecided | None:
    """The rule of `seeds`; None where they are a count or a list, or the rule is wrong."""
    raw = problems.raw_at(("seeds",))
    if not isinstance(raw, dict):
        return None
    before = len(problems.entries)
    for key in raw:
        if key not in SETTINGS:
            hint = did_you_mean(key, SETTINGS)
            problems.add(("seeds", key, KEY), f"seeds have no setting {key!r}; {hint}")
    if raw.get("until") != "decided":
        text = "needs `until: decided`; else write a number of seeds, or a list of them"
        problems.add(("seeds",), text)
    least = _whole(problems, raw, "least", FEWEST)
    most = _whole(problems, raw, "most", least or FEWEST)
    first = 0
    if "first" in raw:
        first = _whole(problems, raw, "first", 0)
    if most > MOST_SEEDS:
        text = f"{most} is too many; at most {MOST_SEEDS} seeds are looked at one by one"
        problems.add(("seeds", "most"), text)
    if problems.raw_at(("folds",)) is not None:
        text = "folds share training images, so they are not looked at one by one; take `seeds: N`"
        problems.add(("folds", KEY), text)
    if len(problems.entries) > before:
        return None
    return UntilDecided(least, most, first)


def _whole(problems: Problems, raw: dict[str, Any], key: str, lowest: int) -> int:
    """A whole number of the rule; 0, and a problem, where there is none or it is too small."""
    value = raw.get(key)
    if key not in raw:
        problems.add(("seeds",), f"needs `{key}`; seeds: {{until: decided, least: 4, most: 12}}")
    elif not isinstance(value, int) or isinstance(value, bool) or value < lowest:
        problems.add(("seeds", key), f"should be a whole number of at least {lowest}")
    else:
        return value
    return 0


def is_sequential(comparison: Comparison) -> bool:
    """Whether a comparison can be decided seed by seed: one of two arms."""
    return comparison.kind == "groups"


def sequence_problems(compare: Sequence[Comparison]) -> Findings:
    """What keeps comparisons from being decided seed by seed; steps start at `compare`."""
    if not any(map(is_sequential, compare)):
        text = "until decided, a study needs a comparison of arms (`by`) that can be decided"
        yield ("seeds",), text
    for i, comparison in enumerate(compare):
        if is_sequential(comparison):
            for key, text in _contradictions(comparison):
                yield ("compare", i, key), text


def _contradictions(comparison: Comparison) -> list[tuple[str, str]]:
    """The options of a comparison that a decision seed by seed has no room for."""
    tests = " or ".join(SEQUENTIAL_TESTS)
    problems = []
    if comparison.unit != "seed":
        problems.append(("unit", "should be seed where the seeds are trained until decided"))
    if comparison.paired is False:
        problems.append(("paired", "seeds that are trained until decided pair by seed"))
    if comparison.test_name not in (None, *SEQUENTIAL_TESTS):
        text = f"{comparison.test_name} is for a number of seeds that is fixed; take {tests}"
        problems.append(("test", text))
    if comparison.interval not in (None, "t"):
        text = "where seeds are trained until decided, the interval is the repeated one"
        problems.append(("interval", text))
    if comparison.correct not in CORRECTIONS:
        text = f"{comparison.correct} knows no looks; take holm or bonferroni"
        problems.append(("correct", text))
    if comparison.trend is not None:
        problems.append(("trend", "areas under curves are not decided seed by seed"))
    return problems
