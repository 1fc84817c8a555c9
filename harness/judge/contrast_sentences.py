"""What a contrast shows, and a comparison by its contrasts, in plain sentences."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from harness.judge.contrast_words import (
    metric_in_words,
    name_of_side,
    names_of_sides,
    where_in_words,
)
from harness.judge.contrasts import Contrast
from harness.judge.correlated_networks import counted_in_correlation
from harness.judge.look_words import looks_in_words
from harness.judge.sentences import count, estimate, number, p_value
from harness.judge.transfer import gain_text
from harness.study.comparison import Comparison
from harness.study.names import NO_NAMES, Names, display_name

ONLY_THESE = "only in these networks"
CLAIMS = {"difference": "differs", "equivalence": "equivalent"}  # of what is decided seed by seed


def outcome(comparison: Comparison, contrast: Contrast) -> str:
    """The kind of answer."""
    yes, no = _yes_and_no(comparison)
    if math.isnan(contrast.corrected):
        return "no test"
    if contrast.claim:
        return CLAIMS[contrast.claim]
    if contrast.corrected <= comparison.alpha:
        return ONLY_THESE if contrast.only_these_networks else yes
    if contrast.smallest > comparison.alpha:
        return "not testable"
    return no


def _yes_and_no(comparison: Comparison) -> tuple[str, str]:
    """What a contrast is called that shows what it asks for, and one that does not."""
    if comparison.margin is None:
        return "differs", "open"
    return "equivalent", "not shown"


def sentence(
    comparison: Comparison, contrast: Contrast, family: int, names: Names = NO_NAMES
) -> str:
    """One sentence in terms of the test; what is not significant is never called equal."""
    sentences = {"groups": _groups, "trend": _trend, "correlate": _correlate, "model": _model}
    answer = contrast
    if contrast.outcome == ONLY_THESE:
        yes, _ = _yes_and_no(comparison)
        answer = replace(contrast, outcome=yes)
    text = sentences[comparison.kind](comparison, answer, family, names)
    if contrast.only_these_networks and contrast.outcome != "no test":
        text = f"of these networks only, {text}"
    where = where_in_words(comparison, contrast, names)
    return f"At {where}: {text}" if where else text


def _numbers(
    comparison: Comparison,
    contrast: Contrast,
    family: int,
    unit: str | None = None,
) -> str:
    """The estimate with its interval, n and the corrected p."""
    parts = []
    if not math.isnan(contrast.estimate):
        parts.append(estimate(contrast.estimate, contrast.low, contrast.high))
    is_pair = contrast.paired and comparison.kind == "groups"
    parts.append(count(contrast.n, is_pair, unit or comparison.unit))
    correction = ""
    if comparison.correct is None:
        correction = " uncorrected"
    elif family > 1:
        correction = f" after {display_name(comparison.correct)} among {family}"
    if family == 1 or contrast.corrected_by_test:
        correction = ""
    parts.append(p_value(contrast.corrected) + correction)
    parts += filter(None, [looks_in_words(contrast)])
    return ", ".join(parts)


def _groups(comparison: Comparison, contrast: Contrast, family: int, names: Names) -> str:
    """A contrast of two arms."""
    metric = metric_in_words(comparison, names)
    facts = f"difference {_numbers(comparison, contrast, family)}"
    if contrast.transfer:
        facts = f"{contrast.transfer}, {gain_text(contrast)}; {facts}"
    first = contrast.first
    second = contrast.second
    margin = comparison.margin
    match contrast.outcome:
        case "differs":
            way = _way(contrast.estimate, "higher", "lower", "different")
            return f"{metric} is {way} with {first} than with {second}: {facts}."
        case "equivalent":
            return f"{first} and {second} are equivalent on {metric} within ±{margin:g}: {facts}."
        case "not shown":
            return (
                f"equivalence of {first} and {second} on {metric} within ±{margin:g} "
                f"is not shown: {facts}."
            )
        case "not testable":
            reason = _too_few(comparison, contrast, family)
            return (
                f"whether {metric} differs between {first} and {second} cannot be tested: "
                f"{reason}; {facts}."
            )
        case "no test":
            reason = contrast.note or "no values"
            return f"{first} and {second} could not be compared on {metric}: {reason}."
    return f"{metric} does not tell {first} from {second}, which does not make them equal: {facts}."


def _way(value: float, up: str, down: str, neither: str) -> str:
    """The word for the way that a difference goes."""
    if value > 0:
        return up
    if value < 0:
        return down
    return neither


def _too_few(comparison: Comparison, contrast: Contrast, family: int) -> str:
    """Why a contrast cannot be tested."""
    least = f"{contrast.smallest:.2g}"
    if comparison.correct and family > 1:
        least += " after correction"
    counted: str = comparison.unit
    if comparison.correlate:
        counted = counted_in_correlation(comparison, contrast.why)
    return (
        f"{display_name(contrast.test)} on so few {counted}s can give no p below {least}, "
        f"and alpha is {comparison.alpha:g}"
    )


def _trend(comparison: Comparison, contrast: Contrast, family: int, names: Names) -> str:
    """A trend from the second of its names to the first."""
    metric = metric_in_words(comparison, names)
    trend = display_name(comparison.trend or "", names)
    subject = f"{metric} along {trend}"
    changes = _numbers(comparison, contrast, family)
    facts = f"from {contrast.second} to {contrast.first} it changes by {changes}"
    if contrast.outcome == "differs":
        way = _way(contrast.estimate, "rises", "falls", "falls")
        return f"{metric} {way} along {trend}: {facts}."
    if contrast.outcome == "no test":
        return f"a trend of {subject} could not be tested: {contrast.note or 'no values'}."
    if contrast.outcome == "not testable":
        reason = _too_few(comparison, contrast, family)
        return f"a trend of {subject} cannot be tested: {reason}; {facts}."
    return f"no trend of {subject} is shown, which does not exclude one: {facts}."


def _correlate(comparison: Comparison, contrast: Contrast, family: int, names: Names) -> str:
    """A correlation of two metrics."""
    first, second = names_of_sides(comparison, contrast, names)
    counted = counted_in_correlation(comparison, contrast.why)
    statistic = display_name(contrast.test, names)
    facts = f"{statistic} {_numbers(comparison, contrast, family, counted)}"
    if contrast.outcome == "differs":
        way = _way(contrast.estimate, "alike", "in opposite ways", "in opposite ways")
        return f"{first} and {second} order the points {way}: {facts}."
    if contrast.outcome == "no test":
        return f"{first} and {second} could not be correlated: {contrast.note or 'no values'}."
    if contrast.outcome == "not testable":
        reason = _too_few(comparison, contrast, family)
        return f"whether {first} and {second} order alike cannot be tested: {reason}; {facts}."
    return f"no association of {first} and {second} is shown, which does not exclude one: {facts}."


def _model(comparison: Comparison, contrast: Contrast, family: int, names: Names) -> str:
    """A term of a model."""
    term = name_of_side(comparison, contrast.first, names)
    metric = metric_in_words(comparison, names)
    degrees = contrast.note.split(";")[0]
    numbers = _numbers(comparison, contrast, family, "value")
    facts = f"{degrees} = {number(contrast.statistic)}, {numbers}"
    effect = term if ":" in contrast.first else f"the main effect of {term}"
    if contrast.taken_at:
        effect += f" (at {contrast.taken_at})"
    if contrast.outcome == "differs":
        return f"{effect} shows in {metric}: {facts}."
    if contrast.outcome == "no test":
        reason = contrast.note or "no values"
        return f"the model of {metric} with {term} could not be fitted: {reason}."
    return f"{effect} does not show in {metric}, which does not exclude one: {facts}."


WORDS = {
    "differs": ("differs", "differ"),
    ONLY_THESE: ("differs in these networks only", "differ in these networks only"),
    "equivalent": ("is equivalent", "are equivalent"),
    "not testable": ("cannot be tested", "cannot be tested"),
    "no test": ("had no test", "had no test"),
}


def summary(comparison: Comparison, contrasts: Sequence[Contrast]) -> str:
    """One sentence for a comparison: the answer itself where it is one contrast, else the count and
    the clearest.
    """
    if not contrasts:
        return f"{comparison.name}: nothing was measured."
    if len(contrasts) == 1:
        return contrasts[0].sentence
    counts = Counter(contrast.outcome for contrast in contrasts)
    decided = []
    for kind, (singular, plural) in WORDS.items():
        if counts[kind] == 1:
            decided.append(f"1 {singular}")
        elif counts[kind]:
            decided.append(f"{counts[kind]} {plural}")
    noun = "terms" if comparison.kind == "model" else "contrasts"
    head = f"none of {len(contrasts)} {noun} is decided"
    if decided:
        head = f"of {len(contrasts)} {noun} {', '.join(decided)}"
    clearest = min(contrasts, key=_unclear)
    return f"{head}; the clearest: {clearest.sentence}"


def _unclear(contrast: Contrast) -> tuple[bool, float]:
    """Orders contrasts from the clearest to those without a test."""
    return math.isnan(contrast.corrected), contrast.corrected
