"""Procedural fluorescence microscopy: stained nuclei, and cells with stained membranes or cytoplasm."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from harness.components.datasets import dataset
from harness.components.datasets.phantoms.fields import Array, ramp, smooth, stream
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

Labels = NDArray[np.int32]
Drawing = tuple[Array, Labels]  # brightness between 0 and about 1; 0 outside, then 1, 2, ...


@dataclass(frozen=True)
class Stain:
    """One staining under one microscope; lengths in pixels, brightness as a share of the camera's range."""

    radius: float
    cover: float  # share of the picture that objects take where they do not overlap
    oblong: float = 0.5  # at most, of the longer axis
    rough: float = 0.04  # bumps in the outline
    spread: float = 0.2  # of sizes, and half as much again of brightness
    clumps: float = 0.3  # share of objects that stand in groups
    overlap: float = 0.1  # of two radii
    light: float = 0.45
    haze: float = 0.05  # background
    ghosts: float = 0.1  # objects out of focus, which nobody labelled, for each one in focus
    blur: float = 1.0
    photons: float = 400.0  # at full brightness; the fewer, the noisier


NUCLEI = {
    "culture": Stain(11, 0.22, photons=900),
    "tissue": Stain(9, 0.5, 0.55, 0.05, 0.2, 0.7, 0.22, 0.34, 0.1, 0.5, 1.4, 250),
    "lobed": Stain(14, 0.2, 0.4, 0.2, 0.25, 0.5, 0.2, 0.22, 0.04, 0.2, 0.8, 60),
}
CELLS = {
    "epithelium": Stain(10, 1.0, blur=1.0, light=0.6, haze=0.08, photons=150),
    "ovule": Stain(15, 1.0, spread=0.9, blur=1.6, light=0.45, haze=0.15, photons=400),
    "culture": Stain(21, 0.5, 0.6, 0.14, 0.2, 0.6, 0.1, 0.4, 0.06, 0.2, 1.2, 300),
}


