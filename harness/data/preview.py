"""A contact sheet: some images of a split with their masks laid over them."""

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
IGNORED = (255, 0, 255)
MARGIN, CAPTION = 6, 14


def contact_sheet(
    scans: Scans, *, most: int = 8, columns: int = 2, width: int = 360
) -> Image.Image:
    """Images across the split, each plain and with its mask: colours of classes or objects, magenta for ignored."""
    chosen = np.linspace(0, len(scans) - 1, min(most, len(scans))).round().astype(int).tolist()
    tiles = [_tile(scans, i, width) for i in dict.fromkeys(chosen)]
    rows = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    heights = [max(t.height for t in row) + MARGIN for row in rows]
    across = max(sum(t.width + MARGIN for t in row) for row in rows)
    sheet = Image.new("RGB", (across + MARGIN, sum(heights) + MARGIN + CAPTION), "white")
    ImageDraw.Draw(sheet).text((MARGIN, 2), _legend(scans), fill="black")
    top = CAPTION + MARGIN
    for row, height in zip(rows, heights, strict=True):
        left = MARGIN
        for tile in row:
            sheet.paste(tile, (left, top))
            left += tile.width + MARGIN
        top += height
    return sheet


def _legend(scans: Scans) -> str:
    if scans.masks is None:
        return f"{len(scans)} images, no masks"
    named = ", ".join(scans.classes) if scans.classes else "objects"
    return f"{len(scans)} images; {named}" + (
        "; magenta is ignored" if scans.ignore is not None else ""
    )


def _tile(scans: Scans, index: int, width: int) -> Image.Image:
    grey = as_rgb(scans.images[index])
    sides = (
        [grey]
        if scans.masks is None
        else [grey, overlaid(grey, np.asarray(scans.masks[index]), scans)]
    )
    pictures = [_scaled(side, width) for side in sides]
    high = pictures[0].height
    tile = Image.new("RGB", (len(pictures) * width, high + CAPTION), "white")
    for i, picture in enumerate(pictures):
        tile.paste(picture, (i * width, CAPTION))
    ImageDraw.Draw(tile).text((0, 1), scans.ids[index][-2 * width // 12 :], fill="black")
    return tile


def _scaled(image: NDArray[np.uint8], width: int) -> Image.Image:
    picture = Image.fromarray(image)
    high = max(1, round(picture.height * width / picture.width))
    return picture.resize(
        (width, high), Image.Resampling.BOX if picture.width > width else Image.Resampling.NEAREST
    )


def as_rgb(image: NDArray[Any]) -> NDArray[np.uint8]:
    """An image as the eye needs it: 8-bit as it is, any other depth between its 0.5 % and 99.5 % quantiles."""
    shown = np.asarray(image)
    if shown.dtype != np.uint8:
        low, high = (float(v) for v in np.quantile(shown, (0.005, 0.995)))
        shown = (
            np.clip((shown.astype(np.float64) - low) / ((high - low) or 1.0), 0, 1) * 255
        ).astype(np.uint8)
    if shown.ndim == 2:
        return np.repeat(shown[..., None], 3, -1)
    return (
        np.ascontiguousarray(shown[..., :3])
        if shown.shape[2] >= 3
        else np.repeat(shown[..., :1], 3, -1)
    )


def overlaid(rgb: NDArray[np.uint8], mask: NDArray[Any], scans: Scans) -> NDArray[np.uint8]:
    """An image under its mask, with the borders of classes and objects drawn in full."""
    ignored = np.zeros(mask.shape, bool) if scans.ignore is None else mask == scans.ignore
    shown = (mask > 0) & ~ignored
    colours = np.array(PALETTE, np.float64)[
        (np.where(shown, mask, 1).astype(np.int64) - 1) % len(PALETTE)
    ]
    out = rgb.astype(np.float64)
    out[shown] = 0.6 * out[shown] + 0.4 * colours[shown]
    edge = _borders(mask) & shown
    out[edge] = colours[edge]
    out[ignored] = 0.5 * out[ignored] + 0.5 * np.array(IGNORED)
    return out.astype(np.uint8)


def _borders(mask: NDArray[Any]) -> NDArray[np.bool_]:
    edge = np.zeros(mask.shape, bool)
    across, down = mask[:, 1:] != mask[:, :-1], mask[1:] != mask[:-1]
    edge[:, 1:] |= across
    edge[:, :-1] |= across
    edge[1:] |= down
    edge[:-1] |= down
    return edge
