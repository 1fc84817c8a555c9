"""Shapes of nuclei and cells, and the light that their stain gives off."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter
from scipy.spatial import cKDTree

from harness.components.datasets.phantoms.fields import Array, ramp, smooth
from harness.components.datasets.phantoms.nuclei_stains import Stain

Labels = NDArray[np.int32]
Drawing = tuple[Array, Labels]  # brightness between 0 and about 1; 0 outside, then 1, 2, ...
Box = tuple[slice, ...]


def draw_nuclei(rng: np.random.Generator, stain: Stain, size: int) -> Drawing:
    """Draws mottled nuclei with dark nucleoli, some of them dividing, over nuclei out of focus."""
    shape = (size, size)
    light = np.zeros(shape)
    labels = np.zeros(shape, np.int32)
    mottled = smooth(rng, shape, (1.6, 1.6)) + smooth(rng, shape, (3.5, 3.5))
    centres, radii = _scatter(rng, stain, size)
    for centre, radius in zip(centres, radii, strict=True):
        is_dividing = rng.random() < 0.05
        extent = radius * (0.6 if is_dividing else 1)
        box, level = _outline(rng, stain, centre, extent, size)
        bright = stain.light * rng.lognormal(0, 1.6 * stain.spread)
        bright = bright * (1.9 if is_dividing else 1)
        light[box] += bright * ramp(level, -0.02, 0.3) * (1 + 0.14 * mottled[box])
        nucleoli = 0 if is_dividing else rng.integers(0, 4)
        for _ in range(nucleoli):
            middle = centre + 0.4 * radius * rng.normal(size=2)
            spot, depth = _outline(rng, stain, middle, 0.16 * radius, size)
            light[spot] -= 0.35 * bright * ramp(depth, -0.5, 0.5) * (labels[spot] == 0)
        is_new = (labels[box] == 0) & (level > 0)
        labels[box] = np.where(is_new, labels.max() + 1, labels[box])
    return np.clip(light, 0, None) + _ghosts(rng, stain, size, len(centres)), labels


def draw_sheet(rng: np.random.Generator, stain: Stain, size: int) -> Drawing:
    """Draws a gapless sheet of cells with stained walls; labels stop short of the walls."""
    shape = (size, size)
    seeds = _seeds_of_sheet(rng, stain, size)
    # Waves bend the walls.
    down = smooth(rng, shape, (9.0, 9.0)) * 1.6
    right = smooth(rng, shape, (9.0, 9.0)) * 1.6
    pixels = np.moveaxis(np.indices(shape), 0, -1) + np.stack([down, right], -1)
    distance, near = cKDTree(seeds).query(pixels, k=2)
    nearest = near[..., 0]
    second = near[..., 1]
    gap = np.linalg.norm(seeds[second] - seeds[nearest], axis=-1)
    squares = distance**2
    wall = (squares[..., 1] - squares[..., 0]) / (2 * gap)
    thick = 1.1 + 0.035 * stain.radius
    coarse = 0.3 * smooth(rng, shape, (7, 7))
    fine = 0.2 * smooth(rng, shape, (1.5, 1.5))
    patchy = np.clip(0.75 + coarse + fine, 0.15, None)
    brightness_of_cells = rng.lognormal(-2, 0.5, len(seeds))
    texture = 1 + 0.3 * smooth(rng, shape, (2, 2))
    inner = brightness_of_cells[nearest] * texture
    stained_wall = patchy * np.exp(-((wall / thick) ** 2))
    light = stain.light * (stained_wall + np.clip(inner, 0, 1))
    labels = np.where(wall > thick, nearest + 1, 0)
    return light + 0.3 * _ghosts(rng, stain, size, 20), _numbered_anew(labels)


def draw_culture(rng: np.random.Generator, stain: Stain, size: int) -> Drawing:
    """Draws spread cells whose stained cytoplasm thins towards the edge, around a darker
    nucleus.
    """
    shape = (size, size)
    light = np.zeros(shape)
    labels = np.zeros(shape, np.int32)
    deepest = np.zeros(shape)
    fine = 0.12 * smooth(rng, shape, (1.2, 1.2))
    coarse = 0.1 * smooth(rng, shape, (4, 4))
    threads = 1 + fine + coarse
    centres, radii = _scatter(rng, stain, size)
    for number, (centre, radius) in enumerate(zip(centres, radii, strict=True), 1):
        box, level = _outline(rng, stain, centre, 1.15 * radius, size)
        bright = stain.light * rng.lognormal(0, 1.6 * stain.spread)
        middle = centre + 0.12 * radius * rng.normal(size=2)
        core, depth = _outline(rng, stain, middle, 0.45 * radius, size)
        cytoplasm = 0.2 * ramp(level, -0.02, 0.1) + 1.1 * np.clip(level, 0, 1)
        light[box] += bright * cytoplasm * threads[box]
        light[core] *= 1 - 0.72 * ramp(depth, -0.1, 0.2)
        is_on_top = (level > 0) & (level > deepest[box])
        labels[box][is_on_top] = number
        deepest[box][is_on_top] = level[is_on_top]
    return light + _ghosts(rng, stain, size, len(centres)), _numbered_anew(labels)


def _numbered_anew(labels: NDArray[np.integer[Any]]) -> Labels:
    """Numbers labels without gaps, in their order."""
    return np.unique(labels, return_inverse=True)[1].astype(np.int32)


def _seeds_of_sheet(rng: np.random.Generator, stain: Stain, size: int) -> Array:
    """Scatters the centres of cells around a staggered grid; where a seed is left out, cells
    grow.
    """
    spacing = 1.9 * stain.radius
    steps = slice(-1, size / spacing + 2)
    grid = np.mgrid[steps, steps].reshape(2, -1).T
    stagger = [0, 0.5] * (grid[:, :1] % 2)
    scatter = 0.17 * (1 + stain.spread) * rng.normal(size=grid.shape)
    seeds = (grid + stagger + scatter) * spacing
    share_left_out = 0.35 * (stain.spread - 0.2)
    return seeds[rng.random(len(seeds)) > share_left_out]


def _scatter(rng: np.random.Generator, stain: Stain, size: int) -> tuple[Array, Array]:
    """Draws centres and radii of objects, some in groups, that overlap no more than they may."""
    radius = stain.radius
    planned = max(2, int(stain.cover * (size + 2 * radius) ** 2 / (np.pi * radius**2)))
    knots = rng.uniform(0, size, (max(1, planned // 8), 2))
    centres = np.empty((planned, 2))
    radii = radius * np.clip(rng.lognormal(0, stain.spread, planned), 0.5, 2)
    count = 0
    for _ in range(30 * planned):
        is_grouped = count and rng.random() < stain.clumps
        centre = knots[rng.integers(len(knots))] + rng.normal(0, 2.5 * radius, 2)
        if not is_grouped:
            centre = rng.uniform(-radius, size + radius, 2)
        if not count:
            # The first object is near the middle, so that no picture is empty.
            centre = size / 2 + rng.uniform(-0.2, 0.2, 2) * size
        distance = np.hypot(*(centres[:count] - centre).T)
        gap = distance - (1 - stain.overlap) * (radii[:count] + radii[count])
        if (gap > 0).all():
            centres[count] = centre
            count += 1
            if count == planned:
                break
    return centres[:count], radii[:count]


def _outline(
    rng: np.random.Generator,
    stain: Stain,
    centre: Array,
    radius: float,
    size: int,
) -> tuple[Box, Array]:
    """Draws a bumpy oval: a box of pixels, and how deep they lie in it, 1 in the middle, 0 on the
    edge.

    Beyond the edge the depth is negative.
    """
    reach = 1.9 * radius
    low = np.clip(centre - reach, 0, size).astype(int)
    high = np.clip(centre + reach + 1, 0, size).astype(int)
    box = (slice(low[0], high[0]), slice(low[1], high[1]))
    rows, columns = np.ogrid[box]
    y = rows - centre[0]
    x = columns - centre[1]
    turn = rng.uniform(0, np.pi)
    long = 1 + stain.oblong * rng.beta(1.5, 2.5)
    u = (x * np.cos(turn) + y * np.sin(turn)) / long
    v = (y * np.cos(turn) - x * np.sin(turn)) * long
    angle = np.arctan2(v, u)
    bumps = np.zeros_like(angle)
    for k in (2, 3, 4):
        height = stain.rough * rng.normal() * 2 / k
        bumps += height * np.cos(k * angle + rng.uniform(0, 6.3))
    edge = radius * np.clip(1 + bumps, 0.45, 1.7)
    return box, 1 - np.hypot(u, v) / edge


def _ghosts(rng: np.random.Generator, stain: Stain, size: int, count: int) -> Array:
    """Draws what nobody labels: objects above and below the focus, and specks of debris."""
    blurred = np.zeros((size, size))
    specks = np.zeros((size, size))
    for _ in range(rng.binomial(10 * count, stain.ghosts / 10)):
        centre = rng.uniform(0, size, 2)
        radius = stain.radius * rng.uniform(0.9, 1.4)
        box, level = _outline(rng, stain, centre, radius, size)
        blurred[box] += 0.5 * stain.light * rng.uniform(0.4, 1.3) * (level > 0)
    for _ in range(rng.poisson(0.1 * count)):
        centre = rng.uniform(0, size, 2)
        radius = stain.radius * rng.uniform(0.1, 0.25)
        box, level = _outline(rng, stain, centre, radius, size)
        specks[box] += stain.light * rng.uniform(0.5, 1.6) * (level > 0)
    return gaussian_filter(blurred, 0.45 * stain.radius) + specks
