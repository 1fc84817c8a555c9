"""Procedural X-ray tomography of composites: fibres and pores in a polymer."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.fields import (
    Array,
    ramp,
    smooth,
    smooth_slices,
    stream,
    to_bytes,
)
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

Task = Literal["phases", "fibre", "pore"]
MATRIX = 0
FIBRE = 1
PORE = 2
CLEAR = 5.0  # the depth where no fibre is near
CORE = np.linspace(-1, 1, 48)[:, None]  # where along a fibre others are looked for first
CLASSES = {
    "phases": ("matrix", "fibre", "pore"),
    "fibre": ("rest", "fibre"),
    "pore": ("rest", "pore"),
}


@dataclass(frozen=True)
class Composite:
    """A material and a scan of it; lengths in voxels."""

    share: float  # of the volume that is fibre
    radius: float
    length: float
    # 1 for the axis along which fibres lie; for the others, how much they lean to them
    lie: tuple[float, float, float]
    pores: float  # share of the volume
    tones: tuple[float, float, float] = (112.0, 176.0, 44.0)  # matrix, fibre, pore
    blur: float = 0.9
    noise: float = 12.0
    rings: float = 3.0
    fringe: float = 0.5  # phase contrast


COMPOSITES = {
    "glass": Composite(0.17, 3.8, 130, (0.3, 0.7, 1.0), 0.02),
    "carbon": Composite(
        0.36, 3.0, 400, (1.0, 0.06, 0.06), 0.012, (118.0, 146.0, 62.0), 0.8, 10.0, 2.0, 0.9
    ),
    "laminate": Composite(
        0.30, 4.6, 300, (0.04, 0.08, 1.0), 0.03, (96.0, 186.0, 30.0), 1.3, 17.0, 6.0, 0.2
    ),
}


@dataset(
    version=1, drawn=True, tasks=("phases", "fibre", "pore"), splits=("train", "validation", "test")
)
def fibres(
    split: str,
    home: Path,
    *,
    style: Literal["glass", "carbon", "laminate"] = "glass",
    task: Task = "phases",
    slices: Count = 20,
    size: Count = 256,
    seed: Whole = 0,
) -> Scans:
    """Procedural tomography of a fibre composite with pores, after GF-PA66; validation has half."""
    check_split("fibres", split, NAMES)
    slices_of_split = (slices + 1) // 2 if split == "validation" else slices
    rng = stream("fibres", style, split, seed)
    composite = COMPOSITES[style]
    shape = (slices_of_split, size, size)
    depth = _lay_fibres(rng, composite, shape, crossed=style == "laminate")
    phases = _phases(rng, composite, depth)
    images = _scan(rng, composite, depth, phases)
    masks = _mask(task, phases)
    ids = [f"{split}-{z:03d}" for z in range(slices_of_split)]
    volumes = [f"{style}-{split}-{seed}"] * slices_of_split
    return Scans(images, masks, ids, volumes, classes=CLASSES[task])


def _mask(task: Task, phases: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns the labels of all phases, or a mask of the one that the task names."""
    if task == "phases":
        return phases
    phase = {"fibre": FIBRE, "pore": PORE}[task]
    return (phases == phase).astype(np.uint8)


