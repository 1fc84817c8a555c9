"""Clouds of vesicles at dark patches of membrane, drawn slice by slice."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets.phantoms.em_bodies import SKIN, Bodies
from harness.components.datasets.phantoms.em_tissue import Tissue
from harness.components.datasets.phantoms.fields import Array

PER_CUBIC_MICROMETRE = 3.0
RADIUS = 19.0  # nm, of a vesicle
PATCH = 110.0  # nm, of a synapse's dark membrane


@dataclass(frozen=True)
class Synapses:
    """Where synapses and their vesicles are, in nm."""

    at: Array  # (n, 3)
    sender: NDArray[np.int32]  # the neurite that holds the vesicles
    vesicles: Array  # (m, 3)


def synapses(rng: np.random.Generator, tissue: Tissue, bodies: Bodies) -> Synapses:
    """Synapses at random membranes; vesicles gather on one side, where no other body is."""
    shape = np.array(tissue.wall.shape)
    count = 1 + int(PER_CUBIC_MICROMETRE * np.prod(shape * tissue.voxel / 1000))
    places = rng.integers(0, shape, (60 * count, 3))
    places = places[tissue.wall[tuple(places.T)] < 12][:count]
    sender = tissue.axes.owner[tissue.axis[tuple(places.T)]]
    at = (places * tissue.voxel).astype(np.float32)
    crowd = rng.integers(40, 170, len(at))
    cloud = np.repeat(at, crowd, axis=0) + rng.normal(0, 120, (crowd.sum(), 3)).astype(np.float32)
    voxels = np.rint(cloud / tissue.voxel).astype(int)
    inside = ((voxels >= 0) & (voxels < shape)).all(1)
    cloud, spot, home = cloud[inside], tuple(voxels[inside].T), np.repeat(sender, crowd)[inside]
    free = (
        (tissue.axes.owner[tissue.axis[spot]] == home)
        & (tissue.wall[spot] > 26)
        & (bodies.depth[spot] > SKIN)
    )
    return Synapses(at, sender, cloud[free])


def draw_vesicles(image: Array, found: Synapses, height: float, voxel: Array, tone: float) -> None:
    """Rings with a pale middle for the vesicles that the slice at `height` cuts."""
    away = np.abs(found.vesicles[:, 0] - height)
    cut = found.vesicles[away < max(0.8 * RADIUS, voxel[0] / 2)]
    rows, columns, off = _patches(cut[:, 1:], voxel, 1.6 * RADIUS, image.shape)
    ring = np.exp(-(((off - 0.85 * RADIUS) / 8) ** 2)) - 0.35 * np.exp(-((off / 9) ** 2))
    np.subtract.at(image, (rows, columns), (tone * ring * (off < 1.6 * RADIUS)).astype(np.float32))


def draw_patches(
    image: Array, found: Synapses, height: float, tissue: Tissue, z: int, *, tone: float
) -> None:
    """Darkness along the membrane of a synapse, most of it on the receiving side."""
    away = np.abs(found.at[:, 0] - height)
    near = away < PATCH
    rows, columns, off = _patches(found.at[near, 1:], tissue.voxel, 1.5 * PATCH, image.shape)
    wall = tissue.wall[z, rows, columns]
    receiving = tissue.axes.owner[tissue.axis[z, rows, columns]] != found.sender[near, None, None]
    dark = np.exp(-((off / PATCH) ** 4)) * np.exp(-((wall / np.where(receiving, 32, 14)) ** 2))
    np.subtract.at(image, (rows, columns), (tone * dark).astype(np.float32))


def _patches(
    centres: Array, voxel: Array, radius: float, shape: tuple[int, ...]
) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """The pixels of a square around each centre, and their distances from it in nm (far where off the image)."""
    reach = int(np.ceil(radius / voxel[1]))
    span = np.arange(-reach, reach + 1)
    middle = np.rint(centres / voxel[1:]).astype(int)
    rows, columns = (
        middle[:, 0, None, None] + span[:, None],
        middle[:, 1, None, None] + span[None, :],
    )
    off = np.hypot(
        rows * voxel[1] - centres[:, 0, None, None], columns * voxel[2] - centres[:, 1, None, None]
    )
    outside = (rows < 0) | (rows >= shape[0]) | (columns < 0) | (columns >= shape[1])
    rows, columns, off = np.broadcast_arrays(rows, columns, np.where(outside, np.inf, off))
    return np.clip(rows, 0, shape[0] - 1), np.clip(columns, 0, shape[1] - 1), off
