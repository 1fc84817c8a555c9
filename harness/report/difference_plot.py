"""The differences of a comparison with their intervals as SVG, before the margin within which arms
count as equivalent.
"""

import math
from collections.abc import Iterator, Sequence
from html import escape

from harness.judge.contrasts import Contrast
from harness.judge.sentences import estimate
from harness.judge.verdicts import Verdict
from harness.report.axes import LEFT, Axis, axis_label, axis_over, svg, upright_grid
from harness.report.formats import cut_text

FIRST_ROW, ROW = 34, 34  # where the first difference stands, and from one to the next
MOST_ROWS = 24
MOST_CHARACTERS = 72


def has_differences(verdict: Verdict) -> bool:
    """Whether a comparison is one of arms, and at least one difference of two came out."""
    return bool(_differences(verdict))


def difference_plot(verdict: Verdict, metric: str) -> str:
    """A row for each difference of two arms: the estimate, its interval, and the line of none."""
    rows = _differences(verdict)
    margin = verdict.comparison.margin
    low, high = _bounds(rows, margin)
    axis = axis_over(low, high)
    tall = FIRST_ROW + ROW * (len(rows) - 1) + 14
    parts = []
    if margin is not None:
        parts.append(_band(margin, tall, axis))
    parts += upright_grid(axis, tall)
    parts.append(f'<path class="none" d="M{axis.at(0)} 4V{tall}"/>')
    for number, contrast in enumerate(rows):
        y = FIRST_ROW + ROW * number
        parts += _row(contrast, y, axis, is_shown=_is_shown(contrast, margin))
    label = f"difference in {metric}"
    parts.append(axis_label(label, tall))
    title = f"{label} with intervals"
    return svg(parts, tall + 38, title)


def _differences(verdict: Verdict) -> Sequence[Contrast]:
    """The contrasts of two arms that have an estimate, as many as a figure holds."""
    if verdict.comparison.kind != "groups":
        return []
    rows = []
    for contrast in verdict.contrasts:
        if contrast.second and math.isfinite(contrast.estimate):
            rows.append(contrast)
    return rows[:MOST_ROWS]


def _bounds(rows: Sequence[Contrast], margin: float | None) -> tuple[float, float]:
    """The least and the greatest value that the figure has to hold: zero and the margin too."""
    values = [0.0]
    if margin is not None:
        values += [-margin, margin]
    for contrast in rows:
        for value in (contrast.estimate, contrast.low, contrast.high):
            if math.isfinite(value):
                values.append(value)
    return min(values), max(values)


def _is_shown(contrast: Contrast, margin: float | None) -> bool:
    """Whether an interval leaves out zero, or lies within the margin where there is one."""
    low = contrast.low
    high = contrast.high
    if not (math.isfinite(low) and math.isfinite(high)):
        return False
    if margin is None:
        return low > 0 or high < 0
    return -margin < low and high < margin


def _band(margin: float, tall: float, axis: Axis) -> str:
    """The margin of equivalence, as a band with its two edges."""
    left = axis.at(-margin)
    right = axis.at(margin)
    title = f"<title>margin of equivalence: ±{margin:g}</title>"
    outline = f"M{left} 4H{right}V{tall}H{left}Z"
    band = f'<path class="margin" d="{outline}">{title}</path>'
    edges = f"M{left} 4V{tall}M{right} 4V{tall}"
    return f'{band}<path class="margin-edge" d="{edges}"/>'


def _row(contrast: Contrast, y: int, axis: Axis, *, is_shown: bool) -> Iterator[str]:
    """A difference: its name, its interval and its estimate."""
    interval = estimate(contrast.estimate, contrast.low, contrast.high)
    title = f"<title>{escape(contrast.name)}: {escape(interval)}</title>"
    text = escape(cut_text(contrast.name, MOST_CHARACTERS))
    above = y - 12
    yield f'<text class="name" x="{LEFT}" y="{above}">{title}{text}</text>'
    if math.isfinite(contrast.low) and math.isfinite(contrast.high):
        yield _whisker(contrast, y, axis)
    kind = "shown" if is_shown else "open"
    x = axis.at(contrast.estimate)
    yield f'<circle class="estimate-{kind}" cx="{x}" cy="{y}" r="4.5">{title}</circle>'


def _whisker(contrast: Contrast, y: int, axis: Axis) -> str:
    """The interval of a difference, with its two ends."""
    start = axis.at(contrast.low)
    end = axis.at(contrast.high)
    top = y - 4
    ends = f"M{start} {top}v8M{end} {top}v8"
    return f'<path class="interval" d="M{start} {y}H{end}{ends}"/>'
