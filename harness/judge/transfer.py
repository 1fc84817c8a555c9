"""Negative transfer: what was transferred is shown to be worse than what it is compared with."""

import math
from collections.abc import Collection, Iterator, Sequence

from harness.judge.contrast_words import metric_in_words
from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate, number
from harness.study.comparison import Comparison
from harness.study.names import Names

NEGATIVE = "negative transfer"
POSITIVE = "positive transfer"


def transfer_of(comparison: Comparison, contrast: Contrast, lower: Collection[str]) -> str:
    """Names what a contrast shows of transfer: nothing unless it is shown to differ.

    The first arm is what was transferred, the second what it is compared with: training from
    scratch, say.
    """
    if not comparison.transfer or not contrast.outcome.startswith(("differs", "only in")):
        return ""
    is_lower_better = comparison.better == "lower"
    if comparison.better is None:
        is_lower_better = not set(lower).isdisjoint(comparison.metrics)
    gain = -contrast.estimate if is_lower_better else contrast.estimate
    return POSITIVE if gain > 0 else NEGATIVE


def gain_text(contrast: Contrast) -> str:
    """Returns the absolute gain with its interval, and the relative gain with its own.

    The relative gain is the difference over the mean of the reference, which its interval takes for
    known. Paper 003 prints relative gains of mean Dice.
    """
    text = f"gain {estimate(contrast.estimate, contrast.low, contrast.high)} absolute"
    if not contrast.reference > 0:
        return text
    percents = []
    for value in (contrast.estimate, contrast.low, contrast.high):
        percents.append(100 * value / contrast.reference)
    relative = estimate(*percents)
    return f"{text}, {relative} % relative to {number(contrast.reference)}"


def transfer_answers(
    comparison: Comparison, contrasts: Sequence[Contrast], names: Names
) -> Iterator[str]:
    """Names each negative transfer of a comparison; where none is shown, says what that means."""
    if not comparison.transfer:
        return
    tested = [contrast for contrast in contrasts if not math.isnan(contrast.corrected)]
    negative = [contrast for contrast in tested if contrast.transfer == NEGATIVE]
    metric = metric_in_words(comparison, names)
    for contrast in negative:
        where = "" if not contrast.only_these_networks else " of these networks only"
        yield f"{NEGATIVE}{where}: {contrast.name} on {metric}: {gain_text(contrast)}"
    if not negative:
        yield (
            f"no {NEGATIVE} is shown in {len(tested)} tested contrasts, which does not exclude it"
        )
