"""Procedural histology: one stained tissue as five slide scanners show it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.fields import Array, ramp, smooth, stream, to_bytes
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

GLASS, TISSUE, TUMOUR = 0, 1, 2
CLASSES = {"regions": ("background", "tissue", "tumour"), "tumour": ("rest", "tumour")}
# How much haematoxylin and eosin take from red, green and blue light (near Ruifrok and Johnston).
DYES = np.array([[0.65, 0.70, 0.29], [0.12, 0.93, 0.30]], np.float32)


@dataclass(frozen=True)
class Scanner:
    """Lamp, colour profile, optics and camera."""

    white: tuple[float, float, float] = (243.0, 243.0, 243.0)
    gamma: float = 1.0
    saturation: float = 1.0
    tint: tuple[float, float, float] = (1.0, 1.0, 1.0)  # absorbance of each colour
    blur: float = 0.5
    sharpen: float = 0.0
    noise: float = 2.0


SCANNERS = {
    "cs2": Scanner(),
    "nz210": Scanner((236.0, 232.0, 240.0), 1.12, 1.15, (1.05, 1.0, 0.75), 0.6, 0.0, 3.0),
    "nz20": Scanner((228.0, 222.0, 236.0), 1.2, 1.3, (1.25, 0.95, 0.7), 0.9, 0.0, 5.0),
    "p1000": Scanner((252.0, 250.0, 246.0), 0.78, 0.8, (0.8, 0.85, 1.15), 0.45, 1.2, 2.0),
    "gt450": Scanner((246.0, 240.0, 232.0), 1.0, 1.15, (0.9, 1.1, 1.35), 0.4, 0.6, 2.0),
}


@dataset(version=1, made=True, tasks=("regions", "tumour"), splits=("train", "validation", "test"))
def scanners(
    split: str,
    home: Path,
    *,
    scanner: Literal["cs2", "nz210", "nz20", "p1000", "gt450"] = "cs2",
    task: Literal["regions", "tumour"] = "regions",
    images: Count = 20,
    size: Count = 256,
    seed: Whole = 0,
) -> Scans:
    """Procedural stained tissue with tumour, after MS-CCT; every scanner shows the same slides, pixel by pixel."""
    check_split("scanners", split, NAMES)
    count = (images + 1) // 2 if split == "validation" else images
    pictures, masks = [], []
    for i in range(count):
        regions, dyes = _slide(stream("scanners", split, seed, i), size)
        pictures.append(_scan(stream("scanners", scanner, split, seed, i), SCANNERS[scanner], dyes))
        masks.append(regions if task == "regions" else (regions == TUMOUR).astype(np.uint8))
    ids = [f"{split}-{i:03d}" for i in range(count)]
    return Scans(np.stack(pictures), np.stack(masks), ids, ids, ids, classes=CLASSES[task])


def _slide(rng: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], Array]:
    """Regions, and how much of the two dyes lies at every pixel."""
    shape = (size, size)
    glass = _share(
        smooth(rng, shape, (0.35 * size + 8,) * 2) + 0.06 * smooth(rng, shape, (4, 4)),
        rng.uniform(0, 0.35),
    )
    nests = (
        smooth(rng, shape, (24, 24))
        + 0.35 * smooth(rng, shape, (8, 8))
        + 0.8 * smooth(rng, shape, (0.4 * size,) * 2)
    )
    tumour = _share(nests, rng.uniform(0.12, 0.45)) & ~glass
    inflamed = (
        _share(smooth(rng, shape, (14, 14)), 0.08) & ~glass & ~tumour
    )  # crowded too, but with small round nuclei
    fat = _share(smooth(rng, shape, (7, 7)), 0.05) & ~tumour & ~inflamed
    regions = np.where(tumour, TUMOUR, np.where(glass, GLASS, TISSUE)).astype(np.uint8)
    soft = [
        gaussian_filter(part.astype(np.float32), 1.0) for part in (glass | fat, tumour, inflamed)
    ]
    nuclei, rim = _nuclei(rng, tumour, inflamed, glass | fat)
    fibres = np.cos(_flow(rng, shape)) * smooth(rng, shape, (9, 9)) + 0.9 * smooth(
        rng, shape, (1.3, 1.3)
    )
    pink = (0.6 + 0.11 * fibres + 0.12 * smooth(rng, shape, (12, 12))) * (
        1 - 0.4 * soft[1]
    ) + 0.1 * soft[1]
    blue = (
        0.07
        + 0.24 * soft[1]
        + 0.1 * soft[2]
        + nuclei * (0.85 + 0.2 * smooth(rng, shape, (1, 1)))
        + 0.1 * rim
    )
    there = (1 - soft[0]) * rng.uniform(
        0.8, 1.2, (2, 1, 1)
    )  # the laboratory's hand, the same for every scanner
    dyes = np.stack([blue, pink * (1 - 0.6 * nuclei)]) * there
    return regions, np.clip(dyes, 0, 2).astype(np.float32) + 0.012


def _share(field: Array, share: float) -> NDArray[np.bool_]:
    return field > np.quantile(field, 1 - share)


def _flow(rng: np.random.Generator, shape: tuple[int, int]) -> Array:
    """A phase that grows across wavy bundles of fibres."""
    turn = rng.uniform(0, np.pi)
    y, x = np.ogrid[: shape[0], : shape[1]]
    waves = 16 * smooth(rng, shape, (30, 30)) + 3 * smooth(rng, shape, (9, 9))
    return x * np.cos(turn) + y * np.sin(turn) + waves


def _nuclei(
    rng: np.random.Generator,
    tumour: NDArray[np.bool_],
    inflamed: NDArray[np.bool_],
    empty: NDArray[np.bool_],
) -> tuple[Array, Array]:
    """Nuclei: large, pale and crowded in tumour, small and dark where inflamed, sparse and slender elsewhere."""
    size, spacing = tumour.shape[0], 5.5
    seeds = np.mgrid[0 : size / spacing + 1, 0 : size / spacing + 1].reshape(2, -1).T * spacing
    seeds += rng.uniform(-2.6, 2.6, seeds.shape)
    at = tuple(np.clip(seeds, 0, size - 1).astype(int).T)
    kind = np.where(tumour[at], 0, np.where(inflamed[at], 1, 2))
    kept = (rng.random(len(seeds)) < np.array([0.62, 0.9, 0.13])[kind]) & ~empty[at]
    seeds, kind = seeds[kept], kind[kept]
    if not len(seeds):
        return np.zeros(tumour.shape, np.float32), np.zeros(tumour.shape, np.float32)
    radius = np.array([3.1, 2.1, 1.9])[kind] * rng.lognormal(0, 0.18, len(seeds))
    long = np.array([1.15, 1.0, 1.6])[kind] * rng.lognormal(0, 0.1, len(seeds))
    turn, dark = (
        rng.uniform(0, np.pi, len(seeds)),
        np.array([0.75, 1.15, 1.0])[kind] * rng.lognormal(0, 0.15, len(seeds)),
    )
    near = cKDTree(seeds).query(np.moveaxis(np.indices(tumour.shape), 0, -1), k=1)[1]
    y, x = np.indices(tumour.shape) - np.moveaxis(seeds[near], -1, 0)
    u = (x * np.cos(turn[near]) + y * np.sin(turn[near])) / long[near]
    v = (y * np.cos(turn[near]) - x * np.sin(turn[near])) * long[near]
    level = np.hypot(u, v) / radius[near]
    body = (1 - ramp(level, 0.75, 1.15)) * dark[near]
    return body.astype(np.float32), np.exp(-(((level - 1) / 0.2) ** 2)).astype(np.float32)


def _scan(rng: np.random.Generator, made: Scanner, dyes: Array) -> NDArray[np.uint8]:
    """Light through the dyes, focused, sharpened, and rendered in the scanner's colours."""
    absorbed = np.einsum("dyx,dc->yxc", dyes, DYES) * np.array(made.tint, np.float32)
    light = gaussian_filter(np.exp(-1.35 * absorbed), (made.blur, made.blur, 0))
    if made.sharpen:
        light += made.sharpen * (light - gaussian_filter(light, (1.2, 1.2, 0)))
    light = np.clip(light, 0, 1.05) ** made.gamma
    grey = light.mean(-1, keepdims=True)
    colour = (grey + made.saturation * (light - grey)) * np.array(made.white, np.float32)
    return to_bytes(colour + made.noise * rng.standard_normal(colour.shape, dtype=np.float32))
