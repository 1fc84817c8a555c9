"""What the numbers of a table of arms or of contrasts are: test, unit, correction, interval."""

from collections.abc import Sequence

from harness.judge.contrast_words import restrictions_in_words
from harness.judge.contrasts import Contrast
from harness.judge.correlated_networks import counted_in_correlation
from harness.judge.look_words import STOPPED, level_in_words, p_in_words
from harness.judge.verdicts import Verdict
from harness.report.formats import with_capital
from harness.study.names import Names, display_name, interval_name


def arms_caption(verdict: Verdict, names: Names, *, has_best: bool, has_letters: bool) -> str:
    """What a table of arms shows."""
    comparison = verdict.comparison
    interval = interval_name(1 - comparison.alpha)
    kind = display_name(comparison.interval_name, names)
    sentences = [
        f"{_title(verdict, names)}. Mean and {interval} ({kind}) over the n {_unit(verdict)}s "
        "of an arm"
    ]
    if verdict.has_looks:
        sentences.append(with_capital(STOPPED))
    if has_best:
        sentences.append("Bold: the best mean")
    if has_letters:
        sentences.append(
            "Raised letters without brackets: differs from the row of that letter at "
            f"{comparison.alpha:g} ({_tests(verdict.contrasts, names)}; {correction(verdict)})"
        )
    return ". ".join(sentences) + "."


def contrasts_caption(verdict: Verdict, names: Names) -> str:
    """What a table of contrasts shows, and what it says as a whole."""
    comparison = verdict.comparison
    estimates = with_capital(_what_is_estimated(verdict, names))
    sentences = [f"{_title(verdict, names)}, contrasts. {estimates}"]
    tests = _tests(verdict.contrasts, names)
    if tests:
        p = p_in_words(verdict.contrasts[0], comparison.margin)
        sentences.append(f"Test: {tests}; {p}, {correction(verdict)}")
    sentences.append(f"n counts {_units_of_n(verdict)}; alpha is {comparison.alpha:g}")
    effects = _effects(verdict.contrasts, names)
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
    method = display_name(comparison.correct)
    return f"corrected by {method} among {verdict.family}"


def _title(verdict: Verdict, names: Names) -> str:
    """The name of a comparison, its metrics, and what kind of claim it makes."""
    comparison = verdict.comparison
    claim = "confirmatory" if verdict.confirmatory else "exploratory"
    standing = "primary" if comparison.primary else "secondary"
    metrics = " and ".join(display_name(metric, names) for metric in comparison.metrics)
    parts = [metrics, *restrictions_in_words(comparison, names)]
    return f"{comparison.name}: {', '.join(parts)} ({standing}, {claim})"


def _unit(verdict: Verdict) -> str:
    return verdict.tested_unit or verdict.comparison.unit


def _units_of_n(verdict: Verdict) -> str:
    """What n of a contrast counts."""
    comparison = verdict.comparison
    first = verdict.contrasts[0]
    if comparison.kind == "correlate":
        return f"{counted_in_correlation(comparison, first.why)}s"
    if comparison.kind == "model":
        return "values"
    if first.paired and comparison.kind == "groups":
        return f"pairs of one {_unit(verdict)} each"
    return f"{_unit(verdict)}s"


def _what_is_estimated(verdict: Verdict, names: Names) -> str:
    """What the column of estimates holds."""
    comparison = verdict.comparison
    interval = f"{level_in_words(verdict.contrasts[0])}s, which are not corrected"
    trend = display_name(comparison.trend or "", names)
    if comparison.kind == "correlate":
        correlate = comparison.correlate
        if correlate is not None and correlate.each_unit:
            unit = f"each {comparison.unit}"
            return f"the mean of the correlations of the two metrics in {unit}, with {interval}"
        return f"the correlation of the two metrics, with {interval}"
    if comparison.kind == "model":
        return f"the terms of {comparison.model}"
    if comparison.kind == "trend":
        return f"the change along {trend}, with {interval}"
    if comparison.trend:
        return (
            f"differences of areas under curves over {trend}, first minus second, with {interval}"
        )
    if comparison.margin is not None:
        return (
            f"differences, first minus second, with {interval}; arms are equivalent where it lies "
            f"within ±{comparison.margin:g}"
        )
    return f"differences, first minus second, with {interval}"


def _tests(contrasts: Sequence[Contrast], names: Names) -> str:
    """The tests that were made, each with how its p came about."""
    tests: dict[str, None] = {}
    for contrast in contrasts:
        if contrast.test:
            way = "exact" if contrast.exact else "approximate"
            tests[f"{display_name(contrast.test, names)}, {way}"] = None
    return " or ".join(tests)


def _effects(contrasts: Sequence[Contrast], names: Names) -> str:
    """The names of the effect sizes."""
    effects: dict[str, None] = {}
    for contrast in contrasts:
        if contrast.effect is not None:
            effects[display_name(contrast.effect.name, names)] = None
    return " or ".join(effects)
