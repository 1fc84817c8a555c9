"""From how many labelled images on a training is no longer told from one with all of them."""

from collections.abc import Iterator, Sequence

from harness.judge.arms import Levels, at_stratum
from harness.judge.contrasts import Contrast
from harness.study.comparison import Comparison


def is_curve_of_shots(comparison: Comparison) -> bool:
    """Whether numbers of shots are compared with a reference: a learning curve."""
    if comparison.by is None or comparison.against is None:
        return False
    setting = comparison.by.split(".")[-1]
    return setting == "shots"


def shots_answers(comparison: Comparison, contrasts: Sequence[Contrast]) -> Iterator[str]:
    """Says for each stratum how many shots are the fewest from which on all are like the reference.

    Like means equivalent where the comparison has a margin, else that no difference is shown. A
    contrast that could not be tested is not like it.
    """
    if not is_curve_of_shots(comparison):
        return
    strata: dict[Levels, list[Contrast]] = {}
    for contrast in contrasts:
        if contrast.first.isdigit():
            strata.setdefault(contrast.stratum, []).append(contrast)
    for of_stratum in strata.values():
        yield _answer(comparison, sorted(of_stratum, key=lambda contrast: int(contrast.first)))


def _answer(comparison: Comparison, curve: Sequence[Contrast]) -> str:
    """The answer of one stratum, whose contrasts are given from the fewest shots to the most."""
    like = "equivalent" if comparison.margin is not None else "open"
    fewest = ""
    for contrast in reversed(curve):
        if contrast.outcome != like:
            break
        fewest = contrast.first
    at = at_stratum(curve[0].stratum)
    reference = _reference(curve[0].second)
    if comparison.margin is not None:
        equivalence = f"equivalence with {reference} on {comparison.metric}"
        equivalence += f" within ±{comparison.margin:g}"
        if not fewest:
            return f"{equivalence} is shown at no number of shots{at}"
        return f"{equivalence} is shown from {fewest} shots on{at}"
    difference = f"a difference in {comparison.metric} from {reference}"
    if not fewest:
        return f"{difference} is shown, or could not be tested, up to {curve[-1].first} shots{at}"
    return (
        f"{difference} is no longer shown from {fewest} shots on{at}, "
        "which does not make them equal"
    )


def _reference(level: str) -> str:
    return "all images" if level == "none" else f"{level} shots"
