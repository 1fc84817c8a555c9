"""One colour for each level of a factor, the same on every page; told apart by everyone."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageColor

from harness.spec.naming import is_number

Rgb = tuple[int, int, int]

# The colours of Okabe and Ito, which people of any colour vision tell apart.
BLUE = "#0072B2"
ORANGE = "#E69F00"
GREEN = "#009E73"
PINK = "#CC79A7"
SKY = "#56B4E9"
VERMILION = "#D55E00"
GREY = "#999999"
YELLOW = "#F0E442"
OKABE_ITO = (BLUE, ORANGE, GREEN, PINK, SKY, VERMILION, GREY, YELLOW)
LIGHT_BLUE = "#3D9BD9"  # instead of the blue where the page is dark

# Viridis, from much to little.
RAMP = ("#fde725", "#9fda3a", "#4ac16d", "#1fa187", "#277f8e", "#365c8d", "#46327e", "#440154")


@dataclass(frozen=True)
class Theme:
    """The colours that a chart is drawn in on a light or on a dark page."""

    text: str
    soft: str
    rule: str
    paper: str
    dark: bool


LIGHT = Theme("#1b1f24", "#57606a", "#d0d7de", "#ffffff", False)
NIGHT = Theme("#e6edf3", "#9aa4af", "#323a44", "#0f1318", True)


def palette(levels: list[str], theme: Theme) -> dict[str, str]:
    """Returns a colour for each level; ask with all levels of a factor, so no filter changes any.

    More than two numbers get a ramp in their order, everything else distinct colours.
    """
    if len(levels) > 2 and all(is_number(level) for level in levels):
        return _ramp_palette(sorted(levels, key=float), theme)
    colours = list(OKABE_ITO)
    if theme.dark:
        colours[0] = LIGHT_BLUE
    return {level: colours[i % len(colours)] for i, level in enumerate(levels)}


def _ramp_palette(levels: list[str], theme: Theme) -> dict[str, str]:
    """Spreads the levels over the part of the ramp that can be seen on the page."""
    ramp = RAMP[:-3] if theme.dark else RAMP[2:]
    colours = {}
    for rank, level in enumerate(levels):
        step = round(rank * (len(ramp) - 1) / (len(levels) - 1))
        colours[level] = ramp[step]
    return colours


def rgb(colour: str) -> Rgb:
    """Returns a colour such as '#0072B2' as three numbers."""
    red, green, blue = ImageColor.getrgb(colour)[:3]
    return red, green, blue


@cache
def icon() -> Image.Image:
    """Draws the icon of the page: two arms and their difference."""
    pixels = np.full((32, 32, 3), 255, np.uint8)
    pixels[4:10, 3:20] = rgb(BLUE)
    pixels[13:19, 10:29] = rgb(ORANGE)
    pixels[22:28, 14:26] = rgb(GREEN)
    return Image.fromarray(pixels)
