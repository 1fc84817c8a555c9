"""Synthetic blood smears with malaria: templates pasted at random, after paper 004, section
III-A.
"""

from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.fields import stream
from harness.components.datasets.phantoms.malaria_crops import cut_templates
from harness.components.datasets.phantoms.malaria_templates import (
    CANVAS,
    Template,
    Templates,
    paint_templates,
)
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

MOST = 100  # cells in a picture


@dataset(version=1, drawn=True, tasks=("cells",), splits=("train", "validation", "test"))
def malaria(
    split: str,
    home: Path,
    *,
    templates: Literal["drawn", "bbbc041"] = "drawn",
    images: Count = 40,
    size: Count = 256,
    seed: Whole = 0,
) -> Scans:
    """Synthetic malaria smears of paper 004, drawn or from real cells; other splits have a
    quarter.
    """
    # What the paper leaves open: cells turn by quarters and paste over each other, Otsu's threshold
    # makes the masks, areas are averaged on resizing and a mask's pixel counts from one half on.
    # Every other picture is dense (51-100).
    check_split("malaria", split, NAMES)
    if templates == "drawn":
        parts = paint_templates(stream("malaria", seed))
    else:
        parts = cut_templates(home, seed)
    pictures = []
    masks = []
    ids = []
    for i in range(images if split == "train" else -(-images // 4)):
        is_dense = bool(i % 2)
        rng = stream("malaria", templates, split, seed, i)
        picture, mask = _picture(rng, parts, is_dense, size)
        pictures.append(picture)
        masks.append(mask)
        ids.append(f"{split}-{i:04d}-{'high' if is_dense else 'low'}")
    classes = ("background", "cell")
    return Scans(np.stack(pictures), np.stack(masks), ids, ids, ids, classes=classes)


def _picture(
    rng: np.random.Generator,
    parts: Templates,
    dense: bool,
    size: int,
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Pastes few or many cells and three artefacts; returns the picture and its mask."""
    canvas = np.rot90(parts.background, int(rng.integers(4))).copy()
    mask = np.zeros((CANVAS, CANVAS), np.uint8)
    few = MOST // 2
    count = rng.integers(few + 1, MOST + 1) if dense else rng.integers(1, few + 1)
    for i in rng.integers(len(parts.cells), size=count):
        _paste(rng, canvas, mask, parts.cells[i], 255)
    for i in rng.integers(len(parts.artefacts), size=3):
        _paste(rng, canvas, mask, parts.artefacts[i], None)
    small = Image.fromarray(canvas).resize((size, size), Image.Resampling.BOX)
    truth = Image.fromarray(mask).resize((size, size), Image.Resampling.BOX)
    return np.asarray(small), (np.asarray(truth) > 127).astype(np.uint8)


def _paste(
    rng: np.random.Generator,
    canvas: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    part: Template,
    value: int | None,
) -> None:
    """Turns a template by quarters and blends it into the canvas at a random position."""
    quarters = int(rng.integers(4))
    colours = np.rot90(part.colours, quarters)
    cover = np.rot90(part.cover, quarters)
    inside = np.rot90(part.mask, quarters)
    height, width = inside.shape
    top = int(rng.integers(0, CANVAS - height + 1))
    left = int(rng.integers(0, CANVAS - width + 1))
    box = (slice(top, top + height), slice(left, left + width))
    blend = canvas[box] + cover[..., None] * (colours - canvas[box])
    canvas[box] = np.clip(np.rint(blend), 0, 255).astype(np.uint8)
    if value is not None:
        mask[box][inside] = value
