"""A comparison of many contrasts in a sentence: which came out how."""

from collections.abc import Sequence

from harness.judge.answer_words import Words, is_of_these_networks, kind_of_answer, words_of
from harness.judge.contrast_words import metric_in_words, restrictions_in_words, stratum_in_words
from harness.judge.contrasts import Contrast
from harness.judge.look_words import looks_of_many
from harness.judge.verdicts import Verdict
from harness.study.names import Names

MOST_LABELS = 6  # of contrasts that came out alike; further are counted

# What is said of contrasts by how they came out, in this order; of a trend and of a correlation.
PHRASES = {
    "groups": {"higher": "higher", "lower": "lower"},
    "trend": {"higher": "rises", "lower": "falls"},
    "correlate": {"higher": "alike", "lower": "in opposite ways"},
    "model": {"higher": "shown", "lower": "shown", "differs": "shown"},
}
PHRASES_OF_ALL = {
    "higher": "higher",
    "lower": "lower",
    "differs": "differs",
    "equivalent": "equivalent",
    "undecided": "undecided",
    "not testable": "cannot be tested",
    "no test": "could not be compared",
}
WITH_NUMBERS = ("higher", "lower", "differs", "equivalent")


def answer_of_many(verdict: Verdict, names: Names) -> str:
    """Many contrasts by how they came out, with the estimates of those that are decided."""
    phrases = {**PHRASES_OF_ALL, **PHRASES[verdict.comparison.kind]}
    groups: dict[str, list[Contrast]] = {kind: [] for kind in PHRASES_OF_ALL}
    for contrast in verdict.contrasts:
        groups[kind_of_answer(contrast) or contrast.outcome].append(contrast)
    labels = _Labels(verdict, names)
    parts = []
    for kind, contrasts in groups.items():
        if not contrasts:
            continue
        has_numbers = kind in WITH_NUMBERS
        parts.append(f"{phrases[kind]} {labels.of_contrasts(contrasts, has_numbers=has_numbers)}")
    subject = _subject(verdict, labels, names)
    restrictions = restrictions_in_words(verdict.comparison, names)
    if restrictions:
        subject = f"at {' · '.join(restrictions)}: {subject}"
    return f"{subject}: {'; '.join(parts)}{_units(verdict, names)}."


class _Labels:
    """How the contrasts of a comparison are told apart in a list."""

    def __init__(self, verdict: Verdict, names: Names) -> None:
        self.verdict = verdict
        self.names = names
        contrasts = verdict.contrasts
        self.first = _only({contrast.first for contrast in contrasts})
        self.second = _only({contrast.second for contrast in contrasts})

    def of_contrasts(self, contrasts: Sequence[Contrast], *, has_numbers: bool) -> str:
        """The contrasts that came out alike; where they are many, the first of them."""
        labels = []
        for contrast in contrasts[:MOST_LABELS]:
            labels.append(self._label(contrast, has_numbers=has_numbers))
        text = ", ".join(labels)
        if len(contrasts) > MOST_LABELS:
            text += f" and {len(contrasts) - MOST_LABELS} more"
        return text

    def _label(self, contrast: Contrast, *, has_numbers: bool) -> str:
        """A contrast by what tells it from the others, with its estimate where that is asked."""
        words = words_of(self.verdict, contrast, self.names)
        label = self._sides(words)
        stratum = stratum_in_words(self.verdict.comparison, contrast, self.names)
        if stratum:
            label += f" at {' · '.join(stratum)}"
        numbers = []
        if has_numbers and self.verdict.comparison.kind != "model":
            numbers.append(words.difference)
        if has_numbers and words.interval:
            numbers.append(words.interval)
        if is_of_these_networks(contrast):
            numbers.append("of these networks only")
        if numbers:
            label += f" ({', '.join(numbers)})"
        return label.strip()

    def _sides(self, words: Words) -> str:
        """The sides of a contrast that differ between contrasts."""
        if self.first is not None and self.second is not None:
            return ""
        if self.verdict.comparison.kind == "model":
            return f"for {words.a}"
        label = "" if self.first is not None else f"with {words.a}"
        if self.second is None:
            label += f" than with {words.b}"
        return label.strip()


def _only(values: set[str]) -> str | None:
    """The value of a set that has a single one."""
    if len(values) != 1:
        return None
    return next(iter(values))


def _subject(verdict: Verdict, labels: _Labels, names: Names) -> str:
    """What the contrasts have in common: 'Dice with risk map, compared with vanilla'."""
    comparison = verdict.comparison
    first = words_of(verdict, verdict.contrasts[0], names)
    if comparison.kind == "correlate":
        return f"the order of {first.points} by {first.a} and by {first.b}"
    text = metric_in_words(comparison, names)
    if comparison.margin is not None:
        text = f"{text} within ±{first.margin}"
    if comparison.kind == "trend":
        return f"{text} along {first.trend}"
    if comparison.kind == "model":
        return f"what {text} depends on"
    if labels.first is not None:
        text += f" with {first.a}"
    if labels.second is not None:
        text += f", compared with {first.b}"
    return text


def _units(verdict: Verdict, names: Names) -> str:
    """How many units each contrast stands on, where that is the same for all; and after how many
    they were decided, where they are decided seed by seed.
    """
    counts = {words_of(verdict, contrast, names).n_and_unit for contrast in verdict.contrasts}
    parts = [_only(counts) or "", looks_of_many(verdict.contrasts)]
    text = ", ".join(filter(None, parts))
    return f" ({text})" if text else ""
