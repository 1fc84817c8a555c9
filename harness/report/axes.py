"""What the figures of a report share: an axis with round marks, a grid, and the SVG around them."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDE = 480
LEFT = 14
RIGHT = 466

Scale = Callable[[float], float]  # a value -> where it stands


@dataclass(frozen=True)
class Axis:
    """Where values stand from left to right, and the round values to mark."""

    scale: Scale
    marks: list[float]

    def at(self, value: float) -> str:
        """Where a value stands, as SVG writes it."""
        return pixels(self.scale(value))


def pixels(length: float) -> str:
    """A length or a position as SVG writes it."""
    return f"{length:.1f}"


def axis_over(low: float, high: float) -> Axis:
    """An axis with round marks that holds everything from `low` to `high`."""
    if not high > low:
        low -= (abs(low) or 1) * 0.05
        high += (abs(high) or 1) * 0.05
    step = _round_step((high - low) / 4)
    margin = 0.04 * (high - low)
    low -= margin
    high += margin
    width = high - low
    first = math.ceil(low / step)
    last = math.floor(high / step)
    marks = []
    for k in range(first, last + 1):
        marks.append(k * step)
    inner = RIGHT - LEFT - 16

    def scale(value: float) -> float:
        share = (float(value) - low) / width
        return LEFT + 8 + share * inner

    return Axis(scale, marks)


def _round_step(step: float) -> float:
    """The round number that is nearest to the step between two marks."""
    power = 10 ** math.floor(math.log10(step))
    nearest = power
    for factor in (2, 2.5, 5, 10):
        candidate = factor * power
        if abs(candidate - step) < abs(nearest - step):
            nearest = candidate
    return nearest


def upright_grid(axis: Axis, tall: float) -> Iterator[str]:
    """A line through the figure at each mark, with its value below."""
    for mark in axis.marks:
        x = axis.at(mark)
        y = tall + 15
        text = f"{mark:.6g}".replace("-", "−")
        yield f'<path class="grid" d="M{x} 4V{tall}"/>'
        yield f'<text class="tick" x="{x}" y="{y}" text-anchor="middle">{text}</text>'


def axis_label(text: str, tall: float) -> str:
    """What the values from left to right are, below them."""
    y = tall + 32
    label = escape(text)
    return f'<text class="axis" x="{RIGHT}" y="{y}" text-anchor="end">{label}</text>'


def colour_bar(stops: Sequence[str], ends: tuple[str, str], y: float) -> Iterator[str]:
    """Colours from left to right, between what the first and the last of them say."""
    low, high = map(escape, ends)
    base = y + 9
    yield f'<text class="tick" x="{LEFT}" y="{base}">{low}</text>'
    start = LEFT + 46
    for position, colour in enumerate(stops):
        x = start + 14 * position
        size = 'width="14.3" height="10"'
        yield f'<rect x="{x}" y="{y}" {size} style="fill:{colour}"/>'
    end = start + 14 * len(stops) + 6
    yield f'<text class="tick" x="{end}" y="{base}">{high}</text>'


def svg(parts: Iterable[str], tall: float, title: str) -> str:
    """A figure of these parts."""
    label = escape(title)
    body = "".join(parts)
    size = f'viewBox="0 0 {WIDE} {tall:.0f}"'
    return f'<svg {size} role="img" aria-label="{label}">{body}</svg>'
