"""Synthetic blood smears with malaria: templates pasted at random, after paper 004, section
III-A.
"""

from functools import lru_cache
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
from harness.data.files.lazy import Lazy
from harness.data.scans import Images, Masks, Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

MOST = 100  # cells in a picture


@dataset(
    version=1,
    drawn=True,
    files_where={"templates": "bbbc041"},
    tasks=("cells",),
    splits=("train", "validation", "test"),
    later=("draw", "one_picture", "cells"),
)
def malaria(
    split: str,
    home: Path,
    *,
    templates: Literal["drawn", "bbbc041"] = "drawn",
    images: Count = 40,
    size: Count = 256,
    seed: Whole = 0,
    draw: Whole | None = None,
    one_picture: bool = False,
    cells: list[str] = [],  # noqa: B006  the signature is the schema
) -> Scans:
    """Synthetic malaria smears of paper 004, drawn or from real cells; other splits have a
    quarter.

    `seed` makes the templates, and the pictures too unless `draw` places other ones on them.
    Of real templates, `cells` names the categories of BBBC041 that cells are cut from, and
    `one_picture` has the artefacts cut from the picture of the cells.
    """
    # What the paper leaves open: cells turn by quarters and paste over each other, Otsu's threshold
    # makes the masks, areas are averaged on resizing and a mask's pixel counts from one half on.
    # Every other picture is dense (51-100).
    check_split("malaria", split, NAMES)
    count = images if split == "train" else -(-images // 4)
    ids = [f"{split}-{i:04d}-{'high' if _is_dense(i) else 'low'}" for i in range(count)]
    files: tuple[Path, ...] = ()
    if templates == "drawn":
        parts = paint_templates(stream("malaria", seed))
    else:
        parts, files = cut_templates(home, seed, cells, one_picture=one_picture)

    placing_seed = seed if draw is None else draw

    @lru_cache(maxsize=1)  # a picture and its mask are asked for one after the other
    def paste(i: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Pastes a picture and its mask, the same in whatever order they are asked for."""
        rng = stream("malaria", templates, split, placing_seed, i)
        return _picture(rng, parts, _is_dense(i), size)

    pictures: Images = Lazy(lambda i: paste(i)[0], [(size, size, 3)] * count, np.uint8)
    masks: Masks = Lazy(lambda i: paste(i)[1], [(size, size)] * count, np.uint8)
    if templates == "drawn":
        pairs = [paste(i) for i in range(count)]
        pictures = np.stack([picture for picture, _ in pairs])
        masks = np.stack([mask for _, mask in pairs])
    classes = ("background", "cell")
    return Scans(pictures, masks, ids, ids, ids, classes=classes, sources=files)


def _is_dense(i: int) -> bool:
    """Whether the picture at a position has many cells: every other has."""
    return bool(i % 2)


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
