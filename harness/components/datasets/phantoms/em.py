"""Procedural electron microscopy: nervous tissue that is continuous in three dimensions, in six styles."""

from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.em_bodies import MITOCHONDRION, Bodies, fill
from harness.components.datasets.phantoms.em_microscope import expose
from harness.components.datasets.phantoms.em_styles import STYLES, Style
from harness.components.datasets.phantoms.em_synapses import synapses
from harness.components.datasets.phantoms.em_tissue import Tissue, grow
from harness.components.datasets.phantoms.fields import stream
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

EM = Literal["lucchi", "kasthuri", "vnc", "snemi", "mitoem_h", "mitoem_r"]
Task = Literal["mitochondria", "membranes", "neurites", "instances"]
CLASSES = {
    "mitochondria": ("background", "mitochondrion"),
    "membranes": ("background", "membrane"),
    "neurites": ("membrane", "neurite"),
    "instances": (),
}


@dataset(
    version=1,
    made=True,
    tasks=("mitochondria", "membranes", "neurites", "instances"),
    splits=("train", "validation", "test"),
)
def phantom(
    split: str,
    home: Path,
    *,
    style: EM = "lucchi",
    task: Task = "mitochondria",
    slices: Count = 20,
    size: Count = 256,
    seed: Whole = 0,
) -> Scans:
    """Procedural electron microscopy of nervous tissue, continuous across slices, in the manner of a real set."""
    # Instances are neurites, not mitochondria. All tasks of one seed show the same images; validation is half as deep.
    check_split("phantom", split, NAMES)
    deep = (slices + 1) // 2 if split == "validation" else slices
    images, masks = _block(
        STYLES[style], task, (deep, size, size), stream("phantom", style, split, seed)
    )
    ids = [f"{split}-{z:03d}" for z in range(deep)]
    return Scans(images, masks, ids, [f"{style}-{split}-{seed}"] * deep, classes=CLASSES[task])


def _block(
    style: Style, task: str, shape: tuple[int, int, int], rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Images and masks of one block, each slice cut a little beside the last, with black around padded tissue."""
    wide = (shape[0], shape[1] + 2 * style.jitter, shape[2] + 2 * style.jitter)
    tissue = grow(rng, style, wide)
    bodies = fill(rng, style, tissue)
    images = expose(rng, style, tissue, bodies, synapses(rng, tissue, bodies))
    corners = rng.integers(0, 2 * style.jitter + 1, (shape[0], 2))
    inside = _section(rng, shape) if style.padded else np.ones(shape, bool)
    masks = _masks(task, style, tissue, bodies)
    return inside * _cut(images, corners, shape), inside * _cut(masks, corners, shape)


def _masks(task: str, style: Style, tissue: Tissue, bodies: Bodies) -> NDArray[np.integer[Any]]:
    """What the annotators would have drawn; a membrane that leans looks wider."""
    membrane = tissue.wall < style.membrane / 2 + 0.25 * style.section * tissue.slant
    if task == "mitochondria":
        return bodies.inside(MITOCHONDRION).astype(np.uint8)
    if task == "membranes":
        return membrane.astype(np.uint8)
    if task == "neurites":
        return (~membrane).astype(np.uint8)
    # Connected pieces, since a neurite that another one crosses is in two.
    return label(np.where(membrane, 0, tissue.neurite()), background=0, connectivity=1).astype(
        np.int32
    )


def _cut(
    block: NDArray[Any], corners: NDArray[np.integer[Any]], shape: tuple[int, int, int]
) -> NDArray[Any]:
    return np.stack(
        [
            one[y : y + shape[1], x : x + shape[2]]
            for one, (y, x) in zip(block, corners, strict=True)
        ]
    )


def _section(rng: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Where there is tissue: three slanting edges that wander from slice to slice."""
    z, y, x = (
        p / n
        for p, n in zip(np.indices(shape, np.float32, sparse=True), (20, *shape[1:]), strict=True)
    )
    inside = np.ones(shape, bool)
    for edge, (up, right) in zip(
        rng.permutation(4)[:3], rng.uniform(-0.1, 0.1, (3, 2)), strict=True
    ):
        away = (x, 1 - x, y, 1 - y)[edge]
        inside &= away > rng.uniform(0.04, 0.1) + up * ((y, x)[edge // 2] - 0.5) + 0.3 * right * z
    return inside
