"""From how many labelled images on a training is no longer told from one with all of them."""

import math
from collections.abc import Iterator, Sequence

from harness.judge.arms import Levels, at_stratum
from harness.judge.contrast_words import metric_in_words
from harness.judge.contrasts import Contrast
from harness.study.comparison import Comparison
from harness.study.names import Names


def is_curve_of_shots(comparison: Comparison) -> bool:
    """Whether numbers of shots are compared with a reference: a learning curve."""
    if len(comparison.factors) != 1 or comparison.against is None:
        return False
    setting = comparison.factors[0].split(".")[-1]
    return setting == "shots"


def shots_answers(
    comparison: Comparison, contrasts: Sequence[Contrast], names: Names
) -> Iterator[str]:
    """Says for each stratum how many shots are the fewest from which on all are like the reference.

    Like means equivalent where the comparison has a margin, else that no difference is shown. A
    contrast that could not be tested is not like it.
    """
    if not is_curve_of_shots(comparison):
        return
    strata: dict[Levels, list[Contrast]] = {}
    for contrast in contrasts:
        strata.setdefault(contrast.stratum, []).append(contrast)
    for of_stratum in strata.values():
        curve = sorted(of_stratum, key=lambda contrast: shot_count(contrast.first))
        yield _answer(comparison, curve, metric_in_words(comparison, names))


def shot_count(name: str) -> float:
    """The number of shots that an arm is called by; all images are more than any number."""
    last_word = name.split()[-1]
    return float(last_word) if last_word.isdigit() else math.inf


def _answer(comparison: Comparison, curve: Sequence[Contrast], metric: str) -> str:
    """The answer of one stratum, whose contrasts are given from the fewest shots to the most."""
    like = "equivalent" if comparison.margin is not None else "open"
    fewest = ""
    for contrast in reversed(curve):
        if contrast.outcome != like:
            break
        fewest = _shots_text(contrast.first)
    at = at_stratum(curve[0].stratum)
    reference = _shots_text(curve[0].second)
    if comparison.margin is not None:
        equivalence = f"equivalence with {reference} on {metric}"
        equivalence += f" within ±{comparison.margin:g}"
        if not fewest:
            return f"{equivalence} is shown at no number of shots{at}"
        return f"{equivalence} is shown from {fewest} on{at}"
    difference = f"a difference in {metric} from {reference}"
    if not fewest:
        most = _shots_text(curve[-1].first)
        return f"{difference} is shown, or could not be tested, up to {most}{at}"
    return f"{difference} is no longer shown from {fewest} on{at}, which does not make them equal"


def _shots_text(name: str) -> str:
    count = shot_count(name)
    return "all images" if math.isinf(count) else f"{count:g} shots"
