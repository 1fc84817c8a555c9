"""Whether verdicts hang on single units: each is judged again without one seed, fold or image."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from harness.judge.contrast_sentences import outcome
from harness.judge.contrasts import Contrast
from harness.judge.families import correct_families
from harness.judge.measured import Measured
from harness.judge.sentences import p_number, p_value
from harness.judge.verdicts import Verdict
from harness.study.comparison import Comparison

MOST = 1_000  # contrasts that are made again for one comparison: a second or two
MOST_NAMED = 3  # units that a line names

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
        if any(contrast.looked.most for contrast in self.verdict.contrasts):
            return "seeds were added until it was decided, and without one it is another sequence"
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
            only_these = contrast.only_these_networks
            contrasts.append(replace(again, only_these_networks=only_these))
        return replace(self.verdict, contrasts=tuple(contrasts))


@dataclass(frozen=True)
class LeftOut:
    """A contrast without each of its units: its corrected p, and which units change its outcome."""

    contrast: Contrast
    low: float  # of the corrected p
    high: float
    changes: tuple[tuple[str, str], ...]  # a unit, and the outcome without it
    too_few: bool = False  # with one unit fewer no p could reach alpha

    @property
    def name(self) -> str:
        """The contrast as a table names it."""
        return self.contrast.name


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
        answered.append(replace(verdict, survival=_survival(draft, verdict, left_out)))
    return answered


def _left_out(
    question: Comparison, verdict: Verdict, without: dict[str, Verdict]
) -> Iterator[LeftOut]:
    """Each tested contrast of a verdict without each of its units."""
    for number, contrast in enumerate(verdict.contrasts):
        if math.isnan(contrast.corrected):
            continue
        p_values = []
        changes = []
        too_few = False
        for unit, judged in without.items():
            again = judged.contrasts[number]
            p_values.append(again.corrected)
            too_few = too_few or again.smallest > question.alpha
            answer = outcome(question, again)
            if answer != contrast.outcome:
                changes.append((unit, answer))
        finite = [p for p in p_values if not math.isnan(p)]
        if finite:
            yield LeftOut(contrast, min(finite), max(finite), tuple(changes), too_few)


def _survival(draft: Draft, verdict: Verdict, left_out: Sequence[LeftOut]) -> str:
    """One line: whether the verdicts of a comparison would survive, and how far they are from
    flipping; empty where nothing was tested.
    """
    if draft.why_not:
        return f"not asked without single units: {draft.why_not}"
    if not left_out:
        return ""
    unit = draft.question.unit
    count = len(draft.units)
    if all(contrast.too_few for contrast in left_out):
        nearest = min(left_out, key=lambda contrast: contrast.low)
        return (
            f"without one of {count} {unit}s the design could not reach alpha, so every verdict "
            f"needs all of them; {_range(nearest)} without one"
        )
    alpha = draft.question.alpha
    changing = [contrast for contrast in left_out if contrast.changes and not contrast.too_few]
    if not changing:
        nearest = min(left_out, key=lambda contrast: _distance(contrast, alpha))
        which = "" if len(left_out) == 1 else f"; nearest to alpha {nearest.name}"
        subject = "the verdict stays"
        if len(left_out) > 1:
            subject = f"all {len(left_out)} verdicts stay"
        return f"{subject} without any one of {count} {unit}s{which}, {_range(nearest)}"
    first = max(changing, key=lambda contrast: len(contrast.changes))
    subject = "the verdict hangs"
    if len(left_out) > 1:
        subject = f"{len(changing)} of {len(left_out)} verdicts hang"
    return (
        f"{subject} on single {unit}s: {first.name} is {_changes(first)} "
        f"({_range(first)} without one of {count})"
    )


def _distance(left_out: LeftOut, alpha: float) -> float:
    """How near to alpha the p of a contrast comes, as a ratio."""
    nearest = left_out.high if left_out.contrast.corrected <= alpha else left_out.low
    return abs(math.log(max(nearest, 1e-12) / alpha))


def _range(left_out: LeftOut) -> str:
    """'p = .016 to .047', both corrected."""
    low, high = p_value(left_out.low), p_number(left_out.high)
    if low == p_value(left_out.high):
        return low
    return f"{low} to {high}"


def _changes(left_out: LeftOut) -> str:
    """'open without seed 3 or seed 5'."""
    outcomes: dict[str, list[str]] = {}
    for unit, answer in left_out.changes:
        outcomes.setdefault(answer, []).append(unit)
    texts = []
    for answer, units in outcomes.items():
        names = " or ".join(units[:MOST_NAMED])
        if len(units) > MOST_NAMED:
            names += f" or {len(units) - MOST_NAMED} others"
        texts.append(f"{answer} without {names}")
    return ", ".join(texts)
