"""A contact sheet: some images of a split with their masks laid over them."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from harness.data.scans import Scans

# Colours that stay apart for colour-blind eyes (Okabe and Ito); class 0 is not drawn.
PALETTE = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
IGNORE_COLOUR = (255, 0, 255)
MARGIN = 6
CAPTION = 14
LETTER = 6  # the width of a letter of a caption

Rgb = NDArray[np.uint8]


def contact_sheet(
    scans: Scans,
    *,
    most: int = 8,
    columns: int = 2,
    width: int = 360,
) -> Image.Image:
    """Images across the split, each plain and with its mask.

    Classes or objects have a colour each; magenta is ignored.
    """
    count = len(scans)
    spread = np.linspace(0, count - 1, min(most, count))
    indices = spread.round().astype(int).tolist()
    tiles = [_tile(scans, index, width) for index in dict.fromkeys(indices)]
    rows: list[list[Image.Image]] = []
    for start in range(0, len(tiles), columns):
        rows.append(tiles[start : start + columns])
    size = _size_of_sheet(rows)
    sheet = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(sheet)
    pen.text((MARGIN, 2), _legend(scans), fill="black")
    top = CAPTION + MARGIN
    for row in rows:
        left = MARGIN
        for tile in row:
            sheet.paste(tile, (left, top))
            left += tile.width + MARGIN
        top += _height_of_row(row)
    return sheet


def _size_of_sheet(rows: list[list[Image.Image]]) -> tuple[int, int]:
    """Width and height of a sheet of these rows, with its legend and its margins."""
    width = 0
    height = 0
    for row in rows:
        row_width = sum(tile.width + MARGIN for tile in row)
        width = max(width, row_width)
        height += _height_of_row(row)
    return width + MARGIN, height + MARGIN + CAPTION


def _height_of_row(row: list[Image.Image]) -> int:
    return MARGIN + max(tile.height for tile in row)


def _legend(scans: Scans) -> str:
    """The sentence at the top of a sheet: how many images, and what is drawn on them."""
    if scans.masks is None:
        return f"{len(scans)} images, no masks"
    classes = ", ".join(scans.classes) if scans.classes else "objects"
    legend = f"{len(scans)} images; {classes}"
    if scans.ignore is not None:
        legend += "; magenta is ignored"
    return legend


def _tile(scans: Scans, index: int, width: int) -> Image.Image:
    """An image, beside it the same under its mask, above both its name."""
    rgb = as_rgb(scans.images[index])
    pictures = [_with_width(rgb, width)]
    if scans.masks is not None:
        mask = np.asarray(scans.masks[index])
        under_mask = overlay(rgb, mask, scans)
        pictures.append(_with_width(under_mask, width))
    height = pictures[0].height + CAPTION
    tile = Image.new("RGB", (len(pictures) * width, height), "white")
    for i, picture in enumerate(pictures):
        tile.paste(picture, (i * width, CAPTION))
    letters = math.ceil(width / LETTER)
    name = scans.ids[index]
    pen = ImageDraw.Draw(tile)
    pen.text((0, 1), name[-letters:], fill="black")
    return tile


def _with_width(image: Rgb, width: int) -> Image.Image:
    """A picture of this width; small images are enlarged without smoothing."""
    picture = Image.fromarray(image)
    height = round(picture.height * width / picture.width)
    resampling = Image.Resampling.NEAREST
    if picture.width > width:
        resampling = Image.Resampling.BOX
    return picture.resize((width, max(1, height)), resampling)


def as_rgb(image: NDArray[Any]) -> Rgb:
    """An image as the eye needs it.

    8-bit images stay as they are; any other depth is shown between its 0.5 % and 99.5 % quantiles.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8:
        low, high = np.quantile(image, (0.005, 0.995)).tolist()
        span = (high - low) or 1.0
        values = image.astype(np.float64)
        grey = np.clip((values - low) / span, 0, 1)
        image = (grey * 255).astype(np.uint8)
    if image.ndim == 2:
        image = image[..., None]
    if image.shape[2] >= 3:
        return np.ascontiguousarray(image[..., :3])
    return np.repeat(image[..., :1], 3, -1)


def overlay(rgb: Rgb, mask: NDArray[Any], scans: Scans) -> Rgb:
    """An image under its mask, with the borders of classes and objects drawn in full."""
    is_ignored = np.zeros(mask.shape, bool)
    if scans.ignore is not None:
        is_ignored = mask == scans.ignore
    is_label = (mask > 0) & ~is_ignored
    colour_numbers = np.where(is_label, mask, 1).astype(np.int64) - 1
    colours = np.array(PALETTE, np.float64)[colour_numbers % len(PALETTE)]
    picture = rgb.astype(np.float64)
    covered = 0.6 * picture[is_label]
    picture[is_label] = covered + 0.4 * colours[is_label]
    is_border = _borders(mask) & is_label
    picture[is_border] = colours[is_border]
    covered = 0.5 * picture[is_ignored]
    picture[is_ignored] = covered + 0.5 * np.array(IGNORE_COLOUR)
    return picture.astype(np.uint8)


def _borders(mask: NDArray[Any]) -> NDArray[np.bool_]:
    """The pixels that have another label than a neighbour, above, below, left or right."""
    is_border = np.zeros(mask.shape, bool)
    across = mask[:, 1:] != mask[:, :-1]
    down = mask[1:] != mask[:-1]
    is_border[:, 1:] |= across
    is_border[:, :-1] |= across
    is_border[1:] |= down
    is_border[:-1] |= down
    return is_border
