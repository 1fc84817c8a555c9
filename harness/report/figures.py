"""Figures of a report as SVG: values behind every box, mean ranks with their critical difference, points."""

import math
from collections.abc import Callable, Iterator
from html import escape
from itertools import pairwise

import numpy as np
from scipy import stats

from harness.judge.sentences import number
from harness.judge.verdicts import Arm, Ranking
from harness.stats.post_hoc import critical_difference
from harness.stats.result import Array

WIDE, LEFT, RIGHT, ROW = 480, 14, 466, 54
DOTS, JOINED = 400, 80  # dots of a row, and units whose values are joined by lines, at most

Scale = Callable[[float], float]


def boxes(arms: list[Arm], label: str, paired: bool) -> str:
    """A row for each arm: quartiles, the mean with its interval, a dot for each unit that links to its run."""
    values = [v for arm in arms for v in arm.sample.values]
    if not values:
        return ""
    low, high = min(values), max(values)
    bounds = [
        b
        for a in arms
        if a.mean
        for b in (a.mean.low, a.mean.high)
        if abs(b - (low + high) / 2) < 3 * (high - low)
    ]
    x, marks = _axis(min([low, *bounds]), max([high, *bounds]))
    tall = 14 + ROW * len(arms)
    parts = [*_grid(x, marks, tall), *(_joined(arms, x) if paired else ())]
    for i, arm in enumerate(arms):
        parts += _row(arm, 36 + ROW * i, x)
    parts.append(
        f'<text class="axis" x="{RIGHT}" y="{tall + 32}" text-anchor="end">{escape(label)}</text>'
    )
    names = ", ".join(a.name for a in arms)
    return _svg(parts, tall + 38, f"{label}: one dot for each unit of {names}")


