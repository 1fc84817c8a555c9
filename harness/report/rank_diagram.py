"""Mean ranks of several arms with their critical difference, as SVG."""

import math
from collections.abc import Iterator
from html import escape

import numpy as np
from scipy import stats

from harness.judge.verdicts import Ranking
from harness.report.axes import LEFT, RIGHT, Axis, pixels, svg
from harness.stats.post_hoc import critical_difference
from harness.stats.result import Array

INNER = RIGHT - LEFT - 60  # from the first rank to the last
LONGEST_NAME = 48  # characters of a name in a line of its own
SHORT_NAME = 16  # characters of names of which two have room in a line


def rank_diagram(ranking: Ranking, alpha: float) -> str:
    """Mean ranks within units; arms under one bar differ by less than Nemenyi's critical
    difference.
    """
    table = np.array(ranking.table)
    k, n = table.shape
    ranks = stats.rankdata(-table, axis=0)
    means = ranks.mean(axis=1)
    difference = critical_difference(k, n, alpha)
    axis = _axis_of_ranks(k)
    ordered_means = np.sort(means, kind="stable")
    cliques = _cliques(ordered_means, difference)
    parts = list(_line_of_ranks(axis))
    parts += _ruler(k, difference, axis)
    for i, (first, last) in enumerate(cliques):
        start = pixels(axis.scale(ordered_means[first]) - 3)
        end = pixels(axis.scale(ordered_means[last]) + 3)
        y = 53 + 8 * i
        parts.append(f'<path class="clique" d="M{start} {y}H{end}"/>')
    top = 66 + 8 * len(cliques)
    parts += _stems(ranking, means, top, axis)
    lines = k if _has_long_names(ranking) else math.ceil(k / 2)
    tall = top + 20 * lines + 4
    names = ", ".join(ranking.names)
    title = f"critical difference of {names}"
    return svg(parts, tall, title)


def _axis_of_ranks(k: int) -> Axis:
    """The ranks from 1 to k from left to right."""

    def scale(rank: float) -> float:
        share = (rank - 1) / (k - 1)
        return LEFT + 30 + share * INNER

    marks = []
    for rank in range(1, k + 1):
        marks.append(float(rank))
    return Axis(scale, marks)


def _line_of_ranks(axis: Axis) -> Iterator[str]:
    """The axis, with a mark and a number for each rank."""
    start = axis.at(axis.marks[0])
    end = axis.at(axis.marks[-1])
    yield f'<path class="line" d="M{start} 44H{end}"/>'
    for rank in axis.marks:
        x = axis.at(rank)
        text = f"{rank:.0f}"
        yield f'<path class="line" d="M{x} 39v5"/>'
        yield f'<text class="tick" x="{x}" y="33" text-anchor="middle">{text}</text>'


def _ruler(k: int, difference: float, axis: Axis) -> Iterator[str]:
    """The critical difference, as long as it is on the axis of ranks, but no longer than that."""
    longest = k - 1
    width = min(difference / longest * INNER, INNER)
    left = axis.scale(1)
    start = pixels(left)
    end = pixels(left + width)
    line = f"M{start} 14h{pixels(width)}"
    ends = f"M{start} 10v8M{end} 10v8"
    yield f'<path class="mean" d="{line}{ends}"/>'
    text = f"critical difference {difference:.2f}; rank 1 is the highest"
    if difference > longest:
        text += ", more than any two ranks differ"
    yield f'<text class="tick" x="{pixels(left + 4)}" y="9">{text}</text>'


def _stems(ranking: Ranking, means: Array, top: int, axis: Axis) -> Iterator[str]:
    """A line from each mean rank to its name: the better half on the left, the rest on the
    right.
    """
    order = np.argsort(means, kind="stable")
    half = math.ceil(len(order) / 2)
    first_right = half if _has_long_names(ranking) else 0
    for position, i in enumerate(order):
        if position < half:
            line = position
            edge = LEFT
            anchor = "start"
        else:
            line = first_right + len(order) - 1 - position
            edge = RIGHT
            anchor = "end"
        y = top + 20 * line
        x = axis.at(means[i])
        yield f'<path class="stem" d="M{x} 44V{y}H{edge}"/>'
        name = ranking.names[i]
        if len(name) >= LONGEST_NAME:
            name = name[: LONGEST_NAME - 1] + "…"
        mean_rank = f"{means[i]:.2f}"
        text = f"{escape(name)} ({mean_rank})"
        start = f'x="{edge}" y="{y - 3}" text-anchor="{anchor}"'
        yield f'<text class="tick halo" {start}>{text}</text>'


def _has_long_names(ranking: Ranking) -> bool:
    """Whether a name on the left and one on the right have no room in one line."""
    return max(map(len, ranking.names)) > SHORT_NAME


def _cliques(means: Array, difference: float) -> list[tuple[int, int]]:
    """The longest runs of ordered mean ranks that lie within the critical difference."""
    cliques: list[tuple[int, int]] = []
    for start, mean in enumerate(means):
        distances = means[start:] - mean
        within = np.flatnonzero(distances <= difference)
        end = start + int(within[-1])
        is_part = any(first <= start and end <= last for first, last in cliques)
        if end > start and not is_part:
            cliques.append((start, end))
    return cliques
