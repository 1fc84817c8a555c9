"""Brackets between the arms of a chart, with stars and the corrected p of their contrast."""

import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import altair as alt
import pandas as pd

from dashboard.draw.colours import Theme
from harness.judge.contrasts import Contrast
from harness.judge.sentences import p_number
from harness.judge.verdicts import Arm

SLOT_WIDTH = 20  # pixels of a column of brackets
MOST_BRACKETS = 8  # of a chart


class Bracket(NamedTuple):
    """A contrast drawn between the rows `y` and `y2`, in a column in which it touches no other."""

    y: float
    y2: float
    slot: int
    text: str
    sentence: str


def stars(contrast: Contrast, alpha: float) -> str:
    """Writes what stands at a bracket: stars and the corrected p, or why there are none."""
    corrected = contrast.corrected
    if math.isnan(corrected):
        return ""
    p = p_number(corrected)
    if contrast.outcome == "equivalent":
        return f"≈ {p}"
    if contrast.outcome == "not shown":
        return f"? {p}"
    if contrast.outcome == "not testable":
        return "too few"
    if corrected > alpha:
        return f"n.s. {p}"
    if corrected <= 0.001:
        return f"*** {p}"
    if corrected <= 0.01:
        return f"** {p}"
    return f"* {p}"


def place_brackets(
    arms: Sequence[Arm],
    contrasts: Sequence[Contrast],
    alpha: float,
) -> list[Bracket]:
    """Returns the brackets of a chart: of all contrasts, or of the clearest decided ones.

    The shortest stand next to the values, and no two in one column overlap.
    """
    rows = {arm.name: row for row, arm in enumerate(arms)}
    drawable = _drawable_contrasts(rows, contrasts, alpha)
    by_length = sorted(drawable, key=lambda c: abs(rows[c.first] - rows[c.second]))
    brackets: list[Bracket] = []
    for contrast in by_length:
        low, high = sorted((rows[contrast.first], rows[contrast.second]))
        slot = _free_slot(brackets, low, high)
        brackets.append(Bracket(low, high, slot, stars(contrast, alpha), contrast.sentence))
    return brackets


def _drawable_contrasts(
    rows: dict[str, int],
    contrasts: Sequence[Contrast],
    alpha: float,
) -> list[Contrast]:
    """Returns the contrasts of arms that have rows; where they are many, the clearest decided."""
    drawable = []
    for contrast in contrasts:
        has_rows = contrast.first in rows and contrast.second in rows
        if has_rows and stars(contrast, alpha):
            drawable.append(contrast)
    if len(drawable) <= MOST_BRACKETS:
        return drawable
    decided = [c for c in drawable if c.outcome in ("differs", "equivalent")]
    return sorted(decided, key=lambda c: c.corrected)[:MOST_BRACKETS]


def _free_slot(brackets: Sequence[Bracket], low: float, high: float) -> int:
    """Returns the first column with no bracket between these rows."""
    occupied = {b.slot for b in brackets if b.y < high and b.y2 > low}
    slot = 0
    while slot in occupied:
        slot += 1
    return slot


def width_of_brackets(brackets: Sequence[Bracket]) -> int:
    """Returns how many pixels the brackets need beside the values."""
    return 10 + SLOT_WIDTH * _count_slots(brackets)


def _count_slots(brackets: Sequence[Bracket]) -> int:
    """Counts the columns that the brackets stand in."""
    slots = [bracket.slot for bracket in brackets]
    return 1 + max(slots, default=-1)


def draw_brackets(brackets: Sequence[Bracket], y: alt.Y, theme: Theme) -> Iterator[Any]:
    """Draws each bracket as a line with two short ends and its text."""
    count = _count_slots(brackets)
    tip = alt.Tooltip("sentence:N", title="verdict")
    for bracket in brackets:
        edge = SLOT_WIDTH * (count - bracket.slot) - 4
        x = _from_the_right(edge)
        inner = _from_the_right(edge + 4)
        line = _chart_of(bracket._replace(y=bracket.y + 0.06, y2=bracket.y2 - 0.06))
        line = line.mark_rule(color=theme.text)
        yield line.encode(x=x, y=y, y2="y2:Q", tooltip=tip)
        for end in ("y", "y2"):
            end_y = alt.Y(f"{end}:Q", scale=y["scale"], axis=None)
            yield line.encode(x=inner, x2=x, y=end_y, tooltip=tip)
        middle = (bracket.y + bracket.y2) / 2
        text = _chart_of(bracket._replace(y=middle))
        text = text.mark_text(angle=270, dy=8, fontSize=11, color=theme.text)
        yield text.encode(x=x, y=y, text="text:N", tooltip=tip)


def _from_the_right(pixels: int) -> Any:
    return alt.value(alt.ExprRef(f"width-{pixels}"))


def _chart_of(bracket: Bracket) -> alt.Chart:
    return alt.Chart(pd.DataFrame([bracket]))
