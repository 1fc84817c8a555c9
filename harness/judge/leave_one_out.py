"""Whether verdicts hang on single units: each is judged again without one seed, fold or image."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.judge.contrast_sentences import outcome
from harness.judge.contrasts import Contrast
from harness.judge.families import correct_families
from harness.judge.measured import Measured
from harness.judge.survival_line import UNDECIDED, LeftOut, survival_line
from harness.judge.verdicts import Verdict
from harness.study.comparison import Comparison

MOST = 1_000  # contrasts that are made again for one comparison: a second or two
MOST_SIGNS = 12  # pairs whose signs are listed again: a second for each contrast

Answers = Callable[[Sequence[Measured]], Iterator[Contrast]]


@dataclass(frozen=True)
class Draft:
    """A verdict before its p values are corrected, and what it was made from."""

    verdict: Verdict
    question: Comparison
    measured: tuple[Measured, ...]  # of each metric
    answers: Answers  # the contrasts of the question, from what was measured

    @property
    def units(self) -> list[str]:
        """The units that have a value in some arm."""
        units: dict[str, None] = {}
        for measured in self.measured:
            for sample in measured.samples:
                units.update(dict.fromkeys(sample.units))
        return list(units)

    @property
    def why_not(self) -> str:
        """Why its verdicts are not made again; empty where they are."""
        if self.question.kind == "model":
            return "a model is not fitted again without each unit"
        for contrast in self.verdict.contrasts:
            if contrast.test == "sequential_signs" and max(contrast.n) > MOST_SIGNS:
                return f"the signs of {max(contrast.n)} seeds would have to be listed again"
        count = len(self.units) * len(self.verdict.contrasts)
        if count > MOST:
            return f"{count:,} contrasts would have to be made again"
        return ""

    def without_unit(self, unit: str) -> Verdict:
        """The verdict, not corrected, without a unit; as it is where it cannot lack it."""
        if self.why_not or unit not in self.units:
            return self.verdict
        reduced = [measured.without_unit(unit) for measured in self.measured]
        answers = {}
        for contrast in self.answers(reduced):
            answers[contrast.stratum, contrast.first, contrast.second] = contrast
        contrasts = []
        for contrast in self.verdict.contrasts:
            gone = replace(contrast, p=math.nan)
            again = answers.get((contrast.stratum, contrast.first, contrast.second), gone)
            if _is_before_looks(again) and not math.isnan(contrast.p):
                again = replace(again, p=1.0)  # undecided, it still holds its share of alpha
            only_these = contrast.only_these_networks
            contrasts.append(replace(again, only_these_networks=only_these))
        return replace(self.verdict, contrasts=tuple(contrasts))


def leave_one_out(drafts: Sequence[Draft], verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Says in each verdict whether it would survive without any one of its units.

    Families are corrected without the unit too, so that an outcome is what it would have been.
    """
    judged: list[dict[str, Verdict]] = [{} for _ in drafts]
    units: dict[str, None] = {}
    for draft in drafts:
        if not draft.why_not:
            units.update(dict.fromkeys(draft.units))
    for unit in units:
        without_unit = correct_families([draft.without_unit(unit) for draft in drafts])
        for number, draft in enumerate(drafts):
            if unit in draft.units:
                judged[number][unit] = without_unit[number]
    answered = []
    for draft, verdict, without in zip(drafts, verdicts, judged, strict=True):
        left_out: list[LeftOut] = []
        if not draft.why_not:
            left_out = list(_left_out(draft.question, verdict, without))
        line = ""
        if draft.why_not:
            line = f"not asked without single units: {draft.why_not}"
        elif left_out:
            line = survival_line(left_out, draft.question, len(draft.units))
        answered.append(replace(verdict, survival=line))
    return answered


def _left_out(
    question: Comparison, verdict: Verdict, without: dict[str, Verdict]
) -> Iterator[LeftOut]:
    """Each tested contrast of a verdict without each of its units.

    Where seeds are trained until decided, it is judged as if the seed had failed: the seeds after
    it move up by one, and the looks that are left may spend no more than they ever may.
    """
    for number, contrast in enumerate(verdict.contrasts):
        if math.isnan(contrast.corrected):
            continue
        p_values = []
        changes = []
        too_few = False
        for unit, judged in without.items():
            again = judged.contrasts[number]
            p_values.append(again.corrected)
            too_few = too_few or again.smallest > question.alpha or _is_before_looks(again)
            answer = _outcome_in_words(question, again)
            if answer != _outcome_in_words(question, contrast):
                changes.append((unit, answer))
        finite = [p for p in p_values if not math.isnan(p)]
        if finite:
            yield LeftOut(contrast, min(finite), max(finite), tuple(changes), too_few)


def _is_before_looks(contrast: Contrast) -> bool:
    """Whether a contrast has fewer pairs than its first look takes."""
    return min(contrast.n) < contrast.looked.least


def _outcome_in_words(question: Comparison, contrast: Contrast) -> str:
    """What a contrast shows; undecided, where another seed would be trained."""
    if contrast.looked.most and not contrast.decided_after:
        return UNDECIDED
    return outcome(question, contrast)
