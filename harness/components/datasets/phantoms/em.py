"""Procedural electron microscopy of nervous tissue, continuous across slices, in six styles."""

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
    drawn=True,
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
    """Procedural electron microscopy of nervous tissue, continuous across slices, like a real
    set.
    """
    # Instances are neurites, not mitochondria. All tasks of one seed show the same images;
    # validation is half as deep.
    check_split("phantom", split, NAMES)
    depth = (slices + 1) // 2 if split == "validation" else slices
    rng = stream("phantom", style, split, seed)
    images, masks = _block(STYLES[style], task, (depth, size, size), rng)
    ids = [f"{split}-{z:03d}" for z in range(depth)]
    volumes = [f"{style}-{split}-{seed}"] * depth
    return Scans(images, masks, ids, volumes, classes=CLASSES[task])


def _block(
    style: Style,
    task: str,
    shape: tuple[int, int, int],
    rng: np.random.Generator,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Draws images and masks of one block, each slice cut a little beside the last.

    Padded styles have black around their tissue.
    """
    slack = 2 * style.jitter
    tissue = grow(rng, style, (shape[0], shape[1] + slack, shape[2] + slack))
    bodies = fill(rng, style, tissue)
    images = expose(rng, style, tissue, bodies, synapses(rng, tissue, bodies))
    corners = rng.integers(0, slack + 1, (shape[0], 2))
    inside = _section(rng, shape) if style.padded else np.ones(shape, bool)
    masks = _masks(task, style, tissue, bodies)
    return (
        inside * _crop_slices(images, corners, shape),
        inside * _crop_slices(masks, corners, shape),
    )


def _masks(task: str, style: Style, tissue: Tissue, bodies: Bodies) -> NDArray[np.integer[Any]]:
    """Draws what annotators would have drawn; a membrane that leans looks wider."""
    membrane = tissue.wall < style.membrane / 2 + 0.25 * style.section * tissue.slant
    if task == "mitochondria":
        return bodies.inside(MITOCHONDRION).astype(np.uint8)
    if task == "membranes":
        return membrane.astype(np.uint8)
    if task == "neurites":
        return (~membrane).astype(np.uint8)
    # Connected pieces, since a neurite that another one crosses is in two.
    neurites = np.where(membrane, 0, tissue.neurite())
    return label(neurites, background=0, connectivity=1).astype(np.int32)


def _crop_slices(
    block: NDArray[Any],
    corners: NDArray[np.integer[Any]],
    shape: tuple[int, int, int],
) -> NDArray[Any]:
    """Cuts a window of the final shape from each slice, at that slice's corner."""
    _, height, width = shape
    windows = []
    for image, (top, left) in zip(block, corners, strict=True):
        windows.append(image[top : top + height, left : left + width])
    return np.stack(windows)


def _section(rng: np.random.Generator, shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """Marks where tissue is: inside three slanting edges that wander from slice to slice."""
    indices = np.indices(shape, np.float32, sparse=True)
    z = indices[0] / 20
    y = indices[1] / shape[1]
    x = indices[2] / shape[2]
    distances = (x, 1 - x, y, 1 - y)
    along_edge = (y, y, x, x)
    inside = np.ones(shape, bool)
    edges = rng.permutation(4)[:3]
    slants = rng.uniform(-0.1, 0.1, (3, 2))
    for edge, (slant, drift) in zip(edges, slants, strict=True):
        margin = rng.uniform(0.04, 0.1)
        inside &= distances[edge] > margin + slant * (along_edge[edge] - 0.5) + 0.3 * drift * z
    return inside
