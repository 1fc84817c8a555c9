"""The answer of a comparison as a plain sentence: in the study's own words where it has a `says`,
else in words that need no glossary, with estimate, interval, n and unit.
"""

import math

from harness.judge.answer_groups import answer_of_many
from harness.judge.answer_words import (
    Words,
    is_of_these_networks,
    kind_of_answer,
    words_of,
)
from harness.judge.contrast_words import stratum_in_words
from harness.judge.contrasts import Contrast
from harness.judge.verdicts import Verdict
from harness.study.names import NO_NAMES, Names
from harness.study.says import OF_A_DIFFERENCE, Answer

MOST_SENTENCES = 2  # contrasts of a comparison that have a sentence each; further are summed up


def plain_answer(verdict: Verdict, names: Names = NO_NAMES) -> str:
    """What a comparison shows, for a reader who knows its question and nothing of the file."""
    if not verdict.contrasts:
        return f"{verdict.comparison.name}: nothing was measured."
    if len(verdict.contrasts) > MOST_SENTENCES:
        return with_capital(answer_of_many(verdict, names))
    sentences = []
    for contrast in verdict.contrasts:
        sentences.append(_sentence(verdict, contrast, names))
    return " ".join(sentences)


def with_capital(text: str) -> str:
    """A sentence that begins with a capital letter; the rest stays as it is."""
    return text[:1].upper() + text[1:]


def _sentence(verdict: Verdict, contrast: Contrast, names: Names) -> str:
    """A contrast in a sentence."""
    words = words_of(verdict, contrast, names)
    own = _own_sentence(verdict, contrast)
    if own is not None:
        text = own.format_map(words.by_placeholder())
        stratum = stratum_in_words(verdict.comparison, contrast, names)
        if stratum and "{where}" not in own:  # else two strata would be one
            text = f"At {' · '.join(stratum)}: {text}"
        return text
    comparison = verdict.comparison
    sentences = {"groups": _groups, "trend": _trend, "correlate": _correlate, "model": _model}
    text = sentences[comparison.kind](contrast, words, comparison.margin is not None)
    if contrast.transfer:
        text += f": {contrast.transfer}"
    if is_of_these_networks(contrast):
        text = f"of these networks only, {text}"
    if words.where:
        text = f"at {words.where}: {text}"
    return with_capital(f"{text}.")


def _own_sentence(verdict: Verdict, contrast: Contrast) -> str | None:
    """What the study says where it comes out so; None where it leaves that to us.

    What holds of these networks only, or could not be tested, is never said in its words.
    """
    says = verdict.comparison.says or {}
    if is_of_these_networks(contrast) or contrast.outcome in ("not testable", "no test"):
        return None
    answer: Answer | None = kind_of_answer(contrast)
    if answer in OF_A_DIFFERENCE and answer not in says:
        answer = "differs"
    return None if answer is None else says.get(answer)


def _groups(contrast: Contrast, words: Words, is_equivalence: bool) -> str:
    """What came of two arms."""
    pair = f"{words.a} and {words.b}"
    difference = f"{words.a} − {words.b} is {words.difference} ({words.facts})"
    match kind_of_answer(contrast), contrast.outcome:
        case "higher" | "lower" as way, _:
            by = f"by {words.size} ({words.facts_of_size})"
            return f"{words.metric} is {way} with {words.a} than with {words.b}, {by}"
        case "differs", _:
            return f"{words.metric} differs between {pair} ({words.facts})"
        case "equivalent", _:
            return (
                f"{pair} do not differ in {words.metric} by more than {words.margin}: {difference}"
            )
        case _, "no test":
            reason = contrast.note or "no values"
            return f"{pair} could not be compared in {words.metric}: {reason}"
    question = f"whether {words.metric} differs between {pair}"
    if is_equivalence:
        question = f"whether {pair} are alike in {words.metric} within ±{words.margin}"
    if contrast.outcome == "not testable":
        return f"{question} cannot be tested with {words.n_and_unit}; so far {difference}"
    return f"it is undecided {question}: {difference}"


def _trend(contrast: Contrast, words: Words, _: bool) -> str:
    """What came of a trend."""
    change = f"from {words.b} to {words.a} it changes by {words.difference} ({words.facts})"
    match kind_of_answer(contrast), contrast.outcome:
        case "higher", _:
            return f"{words.metric} rises along {words.trend}: {change}"
        case "lower" | "differs", _:
            return f"{words.metric} falls along {words.trend}: {change}"
        case _, "no test":
            reason = contrast.note or "no values"
            return f"a trend of {words.metric} along {words.trend} could not be tested: {reason}"
    question = f"whether {words.metric} changes along {words.trend}"
    if contrast.outcome == "not testable":
        return f"{question} cannot be tested with {words.n_and_unit}; so far {change}"
    return f"it is undecided {question}: {change}"


def _correlate(contrast: Contrast, words: Words, _: bool) -> str:
    """What came of a correlation."""
    pair = f"{words.a} and {words.b}"
    coefficient = f"{words.statistic} is {words.difference} ({words.facts})"
    match kind_of_answer(contrast), contrast.outcome:
        case "higher", _:
            return f"{pair} order {words.points} alike: {coefficient}"
        case "lower" | "differs", _:
            return f"{pair} order {words.points} in opposite ways: {coefficient}"
        case _, "no test":
            return f"{pair} could not be correlated: {contrast.note or 'no values'}"
    question = f"whether {pair} order {words.points} alike"
    if contrast.outcome == "not testable":
        return f"{question} cannot be tested with {words.n_and_unit}; so far {coefficient}"
    return f"it is undecided {question}: {coefficient}"


def _model(contrast: Contrast, words: Words, _: bool) -> str:
    """What came of a term of a model."""
    match contrast.outcome:
        case "differs":
            return f"{words.metric} depends on {words.a} ({words.facts})"
        case "no test":
            reason = contrast.note or "no values"
            return f"the model of {words.metric} with {words.a} could not be fitted: {reason}"
    if math.isnan(contrast.corrected):
        return f"whether {words.metric} depends on {words.a} is not known"
    return f"it is undecided whether {words.metric} depends on {words.a} ({words.facts})"
