"""Pictures in rows and columns as one figure: heads above, a title for each row, values below, a
scale bar, and what the colours mean.
"""

import base64
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from harness.report.axes import pixels
from harness.report.figure_styles import PAGE, UNIT

WIDTH = round(PAGE / UNIT)  # units: both columns of a journal's page
EDGE = 14.0
GAP = 8.0  # between two pictures
WIDEST = 230.0  # of a picture
HEAD = 24.0  # above the first row
TITLE = 22.0  # above the pictures of a row
BELOW = 20.0  # what stands below a picture
LEGEND = 24.0
MOST_PIXELS = 420  # of a side; finer than 300 dots per inch nobody prints
LETTER = 8.0  # units of a letter, about
BAR_SHARE = 0.3  # of a picture's width that a scale bar may take

Picture = NDArray[np.uint8]


@dataclass(frozen=True)
class Head:
    """What stands above a column, and the colour of the arm whose pictures it holds."""

    text: str
    colour: str = ""


@dataclass(frozen=True)
class Panel:
    """A picture and what stands below it; a column without one stays empty."""

    picture: Picture | None
    below: str = ""


@dataclass(frozen=True)
class PanelRow:
    """The pictures of a case."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Mark:
    """A colour of the legend and what it means; several colours are a ramp."""

    text: str
    colours: Sequence[str]


@dataclass(frozen=True)
class PixelSize:
    """How wide a pixel is."""

    length: float
    unit: str


def image_grid(
    heads: Sequence[Head],
    rows: Sequence[PanelRow],
    legend: Sequence[Mark],
    title: str,
    pixel: PixelSize | None = None,
) -> str:
    """The figure of full width; a bar on its first picture says how large a pixel is."""
    width = _panel_width(len(heads))
    left = EDGE
    parts: list[str] = []
    for number, head in enumerate(heads):
        parts += _head(head, left + number * (width + GAP), width)
    top = HEAD
    for number, row in enumerate(rows):
        parts.append(f'<text class="name" x="{EDGE:g}" y="{pixels(top + 15)}">')
        parts.append(f"{escape(row.title)}</text>")
        top += TITLE
        height = _row_height(row, width)
        for column, panel in enumerate(row.panels):
            x = left + column * (width + GAP)
            parts += _panel(panel, x, top, width)
        first = row.panels[0].picture
        if pixel is not None and number == 0 and first is not None:
            parts += _scale_bar(pixel, first.shape[1], left, top + height, width)
        top += height + BELOW
    parts += _legend(legend, top + 14)
    tall = top + (LEGEND if legend else 0)
    label = escape(title)
    size = f'viewBox="0 0 {WIDTH} {math.ceil(tall)}"'
    return f'<svg {size} role="img" aria-label="{label}">{"".join(parts)}</svg>'


def _panel_width(count: int) -> float:
    """How wide each of so many pictures side by side is."""
    free = WIDTH - 2 * EDGE - GAP * (count - 1)
    return min(WIDEST, free / count)


def _row_height(row: PanelRow, width: float) -> float:
    """How tall the tallest picture of a row is."""
    height = 0.0
    for panel in row.panels:
        if panel.picture is not None:
            tall, wide = panel.picture.shape[:2]
            height = max(height, width * tall / wide)
    return height


def _head(head: Head, x: float, width: float) -> Iterator[str]:
    """The head of a column, as much of it as there is room for."""
    start = x
    room = width
    if head.colour:
        colour = f'style="fill:{head.colour}"'
        yield f'<rect x="{pixels(x)}" y="5" width="11" height="11" {colour}/>'
        start += 16
        room -= 16
    text = text_in_room(head.text, room)
    yield f'<text class="name" x="{pixels(start)}" y="16">{escape(text)}</text>'


def text_in_room(text: str, room: float) -> str:
    """A text that is cut where it is longer than there is room for."""
    count = max(3, int(room / LETTER))
    if len(text) <= count:
        return text
    return f"{text[: count - 1]}…"


def _panel(panel: Panel, x: float, top: float, width: float) -> Iterator[str]:
    """A picture with what stands below it."""
    if panel.picture is None:
        return
    tall, wide = panel.picture.shape[:2]
    height = width * tall / wide
    corner = f'x="{pixels(x)}" y="{pixels(top)}"'
    size = f'width="{pixels(width)}" height="{pixels(height)}"'
    address = picture_address(panel.picture)
    yield f'<image {corner} {size} preserveAspectRatio="none" href="{address}"/>'
    if panel.below:
        y = pixels(top + height + 14)
        yield f'<text class="tick" x="{pixels(x)}" y="{y}">{escape(panel.below)}</text>'


def picture_address(picture: Picture) -> str:
    """A picture as an address that holds it, no larger than is printed."""
    from PIL import Image

    image = Image.fromarray(np.ascontiguousarray(picture))
    longest = max(image.size)
    if longest > MOST_PIXELS:
        size = [max(1, round(side * MOST_PIXELS / longest)) for side in image.size]
        image = image.resize((size[0], size[1]), Image.Resampling.BOX)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return f"data:image/png;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _scale_bar(
    pixel: PixelSize, pixel_count: int, left: float, bottom: float, width: float
) -> Iterator[str]:
    """A white bar of a round length at the foot of a picture."""
    whole = pixel.length * pixel_count
    length = round_length(whole * BAR_SHARE)
    units = width * length / whole
    x = pixels(left + 8)
    y = pixels(bottom - 12)
    white = 'style="fill:#ffffff"'
    black = 'style="fill:#000000;fill-opacity:.55"'
    text = f"{length:g} {pixel.unit}"
    back = pixels(max(units, LETTER * len(text)) + 8)
    yield f'<rect x="{pixels(left + 4)}" y="{pixels(bottom - 29)}" width="{back}" height="25" '
    yield f"{black}/>"
    yield f'<rect x="{x}" y="{y}" width="{pixels(units)}" height="3.5" {white}/>'
    text_y = pixels(bottom - 16)
    yield f'<text class="tick" x="{x}" y="{text_y}" {white}>{text}</text>'


def round_length(most: float) -> float:
    """The largest of 1, 2, 5, 10, 20, ... that is no longer than that."""
    power = 10.0 ** math.floor(math.log10(most))
    for factor in (5, 2):
        if factor * power <= most:
            return factor * power
    return power


def _legend(marks: Sequence[Mark], y: float) -> Iterator[str]:
    """The colours and what they mean, in one line."""
    x = EDGE
    for mark in marks:
        step = 11.0 if len(mark.colours) == 1 else 9.0
        for number, colour in enumerate(mark.colours):
            start = pixels(x + number * step)
            size = f'width="{step + 0.4:g}" height="11"'
            fill = f'style="fill:{colour}"'
            yield f'<rect x="{start}" y="{pixels(y - 10)}" {size} {fill}/>'
        x += step * len(mark.colours) + 6
        yield f'<text class="tick" x="{pixels(x)}" y="{pixels(y)}">{escape(mark.text)}</text>'
        x += LETTER * len(mark.text) + 22
