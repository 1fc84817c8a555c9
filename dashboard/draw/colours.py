"""One colour for each level of a factor, the same on every page; told apart by everyone."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageColor

from harness.report.colours import (
    BLUE,
    BLUE_OF_NIGHT,
    GREEN,
    ORANGE,
    VIRIDIS,
    Ground,
    Rgb,
    level_colours,
)

PINK = "#cc79a7"
GREY = "#999999"
LIGHT_BLUE = BLUE_OF_NIGHT  # instead of the blue where the page is dark
RAMP = VIRIDIS[::-1]  # from much to little


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


def palette(levels: Iterable[str], theme: Theme) -> dict[str, str]:
    """Returns a colour for each level, by the one rule of the report and the dashboard; ask with
    all levels of a factor in the order of the study, so that no filter changes any.
    """
    return level_colours(levels, ground_of(theme))


def ground_of(theme: Theme) -> Ground:
    """Returns what a chart is drawn on."""
    return "dark" if theme.dark else "light"


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
