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
    """What there is at every voxel."""

    voxel: Array  # (3,) nm
    axes: Axes
    axis: NDArray[np.int32]  # the nearest point of the axes
    wall: Array  # nm to the membrane
    slant: NDArray[
        np.float16
    ]  # 1 where the membrane lies in the plane of the slice, 0 where it stands upright

    def neurite(self, box: tuple[slice, ...] | slice | int = slice(None)) -> NDArray[np.int32]:
        """The neurite of every voxel of a box."""
        return self.axes.owner[self.axis[box]]


def grow(rng: np.random.Generator, style: Style, shape: tuple[int, int, int]) -> Tissue:
    """Neurites as the cells of wavy axes, measured at every voxel."""
    voxel = np.array([style.section, style.pixel, style.pixel], np.float32)
    axes = _axes(rng, np.array(shape) * voxel, style)
    rows, columns = (-(-n // BLOCK) * BLOCK for n in shape[1:])
    axis = np.empty((shape[0], rows, columns), np.int32)
    wall, slant = np.empty(axis.shape, np.float32), np.empty(axis.shape, np.float16)
    lift = np.sqrt(
        axes.reach.max() ** 2 - axes.reach**2
    )  # a fourth coordinate makes weights into distances
    tree = cKDTree(np.column_stack([axes.at, lift]))
    for z, bent in enumerate(_bent(rng, axis.shape, voxel)):
        near = _nearest(tree, bent)
        for block in range(
            len(near)
        ):  # one row of blocks: what is at hand stays in the processor's cache
            band = slice(block * BLOCK, (block + 1) * BLOCK)
            axis[z, band], wall[z, band], slant[z, band] = _cells(axes, near[block], bent[:, band])
    cut = (slice(None), slice(shape[1]), slice(shape[2]))
    return Tissue(voxel, axes, axis[cut], wall[cut], slant[cut])


def _axes(rng: np.random.Generator, size: Array, style: Style) -> Axes:
    """Bundles of wandering axes with swellings, as dense as the mean radius asks."""
    points = 36
    long = points * STEP
    count = int(np.prod(size + long) / (long * np.pi * style.neurite**2))
    bundles = max(4, count // 7)
    bundle = rng.integers(bundles, size=count)
    origin = rng.uniform(-long / 2, size + long / 2, (bundles, 3))[bundle]
    origin += rng.normal(0, 2.5 * style.neurite, (count, 3))
    turn = 0.1 * rng.normal(size=(count, points, 3)).cumsum(1)
    way = rng.normal(size=(bundles, 1, 3))[bundle] + 0.3 * rng.normal(size=(count, 1, 3))
    way = way + turn - turn[:, points // 2, None]
    way /= np.linalg.norm(way, axis=2, keepdims=True)
    at = origin[:, None] + STEP * (way.cumsum(1) - way[:, : points // 2].sum(1, keepdims=True))
    thick = rng.lognormal(0, 0.5, bundles)[bundle] * rng.lognormal(0, 0.3, count)
    swell = 1 + 0.35 * np.sin(
        rng.uniform(0, 6.3, (count, 1)) + np.arange(points) * rng.uniform(0.3, 0.9, (count, 1))
    )
    reach = np.clip(
        style.neurite * thick[:, None] * swell, 0.3 * style.neurite, 2.2 * style.neurite
    )
    inside = ((at > -500) & (at < size + 500)).all(2)
    owner = np.broadcast_to(np.arange(1, count + 1)[:, None], inside.shape)
    return Axes(
        at[inside].astype(np.float32),
        owner[inside].astype(np.int32),
        reach[inside].astype(np.float32),
    )


def _bent(rng: np.random.Generator, shape: tuple[int, ...], voxel: Array) -> Iterator[Array]:
    """Where the voxels of each slice look for their axes: space bent by large and small waves."""
    waves = [
        (a, h, smooth_slices(rng, shape, tuple(s / voxel)))
        for a in range(3)
        for h, s in ((70.0, 150.0), (16.0, 45.0))
    ]
    rows, columns = (
        np.arange(n, dtype=np.float32) * v for n, v in zip(shape[1:], voxel[1:], strict=True)
    )
    for z in range(shape[0]):
        bent = np.stack(
            np.broadcast_arrays(np.float32(z) * voxel[0], rows[:, None], columns[None, :])
        )
        for axis, height, wave in waves:
            bent[axis] += np.float32(height) * next(wave)
        yield bent


def _nearest(tree: cKDTree, bent: Array) -> NDArray[np.intp]:
    """For each block of pixels the points of the axes that may own a pixel of it."""
    centres = np.moveaxis(bent[:, BLOCK // 2 :: BLOCK, BLOCK // 2 :: BLOCK], 0, -1)
    lifted = np.concatenate([centres, np.zeros((*centres.shape[:-1], 1))], -1)
    near: NDArray[np.intp] = tree.query(lifted, k=min(NEAREST, tree.n), workers=2)[1]
    return near


def _cells(
    axes: Axes, near: NDArray[np.intp], bent: Array
) -> tuple[NDArray[np.intp], Array, Array]:
    """The nearest axis, the distance to the next neurite's cell and its slant, for the pixels of one row of blocks."""
    near = near.T[:, None, :, None]
    place = bent.reshape(3, BLOCK, near.shape[2], BLOCK)
    seeds = np.moveaxis(axes.at[near], -1, 0)
    far = (place[0] - seeds[0]) ** 2
    for i in (1, 2):
        far += (place[i] - seeds[i]) ** 2
    far -= axes.reach[near] ** 2
    nearest, one = _least(far, near)
    np.putmask(far, axes.owner[near] == axes.owner[one], np.inf)
    beyond, two = _least(far, near)
    across = axes.at[two] - axes.at[one]
    gap = np.sqrt((across**2).sum(-1)) + np.float32(1)
    wall = np.minimum((beyond - nearest) / (2 * gap), np.float32(FAR))
    rows = (BLOCK, -1)
    return one.reshape(rows), wall.reshape(rows), (np.abs(across[..., 0]) / gap).reshape(rows)


def _least(far: Array, names: NDArray[np.intp]) -> tuple[Array, NDArray[np.intp]]:
    """The smallest along the first axis, and its name; a loop, because argmin across rows is slow."""
    least, name = far[0].copy(), np.broadcast_to(names[0], far.shape[1:]).copy()
    for other, called in zip(far[1:], names[1:], strict=True):
        closer = other < least
        np.copyto(name, called, where=closer)
        np.minimum(least, other, out=least)
    return least, name
