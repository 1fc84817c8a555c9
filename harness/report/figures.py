"""Figures of a report as SVG: the values behind every box, and two metrics against each other."""

import math
from collections.abc import Iterator, Mapping
from html import escape
from itertools import pairwise

import numpy as np

from harness.judge.arms import levels_text
from harness.judge.sentences import number
from harness.judge.verdicts import Arm
from harness.report.axes import (
    LEFT,
    RIGHT,
    Axis,
    axis_label,
    axis_over,
    pixels,
    svg,
    upright_grid,
)
from harness.report.colours import BLUE
from harness.report.correlation_figure import fitted_line
from harness.stats.result import Array, Interval

FIRST_ROW, ROW = 36, 54  # where the first row stands, and from row to row
DOTS, JOINED = 400, 80  # dots of a row, and units whose values are joined by lines, at most
SCATTER_HEIGHT = 260
LONGEST_NAME = 60


def boxes(arms: list[Arm], label: str, paired: bool, colours: Mapping[str, str]) -> str:
    """A row for each arm: quartiles, the mean with its interval, a dot for each unit that links
    to its run. `colours` are those of the arms, by the text of their levels.
    """
    values: list[float] = []
    for arm in arms:
        values += arm.sample.values
    if not values:
        return ""
    low, high = _bounds(arms, min(values), max(values))
    axis = axis_over(low, high)
    tall = 14 + ROW * len(arms)
    parts = list(upright_grid(axis, tall))
    if paired:
        parts += _lines_of_units(arms, axis)
    for i, arm in enumerate(arms):
        y = FIRST_ROW + ROW * i
        level = levels_text(arm.sample.arm_or_point)
        parts += _row(arm, y, axis, colours.get(level, BLUE))
    parts.append(axis_label(label, tall))
    names = ", ".join(arm.name for arm in arms)
    title = f"{label}: one dot for each unit of {names}"
    return svg(parts, tall + 38, title)


def _bounds(arms: list[Arm], low: float, high: float) -> tuple[float, float]:
    """The values from low to high, and the intervals of means unless they reach far beyond."""
    middle = (low + high) / 2
    farthest = 3 * (high - low)
    bounds = [low, high]
    for arm in arms:
        if arm.mean is not None:
            for bound in (arm.mean.low, arm.mean.high):
                if abs(bound - middle) < farthest:
                    bounds.append(bound)
    return min(bounds), max(bounds)


def _row(arm: Arm, y: int, axis: Axis, colour: str) -> Iterator[str]:
    """An arm: its name, its box, its dots and its mean."""
    values = np.array(arm.sample.values)
    name = arm.name
    if len(name) >= LONGEST_NAME:
        name = name[: LONGEST_NAME - 3] + "…"
    title = f"<title>{escape(arm.full)}</title>"
    yield f'<text class="name" x="{LEFT}" y="{y - 19}">{title}{escape(name)}</text>'
    if values.size > 3:
        yield from _box(values, y, axis, colour)
    yield from _dots(arm, y, axis, colour)
    if arm.mean is not None:
        yield from _mean(arm.mean, y + 14, axis)


def _box(values: Array, y: int, axis: Axis, colour: str) -> Iterator[str]:
    """The middle half of the values and their median."""
    first, median, third = np.quantile(values, [0.25, 0.5, 0.75])
    top = y - 9
    left = axis.at(first)
    width = axis.scale(third) - axis.scale(first)
    size = f'width="{pixels(max(1, width))}" height="18"'
    yield f'<rect class="box" x="{left}" y="{top}" {size} style="fill:{colour}33"/>'
    middle = axis.at(median)
    yield f'<path class="median" d="M{middle} {top}v18" style="stroke:{colour}"/>'


