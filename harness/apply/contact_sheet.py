"""What the models predict, to be looked at: all models side by side, and a sheet for each."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from harness.apply.model import Model, OpenModel, open_for
from harness.apply.own_images import Plane
from harness.apply.reference import Reference
from harness.data.preview import as_rgb, contact_sheet, overlay
from harness.data.scans import Scans
from harness.measure.overlap import labels_of

IMAGES = 5  # rows of the sheet
MODELS = 8  # columns beside the images, the best first
CUT = 384  # pixels on a side of the part of an image that is shown
TILE = 220  # pixels on a side of a tile of the sheet
GAP = 6
CAPTION = 20
LETTERS = 30  # of a name above a column
PAPER = "white"
INK = "#1b1f24"


@dataclass(frozen=True)
class Predictions:
    """The middle of some images, and the labels that each model gives there."""

    planes: tuple[Plane, ...]
    labels: dict[str, list[NDArray[np.uint8]]]  # model -> one for each image


def predict_some(
    models: Sequence[Model],
    planes: Sequence[Plane],
    reference: Reference,
    device: torch.device,
) -> Predictions:
    """Predicts the middle of some images, from the first to the last, by every model."""
    spread = np.linspace(0, len(planes) - 1, min(IMAGES, len(planes))).round().astype(int)
    positions = dict.fromkeys(spread.tolist())
    middles = tuple(planes[position].middle(CUT) for position in positions)
    labels = {}
    for model in models:
        opened = open_for(model, middles[0], reference, device)
        labels[model.name] = [_labels(opened, plane, device) for plane in middles]
    return Predictions(middles, labels)


def _labels(opened: OpenModel, plane: Plane, device: torch.device) -> NDArray[np.uint8]:
    logits = opened.logits(plane, device)
    labels = labels_of(logits[None])[0].to(torch.uint8)
    array: NDArray[np.uint8] = labels.cpu().numpy()
    return array


def sheet_of_all(predictions: Predictions, names: Sequence[str]) -> Image.Image:
    """A row for each image, a column for each of the first models."""
    names = list(names)[:MODELS]
    wide = GAP + (len(names) + 1) * (TILE + GAP)
    tall = GAP + CAPTION + len(predictions.planes) * (TILE + CAPTION + GAP)
    sheet = Image.new("RGB", (wide, tall), PAPER)
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=14)
    for column, name in enumerate(["image", *names]):
        left = GAP + column * (TILE + GAP)
        pen.text((left, GAP), _short(name), fill=INK, font=font)
    for row, plane in enumerate(predictions.planes):
        top = GAP + CAPTION + row * (TILE + CAPTION + GAP)
        rgb = as_rgb(plane.pixels)
        masks = [predictions.labels[name][row] for name in names]
        pictures = [rgb, *[_under_mask(rgb, mask) for mask in masks]]
        for column, picture in enumerate(pictures):
            left = GAP + column * (TILE + GAP)
            sheet.paste(_tile(picture), (left, top))
        small = ImageFont.load_default(size=11)
        pen.text((GAP, top + TILE + 2), _caption(plane), fill=INK, font=small)
    return sheet


def sheet_of_model(predictions: Predictions, name: str) -> Image.Image:
    """The images, each plain and under the mask of one model."""
    planes = predictions.planes
    names = [_caption(plane) for plane in planes]
    masks = predictions.labels[name]
    highest = max(int(mask.max()) for mask in masks)
    classes: tuple[str, ...] = ("background", "foreground")
    if highest > 1:
        classes = ("background", *[f"class {label}" for label in range(1, highest + 1)])
    scans = Scans([plane.pixels for plane in planes], masks, names, names, classes=classes)
    return contact_sheet(scans, most=IMAGES)


def _under_mask(rgb: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An image under a mask."""
    scans = Scans([rgb], [mask], ["image"], ["image"])
    return overlay(rgb, mask, scans)


def _tile(picture: NDArray[np.uint8]) -> Image.Image:
    """A picture inside a square, its sides in proportion."""
    image = Image.fromarray(picture)
    scale = TILE / max(image.size)
    wide = max(1, round(image.width * scale))
    tall = max(1, round(image.height * scale))
    resampling = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.BOX
    square = Image.new("RGB", (TILE, TILE), PAPER)
    square.paste(image.resize((wide, tall), resampling), (0, 0))
    return square


def _caption(plane: Plane) -> str:
    """The name of an image without the window that is shown of it."""
    whole = replace(plane, file=replace(plane.file, window=""))
    return whole.name


def _short(name: str) -> str:
    return name if len(name) <= LETTERS else name[: LETTERS - 1] + "…"
