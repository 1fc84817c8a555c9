"""P values that are corrected together."""

import math
from collections.abc import Sequence
from dataclasses import replace

from harness.judge.choose_test import corrected_p
from harness.judge.contrasts import Contrast, smallest_p
from harness.judge.estimates import join_notes, result_or_reason
from harness.judge.sequence import correct_in_sequence
from harness.judge.verdicts import Verdict
from harness.study.comparison import Comparison


def tested_contrasts(draft: Verdict) -> list[Contrast]:
    """The contrasts of a verdict that have a p value."""
    return [contrast for contrast in draft.contrasts if not math.isnan(contrast.p)]


def correct_families(drafts: Sequence[Verdict]) -> list[Verdict]:
    """Corrects the p values of each family together.

    It does the same to the smallest p values that its design allows. Contrasts without a test are
    left out.
    """
    contrasts: list[list[Contrast]] = []  # of each verdict
    families: dict[str, list[tuple[int, int]]] = {}  # which contrasts of which verdicts
    for d, draft in enumerate(drafts):
        arms = _arms_side_by_side(draft)
        contrasts.append([])
        for c, contrast in enumerate(draft.contrasts):
            smallest = 0.0
            if not contrast.looked.most:
                smallest = smallest_p(draft.comparison, contrast, arms)
            contrasts[d].append(replace(contrast, corrected=contrast.p, smallest=smallest))
            if not math.isnan(contrast.p) and not contrast.corrected_by_test:
                families.setdefault(draft.comparison.together, []).append((d, c))
    for positions in families.values():
        d, _ = positions[0]
        family = _correct_family(
            drafts[d].comparison,
            [contrasts[d][c] for d, c in positions],
        )
        for (d, c), contrast in zip(positions, family, strict=True):
            contrasts[d][c] = contrast
    corrected = []
    for draft, of_draft in zip(drafts, contrasts, strict=True):
        corrected.append(replace(draft, contrasts=tuple(of_draft)))
    return corrected


def _arms_side_by_side(draft: Verdict) -> int:
    """How many arms stand in one stratum."""
    strata = {arm.stratum for arm in draft.arms}
    return len(draft.arms) // max(1, len(strata))


def _correct_family(comparison: Comparison, family: Sequence[Contrast]) -> list[Contrast]:
    """The contrasts of a family with their corrected p, and the smallest that it could be."""
    if any(contrast.looked.p for contrast in family):
        return correct_in_sequence(comparison, family)
    own_p = [contrast.p for contrast in family]
    own_smallest = [contrast.smallest for contrast in family]
    p, reason = _correct_or_holm(comparison, own_p)
    smallest, _ = _correct_or_holm(comparison, own_smallest)
    corrected = []
    for number, contrast in enumerate(family):
        changed = replace(
            contrast,
            corrected=p[number],
            smallest=smallest[number],
            note=join_notes([contrast.note, reason]),
        )
        corrected.append(changed)
    return corrected


def _correct_or_holm(comparison: Comparison, p: list[float]) -> tuple[list[float], str]:
    """Corrects p values. Shaffer's correction refuses a family that lost a pair; Holm's holds for
    any.
    """
    values, reason = result_or_reason(corrected_p, comparison, p)
    if values is not None:
        return values, ""
    holm = replace(comparison, correct="holm")
    return corrected_p(holm, p), f"{reason}: corrected by holm instead"
