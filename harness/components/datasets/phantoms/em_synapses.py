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
    candidates = rng.integers(0, shape, (60 * count, 3))
    is_membrane = tissue.wall[tuple(candidates.T)] < 12
    sites = candidates[is_membrane][:count]
    owner = tissue.axes.owner
    sender = owner[tissue.axis[tuple(sites.T)]]
    at = (sites * tissue.voxel).astype(np.float32)
    crowd = rng.integers(40, 170, len(at))
    scatter = rng.normal(0, 120, (crowd.sum(), 3)).astype(np.float32)
    cloud = np.repeat(at, crowd, axis=0) + scatter
    voxels = np.rint(cloud / tissue.voxel).astype(int)
    inside = ((voxels >= 0) & (voxels < shape)).all(1)
    cloud = cloud[inside]
    spot = tuple(voxels[inside].T)
    home = np.repeat(sender, crowd)[inside]
    is_at_home = owner[tissue.axis[spot]] == home
    is_free = is_at_home & (tissue.wall[spot] > 26) & (bodies.depth[spot] > SKIN)
    return Synapses(at, sender, cloud[is_free])


def draw_vesicles(
    image: Array,
    junctions: Synapses,
    height: float,
    voxel: Array,
    tone: float,
) -> None:
    """Draws rings with a pale middle for the vesicles that the slice at `height` cuts."""
    away = np.abs(junctions.vesicles[:, 0] - height)
    cut = junctions.vesicles[away < max(0.8 * RADIUS, voxel[0] / 2)]
    reach = 1.6 * RADIUS
    rows, columns, distance = _patches(cut[:, 1:], voxel, reach, image.shape)
    membrane = np.exp(-(((distance - 0.85 * RADIUS) / 8) ** 2))
    middle = np.exp(-((distance / 9) ** 2))
    ring = membrane - 0.35 * middle
    darkness = (tone * ring * (distance < reach)).astype(np.float32)
    np.subtract.at(image, (rows, columns), darkness)


def draw_patches(
    image: Array,
    junctions: Synapses,
    height: float,
    tissue: Tissue,
    z: int,
    *,
    tone: float,
) -> None:
    """Darkens the membrane of a synapse, most of it on the receiving side."""
    away = np.abs(junctions.at[:, 0] - height)
    near = away < PATCH
    centres = junctions.at[near, 1:]
    rows, columns, distance = _patches(centres, tissue.voxel, 1.5 * PATCH, image.shape)
    wall = tissue.wall[z, rows, columns]
    owner = tissue.axes.owner[tissue.axis[z, rows, columns]]
    is_receiving = owner != junctions.sender[near, None, None]
    thickness = np.where(is_receiving, 32, 14)
    dark = np.exp(-((distance / PATCH) ** 4)) * np.exp(-((wall / thickness) ** 2))
    np.subtract.at(image, (rows, columns), (tone * dark).astype(np.float32))


def _patches(
    centres: Array,
    voxel: Array,
    radius: float,
    shape: tuple[int, ...],
) -> tuple[NDArray[np.intp], NDArray[np.intp], Array]:
    """Returns rows, columns and distances in nm of the pixels of a square around each centre.

    Pixels off the image are moved to its edge, and their distance is infinite.
    """
    height, width = shape
    reach = int(np.ceil(radius / voxel[1]))
    span = np.arange(-reach, reach + 1)
    middle = np.rint(centres / voxel[1:]).astype(int)
    rows = middle[:, 0, None, None] + span[:, None]
    columns = middle[:, 1, None, None] + span[None, :]
    down = rows * voxel[1] - centres[:, 0, None, None]
    right = columns * voxel[2] - centres[:, 1, None, None]
    is_off_rows = (rows < 0) | (rows >= height)
    is_off_columns = (columns < 0) | (columns >= width)
    distance = np.where(is_off_rows | is_off_columns, np.inf, np.hypot(down, right))
    rows, columns, distance = np.broadcast_arrays(rows, columns, distance)
    return np.clip(rows, 0, height - 1), np.clip(columns, 0, width - 1), distance
