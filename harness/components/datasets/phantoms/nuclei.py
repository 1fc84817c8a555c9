"""Procedural fluorescence microscopy: stained nuclei, and cells with stained walls or cytoplasm."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.fields import Array, smooth, stream
from harness.components.datasets.phantoms.nuclei_shapes import (
    Drawing,
    Labels,
    draw_culture,
    draw_nuclei,
    draw_sheet,
)
from harness.components.datasets.phantoms.nuclei_stains import CELLS, NUCLEI, Stain
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole


@dataset(
    version=1, drawn=True, tasks=("nuclei", "instances"), splits=("train", "validation", "test")
)
def nuclei(
    split: str,
    home: Path,
    *,
    style: Literal["culture", "tissue", "lobed"] = "culture",
    task: Literal["nuclei", "instances"] = "nuclei",
    images: Count = 20,
    size: Count = 256,
    bits: Literal[8, 16] = 8,
    seed: Whole = 0,
) -> Scans:
    """Procedural stained nuclei: in culture, crowded in tissue, or lobed and dim; validation has
    half.
    """
    check_split("nuclei", split, NAMES)
    words = ("nuclei", style, split, seed)
    count = _images_of_split(split, images)
    pictures, labels = _draw_pictures(words, count, NUCLEI[style], draw_nuclei, size, bits=bits)
    classes = None if task == "instances" else ("background", "nucleus")
    return _scans(split, pictures, labels, classes)


@dataset(
    version=1, drawn=True, tasks=("cells", "instances"), splits=("train", "validation", "test")
)
def cells(
    split: str,
    home: Path,
    *,
    style: Literal["epithelium", "ovule", "culture"] = "epithelium",
    task: Literal["cells", "instances"] = "cells",
    images: Count = 20,
    size: Count = 256,
    bits: Literal[8, 16] = 8,
    seed: Whole = 0,
) -> Scans:
    """Procedural cells: epithelial membranes, walls of an ovule, or cytoplasm; validation has
    half.
    """
    check_split("cells", split, NAMES)
    words = ("cells", style, split, seed)
    count = _images_of_split(split, images)
    draw = draw_culture if style == "culture" else draw_sheet
    pictures, labels = _draw_pictures(words, count, CELLS[style], draw, size, bits=bits)
    classes = None if task == "instances" else ("background", "cell")
    return _scans(split, pictures, labels, classes)


def _images_of_split(split: str, images: int) -> int:
    return (images + 1) // 2 if split == "validation" else images


def _draw_pictures(
    words: tuple[str | int, ...],
    count: int,
    stain: Stain,
    draw: Callable[[np.random.Generator, Stain, int], Drawing],
    size: int,
    *,
    bits: int,
) -> tuple[NDArray[Any], Labels]:
    """Draws every picture from a stream of its own, so that a larger set begins like a smaller
    one.
    """
    pictures = []
    masks = []
    for i in range(count):
        rng = stream(*words, i)
        light, labels = draw(rng, stain, size)
        pictures.append(_photograph(rng, stain, light, bits))
        masks.append(labels)
    return np.stack(pictures), np.stack(masks)


def _scans(
    split: str,
    images: NDArray[Any],
    labels: Labels,
    classes: tuple[str, ...] | None,
) -> Scans:
    """Names the images; masks show the classes, or every object by its number without classes."""
    ids = [f"{split}-{i:03d}" for i in range(len(images))]
    if classes is None:
        return Scans(images, labels, ids, ids, ids, classes=())
    masks = (labels > 0).astype(np.uint8)
    return Scans(images, masks, ids, ids, ids, classes=classes)


def _photograph(rng: np.random.Generator, stain: Stain, light: Array, bits: int) -> NDArray[Any]:
    """Photographs the light: uneven lamp, blur, photons, and the camera's noise and offset."""
    shape = light.shape
    lamp = 1 + 0.12 * smooth(rng, shape, (0.4 * shape[0], 0.4 * shape[1]))
    unevenness = smooth(rng, shape, (30, 30))
    haze = stain.haze * (1 + 0.3 * unevenness)
    signal = gaussian_filter(light, stain.blur) * lamp + haze
    photons = np.clip(signal, 0, None) * stain.photons
    counts = rng.poisson(photons) / stain.photons
    offset = 0.02
    noise = 0.006 * rng.standard_normal(shape)
    full = 2**bits - 1
    levels = np.rint((offset + counts + noise) * full)
    levels = np.clip(levels, 0, full)
    return levels.astype(np.uint8 if bits == 8 else np.uint16)
