"""Comparisons that are decided seed by seed: what each look showed, and after how many seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from harness.judge.contrasts import Contrast
from harness.judge.verdicts import Verdict
from harness.spec.catalogue import load_component
from harness.stats.corrections import pass_on
from harness.stats.result import Array
from harness.study.comparison import Comparison
from harness.study.load import Study
from harness.study.until_decided import SEQUENTIAL_TESTS, is_sequential

if TYPE_CHECKING:
    from pandas import DataFrame

BIASED = (
    "the seeds ended by what they showed, so a mean lies a little too far from zero; the interval "
    "holds at every look at once and allows for that"
)


def as_far_as_it_went(study: Study, runs: "DataFrame") -> Study:
    """A study of which only the seeds are planned that its rule has asked for so far: a seed that
    was never needed is not missing.
    """
    if study.until is None:
        return study
    recorded = set(runs["trial"]) if len(runs) else set()
    first_seeds = study.until.seeds[: study.until.least]
    cells = []
    for cell in study.cells:
        if cell.trial.fit.seed in first_seeds or cell.trial.key in recorded:
            cells.append(cell)
    return replace(study, cells=tuple(cells))


def in_sequence(study: Study, comparison: Comparison) -> Comparison:
    """A comparison with the test that may be looked at after every seed, where the study's seeds
    are trained until it is decided.
    """
    until = study.until
    if until is None or not is_sequential(comparison):
        return comparison
    name = comparison.test_name or SEQUENTIAL_TESTS[0]
    return replace(comparison, test={"name": name, "least": until.least, "most": until.most})


def correct_in_sequence(comparison: Comparison, family: Sequence[Contrast]) -> list[Contrast]:
    """The contrasts of a family with their corrected p, and after how many seeds each was decided.

    Each has alpha / m. Who is decided on a difference passes its share on; who could also be
    decided on equivalence keeps it, for of its two claims one may still be false.
    """
    decided_after: dict[int, int] = {}
    corrected = [contrast.p for contrast in family]
    most_looks = max(len(contrast.looked.p) for contrast in family)
    keeps = np.array([bool(contrast.looked.p_of_equivalence) for contrast in family])
    for look in range(most_looks):
        p = np.array([_p_at(contrast, look) for contrast in family])
        corrected = _corrected_p(comparison, p, keeps)
        for number, contrast in enumerate(family):
            if corrected[number] <= comparison.alpha and contrast.looked.p:
                seeds = contrast.looked.least + min(look, len(contrast.looked.p) - 1)
                decided_after.setdefault(number, seeds)
    answered = []
    for number, contrast in enumerate(family):
        seeds = decided_after.get(number, 0)
        claim = _claim(contrast, seeds)
        changed = replace(
            contrast,
            corrected=float(corrected[number]),
            smallest=0.0,
            decided_after=seeds,
            claim=claim,
        )
        answered.append(changed)
    return answered


def _p_at(contrast: Contrast, look: int) -> float:
    """The p value of a contrast at a look, or at its last where it has ended before."""
    if not contrast.looked.p:
        return contrast.p
    return contrast.looked.p[min(look, len(contrast.looked.p) - 1)]


def _corrected_p(comparison: Comparison, p: Array, keeps: npt.NDArray[np.bool_]) -> list[float]:
    """The p values of a family at one look."""
    if comparison.correct is None:
        return list(map(float, p))
    if comparison.correct == "holm":
        return list(map(float, pass_on(p, keeps)))
    return list(map(float, load_component("correction", comparison.correct)(p)))


def _claim(contrast: Contrast, seeds: int) -> str:
    """What a decided contrast shows: a difference, or equivalence."""
    if not seeds:
        return ""
    if not contrast.looked.p_of_equivalence:
        return "difference"
    look = seeds - contrast.looked.least
    is_equivalent = contrast.looked.p_of_equivalence[look] <= contrast.looked.p[look]
    return "equivalence" if is_equivalent else "difference"


def reasons_to_explore(study: Study, verdict: Verdict) -> Iterator[str]:
    """Why the answer of a comparison is exploratory where seeds are trained until decided."""
    if study.until is None:
        return
    if not is_sequential(verdict.comparison):
        yield "how many seeds there are was decided by other comparisons"
        return
    attempts = {}
    for arm in verdict.arms:
        seeds = len(arm.sample.units) + len(arm.tally.lost)
        attempts[arm.stratum, arm.name] = seeds
    for contrast in verdict.contrasts:
        seeds = min(
            attempts.get((contrast.stratum, contrast.first), 0),
            attempts.get((contrast.stratum, contrast.second), 0),
        )
        if not contrast.decided_after and seeds < study.until.most:
            yield f"the seeds ended before {contrast.name} was decided"