@dataset(
    version=1, made=True, tasks=("nuclei", "instances"), splits=("train", "validation", "test")
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
    """Procedural stained nuclei: spread in culture, crowded in tissue, or lobed and dim; validation has half."""
    check_split("nuclei", split, NAMES)
    stain = NUCLEI[style]
    words = ("nuclei", style, split, seed)
    drawn = _drawn(
        words, split, images, bits, stain, draw=lambda rng: _draw_nuclei(rng, stain, size)
    )
    return _scans(split, *drawn, None if task == "instances" else ("background", "nucleus"))


@dataset(version=1, made=True, tasks=("cells", "instances"), splits=("train", "validation", "test"))
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
    """Procedural cells: membranes of an epithelium, walls of an ovule, cytoplasm in culture; validation has half."""
    check_split("cells", split, NAMES)
    stain = CELLS[style]
    draw = _draw_culture if style == "culture" else _draw_sheet
    drawn = _drawn(
        ("cells", style, split, seed),
        split,
        images,
        bits,
        stain,
        draw=lambda rng: draw(rng, stain, size),
    )
    return _scans(split, *drawn, None if task == "instances" else ("background", "cell"))


def _drawn(
    words: tuple[str | int, ...],
    split: str,
    images: int,
    bits: int,
    stain: Stain,
    *,
    draw: Callable[[np.random.Generator], Drawing],
) -> tuple[NDArray[Any], Labels]:
    """Every picture from a stream of its own, so that asking for more leaves the first ones as they are."""
    count = (images + 1) // 2 if split == "validation" else images
    pictures, masks = [], []
    for i in range(count):
        rng = stream(*words, i)
        light, labels = draw(rng)
        pictures.append(_camera(rng, stain, light, bits))
        masks.append(labels)
    return np.stack(pictures), np.stack(masks)


def _scans(
    split: str, images: NDArray[Any], labels: Labels, classes: tuple[str, ...] | None
) -> Scans:
    ids = [f"{split}-{i:03d}" for i in range(len(images))]
    masks: NDArray[Any] = labels if classes is None else (labels > 0).astype(np.uint8)
    return Scans(images, masks, ids, ids, ids, classes=classes or ())


def _camera(rng: np.random.Generator, stain: Stain, light: Array, bits: int) -> NDArray[Any]:
    """Uneven light, the blur of the optics, photons counted, and the camera's own noise and offset."""
    shape = light.shape
    uneven = 1 + 0.12 * smooth(rng, shape, (0.4 * shape[0], 0.4 * shape[1]))
    seen = gaussian_filter(light, stain.blur) * uneven + stain.haze * (
        1 + 0.3 * smooth(rng, shape, (30, 30))
    )
    counts = rng.poisson(np.clip(seen, 0, None) * stain.photons) / stain.photons
    counts = 0.02 + counts + 0.006 * rng.standard_normal(shape)
    full = 2**bits - 1
    return np.clip(np.rint(counts * full), 0, full).astype(np.uint8 if bits == 8 else np.uint16)


def _places(rng: np.random.Generator, stain: Stain, size: int) -> tuple[Array, Array]:
    """Centres and radii of objects, some of them in groups, that overlap no more than they may."""
    wanted = max(2, int(stain.cover * (size + 2 * stain.radius) ** 2 / (np.pi * stain.radius**2)))
    knots = rng.uniform(0, size, (max(1, wanted // 8), 2))
    places = np.empty((wanted, 2))
    radii = stain.radius * np.clip(rng.lognormal(0, stain.spread, wanted), 0.5, 2)
    kept = 0
    for _ in range(30 * wanted):
        grouped = kept and rng.random() < stain.clumps
        knot = knots[rng.integers(len(knots))] + rng.normal(0, 2.5 * stain.radius, 2)
        place = knot if grouped else rng.uniform(-stain.radius, size + stain.radius, 2)
        if not kept:
            place = size / 2 + rng.uniform(-0.2, 0.2, 2) * size  # never an empty picture
        gap = np.hypot(*(places[:kept] - place).T) - (1 - stain.overlap) * (
            radii[:kept] + radii[kept]
        )
        if (gap > 0).all():
            places[kept] = place
            kept += 1
            if kept == wanted:
                break
    return places[:kept], radii[:kept]


def _outline(
    rng: np.random.Generator, stain: Stain, place: Array, radius: float, size: int
) -> tuple[Any, Array]:
    """A box of pixels, and in it how deep they lie in a bumpy oval: 1 in the middle, 0 on the edge."""
    reach = 1.9 * radius
    low, high = (np.clip(place + s * reach + (s > 0), 0, size).astype(int) for s in (-1, 1))
    box = (slice(low[0], high[0]), slice(low[1], high[1]))
    y, x = (p - c for p, c in zip(np.ogrid[box], place, strict=True))
    turn, long = rng.uniform(0, np.pi), 1 + stain.oblong * rng.beta(1.5, 2.5)
    u, v = (
        (x * np.cos(turn) + y * np.sin(turn)) / long,
        (y * np.cos(turn) - x * np.sin(turn)) * long,
    )
    angle = np.arctan2(v, u)
    bumps = sum(
        stain.rough * rng.normal() * 2 / k * np.cos(k * angle + rng.uniform(0, 6.3))
        for k in (2, 3, 4)
    )
    return box, 1 - np.hypot(u, v) / (radius * np.clip(1 + bumps, 0.45, 1.7))


def _draw_nuclei(rng: np.random.Generator, stain: Stain, size: int) -> Drawing:
    """Nuclei with mottled chromatin and dark nucleoli, a few of them dividing, over others out of focus."""
    light, labels = np.zeros((size, size)), np.zeros((size, size), np.int32)
    mottled = smooth(rng, light.shape, (1.6, 1.6)) + smooth(rng, light.shape, (3.5, 3.5))
    places, radii = _places(rng, stain, size)
    for place, radius in zip(places, radii, strict=True):
        dividing = rng.random() < 0.05
        box, level = _outline(rng, stain, place, radius * (0.6 if dividing else 1), size)
        bright = stain.light * rng.lognormal(0, 1.6 * stain.spread) * (1.9 if dividing else 1)
        light[box] += bright * ramp(level, -0.02, 0.3) * (1 + 0.14 * mottled[box])
        for _ in range(0 if dividing else rng.integers(0, 4)):
            spot, deep = _outline(
                rng, stain, place + 0.4 * radius * rng.normal(size=2), 0.16 * radius, size
            )
            light[spot] -= 0.35 * bright * ramp(deep, -0.5, 0.5) * (labels[spot] == 0)
        labels[box] = np.where((labels[box] == 0) & (level > 0), labels.max() + 1, labels[box])
    return np.clip(light, 0, None) + _ghosts(rng, stain, size, len(places)), labels


def _ghosts(rng: np.random.Generator, stain: Stain, size: int, count: int) -> Array:
    """What nobody labels: objects above and below the focus, and specks of debris."""
    light, specks = np.zeros((size, size)), np.zeros((size, size))
    for _ in range(rng.binomial(10 * count, stain.ghosts / 10)):
        box, level = _outline(
            rng, stain, rng.uniform(0, size, 2), stain.radius * rng.uniform(0.9, 1.4), size
        )
        light[box] += 0.5 * stain.light * rng.uniform(0.4, 1.3) * (level > 0)
    for _ in range(rng.poisson(0.1 * count)):
        box, level = _outline(
            rng, stain, rng.uniform(0, size, 2), stain.radius * rng.uniform(0.1, 0.25), size
        )
        specks[box] += stain.light * rng.uniform(0.5, 1.6) * (level > 0)
    return gaussian_filter(light, 0.45 * stain.radius) + specks


def _draw_sheet(rng: np.random.Generator, stain: Stain, size: int) -> Drawing:
    """A gapless sheet of cells of which the walls are stained; labels stop short of the walls."""
    spacing = 1.9 * stain.radius
    grid = np.mgrid[-1 : size / spacing + 2, -1 : size / spacing + 2].reshape(2, -1).T
    seeds = (
        grid
        + [0, 0.5] * (grid[:, :1] % 2)
        + 0.17 * (1 + stain.spread) * rng.normal(size=grid.shape)
    ) * spacing
    seeds = seeds[
        rng.random(len(seeds)) > 0.35 * (stain.spread - 0.2)
    ]  # where a seed is missing, its neighbours grow
    bend = np.stack(
        [smooth(rng, (size, size), (s, s)) * h for s, h in ((9.0, 1.6), (9.0, 1.6))], -1
    )
    places = np.moveaxis(np.indices((size, size)), 0, -1) + bend
    far, near = cKDTree(seeds).query(places, k=2)
    wall = (far[..., 1] ** 2 - far[..., 0] ** 2) / (
        2 * np.linalg.norm(seeds[near[..., 1]] - seeds[near[..., 0]], axis=-1)
    )
    thick = 1.1 + 0.035 * stain.radius
    patchy = np.clip(
        0.75 + 0.3 * smooth(rng, wall.shape, (7, 7)) + 0.2 * smooth(rng, wall.shape, (1.5, 1.5)),
        0.15,
        None,
    )
    inner = rng.lognormal(-2, 0.5, len(seeds))[near[..., 0]] * (
        1 + 0.3 * smooth(rng, wall.shape, (2, 2))
    )
    light = stain.light * (
        np.clip(patchy, 0.15, None) * np.exp(-((wall / thick) ** 2)) + np.clip(inner, 0, 1)
    )
    mask = np.where(wall > thick, near[..., 0] + 1, 0)
    return light + 0.3 * _ghosts(rng, stain, size, 20), np.unique(mask, return_inverse=True)[
        1
    ].astype(np.int32)


def _draw_culture(rng: np.random.Generator, stain: Stain, size: int) -> Drawing:
    """Spread cells with a stained cytoplasm that thins towards the edge, around a darker nucleus."""
    light, labels = np.zeros((size, size)), np.zeros((size, size), np.int32)
    deepest = np.zeros((size, size))
    threads = (
        1 + 0.12 * smooth(rng, light.shape, (1.2, 1.2)) + 0.1 * smooth(rng, light.shape, (4, 4))
    )
    places, radii = _places(rng, stain, size)
    for number, (place, radius) in enumerate(zip(places, radii, strict=True), 1):
        box, level = _outline(rng, stain, place, 1.15 * radius, size)
        bright = stain.light * rng.lognormal(0, 1.6 * stain.spread)
        core, deep = _outline(
            rng, stain, place + 0.12 * radius * rng.normal(size=2), 0.45 * radius, size
        )
        light[box] += (
            bright * (0.2 * ramp(level, -0.02, 0.1) + 1.1 * np.clip(level, 0, 1)) * threads[box]
        )
        light[core] *= 1 - 0.72 * ramp(deep, -0.1, 0.2)
        mine = (level > 0) & (level > deepest[box])
        labels[box][mine], deepest[box][mine] = number, level[mine]
    return light + _ghosts(rng, stain, size, len(places)), np.unique(labels, return_inverse=True)[
        1
    ].astype(np.int32)
