"""What the numbers of a table of arms or of contrasts are: test, unit, correction, interval."""

from collections.abc import Sequence

from harness.judge.contrasts import SHARED, Contrast
from harness.judge.verdicts import Verdict
from harness.report.formats import with_capital
from harness.study.comparison import Comparison


def arms_caption(verdict: Verdict, *, has_best: bool, has_letters: bool) -> str:
    """What a table of arms shows."""
    comparison = verdict.comparison
    sentences = [
        f"{_title(verdict)}. Mean and {1 - comparison.alpha:.0%} interval "
        f"({comparison.interval_name}) over the n {_unit(verdict)}s of an arm"
    ]
    if has_best:
        sentences.append("Bold: the best mean")
    if has_letters:
        sentences.append(
            "Raised letters without brackets: differs from the row of that letter at "
            f"{comparison.alpha:g} ({_tests(verdict.contrasts)}, {correction(verdict)})"
        )
    return ". ".join(sentences) + "."


def contrasts_caption(verdict: Verdict) -> str:
    """What a table of contrasts shows, and what it says as a whole."""
    comparison = verdict.comparison
    sentences = [f"{_title(verdict)}, contrasts. {with_capital(_what_is_estimated(comparison))}"]
    level = f"{verdict.contrasts[0].level:.0%}"
    sentences.append(f"Intervals are {level} and not corrected")
    tests = _tests(verdict.contrasts)
    if tests:
        sentences.append(f"Test: {tests}; {_p(comparison)}, {correction(verdict)}")
    sentences.append(f"n counts {_units_of_n(verdict)}; alpha is {comparison.alpha:g}")
    effects = _effects(verdict.contrasts)
    if effects:
        sentences.append(f"Effect: {effects}")
    if verdict.survival:
        sentences.append(with_capital(verdict.survival))
    return ". ".join(sentences) + "."


def correction(verdict: Verdict) -> str:
    """How the p values were corrected."""
    comparison = verdict.comparison
    if verdict.family <= 1:
        return "not corrected, as there is no other"
    if not comparison.correct:
        return "not corrected"
    return f"corrected by {comparison.correct} among {verdict.family}"


def _title(verdict: Verdict) -> str:
    """The name of a comparison, its metrics, and what kind of claim it makes."""
    comparison = verdict.comparison
    claim = "confirmatory" if verdict.confirmatory else "exploratory"
    standing = "primary" if comparison.primary else "secondary"
    metrics = " and ".join(comparison.metrics)
    return f"{comparison.name}: {metrics} ({standing}, {claim})"


def _unit(verdict: Verdict) -> str:
    return verdict.tested_unit or verdict.comparison.unit


def _units_of_n(verdict: Verdict) -> str:
    """What n of a contrast counts."""
    comparison = verdict.comparison
    first = verdict.contrasts[0]
    if comparison.kind == "correlate":
        return "networks" if SHARED in first.why else "points"
    if comparison.kind == "model":
        return "values"
    if first.paired and comparison.kind == "groups":
        return f"pairs of one {_unit(verdict)} each"
    return f"{_unit(verdict)}s"


def _what_is_estimated(comparison: Comparison) -> str:
    """What the column of estimates holds."""
    if comparison.kind == "correlate":
        return "the correlation of the two metrics, with its interval"
    if comparison.kind == "model":
        return f"the terms of {comparison.model}"
    if comparison.kind == "trend":
        return (
            f"the change along {comparison.trend}, from the second to the first, with its interval"
        )
    if comparison.trend:
        return f"differences of areas under curves over {comparison.trend}, first minus second"
    if comparison.margin is not None:
        return (
            "differences, first minus second, with intervals that have to lie within "
            f"±{comparison.margin:g} for arms to be equivalent"
        )
    return "differences, first minus second, with intervals"


def _p(comparison: Comparison) -> str:
    """What kind of p value it is."""
    if comparison.margin is not None:
        return f"p of two one-sided tests against ±{comparison.margin:g}"
    return "p is two-sided"


def _tests(contrasts: Sequence[Contrast]) -> str:
    """The tests that were made, each with how its p came about."""
    tests = {}
    for contrast in contrasts:
        if contrast.test:
            way = "exact" if contrast.exact else "approximate"
            tests[f"{contrast.test}, {way}"] = None
    return " or ".join(tests)


def _effects(contrasts: Sequence[Contrast]) -> str:
    """The names of the effect sizes."""
    names = {}
    for contrast in contrasts:
        if contrast.effect is not None:
            names[contrast.effect.name] = None
    return " or ".join(names)
