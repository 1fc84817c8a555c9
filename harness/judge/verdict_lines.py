"""The answers of a study as lines of a terminal: plain sentences first, then what they stand on."""

from collections.abc import Iterator
from dataclasses import dataclass

from harness.judge.sentences import mean as mean_text
from harness.judge.verdicts import Verdict, Verdicts


@dataclass(frozen=True)
class Line:
    """A line, and the outcomes of the contrasts that it speaks of."""

    text: str
    outcomes: frozenset[str] = frozenset()


def lines(verdicts: Verdicts) -> Iterator[str]:
    """Verdicts as lines of a terminal."""
    for line in marked_lines(verdicts):
        yield line.text


def marked_lines(verdicts: Verdicts) -> Iterator[Line]:
    """Verdicts as lines that say of which outcomes they are."""
    yield from answer_lines(verdicts)
    counts = []
    for state, count in verdicts.states.items():
        if count:
            counts.append(f"{count} {state}")
    yield Line(f"trials: {', '.join(counts)}")
    if verdicts.changed:
        yield Line(f"declared: {verdicts.changed}")
    for verdict in verdicts.verdicts:
        yield from _lines_of(verdict)


def answer_lines(verdicts: Verdicts) -> Iterator[Line]:
    """A plain sentence for each comparison, the primary ones first; by name where they are
    several.
    """
    if not verdicts.verdicts:
        yield Line(verdicts.headline)
    for verdict in verdicts.primary_first:
        text = verdict.plain
        name = verdict.comparison.name
        if len(verdicts.verdicts) > 1 and not text.startswith(f"{name}: "):
            text = f"{name}: {text}"
        yield Line(text, _outcomes(verdict))


def _outcomes(verdict: Verdict) -> frozenset[str]:
    """The outcomes of a verdict's contrasts."""
    return frozenset(contrast.outcome for contrast in verdict.contrasts)


def _lines_of(verdict: Verdict) -> Iterator[Line]:
    """The arms, contrasts and notes of one verdict."""
    comparison = verdict.comparison
    facts = ["primary"] if comparison.primary else []
    facts += ["confirmatory" if verdict.confirmatory else "exploratory", f"unit {comparison.unit}"]
    yield Line(f"{comparison.name} ({', '.join(facts)})")
    width = max([len(arm.name) for arm in verdict.arms], default=0)
    for arm in verdict.arms:
        text = f"  {arm.name:{width}}  {mean_text(arm.mean)}  n = {len(arm.sample.units)}"
        if arm.at:
            text += f"  at {arm.at}"
        yield Line(text)
    for contrast in verdict.contrasts:
        text = f"  {contrast.sentence}"
        if contrast.test:
            exact = ", exact" if contrast.exact else ""
            text += f" [{contrast.test}{exact}; {contrast.why}]"
        yield Line(text, frozenset([contrast.outcome]))
    for answer in verdict.answers:
        yield Line(f"  {answer}")
    if verdict.survival:
        yield Line(f"  one left out: {verdict.survival}")
    for pooled in verdict.pooled:
        yield Line(f"  {pooled.sentence}")
    for note in verdict.notes:
        yield Line(f"  note: {note}")
