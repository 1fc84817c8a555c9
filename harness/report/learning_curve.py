"""A learning curve as SVG: the mean with its interval at each number of labelled images."""

import math
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from harness.judge.enough_shots import shot_count
from harness.judge.verdicts import Arm
from harness.report.axes import LEFT, RIGHT, Axis, axis_label, axis_over, pixels, svg
from harness.stats.result import Interval

TALL = 260
BELOW = TALL + 14  # where the numbers of shots stand
MARGIN = 40  # pixels between the edge of the figure and the first and the last number


def learning_curve(arms: Sequence[Arm], label: str) -> str:
    """Draws the arms from the fewest shots to the most, all images last; "" for less than two.

    Numbers of shots stand at equal distances, as each is a multiple of the one before.
    """
    means = {}
    for arm in sorted(arms, key=_shots_of):
        if arm.mean is not None:
            means[_name_of(arm)] = arm.mean
    if len(means) < 2:
        return ""
    upward = axis_over(*_bounds(means.values()))
    width = RIGHT - LEFT - 2 * MARGIN
    step = width / (len(means) - 1)
    parts = list(_grid(upward))
    line = []
    for number, (name, mean) in enumerate(means.items()):
        x = pixels(LEFT + MARGIN + step * number)
        y = _height(mean.value, upward)
        parts += _point(name, mean, x, upward)
        line.append(f"{x} {y}")
    parts.append(f'<path class="pair" d="M{"L".join(line)}"/>')
    parts.append(axis_label("labelled images", TALL + 12))
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{escape(label)}</text>')
    return svg(parts, TALL + 50, f"{label} by labelled images")


def _shots_of(arm: Arm) -> float:
    return shot_count(arm.full)


def _name_of(arm: Arm) -> str:
    return "all" if math.isinf(_shots_of(arm)) else arm.full


def _bounds(means: Iterable[Interval]) -> tuple[float, float]:
    """The lowest and the highest value that the figure has to hold."""
    values: list[float] = []
    for mean in means:
        values += [mean.low, mean.value, mean.high]
    finite = [value for value in values if math.isfinite(value)]
    return min(finite), max(finite)


def _height(value: float, upward: Axis) -> str:
    """Where a value stands in the figure, counted from its top."""
    along = upward.scale(value) - LEFT
    share = along / (RIGHT - LEFT)
    return pixels(TALL - share * (TALL - 20))


def _grid(upward: Axis) -> Iterator[str]:
    """The lines across the figure, each with its number."""
    for mark in upward.marks:
        y = _height(mark, upward)
        yield f'<path class="grid" d="M{LEFT} {y}H{RIGHT}"/>'
        yield f'<text class="tick halo" x="{LEFT}" y="{y}">{mark:.6g}</text>'


def _point(name: str, mean: Interval, x: str, upward: Axis) -> Iterator[str]:
    """An arm: its interval, its mean, and its number of shots below."""
    if math.isfinite(mean.low):
        bottom = _height(mean.low, upward)
        top = _height(mean.high, upward)
        yield f'<path class="mean" d="M{x} {bottom}V{top}"/>'
    y = _height(mean.value, upward)
    yield f'<circle class="dot" cx="{x}" cy="{y}" r="4"/>'
    text = escape(name)
    yield f'<text class="tick" x="{x}" y="{BELOW}">{text}</text>'
