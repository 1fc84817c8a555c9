"""Whether the verdicts of a comparison would survive without any one of its units, in one line."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from harness.judge.contrasts import Contrast
from harness.judge.sentences import p_number, p_value
from harness.study.comparison import Comparison

MOST_NAMED = 3  # units that a line names
UNDECIDED = "undecided"  # the outcome where another seed would be trained
PHRASES = {
    "differs": "differs",
    "only in these networks": "differs in these networks only",
    "not shown": "is not shown to be equivalent",
    "not testable": "cannot be tested",
    "no test": "has no test",
}  # of outcomes that no "is" makes a phrase of


@dataclass(frozen=True)
class LeftOut:
    """A contrast without each of its units: its corrected p, and which units change its outcome."""

    contrast: Contrast
    low: float  # of the corrected p
    high: float
    changes: tuple[tuple[str, str], ...]  # a unit, and the outcome without it
    too_few: bool = False  # with one unit fewer no p could reach alpha, or nobody would look yet

    @property
    def name(self) -> str:
        """The contrast as a table names it."""
        return self.contrast.name


def survival_line(left_out: Sequence[LeftOut], question: Comparison, count: int) -> str:
    """Whether the verdicts of a comparison stay without any one of its units, and how far they are
    from flipping.
    """
    units = f"{count} {question.unit}s"
    judged = [contrast for contrast in left_out if not contrast.too_few]
    if not judged:
        return _needs_all(left_out, units)
    line = _stays_or_hangs(judged, question, units, len(left_out))
    rest = len(left_out) - len(judged)
    if not rest:
        return line
    first_look = left_out[0].contrast.looked.least
    reason = "could not reach alpha with one fewer"
    if first_look:
        reason = f"ended at the first look, after {first_look} seeds, which needs all of them"
    return f"{line}; {rest} {reason}"


def _needs_all(left_out: Sequence[LeftOut], units: str) -> str:
    """The line of contrasts none of which can be judged with one unit fewer."""
    first_look = left_out[0].contrast.looked.least
    if first_look:
        return (
            f"every verdict ended at the first look, after {first_look} seeds; without one of them "
            "another would have been trained before anybody looked"
        )
    nearest = min(left_out, key=lambda contrast: contrast.low)
    return (
        f"without one of {units} the design could not reach alpha, so every verdict "
        f"needs all of them; {_range(nearest)} without one"
    )


def _stays_or_hangs(
    left_out: Sequence[LeftOut], question: Comparison, units: str, total: int
) -> str:
    """The line of contrasts, out of a total, that can be judged with one unit fewer."""
    changing = [contrast for contrast in left_out if contrast.changes]
    if not changing:
        nearest = min(left_out, key=lambda contrast: _distance(contrast, question.alpha))
        which = "" if len(left_out) == 1 else f"; nearest to alpha {nearest.name}"
        subject = "the verdict stays"
        if len(left_out) < total:
            subject = f"{len(left_out)} of {total} verdicts stay"
        elif total > 1:
            subject = f"all {total} verdicts stay"
        return f"{subject} without any one of {units}{which}, {_range(nearest)}"
    first = max(changing, key=lambda contrast: len(contrast.changes))
    subject = "the verdict hangs"
    if total > 1:
        subject = f"{len(changing)} of {total} verdicts hang"
    count = units.split()[0]
    line = (
        f"{subject} on single {question.unit}s: {first.name} {_changes(first)} "
        f"({_range(first)} without one of {count})"
    )
    if any(answer == UNDECIDED for _, answer in first.changes):
        line += ", so that another seed would have been trained"
    return line


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
    """'is open without seed 3 or seed 5'."""
    outcomes: dict[str, list[str]] = {}
    for unit, answer in left_out.changes:
        outcomes.setdefault(answer, []).append(unit)
    texts = []
    for answer, units in outcomes.items():
        names = " or ".join(units[:MOST_NAMED])
        unnamed = len(units) - MOST_NAMED
        if unnamed > 0:
            names += f" or {unnamed} {'other' if unnamed == 1 else 'others'}"
        texts.append(f"{PHRASES.get(answer, f'is {answer}')} without {names}")
    return ", ".join(texts)
