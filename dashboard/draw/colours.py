"""One colour for each level of a factor, the same on every page; told apart by everyone (Okabe and Ito)."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageColor

from harness.spec.naming import numeric

OKABE_ITO = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999", "#F0E442")
DARK = {"#0072B2": "#3D9BD9"}  # the blue, lighter where the page is dark
RAMP = (
    "#fde725",
    "#9fda3a",
    "#4ac16d",
    "#1fa187",
    "#277f8e",
    "#365c8d",
    "#46327e",
    "#440154",
)  # viridis


@dataclass(frozen=True)
class Ink:
    """What a chart is drawn in, on a light or a dark page."""

    text: str
    soft: str
    rule: str
    paper: str
    dark: bool


LIGHT = Ink("#1b1f24", "#57606a", "#d0d7de", "#ffffff", False)
NIGHT = Ink("#e6edf3", "#9aa4af", "#323a44", "#0f1318", True)


def palette(levels: list[str], ink: Ink) -> dict[str, str]:
    """The colours of all levels of a factor; ask with all of them, so that a filter changes none."""
    if len(levels) > 2 and all(numeric(level) for level in levels):
        ordered = sorted(levels, key=float)
        ramp = RAMP[:-3] if ink.dark else RAMP[2:]
        at = [round(i * (len(ramp) - 1) / (len(ordered) - 1)) for i in range(len(ordered))]
        return {level: ramp[i] for level, i in zip(ordered, at, strict=True)}
    colours = [DARK.get(c, c) if ink.dark else c for c in OKABE_ITO]
    return {level: colours[i % len(colours)] for i, level in enumerate(levels)}


@cache
def mark() -> Image.Image:
    """The icon of the page: two arms and their difference."""
    out = np.full((32, 32, 3), 255, np.uint8)
    for row, start, stop, colour in ((4, 3, 20, 0), (13, 10, 29, 1), (22, 14, 26, 2)):
        out[row : row + 6, start:stop] = ImageColor.getrgb(OKABE_ITO[colour])
    return Image.fromarray(out)