def _row(arm: Arm, y: float, x: Scale) -> Iterator[str]:
    values = np.array(arm.sample.values)
    name = arm.name if len(arm.name) < 60 else arm.name[:57] + "…"
    yield f'<text class="name" x="{LEFT}" y="{y - 19}"><title>{escape(arm.full)}</title>{escape(name)}</text>'
    if values.size > 3:
        first, median, third = np.quantile(values, [0.25, 0.5, 0.75])
        width = max(1, x(third) - x(first))
        yield f'<rect class="box" x="{x(first):.1f}" y="{y - 9}" width="{width:.1f}" height="18"/>'
        yield f'<path class="median" d="M{x(median):.1f} {y - 9}v18"/>'
    step = max(1, math.ceil(values.size / DOTS))
    for j in range(0, values.size, step):
        shift = ((j // step * 7) % 5 - 2) * 2.2 if values.size > 12 else 0
        runs = arm.sample.runs[j]
        title = f"<title>{escape(arm.sample.units[j])}: {number(float(values[j]))}</title>"
        dot = f'<circle class="dot" cx="{x(values[j]):.1f}" cy="{y + shift:.1f}" r="3.4">{title}</circle>'
        yield f'<a href="#run-{escape(runs[0])}">{dot}</a>' if runs else dot
    if arm.mean is not None:
        at, under = x(arm.mean.value), y + 14
        ends = [min(max(x(b), LEFT), RIGHT) for b in (arm.mean.low, arm.mean.high)]
        for bound, edge, sign in ((arm.mean.low, LEFT, 1), (arm.mean.high, RIGHT, -1)):
            if (x(bound) - edge) * sign < 0:  # an interval that goes on beyond the figure
                yield f'<path class="diamond" d="M{edge - 6 * sign} {under}l{8 * sign} -5v10z"/>'
        yield f'<path class="mean" d="M{ends[0]:.1f} {under}H{ends[1]:.1f}"/>'
        yield f'<path class="diamond" d="M{at:.1f} {under - 5}l4 5l-4 5l-4 -5z"/>'


def _joined(arms: list[Arm], x: Scale) -> Iterator[str]:
    """The values of one unit, joined from arm to arm."""
    for i, (upper, lower) in enumerate(pairwise(arms)):
        there = dict(zip(lower.sample.units, lower.sample.values, strict=True))
        for unit, value in list(zip(upper.sample.units, upper.sample.values, strict=True))[:JOINED]:
            if unit in there:
                start, y = x(value), 36 + ROW * i
                yield f'<path class="pair" d="M{start:.1f} {y}L{x(there[unit]):.1f} {y + ROW}"/>'


def _axis(low: float, high: float) -> tuple[Scale, list[float]]:
    """A scale with round marks that holds everything."""
    if not high > low:
        low, high = low - (abs(low) or 1) * 0.05, high + (abs(high) or 1) * 0.05
    raw = (high - low) / 4
    step = min(
        (m * 10 ** math.floor(math.log10(raw)) for m in (1, 2, 2.5, 5, 10)),
        key=lambda s: abs(s - raw),
    )
    low, high = low - 0.04 * (high - low), high + 0.04 * (high - low)
    marks = [k * step for k in range(math.ceil(low / step), math.floor(high / step) + 1)]
    inner = RIGHT - LEFT - 16
    return (lambda v: LEFT + 8 + (float(v) - low) / (high - low) * inner), marks


def _grid(x: Scale, marks: list[float], tall: float) -> Iterator[str]:
    for mark in marks:
        text = f"{mark:.6g}".replace("-", "−")
        yield f'<path class="grid" d="M{x(mark):.1f} 4V{tall}"/>'
        yield f'<text class="tick" x="{x(mark):.1f}" y="{tall + 15}" text-anchor="middle">{text}</text>'


def critical(ranking: Ranking, alpha: float) -> str:
    """Mean ranks within units; arms under one bar differ by less than Nemenyi's critical difference."""
    table = np.array(ranking.table)
    k, n = table.shape
    means = stats.rankdata(-table, axis=0).mean(axis=1)
    order = [int(i) for i in np.argsort(means, kind="stable")]
    cd = critical_difference(k, n, alpha)
    inner = RIGHT - LEFT - 60

    def x(rank: float) -> float:
        return LEFT + 30 + (rank - 1) / (k - 1) * inner

    parts = [f'<path class="line" d="M{x(1):.1f} 44H{x(k):.1f}"/>']
    for mark in range(1, k + 1):
        parts.append(f'<path class="line" d="M{x(mark):.1f} 39v5"/>')
        parts.append(
            f'<text class="tick" x="{x(mark):.1f}" y="33" text-anchor="middle">{mark}</text>'
        )
    width = min(cd / (k - 1) * inner, inner)
    parts.append(
        f'<path class="mean" d="M{x(1):.1f} 14h{width:.1f}M{x(1):.1f} 10v8M{x(1) + width:.1f} 10v8"/>'
    )
    text = f"critical difference {cd:.2f}; rank 1 is the highest" + (
        ", more than any two ranks differ" if cd > k - 1 else ""
    )
    parts.append(f'<text class="tick" x="{x(1) + 4:.1f}" y="9">{text}</text>')
    bars = _cliques(means[order], cd)
    for b, (start, end) in enumerate(bars):
        ends = x(means[order[start]]) - 3, x(means[order[end]]) + 3
        parts.append(f'<path class="clique" d="M{ends[0]:.1f} {53 + 8 * b}H{ends[1]:.1f}"/>')
    top = 66 + 8 * len(bars)
    parts += _stems(ranking, means, order, (top, x))
    return _svg(
        parts, top + 20 * math.ceil(k / 2) + 4, f"critical difference of {', '.join(ranking.names)}"
    )


def _stems(
    ranking: Ranking, means: Array, order: list[int], where: tuple[float, Scale]
) -> Iterator[str]:
    top, x = where
    half = math.ceil(len(order) / 2)
    for place, i in enumerate(order):
        left = place < half
        y = top + 20 * (place if left else len(order) - 1 - place)
        edge, anchor = (LEFT, "start") if left else (RIGHT, "end")
        name = ranking.names[i] if len(ranking.names[i]) < 26 else ranking.names[i][:25] + "…"
        yield f'<path class="stem" d="M{x(means[i]):.1f} 44V{y}H{edge}"/>'
        text = f"{escape(name)} ({means[i]:.2f})"
        yield f'<text class="tick halo" x="{edge}" y="{y - 3}" text-anchor="{anchor}">{text}</text>'


def _cliques(means: Array, cd: float) -> list[tuple[int, int]]:
    """The longest runs of ordered mean ranks that lie within the critical difference."""
    found: list[tuple[int, int]] = []
    for start in range(len(means)):
        end = max(j for j in range(start, len(means)) if means[j] - means[start] <= cd)
        if end > start and not any(s <= start and end <= e for s, e in found):
            found.append((start, end))
    return found


def scatter(points: tuple[tuple[str, float, float], ...], labels: tuple[str, str]) -> str:
    """Two metrics against each other, a dot for each point."""
    if len(points) < 2:
        return ""
    tall = 260
    x, across = _axis(min(p[1] for p in points), max(p[1] for p in points))
    flat, up = _axis(min(p[2] for p in points), max(p[2] for p in points))

    def y(v: float) -> float:
        return tall - (flat(v) - LEFT) / (RIGHT - LEFT) * (tall - 20)

    parts = list(_grid(x, across, tall))
    for mark in up:
        parts.append(f'<path class="grid" d="M{LEFT} {y(mark):.1f}H{RIGHT}"/>')
        parts.append(f'<text class="tick halo" x="{LEFT}" y="{y(mark) - 3:.1f}">{mark:.6g}</text>')
    for name, a, b in points:
        title = escape(f"{name}: {number(a)}, {number(b)}")
        parts.append(
            f'<circle class="dot" cx="{x(a):.1f}" cy="{y(b):.1f}" r="4"><title>{title}</title></circle>'
        )
    parts.append(
        f'<text class="axis" x="{RIGHT}" y="{tall + 32}" text-anchor="end">{escape(labels[0])}</text>'
    )
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{escape(labels[1])}</text>')
    return _svg(parts, tall + 38, f"{labels[1]} against {labels[0]}")


def _svg(parts: list[str], tall: float, title: str) -> str:
    body = "".join(parts)
    return (
        f'<svg viewBox="0 0 {WIDE} {tall:.0f}" role="img" aria-label="{escape(title)}">{body}</svg>'
    )
