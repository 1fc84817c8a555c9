"""Two metrics against each other at several strata in one figure: a mark and a fitted line for each
stratum, and a colour for each point where they are few, as paper 001 draws strengths and
perturbations (Figs. 2 and 3).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np

from harness.judge.arms import Levels, levels_text
from harness.judge.contrasts import Contrast
from harness.judge.sentences import number
from harness.report.axes import LEFT, RIGHT, Axis, axis_label, axis_over, pixels, svg, upright_grid
from harness.report.colours import SERIES
from harness.report.formats import cut_text
from harness.study.names import display_name

TALL = 300
LINE = 15  # from row to row of the legend
MOST = 8  # strata of one figure: more marks nobody tells apart

MOST_CHARACTERS = 72  # of a line of the legend

Point = tuple[str, float, float]
Metrics = tuple[str, str]

# of a mark, around where it stands
SHAPES = (
    "m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0z",
    "m-3.6 -3.6h7.2v7.2h-7.2z",
    "m0 -4.6l4.4 8h-8.8z",
    "m0 -5l4.4 5l-4.4 5l-4.4 -5z",
    "m0 4.6l4.4 -8h-8.8z",
    "m-1.5 -4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
    "m-5 -1.6h10v3.2h-10z",
    "m-1.6 -5h3.2v10h-3.2z",
)


@dataclass(frozen=True)
class Frame:
    """Where values stand across and upward."""

    across: Axis
    upward: Axis
    tall: float = TALL

    def height(self, y: float) -> str:
        """Where a value stands upward, as SVG writes it."""
        distance = self.upward.scale(y) - LEFT
        share = distance / (RIGHT - LEFT)
        return pixels(self.tall - share * (self.tall - 20))

    def at(self, x: float, y: float) -> str:
        """A point, as SVG writes it."""
        return f"{self.across.at(x)} {self.height(y)}"


def marks_upward(frame: Frame) -> Iterator[str]:
    """A line across the figure at each round value upward."""
    for mark in frame.upward.marks:
        y = frame.height(mark)
        yield f'<path class="grid" d="M{LEFT} {y}H{RIGHT}"/>'
        yield f'<text class="tick halo" x="{LEFT}" y="{y}" dy="-3">{mark:.6g}</text>'


def fitted_line(points: Sequence[Point]) -> tuple[float, float] | None:
    """Slope and offset of the line of least squares; None where no line is determined."""
    if len(points) < 2:
        return None
    _, x, y = zip(*points, strict=True)
    if min(x) == max(x):
        return None
    slope, offset = np.polyfit(x, y, 1)
    return float(slope), float(offset)


def figures_of_strata(contrasts: Sequence[Contrast], metrics: Metrics) -> Iterator[str]:
    """A figure for the strata that differ in their last level alone, if they are several; `metrics`
    are what people call the one across and the one upward.
    """
    groups: dict[Levels, list[Contrast]] = {}
    for contrast in contrasts:
        if len(contrast.points) > 1:
            groups.setdefault(contrast.stratum[:-1], []).append(contrast)
    for stratum, group in groups.items():
        if 1 < len(group) <= MOST:
            yield together(stratum, group, metrics)


def together(stratum: Levels, contrasts: Sequence[Contrast], metrics: Metrics) -> str:
    """The correlations of several strata in one figure."""
    points: list[Point] = []
    for contrast in contrasts:
        points += contrast.points
    names, first_values, second_values = zip(*points, strict=True)
    frame = Frame(
        across=axis_over(min(first_values), max(first_values)),
        upward=axis_over(min(second_values), max(second_values)),
    )
    colours = _colours_of_points(names)
    parts = [*upright_grid(frame.across, TALL), *marks_upward(frame)]
    for shape, own_colour, contrast in zip(SHAPES, SERIES, contrasts, strict=False):
        parts += _line(frame, contrast)
        for point in contrast.points:
            colour = colours.get(point[0], own_colour)
            parts.append(_mark(frame, shape, contrast, point, colour))
    metric_across, metric_upward = metrics
    parts.append(axis_label(metric_across, TALL))
    heading = f"{metric_upward} {levels_text(stratum)}".strip()
    parts.append(f'<text class="axis halo" x="{LEFT}" y="12">{escape(heading)}</text>')
    y = TALL + 52
    for entry in (*_legend_of_strata(contrasts, not colours), *_legend_of_points(colours)):
        parts.append(f'<g transform="translate({LEFT + 6} {y})">{entry}</g>')
        y += LINE
    return svg(parts, y, f"{metric_upward} against {metric_across}, by stratum")


def _colours_of_points(names: Iterable[str]) -> dict[str, str]:
    """A colour for each point; none where there are more than anybody tells apart, so that the
    strata have the colours.
    """
    distinct = list(dict.fromkeys(names))
    if len(distinct) > len(SERIES):
        return {}
    return dict(zip(distinct, SERIES, strict=False))


def _line(frame: Frame, contrast: Contrast) -> Iterator[str]:
    """The fitted line of one stratum, as far as its points reach."""
    line = fitted_line(contrast.points)
    if line is None:
        return
    slope, offset = line
    _, values, _ = zip(*contrast.points, strict=True)
    ends = []
    for x in (min(values), max(values)):
        ends.append(frame.at(x, slope * x + offset))
    yield f'<path class="line" d="M{"L".join(ends)}"/>'


def _mark(frame: Frame, shape: str, contrast: Contrast, point: Point, colour: str) -> str:
    """One point of one stratum."""
    name, x, y = point
    label = levels_text((*contrast.stratum, name))
    title = escape(f"{label}: {number(x)}, {number(y)}")
    path = f"M{frame.at(x, y)}{shape}"
    return f'<path d="{path}" fill="{colour}"><title>{title}</title></path>'


def _legend_of_strata(contrasts: Sequence[Contrast], in_colours: bool) -> Iterator[str]:
    """The mark of each stratum, with its coefficient."""
    for shape, colour, contrast in zip(SHAPES, SERIES, contrasts, strict=False):
        stratum = contrast.stratum[-1]
        if len(contrast.stratum) == 1:
            stratum = contrast.at or stratum
        text = f"{stratum}: {display_name(contrast.test)} {number(contrast.estimate)}"
        look = f'fill="{colour}"' if in_colours else 'class="line"'
        mark = f'<path {look} d="M0 0{shape}"/>'
        yield f'{mark}<text class="tick" x="10" y="4">{escape(text)}</text>'


def _legend_of_points(colours: dict[str, str]) -> Iterator[str]:
    """The colour of each point."""
    for name, colour in colours.items():
        mark = f'<path d="M0 0{SHAPES[0]}" fill="{colour}"/>'
        text = escape(cut_text(name, MOST_CHARACTERS))
        yield f'{mark}<text class="tick" x="10" y="4">{text}</text>'