def _dots(arm: Arm, y: int, axis: Axis, colour: str) -> Iterator[str]:
    """A dot for each unit, or for every few where they are many; many are spread up and down."""
    sample = arm.sample
    count = len(sample.values)
    step = max(1, math.ceil(count / DOTS))
    for i, j in enumerate(range(0, count, step)):
        shift = 0.0
        if count > 12:
            shift = ((i * 7) % 5 - 2) * 2.2
        value = sample.values[j]
        x = axis.at(value)
        title = f"{escape(sample.units[j])}: {number(float(value))}"
        dot = (
            f'<circle class="dot" cx="{x}" cy="{pixels(y + shift)}" r="3.4" style="fill:{colour}">'
            f"<title>{title}</title></circle>"
        )
        runs = sample.runs[j]
        if runs:
            dot = f'<a href="#run-{escape(runs[0])}">{dot}</a>'
        yield dot


def _mean(mean: Interval, y: int, axis: Axis) -> Iterator[str]:
    """A mean with its interval; an arrowhead where the interval goes on beyond the figure."""
    low = axis.scale(mean.low)
    high = axis.scale(mean.high)
    if low < LEFT:
        yield f'<path class="diamond" d="M{LEFT - 6} {y}l8 -5v10z"/>'
    if high > RIGHT:
        yield f'<path class="diamond" d="M{RIGHT + 6} {y}l-8 -5v10z"/>'
    start = pixels(_inside(low))
    end = pixels(_inside(high))
    yield f'<path class="mean" d="M{start} {y}H{end}"/>'
    middle = axis.at(mean.value)
    yield f'<path class="diamond" d="M{middle} {y - 5}l4 5l-4 5l-4 -5z"/>'


def _inside(x: float) -> float:
    """A position, or the edge of the figure where it lies beyond."""
    return min(max(x, LEFT), RIGHT)


def _lines_of_units(arms: list[Arm], axis: Axis) -> Iterator[str]:
    """The values of one unit, joined from arm to arm."""
    for i, (upper, lower) in enumerate(pairwise(arms)):
        values_above = _values_of_units(upper)
        values_below = _values_of_units(lower)
        y = FIRST_ROW + ROW * i
        for unit in upper.sample.units[:JOINED]:
            if unit in values_below:
                start = axis.at(values_above[unit])
                end = axis.at(values_below[unit])
                yield f'<path class="pair" d="M{start} {y}L{end} {y + ROW}"/>'


def _values_of_units(arm: Arm) -> dict[str, float]:
    return dict(zip(arm.sample.units, arm.sample.values, strict=True))


def scatter(points: tuple[tuple[str, float, float], ...], labels: tuple[str, str]) -> str:
    """Two metrics against each other, a dot for each point, and the line of least squares."""
    if len(points) < 2:
        return ""
    tall = SCATTER_HEIGHT
    _, first, second = zip(*points, strict=True)
    across = axis_over(min(first), max(first))
    upward = axis_over(min(second), max(second))

    def height(value: float) -> float:
        share = (upward.scale(value) - LEFT) / (RIGHT - LEFT)
        return tall - share * (tall - 20)

    parts = list(upright_grid(across, tall))
    for mark in upward.marks:
        y = height(mark)
        parts.append(f'<path class="grid" d="M{LEFT} {pixels(y)}H{RIGHT}"/>')
        start = f'x="{LEFT}" y="{pixels(y - 3)}"'
        parts.append(f'<text class="tick halo" {start}>{mark:.6g}</text>')
    line = fitted_line(points)
    if line is not None:
        slope, offset = line
        ends = []
        for a in (min(first), max(first)):
            y = height(slope * a + offset)
            ends.append(f"{across.at(a)} {pixels(y)}")
        parts.append(f'<path class="line" d="M{"L".join(ends)}"/>')
    for name, a, b in points:
        center = f'cx="{across.at(a)}" cy="{pixels(height(b))}"'
        title = escape(f"{name}: {number(a)}, {number(b)}")
        parts.append(f'<circle class="dot" {center} r="4"><title>{title}</title></circle>')
    x_label, y_label = labels
    parts.append(axis_label(x_label, tall))
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{escape(y_label)}</text>')
    return svg(parts, tall + 38, f"{y_label} against {x_label}")
