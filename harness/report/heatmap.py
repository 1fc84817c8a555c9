"""Cells tinted by value, after viridis: whatever one's colour vision, and in print."""

import math
from html import escape

from harness.judge.sentences import number
from harness.judge.tables import Tabulated
from harness.report.colours import VIRIDIS, Rgb, colour_at

Range = tuple[float, float]
Colour = tuple[int, int, int]

# Black and white ink have the same contrast on a ground of this luminance (WCAG 2).
BLACK_FROM = 0.179
LUMINANCE_WEIGHTS = (0.2126, 0.7152, 0.0722)


def value_ranges(tabulated: Tabulated) -> dict[str, Range]:
    """The least and the largest of our means of each metric; none where the table is no heat
    map.
    """
    if not tabulated.table.heat:
        return {}
    values: dict[str, list[float]] = {}
    for line in tabulated.entries:
        for column, entry in zip(tabulated.columns, line, strict=True):
            if not math.isnan(entry.mean):
                values.setdefault(column.metric, []).append(entry.mean)
    ranges = {}
    for column in tabulated.columns:
        if column.metric in values:
            of_metric = values[column.metric]
            ranges[column.metric] = (min(of_metric), max(of_metric))
    return ranges


def cell_style(value: float, value_range: Range | None) -> str:
    """The style of a cell, its ink black or white, whichever is read better; nothing where there
    is no value.
    """
    if value_range is None or math.isnan(value):
        return ""
    low, high = value_range
    width = (high - low) or 1
    colour = colour_at(VIRIDIS, (value - low) / width)
    ink = "#000" if _luminance(colour) > BLACK_FROM else "#fff"
    return f' style="background:{_hex(colour)};color:{ink}"'


def heat_legend(tabulated: Tabulated) -> str:
    """The legend of a heat map: a ramp with its two ends for each metric."""
    ramp = f'<i style="background:linear-gradient(90deg,{",".join(VIRIDIS)})"></i>'
    ends = []
    for metric, (low, high) in value_ranges(tabulated).items():
        ends.append(f"{escape(metric)} {number(low)} {ramp} {number(high)}")
    if not ends:
        return ""
    return f'<p class="legend scale">{"; ".join(ends)}</p>'


def _hex(colour: Rgb) -> str:
    return f"#{bytes(colour).hex()}"


def _luminance(colour: Rgb) -> float:
    """How bright a colour is to the eye, from 0 to 1 (WCAG 2)."""
    luminance = 0.0
    for weight, value in zip(LUMINANCE_WEIGHTS, colour, strict=True):
        luminance += weight * _linear(value / 255)
    return luminance


def _linear(share: float) -> float:
    """The light of a channel of sRGB."""
    if share <= 0.04045:
        return share / 12.92
    return float(((share + 0.055) / 1.055) ** 2.4)
