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
MATRIX, FIBRE, PORE = 0, 1, 2
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
    lie: tuple[
        float, float, float
    ]  # 1 for the axis along which fibres lie; how much they lean to the others
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
    version=1, made=True, tasks=("phases", "fibre", "pore"), splits=("train", "validation", "test")
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
    """Procedural tomography of a fibre composite with pores, after GF-PA66; validation is half as deep."""
    check_split("fibres", split, NAMES)
    deep = (slices + 1) // 2 if split == "validation" else slices
    rng = stream("fibres", style, split, seed)
    made = COMPOSITES[style]
    depth = _lay(rng, made, (deep, size, size), crossed=style == "laminate")
    phases = _phases(rng, made, depth)
    images = _scan(rng, made, depth, phases)
    masks = (
        phases
        if task == "phases"
        else (phases == {"fibre": FIBRE, "pore": PORE}[task]).astype(np.uint8)
    )
    ids = [f"{split}-{z:03d}" for z in range(deep)]
    return Scans(images, masks, ids, [f"{style}-{split}-{seed}"] * deep, classes=CLASSES[task])


def _lay(
    rng: np.random.Generator, made: Composite, shape: tuple[int, int, int], crossed: bool
) -> Array:
    """Voxels from the surface of the nearest fibre, negative inside; fibres are laid until they fill their share."""
    depth = np.full(shape, CLEAR, np.float32)
    size = np.array(shape)
    long = np.minimum(made.length / 2, size / 2)
    lie = np.array(made.lie)
    wanted, filled = made.share * depth.size, 0
    for _ in range(200 + int(8 * wanted / (np.pi * made.radius**2 * min(made.length, *shape)))):
        middle = rng.uniform(-long, size + long)
        way = np.where(lie == 1, 1.0, rng.normal(size=3) * lie)
        if crossed and int(middle[1] // (10 * made.radius)) % 2:
            way = way[[2, 1, 0]]
        way *= made.length * rng.uniform(0.5, 1.1) / 2 / np.linalg.norm(way)
        filled += _lay_one(depth, middle, way, made.radius * rng.uniform(0.85, 1.15))
        if filled >= wanted:
            break
    return depth


def _lay_one(depth: Array, middle: Array, way: Array, radius: float) -> int:
    """Lays a straight fibre with flat ends where none is in its way, and says how many voxels it takes."""
    reach = np.abs(way) + radius + CLEAR
    low = np.clip(middle - reach, 0, depth.shape).astype(int)
    high = np.clip(middle + reach + 1, 0, depth.shape).astype(int)
    if (low >= high).any():
        return 0
    core = np.rint(middle + CORE * way).astype(int)
    core = core[((core >= 0) & (core < depth.shape)).all(1)]
    if (
        depth[tuple(core.T)] < min(radius, CLEAR - 0.5)
    ).any():  # most are in the way of another: seen cheaply here
        return 0
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    z, y, x = (p - np.float32(m) for p, m in zip(np.ogrid[box], middle, strict=True))
    half = float(np.linalg.norm(way))
    a, b, c = (way / half).astype(np.float32)
    along = a * z + b * y + c * x
    off = np.sqrt(np.maximum(z * z + y * y + x * x - along * along, 0)) - np.float32(radius)
    off = np.maximum(off, np.abs(along) - np.float32(half))
    inside = off < 0
    taken = int(inside.sum())
    if not taken or (inside & (depth[box] < 0.2)).sum() > 0.02 * taken:
        return 0
    np.minimum(depth[box], off, out=depth[box])
    return taken


def _phases(rng: np.random.Generator, made: Composite, depth: Array) -> NDArray[np.uint8]:
    """Labels; pores are irregular, keep off most fibres and now and then run along one."""
    phases = (depth < 0).astype(np.uint8) * FIBRE
    shape = depth.shape
    porous = smooth(rng, shape, (4.0, 4.0, 4.0)) + 0.45 * smooth(rng, shape, (1.6, 1.6, 1.6))
    porous += 0.6 * smooth(rng, shape, (24.0, 24.0, 24.0)) + 0.25 * (depth < 1.5)
    porous[phases == FIBRE] = -np.inf
    least = np.partition(porous.ravel(), -max(1, int(made.pores * porous.size)))[
        -max(1, int(made.pores * porous.size))
    ]
    phases[porous >= least] = PORE
    return phases


def _scan(
    rng: np.random.Generator, made: Composite, depth: Array, phases: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    """Grey levels with partial volumes, fringes at edges, rings about the axis of rotation, and noise."""
    images = np.empty(depth.shape, np.uint8)
    matrix, fibre, pore = made.tones
    pores = gaussian_filter((phases == PORE).astype(np.float32), 0.6)
    clouds = smooth_slices(rng, depth.shape, (10.0, 30.0, 30.0))
    rows, columns = np.ogrid[: depth.shape[1], : depth.shape[2]]
    axis = rng.uniform(0.2, 0.8, 2) * depth.shape[1:]
    radius = np.hypot(rows - axis[0], columns - axis[1]).astype(np.float32)
    ring = smooth(rng, (int(radius.max()) + 2,), (0.8,))[radius.astype(int)] * (
        12 / np.sqrt(radius + 12)
    )
    for z, cloud in enumerate(clouds):
        tone = matrix + 4 * cloud + (fibre - matrix) * (1 - ramp(depth[z], -0.7, 0.7))
        tone += (pore - tone) * pores[z]
        seen = gaussian_filter(tone, made.blur)
        seen += made.fringe * (seen - gaussian_filter(seen, 1.8)) + made.rings * ring
        seen += 0.6 * made.noise * smooth(rng, seen.shape, (0.9, 0.9))
        images[z] = to_bytes(
            seen + 0.8 * made.noise * rng.standard_normal(seen.shape, dtype=np.float32)
        )
    return images
