"""What a contrast is about as people read it: its two sides, its metric, and where it is asked."""

from harness.judge.contrasts import Contrast
from harness.spec.naming import as_list
from harness.study.comparison import Comparison
from harness.study.names import Names, display_name, level_display_name

MOST_LEVELS = 2  # a longer list of levels is left to the notes of the comparison


def name_of_side(comparison: Comparison, side: str, names: Names) -> str:
    """What stands on one side of a contrast: an arm, a metric of a correlation, a term of a
    model.
    """
    if comparison.kind == "correlate":
        metric, _, note = side.partition(" (")  # what an estimator needs stands behind it
        return " (".join(filter(None, [display_name(metric, names), note]))
    if comparison.kind == "model":
        if "~" in side:  # the model as a whole
            return " and ".join(display_name(factor, names) for factor in comparison.factors)
        factors = [display_name(factor, names) for factor in side.split(":")]
        term = " and ".join(factors)
        return f"the interaction of {term}" if len(factors) > 1 else term
    return side


def names_of_sides(comparison: Comparison, contrast: Contrast, names: Names) -> tuple[str, str]:
    """What stands on both sides of a contrast; the second is empty where it has one alone."""
    first = name_of_side(comparison, contrast.first, names)
    if not contrast.second:
        return first, ""
    second = name_of_side(comparison, contrast.second, names)
    return first, second


def sides_in_words(comparison: Comparison, contrast: Contrast, names: Names) -> str:
    """The two metrics of a correlation, or a term of a model; empty where arms are compared."""
    if comparison.kind not in ("correlate", "model"):
        return ""
    first, second = names_of_sides(comparison, contrast, names)
    return f"{first} and {second}" if second else first


def metric_in_words(comparison: Comparison, names: Names) -> str:
    """The metric of a comparison, or the area under its curve."""
    metrics = [display_name(metric, names) for metric in comparison.metrics]
    text = " and ".join(metrics)
    if comparison.kind == "groups" and comparison.trend:
        return f"the area under {text} over {display_name(comparison.trend, names)}"
    return text


def where_in_words(comparison: Comparison, contrast: Contrast, names: Names) -> str:
    """The levels at which a contrast is asked, those of its stratum last; empty where it has
    none.
    """
    phrases = restrictions_in_words(comparison, names)
    return " · ".join([*phrases, *stratum_in_words(comparison, contrast, names)])


def restrictions_in_words(comparison: Comparison, names: Names) -> list[str]:
    """The levels that all contrasts of a comparison are confined to, where they are few."""
    phrases = []
    for path, levels in restrictions_worth_saying(comparison).items():
        choices = [level_display_name(level, path, names) for level in as_list(levels)]
        phrases.append(" or ".join(choices))
    return phrases


def stratum_in_words(comparison: Comparison, contrast: Contrast, names: Names) -> list[str]:
    """The levels of a contrast's stratum as people read them."""
    phrases = []
    for level, path in zip(contrast.stratum, comparison.strata, strict=False):
        phrases.append(level_display_name(level, path, names))
    return phrases


def restrictions_worth_saying(comparison: Comparison) -> dict[str, str | list[str]]:
    """Returns what a sentence says of where its question is asked.

    Levels that are compared, or are strata, are named by themselves.
    """
    own = {comparison.by, *comparison.within}
    if comparison.correlate is not None:
        own.update(comparison.correlate.within)
    restrictions: dict[str, str | list[str]] = {}
    for path, levels in comparison.where.items():
        if path not in own and len(as_list(levels)) <= MOST_LEVELS:
            restrictions[path] = levels
    return restrictions
