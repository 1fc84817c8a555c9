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

GLASS = 0
TISSUE = 1
TUMOUR = 2
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


@dataclass(frozen=True)
class Layout:
    """Which pixels of a slide are bare glass, tumour, inflamed, or empty (glass or fat)."""

    glass: NDArray[np.bool_]
    tumour: NDArray[np.bool_]
    inflamed: NDArray[np.bool_]
    empty: NDArray[np.bool_]


@dataset(version=1, drawn=True, tasks=("regions", "tumour"), splits=("train", "validation", "test"))
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
    """Procedural stained tissue with tumour, after MS-CCT; every scanner shows the same slides."""
    # The slides of all scanners agree pixel by pixel.
    check_split("scanners", split, NAMES)
    count = (images + 1) // 2 if split == "validation" else images
    pictures = []
    masks = []
    for i in range(count):
        regions, dyes = _slide(stream("scanners", split, seed, i), size)
        pictures.append(_scan(stream("scanners", scanner, split, seed, i), SCANNERS[scanner], dyes))
        masks.append(regions if task == "regions" else (regions == TUMOUR).astype(np.uint8))
    ids = [f"{split}-{i:03d}" for i in range(count)]
    return Scans(np.stack(pictures), np.stack(masks), ids, ids, ids, classes=CLASSES[task])


def _slide(rng: np.random.Generator, size: int) -> tuple[NDArray[np.uint8], Array]:
    """Draws regions, and how much of the two dyes lies at every pixel."""
    layout = _draw_layout(rng, size)
    regions = np.where(layout.tumour, TUMOUR, np.where(layout.glass, GLASS, TISSUE))
    return regions.astype(np.uint8), _dyes(rng, layout)


def _draw_layout(rng: np.random.Generator, size: int) -> Layout:
    """Draws where glass, fat, tumour and inflammation lie; the last two crowd with nuclei."""
    shape = (size, size)
    coarse = smooth(rng, shape, (0.35 * size + 8,) * 2)
    edge = 0.06 * smooth(rng, shape, (4, 4))
    glass = _highest_share(coarse + edge, rng.uniform(0, 0.35))
    nests = smooth(rng, shape, (24, 24))
    fringe = 0.35 * smooth(rng, shape, (8, 8))
    regions = 0.8 * smooth(rng, shape, (0.4 * size,) * 2)
    share = rng.uniform(0.12, 0.45)
    tumour = _highest_share(nests + fringe + regions, share) & ~glass
    inflamed = _highest_share(smooth(rng, shape, (14, 14)), 0.08) & ~glass & ~tumour
    fat = _highest_share(smooth(rng, shape, (7, 7)), 0.05) & ~tumour & ~inflamed
    return Layout(glass, tumour, inflamed, glass | fat)


def _dyes(rng: np.random.Generator, layout: Layout) -> Array:
    """Draws how much haematoxylin (blue) and eosin (pink) the tissue takes up."""
    shape = layout.glass.shape
    empty = gaussian_filter(layout.empty.astype(np.float32), 1.0)
    tumour = gaussian_filter(layout.tumour.astype(np.float32), 1.0)
    inflamed = gaussian_filter(layout.inflamed.astype(np.float32), 1.0)
    nuclei, rim = _nuclei(rng, layout)
    bundles = np.cos(_fibre_phase(rng, shape)) * smooth(rng, shape, (9, 9))
    fibres = bundles + 0.9 * smooth(rng, shape, (1.3, 1.3))
    patches = smooth(rng, shape, (12, 12))
    stroma = 0.6 + 0.11 * fibres + 0.12 * patches
    pink = stroma * (1 - 0.4 * tumour) + 0.1 * tumour
    grain = smooth(rng, shape, (1, 1))
    chromatin = nuclei * (0.85 + 0.2 * grain)
    blue = 0.07 + 0.24 * tumour + 0.1 * inflamed + chromatin + 0.1 * rim
    # The laboratory's hand is the same for every scanner.
    laboratory = rng.uniform(0.8, 1.2, (2, 1, 1))
    pink_beside_nuclei = pink * (1 - 0.6 * nuclei)
    amount = (1 - empty) * laboratory
    dyes = np.stack([blue, pink_beside_nuclei]) * amount
    return np.clip(dyes, 0, 2).astype(np.float32) + 0.012


