"""The contrasts of a comparison as rows of its table, and how to read them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.contrasts import Contrast
from harness.judge.look_words import level_in_words, p_in_words
from harness.judge.sentences import estimate, number, spread
from harness.judge.verdicts import Verdict
from harness.report.table_captions import correction
from harness.study.names import display_name


@dataclass(frozen=True)
class ContrastRow:
    """A contrast as a row of the table; its estimate leads to the list of its runs."""

    anchor: str
    name: str
    estimate: str
    n: str
    p: float
    corrected: float
    effect: str
    test: str
    outcome: str
    runs: Sequence[str]


def contrast_legend(verdict: Verdict) -> str:
    """How the p values and intervals of the contrasts came about."""
    comparison = verdict.comparison
    first = verdict.contrasts[0]
    p = p_in_words(first, comparison.margin)
    level = level_in_words(first)
    return (
        f"{p}, {correction(verdict)}; alpha {comparison.alpha:g}; "
        f"each difference has its {level}, which is not corrected."
    )


def contrast_row(anchor: str, contrast: Contrast) -> ContrastRow:
    """The cells of a contrast."""
    test = "–"
    if contrast.test:
        exact = "exact" if contrast.exact else "approximate"
        test = f"{display_name(contrast.test)}, {exact}"
    return ContrastRow(
        anchor,
        contrast.name,
        estimate(contrast.estimate, contrast.low, contrast.high),
        n=count_text(contrast),
        p=contrast.p,
        corrected=contrast.corrected,
        effect=_effect(contrast),
        test=test,
        outcome=_outcome(contrast),
        runs=contrast.runs,
    )


def _outcome(contrast: Contrast) -> str:
    """The kind of answer, and what it says of transfer where that is asked."""
    return f"{contrast.outcome}: {contrast.transfer}" if contrast.transfer else contrast.outcome


def count_text(contrast: Contrast) -> str:
    """How many units stand in a contrast: '5 pairs', or '5 / 4' of two arms."""
    if contrast.paired and len(contrast.n) == 2:
        return f"{contrast.n[0]} pairs"
    return " / ".join(map(str, contrast.n))


def _effect(contrast: Contrast) -> str:
    """An effect size with its interval and what it is called by its size."""
    effect = contrast.effect
    if effect is None:
        return "–"
    text = f"{display_name(effect.name)} {number(effect.value)}"
    if not math.isnan(effect.low):
        text += f" {spread(effect.low, effect.high)}"
    if effect.magnitude:
        text += f", {effect.magnitude}"
    return text
