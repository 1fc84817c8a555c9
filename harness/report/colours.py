"""Colours of pages, figures and charts that everyone can tell apart, whatever their sight."""

from collections.abc import Iterable, Sequence
from typing import Literal

from harness.spec.naming import is_number

# Of Okabe and Ito; the report writes text in them, so its orange on white is a darker one.
BLUE = "#0072b2"
SKY_BLUE = "#56b4e9"  # the blue where the page is dark
ORANGE = "#e69f00"
DARK_ORANGE = "#b35300"  # the orange where the page is light
GREEN = "#009e73"
VERMILION = "#d55e00"

# Of Okabe and Ito, for points that are told apart by their colour; black on black would be none.
SERIES = (BLUE, ORANGE, GREEN, "#cc79a7", SKY_BLUE, VERMILION, "#8a8a8a", "#b8a800")
BLUE_OF_NIGHT = "#3d9bd9"  # the first of them where the page is dark; no other is so near

# Viridis in eight stops: dark is little, bright is much, in print too.
VIRIDIS = (
    "#440154",
    "#46327e",
    "#365c8d",
    "#277f8e",
    "#1fa187",
    "#4ac16d",
    "#a0da39",
    "#fde725",
)

Rgb = tuple[int, int, int]
Ground = Literal["light", "dark", "either"]  # what a figure is drawn on

# The stops that are seen on each ground, from little to much.
RAMPS: dict[Ground, tuple[str, ...]] = {
    "light": VIRIDIS[-3::-1],
    "dark": VIRIDIS[:2:-1],
    "either": VIRIDIS[-3:1:-1],
}


def level_colours(levels: Iterable[str], ground: Ground = "either") -> dict[str, str]:
    """A colour for each level of a setting, given in the order of the study: it depends on that
    order alone, so that a level has one colour in every figure of the report and the dashboard.

    Numbers are ordered by size, and more than two of them get a ramp; everything else gets distinct
    colours, which come again where there are more levels than anybody tells apart.
    """
    distinct = list(dict.fromkeys(levels))
    if all(map(is_number, distinct)):
        distinct.sort(key=float)
        if len(distinct) > 2:
            return _ramp_colours(distinct, RAMPS[ground])
    series = list(SERIES)
    if ground == "dark":
        series[0] = BLUE_OF_NIGHT
    return {level: series[rank % len(series)] for rank, level in enumerate(distinct)}


def _ramp_colours(levels: Sequence[str], ramp: Sequence[str]) -> dict[str, str]:
    """Spreads the levels over a ramp."""
    colours = {}
    for rank, level in enumerate(levels):
        colour = colour_at(ramp, rank / (len(levels) - 1))
        colours[level] = f"#{bytes(colour).hex()}"
    return colours


def colour_at(ramp: Sequence[str], share: float) -> Rgb:
    """The colour at a share of a ramp's length, between its stops in a straight line."""
    position = share * (len(ramp) - 1)
    stop = min(int(position), len(ramp) - 2)
    rest = position - stop
    below = bytes.fromhex(ramp[stop].removeprefix("#"))
    above = bytes.fromhex(ramp[stop + 1].removeprefix("#"))
    channels = []
    for low, high in zip(below, above, strict=True):
        channels.append(round(low + rest * (high - low)))
    red, green, blue = channels
    return red, green, blue