def _lay_fibres(
    rng: np.random.Generator,
    composite: Composite,
    shape: tuple[int, int, int],
    crossed: bool,
) -> Array:
    """Lays fibres until they fill their share of the volume.

    Returns at each voxel the distance to the surface of the nearest fibre, negative inside.
    """
    depth = np.full(shape, CLEAR, np.float32)
    size = np.array(shape)
    margin = np.minimum(composite.length / 2, size / 2)
    lie = np.array(composite.lie)
    target = composite.share * depth.size
    volume_of_fibre = np.pi * composite.radius**2 * min(composite.length, *shape)
    filled = 0
    for _ in range(200 + int(8 * target / volume_of_fibre)):
        middle = rng.uniform(-margin, size + margin)
        way = np.where(lie == 1, 1.0, rng.normal(size=3) * lie)
        layer = int(middle[1] // (10 * composite.radius))
        if crossed and layer % 2:
            way = way[[2, 1, 0]]
        way *= composite.length * rng.uniform(0.5, 1.1) / 2 / np.linalg.norm(way)
        filled += _lay_fibre(depth, middle, way, composite.radius * rng.uniform(0.85, 1.15))
        if filled >= target:
            break
    return depth


def _lay_fibre(depth: Array, middle: Array, way: Array, radius: float) -> int:
    """Lays a straight fibre with flat ends where none is in its way; returns its voxels."""
    reach = np.abs(way) + radius + CLEAR
    low = np.clip(middle - reach, 0, depth.shape).astype(int)
    high = np.clip(middle + reach + 1, 0, depth.shape).astype(int)
    if (low >= high).any():
        return 0
    core = np.rint(middle + CORE * way).astype(int)
    is_in_volume = ((core >= 0) & (core < depth.shape)).all(1)
    depth_of_core = depth[tuple(core[is_in_volume].T)]
    # Most fibres cross another, which their core shows cheaply.
    if (depth_of_core < min(radius, CLEAR - 0.5)).any():
        return 0
    box = tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))
    rows = np.ogrid[box]
    z, y, x = (line - np.float32(centre) for line, centre in zip(rows, middle, strict=True))
    half = float(np.linalg.norm(way))
    a, b, c = (way / half).astype(np.float32)
    along = a * z + b * y + c * x
    off = np.sqrt(np.maximum(z * z + y * y + x * x - along * along, 0)) - np.float32(radius)
    off = np.maximum(off, np.abs(along) - np.float32(half))
    inside = off < 0
    voxels = int(inside.sum())
    overlap = inside & (depth[box] < 0.2)
    if not voxels or overlap.sum() > 0.02 * voxels:
        return 0
    np.minimum(depth[box], off, out=depth[box])
    return voxels


def _phases(rng: np.random.Generator, composite: Composite, depth: Array) -> NDArray[np.uint8]:
    """Labels the phases; pores are irregular, avoid most fibres and now and then run along some."""
    phases = (depth < 0).astype(np.uint8) * FIBRE
    shape = depth.shape
    porous = smooth(rng, shape, (4.0, 4.0, 4.0)) + 0.45 * smooth(rng, shape, (1.6, 1.6, 1.6))
    porous += 0.6 * smooth(rng, shape, (24.0, 24.0, 24.0)) + 0.25 * (depth < 1.5)
    porous[phases == FIBRE] = -np.inf
    count = max(1, int(composite.pores * porous.size))
    least = np.partition(porous.ravel(), -count)[-count]
    phases[porous >= least] = PORE
    return phases


def _scan(
    rng: np.random.Generator,
    composite: Composite,
    depth: Array,
    phases: NDArray[np.uint8],
) -> NDArray[np.uint8]:
    """Draws grey levels with partial volumes, fringes at edges, rings about an axis, and noise."""
    images = np.empty(depth.shape, np.uint8)
    noise = composite.noise
    matrix, fibre, pore = composite.tones
    pores = gaussian_filter((phases == PORE).astype(np.float32), 0.6)
    clouds = smooth_slices(rng, depth.shape, (10.0, 30.0, 30.0))
    rows, columns = np.ogrid[: depth.shape[1], : depth.shape[2]]
    axis = rng.uniform(0.2, 0.8, 2) * depth.shape[1:]
    radius = np.hypot(rows - axis[0], columns - axis[1]).astype(np.float32)
    profile = smooth(rng, (int(radius.max()) + 2,), (0.8,))
    ring = profile[radius.astype(int)] * (12 / np.sqrt(radius + 12))
    for z, cloud in enumerate(clouds):
        inside = 1 - ramp(depth[z], -0.7, 0.7)
        tone = matrix + 4 * cloud + (fibre - matrix) * inside
        tone += (pore - tone) * pores[z]
        signal = gaussian_filter(tone, composite.blur)
        edges = signal - gaussian_filter(signal, 1.8)
        signal += composite.fringe * edges + composite.rings * ring
        signal += 0.6 * noise * smooth(rng, signal.shape, (0.9, 0.9))
        white = rng.standard_normal(signal.shape, dtype=np.float32)
        images[z] = to_bytes(signal + 0.8 * noise * white)
    return images
