"""The `compare:` section of a file -> comparisons, and what is wrong with each by itself."""

from typing import Any

from harness.spec.values import Steps
from harness.study.answerable import answer_problems
from harness.study.comparison import Comparison, formula_columns
from harness.study.entries import read_entry
from harness.study.grid import Expansion
from harness.study.marks import KEY
from harness.study.problems import Finding, Findings
from harness.study.says import says_problems
from harness.study.statistic_checks import statistic_problems


def read_comparisons(raw: Any, grid: Expansion) -> tuple[list[Comparison], list[Finding]]:
    """The comparisons of a file, and what is wrong with them; steps start at `compare`."""
    if not isinstance(raw, list):
        return [], [(("compare",), "should be a list of comparisons")]
    comparisons: dict[int, Comparison] = {}
    problems: list[Finding] = []
    for i, entry in enumerate(raw):
        steps: Steps = ("compare", i)
        comparison = read_entry(Comparison, entry, steps, problems, "a comparison")
        if comparison is None:
            continue
        if any(earlier.name == comparison.name for earlier in comparisons.values()):
            text = f"{comparison.name!r} is the name of an earlier comparison"
            problems.append(((*steps, "name"), text))
        comparisons[i] = comparison
        for inner, text in _problems_of(comparison, grid):
            problems.append(((*steps, *inner), text))
    problems.extend(_family_problems(comparisons))
    return list(comparisons.values()), problems


def _problems_of(comparison: Comparison, grid: Expansion) -> list[Finding]:
    """What is wrong with a comparison; if nothing else, whether the study can answer it."""
    problems = [*contradictions(comparison), *statistic_problems(comparison)]
    if not problems and grid.cells and not grid.problems:
        problems = list(answer_problems(comparison, grid))
    return problems


def contradictions(comparison: Comparison) -> Findings:
    """Settings of a comparison that contradict each other."""
    questions = [key for key in ("correlate", "model", "by") if getattr(comparison, key)]
    if comparison.trend and not comparison.by:
        questions.append("trend")
    if not questions:
        yield (), "a comparison needs one of by, trend, correlate, model"
        return
    if len(questions) > 1:
        first, second = questions[:2]
        text = f"{first} and {second} are two questions; make them two comparisons"
        yield (second, KEY), text
    if comparison.kind in ("groups", "trend") and comparison.metric is None:
        yield (), "a comparison needs `metric`"
    if comparison.kind == "model" and not _is_formula(str(comparison.model)):
        yield ("model",), "a formula reads 'metric ~ factor * factor'"
    yield from _contradictions_of_pairs(comparison)
    yield from _contradictions_of_within(comparison)
    yield from _contradictions_of_each_unit(comparison)
    yield from says_problems(comparison.says, comparison.margin)
    if comparison.correct == "shaffer" and not _compares_all_pairs(comparison):
        yield ("correct",), "shaffer holds for all pairs of one set of groups; take holm"
    if not 0 < comparison.alpha < 1:
        yield ("alpha",), f"{comparison.alpha} should lie between 0 and 1"


def _is_formula(model: str) -> bool:
    columns = formula_columns(model)
    return model.count("~") == 1 and len(columns) >= 2


def _compares_all_pairs(comparison: Comparison) -> bool:
    """Whether a family of p values is that of all pairs of one set of groups."""
    is_one_set = not (comparison.within or comparison.family or comparison.primary)
    return comparison.kind == "groups" and comparison.against is None and is_one_set


def _contradictions_of_pairs(comparison: Comparison) -> Findings:
    """Problems of `pairs` and `against`, which say what is compared with what."""
    for key in ("against", "pairs"):
        if getattr(comparison, key) is not None and comparison.kind != "groups":
            yield (key, KEY), "means nothing without `by`"
    if comparison.transfer and (comparison.against is None or comparison.kind != "groups"):
        yield ("transfer",), "needs `by` and `against`, what the transfer is compared with"
    if comparison.transfer and comparison.margin is not None:
        text = "asks for differences, `margin` for equivalence; make them two comparisons"
        yield ("transfer",), text
    if comparison.pairs == "against" and comparison.against is None:
        yield ("pairs",), "needs `against`, the level to compare with"
    if comparison.pairs == "all" and comparison.against is not None:
        text = "compares all levels with each other, `against` all with one; take one of the two"
        yield ("pairs",), text
    if comparison.unit == "fold" and comparison.paired is False and comparison.test is None:
        text = "the folds of two arms hold the same images, so they pair; else name a `test`"
        yield ("paired",), text


def _contradictions_of_within(comparison: Comparison) -> Findings:
    """Problems of `within`, which says where the question is asked separately."""
    trend = comparison.trend
    for path in comparison.within:
        if trend and (path == trend or trend.startswith(f"{path}.")):
            text = f"{path} holds {trend}, so each curve would be one point; take {path}.name, say"
            yield ("within",), text
    if comparison.correlate and comparison.within:
        yield ("within", KEY), "belongs inside `correlate` here"


def _contradictions_of_each_unit(comparison: Comparison) -> Findings:
    """Problems of a correlation within each unit, which every point must have."""
    correlate = comparison.correlate
    if correlate is None or not correlate.each_unit:
        return
    if comparison.unit not in ("seed", "fold"):
        text = (
            f"needs `unit: seed` or `unit: fold`; {comparison.unit}s have no networks of their own"
        )
        yield ("correlate", "each_unit"), text
    own = f"fit.{comparison.unit}"
    if own in (*correlate.over, *correlate.within):
        text = f"the points of one {comparison.unit} are ordered, so {own} tells none of them apart"
        yield ("correlate", "each_unit"), text


def _family_problems(comparisons: dict[int, Comparison]) -> Findings:
    """Problems of comparisons that share a family of p values and correct it in two ways."""
    first: dict[str, Comparison] = {}
    for i, comparison in comparisons.items():
        family = comparison.together
        earlier = first.setdefault(family, comparison)
        for key in ("correct", "alpha"):
            value, earlier_value = getattr(comparison, key), getattr(earlier, key)
            if value != earlier_value:
                text = (
                    f"{value} here and {earlier_value} in {earlier.name!r}, "
                    f"but both are of the family {family!r}"
                )
                yield ("compare", i, key), text