def _highest_share(field: Array, share: float) -> NDArray[np.bool_]:
    return field > np.quantile(field, 1 - share)


def _fibre_phase(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Draws a phase that grows across wavy bundles of fibres."""
    turn = rng.uniform(0, np.pi)
    y, x = np.ogrid[: shape[0], : shape[1]]
    waves = 16 * smooth(rng, shape, (30, 30)) + 3 * smooth(rng, shape, (9, 9))
    return x * np.cos(turn) + y * np.sin(turn) + waves


def _nuclei(rng: np.random.Generator, layout: Layout) -> tuple[Array, Array]:
    """Draws the bodies of nuclei, and their rims.

    They are large, pale and crowded in tumour, small and dark where inflamed, and sparse and
    slender elsewhere.
    """
    shape = layout.glass.shape
    size = shape[0]
    spacing = 5.5
    steps = slice(0, size / spacing + 1)
    seeds = np.mgrid[steps, steps].reshape(2, -1).T * spacing
    seeds += rng.uniform(-2.6, 2.6, seeds.shape)
    pixel = tuple(np.clip(seeds, 0, size - 1).astype(int).T)
    kind = np.where(layout.tumour[pixel], 0, np.where(layout.inflamed[pixel], 1, 2))
    is_grown = rng.random(len(seeds)) < np.array([0.62, 0.9, 0.13])[kind]
    is_grown = is_grown & ~layout.empty[pixel]
    seeds = seeds[is_grown]
    kind = kind[is_grown]
    count = len(seeds)
    if not count:
        return np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    radius = np.array([3.1, 2.1, 1.9])[kind] * rng.lognormal(0, 0.18, count)
    long = np.array([1.15, 1.0, 1.6])[kind] * rng.lognormal(0, 0.1, count)
    turn = rng.uniform(0, np.pi, count)
    dark = np.array([0.75, 1.15, 1.0])[kind] * rng.lognormal(0, 0.15, count)
    pixels = np.indices(shape)
    near = cKDTree(seeds).query(np.moveaxis(pixels, 0, -1), k=1)[1]
    y, x = pixels - np.moveaxis(seeds[near], -1, 0)
    cosine = np.cos(turn[near])
    sine = np.sin(turn[near])
    u = (x * cosine + y * sine) / long[near]
    v = (y * cosine - x * sine) * long[near]
    level = np.hypot(u, v) / radius[near]
    body = (1 - ramp(level, 0.75, 1.15)) * dark[near]
    rim = np.exp(-(((level - 1) / 0.2) ** 2))
    return body.astype(np.float32), rim.astype(np.float32)


def _scan(rng: np.random.Generator, scanner: Scanner, dyes: Array) -> NDArray[np.uint8]:
    """Sends light through the dyes, focuses, sharpens and renders it in the scanner's colours."""
    tint = np.array(scanner.tint, np.float32)
    white = np.array(scanner.white, np.float32)
    absorbed = np.einsum("dyx,dc->yxc", dyes, DYES) * tint
    light = gaussian_filter(np.exp(-1.35 * absorbed), (scanner.blur, scanner.blur, 0))
    if scanner.sharpen:
        edges = light - gaussian_filter(light, (1.2, 1.2, 0))
        light += scanner.sharpen * edges
    light = np.clip(light, 0, 1.05) ** scanner.gamma
    grey = light.mean(-1, keepdims=True)
    colour = (grey + scanner.saturation * (light - grey)) * white
    noise = scanner.noise * rng.standard_normal(colour.shape, dtype=np.float32)
    return to_bytes(colour + noise)
