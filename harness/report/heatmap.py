"""Cells tinted by value, after viridis: dark is little, bright is much, whatever one's colour vision and in print."""

import math

from harness.judge.sentences import number
from harness.judge.tables import Tabulated

RAMP = ("440154", "46327e", "365c8d", "277f8e", "1fa187", "4ac16d", "a0da39", "fde725")
Range = tuple[float, float]
Colour = tuple[int, int, int]


def ranges(found: Tabulated) -> dict[str, Range]:
    """The least and the largest of our means of each metric; none where the table is no heat map."""
    values: dict[str, list[float]] = {}
    for line in found.entries if found.table.heat else ():
        for column, entry in zip(found.columns, line, strict=True):
            values.setdefault(column.metric, []).extend(
                [] if math.isnan(entry.mean) else [entry.mean]
            )
    return {metric: (min(some), max(some)) for metric, some in values.items() if some}


def tinted(value: float, within: Range | None) -> str:
    """The style of a cell, its ink black or white, whichever is read better; nothing where there is no value."""
    if within is None or math.isnan(value):
        return ""
    colour = _colour((value - within[0]) / ((within[1] - within[0]) or 1))
    ink = (
        "#000" if _luminance(colour) > 0.179 else "#fff"
    )  # where both have the same contrast (WCAG 2)
    return f' style="background:{_hex(colour)};color:{ink}"'


def scale(found: Tabulated) -> str:
    """The legend of a heat map: a ramp with its two ends for each metric."""
    stops = ",".join(f"#{stop}" for stop in RAMP)
    ramp = f'<i style="background:linear-gradient(90deg,{stops})"></i>'
    ends = [
        f"{metric} {number(low)} {ramp} {number(high)}"
        for metric, (low, high) in ranges(found).items()
    ]
    return f'<p class="legend scale">{"; ".join(ends)}</p>' if ends else ""


def _colour(share: float) -> Colour:
    """A place on the ramp, between its stops in a straight line."""
    place = share * (len(RAMP) - 1)
    i = min(int(place), len(RAMP) - 2)
    below, above = (bytes.fromhex(RAMP[k]) for k in (i, i + 1))
    red, green, blue = (round(a + (place - i) * (b - a)) for a, b in zip(below, above, strict=True))
    return red, green, blue


def _hex(colour: Colour) -> str:
    return f"#{bytes(colour).hex()}"


def _luminance(colour: Colour) -> float:
    linear = [
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in (v / 255 for v in colour)
    ]
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
