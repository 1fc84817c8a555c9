"""Nervous tissue in three dimensions: neurites that fill space, and the bodies inside them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from harness.components.datasets.phantoms.em_styles import Style
from harness.components.datasets.phantoms.fields import Array, smooth_slices

STEP = 110.0  # nm between the points of a neurite's axis
BLOCK = 6  # pixels across which the nearest axes are looked up once
NEAREST = 7
FAR = 250.0  # nm; walls further away than this are not measured


@dataclass(frozen=True)
class Axes:
    """The points along every neurite, in order."""

    at: Array  # (n, 3) nm, z y x
    owner: NDArray[np.int32]  # (n,) which neurite
    reach: Array  # (n,) nm; thick neurites push thin ones away


@dataclass(frozen=True)
class Tissue:
    """The nearest axis and the nearest membrane of every voxel."""

    voxel: Array  # (3,) nm
    axes: Axes
    axis: NDArray[np.int32]  # the nearest point of the axes
    wall: Array  # nm to the membrane
    # 1 where the membrane lies in the plane of the slice, 0 where it stands upright
    slant: NDArray[np.float16]

    def neurite(self, box: tuple[slice, ...] | slice | int = slice(None)) -> NDArray[np.int32]:
        """Returns the neurite of every voxel of a box."""
        return self.axes.owner[self.axis[box]]


def grow(rng: np.random.Generator, style: Style, shape: tuple[int, int, int]) -> Tissue:
    """Grows neurites as the cells of wavy axes and measures them at every voxel."""
    voxel = np.array([style.section, style.pixel, style.pixel], np.float32)
    axes = _axes(rng, np.array(shape) * voxel, style)
    rows, columns = (-(-n // BLOCK) * BLOCK for n in shape[1:])
    axis = np.empty((shape[0], rows, columns), np.int32)
    wall = np.empty(axis.shape, np.float32)
    slant = np.empty(axis.shape, np.float16)
    # A fourth coordinate makes weights into distances.
    lift = np.sqrt(axes.reach.max() ** 2 - axes.reach**2)
    tree = cKDTree(np.column_stack([axes.at, lift]))
    for z, bent in enumerate(_bent_slices(rng, axis.shape, voxel)):
        near = _nearest(tree, bent)
        # Rows of blocks are measured in turn: so small a part stays in the processor's cache.
        for block in range(len(near)):
            band = slice(block * BLOCK, (block + 1) * BLOCK)
            cells = _cells(axes, near[block], bent[:, band])
            axis[z, band], wall[z, band], slant[z, band] = cells
    whole = (slice(None), slice(shape[1]), slice(shape[2]))
    return Tissue(voxel, axes, axis[whole], wall[whole], slant[whole])


def _axes(rng: np.random.Generator, size: Array, style: Style) -> Axes:
    """Lays bundles of wandering axes with swellings, as dense as the mean radius asks."""
    points = 36
    long = points * STEP
    radius = style.neurite
    count = int(np.prod(size + long) / (long * np.pi * radius**2))
    bundles = max(4, count // 7)
    bundle = rng.integers(bundles, size=count)
    origin = rng.uniform(-long / 2, size + long / 2, (bundles, 3))[bundle]
    origin += rng.normal(0, 2.5 * radius, (count, 3))
    turn = 0.1 * rng.normal(size=(count, points, 3)).cumsum(1)
    way_of_bundle = rng.normal(size=(bundles, 1, 3))[bundle]
    own_way = 0.3 * rng.normal(size=(count, 1, 3))
    way = way_of_bundle + own_way + turn - turn[:, points // 2, None]
    way /= np.linalg.norm(way, axis=2, keepdims=True)
    half = way[:, : points // 2].sum(1, keepdims=True)
    at = origin[:, None] + STEP * (way.cumsum(1) - half)
    thickness_of_bundle = rng.lognormal(0, 0.5, bundles)[bundle]
    thick = thickness_of_bundle * rng.lognormal(0, 0.3, count)
    phase = rng.uniform(0, 6.3, (count, 1))
    frequency = rng.uniform(0.3, 0.9, (count, 1))
    swell = 1 + 0.35 * np.sin(phase + np.arange(points) * frequency)
    reach = np.clip(radius * thick[:, None] * swell, 0.3 * radius, 2.2 * radius)
    inside = ((at > -500) & (at < size + 500)).all(2)
    owner = np.broadcast_to(np.arange(1, count + 1)[:, None], inside.shape)
    return Axes(
        at[inside].astype(np.float32),
        owner[inside].astype(np.int32),
        reach[inside].astype(np.float32),
    )


def _bent_slices(rng: np.random.Generator, shape: tuple[int, ...], voxel: Array) -> Iterator[Array]:
    """Yields where the voxels of each slice look for their axes: large and small waves bend
    space.
    """
    waves = []
    for axis in range(3):
        for height, width in ((70.0, 150.0), (16.0, 45.0)):
            waves.append((axis, height, smooth_slices(rng, shape, tuple(width / voxel))))
    rows = np.arange(shape[1], dtype=np.float32) * voxel[1]
    columns = np.arange(shape[2], dtype=np.float32) * voxel[2]
    for z in range(shape[0]):
        depth = np.float32(z) * voxel[0]
        bent = np.stack(np.broadcast_arrays(depth, rows[:, None], columns[None, :]))
        for axis, height, wave in waves:
            bent[axis] += np.float32(height) * next(wave)
        yield bent


def _nearest(tree: cKDTree, bent: Array) -> NDArray[np.intp]:
    """Finds for each block of pixels the points of the axes that may own a pixel of it."""
    centres = np.moveaxis(bent[:, BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK], 0, -1)
    lifted = np.concatenate([centres, np.zeros((*centres.shape[:-1], 1))], -1)
    near: NDArray[np.intp] = tree.query(lifted, k=min(NEAREST, tree.n), workers=2)[1]
    return near


def _cells(
    axes: Axes,
    near: NDArray[np.intp],
    bent: Array,
) -> tuple[NDArray[np.intp], Array, Array]:
    """Measures the pixels of one row of blocks: nearest axis, distance to its membrane, slant.

    The membrane lies half-way to the cell of the next neurite.
    """
    near = near.T[:, None, :, None]
    coordinates = bent.reshape(3, BLOCK, near.shape[2], BLOCK)
    seeds = np.moveaxis(axes.at[near], -1, 0)
    squares = (coordinates[0] - seeds[0]) ** 2
    for i in (1, 2):
        squares += (coordinates[i] - seeds[i]) ** 2
    squares -= axes.reach[near] ** 2
    to_own, own = _least(squares, near)
    np.putmask(squares, axes.owner[near] == axes.owner[own], np.inf)
    to_next, beyond = _least(squares, near)
    across = axes.at[beyond] - axes.at[own]
    gap = np.sqrt((across**2).sum(-1)) + np.float32(1)
    wall = np.minimum((to_next - to_own) / (2 * gap), np.float32(FAR))
    slant = np.abs(across[..., 0]) / gap
    rows = (BLOCK, -1)
    return own.reshape(rows), wall.reshape(rows), slant.reshape(rows)


def _least(values: Array, points: NDArray[np.intp]) -> tuple[Array, NDArray[np.intp]]:
    """Returns the smallest value along the first axis and the point that it belongs to.

    It is a loop, because argmin across rows is slow.
    """
    least = values[0].copy()
    point = np.broadcast_to(points[0], values.shape[1:]).copy()
    for value, candidate in zip(values[1:], points[1:], strict=True):
        closer = value < least
        np.copyto(point, candidate, where=closer)
        np.minimum(least, value, out=least)
    return least, point
