"""What lies inside neurites: mitochondria, and bodies that look like one in a single slice."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets.phantoms.em_styles import Style
from harness.components.datasets.phantoms.em_tissue import STEP, Tissue
from harness.components.datasets.phantoms.fields import Array

SKIN = 20.0  # nm around a body that its membrane may darken
MITOCHONDRION, LOOKALIKE, DENSE, TUBULE = range(4)


@dataclass(frozen=True)
class Body:
    """One tube along its neurite's axis; `crest` is the wave vector of the folds inside, per nm."""

    kind: int
    path: Array  # (n, 3) nm
    radii: Array  # (n,) nm
    squash: Array  # (3,) how much thinner it is than round along z, y, x
    tone: float
    fold: float  # amplitude of the cristae
    crest: Array  # (3,)


@dataclass(frozen=True)
class Bodies:
    """All bodies of a block; at every voxel, which body takes it and how deep it lies there."""

    which: NDArray[np.int32]  # 0 where there is none, else 1 + the index in `all`
    depth: Array  # nm from its surface, negative inside
    all: list[Body] = field(default_factory=list)

    def inside(self, kind: int) -> NDArray[np.bool_]:
        """Marks the voxels that bodies of this kind take."""
        is_of_kind = np.array([False, *(body.kind == kind for body in self.all)])
        return is_of_kind[self.which] & (self.depth < 0)


def fill(rng: np.random.Generator, style: Style, tissue: Tissue) -> Bodies:
    """Places mitochondria up to the style's share of the volume, then bodies of the other kinds.

    The numbers of these are proportional to the number of mitochondria.
    """
    shape = tissue.wall.shape
    volume = tissue.wall.size
    bodies = Bodies(np.zeros(shape, np.int32), np.full(shape, 2 * SKIN, np.float32))
    target = style.share * volume
    filled = 0
    count = 0
    sites = _sites(rng, tissue, 60 + int(volume / 8000))
    while filled < target and sites:
        mitochondrion = _mitochondrion(rng, style, tissue, sites.pop())
        voxels = _place(bodies, tissue, mitochondrion)
        filled += voxels
        count += voxels > 0
    sites = _sites(rng, tissue, 20 + 6 * count, middle=False)
    for kind, share in ((LOOKALIKE, style.lookalikes), (DENSE, 0.4), (TUBULE, 1.2)):
        planned = int(np.ceil(share * count))
        for _ in range(min(len(sites), planned)):
            _place(bodies, tissue, _small_body(rng, style, tissue, sites.pop(), kind))
    return bodies


def _sites(
    rng: np.random.Generator,
    tissue: Tissue,
    count: int,
    middle: bool = True,
) -> list[NDArray[np.intp]]:
    """Draws voxels that lie deep inside their neurites, the last in the middle of the block."""
    shape = np.array(tissue.wall.shape)
    candidates = rng.integers(0, shape, (count * 4, 3))
    space = tissue.wall[tuple(candidates.T)]
    order = np.argsort(space + rng.uniform(0, 120, len(space)), kind="stable")
    sites = list(rng.permutation(candidates[order[-count:]]))
    if middle:
        core = rng.integers(shape // 3, shape - shape // 3, (64, 3))
        deepest = tissue.wall[tuple(core.T)].argmax()
        sites.append(core[deepest])
    return sites


def _along(rng: np.random.Generator, tissue: Tissue, site: NDArray[np.intp], points: int) -> Array:
    """Takes a stretch of the neurite's axis and moves it so that it passes through `site`."""
    axes = tissue.axes
    nearest = tissue.axis[tuple(site)]
    start = nearest - int(rng.integers(points))
    run = np.clip(np.arange(start, start + points), 0, len(axes.at) - 1)
    run = run[axes.owner[run] == axes.owner[nearest]]
    path = axes.at[run] + (site * tissue.voxel - axes.at[nearest])
    return path + rng.normal(0, 0.15 * STEP, path.shape)


def _mitochondrion(
    rng: np.random.Generator,
    style: Style,
    tissue: Tissue,
    site: NDArray[np.intp],
) -> Body:
    """Shapes a mitochondrion around a stretch of its neurite's axis."""
    shortest, longest = style.length
    path = _along(rng, tissue, site, int(rng.integers(shortest, longest + 1)))
    radii = rng.uniform(*style.radius) * (1 + 0.12 * rng.normal(size=len(path)))
    tone = style.matrix + 9 * rng.normal()
    fold = style.cristae * rng.uniform(0.5, 1.3)
    squash = _oval(rng)
    return Body(MITOCHONDRION, path, radii, squash, tone, fold, _crest(rng, style, path))


def _small_body(
    rng: np.random.Generator,
    style: Style,
    tissue: Tissue,
    site: NDArray[np.intp],
    kind: int,
) -> Body:
    """Shapes a dense body, a tubule of reticulum, or a mitochondrion's face two slices thick."""
    # Each body draws the numbers of all three kinds, so that the stream goes on alike after any.
    lookalike_points = int(rng.integers(1, 4))
    lookalike_size = rng.uniform(0.75, 1.0) * rng.uniform(*style.radius)
    dense_size = rng.uniform(35, 95)
    tubule_points = int(rng.integers(1, 9))
    tubule_size = rng.uniform(18, 38)
    points, size, tone = {
        LOOKALIKE: (lookalike_points, lookalike_size, style.matrix),
        DENSE: (1, dense_size, style.matrix - 12),
        TUBULE: (tubule_points, tubule_size, style.cytoplasm + 8),
    }[kind]
    path = _along(rng, tissue, site, points)
    squash = _oval(rng)
    squash[0] = 1.0
    fold = 0.0
    if kind == LOOKALIKE:
        path[:, 0] = path[0, 0]
        squash[0] = max(1.0, size / (1.1 * style.section))
        fold = style.cristae * rng.uniform(0.3, 1.0)
    radii = np.full(len(path), size)
    tone += 10 * rng.normal()
    return Body(kind, path, radii, squash, tone, fold, _crest(rng, style, path))


def _oval(rng: np.random.Generator) -> Array:
    wide = rng.uniform(0.75, 1.3)
    return np.array([1.0, wide, 1 / wide])


def _crest(rng: np.random.Generator, style: Style, path: Array) -> Array:
    """Draws the wave vector of folds along the body or across it; most stand upright on the
    slice.
    """
    way = (path[-1] - path[0]) / STEP + rng.normal(0, 0.6, 3)
    if rng.random() < 0.6:
        way = np.cross(way, rng.normal(size=3))
    way[0] *= 0.5
    wavelength = max(rng.uniform(55, 80), 3.6 * style.pixel)
    return way / (np.linalg.norm(way) + 1e-6) * 2 * np.pi / wavelength


def _place(bodies: Bodies, tissue: Tissue, body: Body) -> int:
    """Puts a body where its neurite has room; returns how many voxels it takes, 0 without room."""
    box = _box_around(body, tissue)
    last = np.array(tissue.wall.shape) - 1
    middle = np.clip(body.path[len(body.path) // 2] / tissue.voxel, 0, last).astype(int)
    if box is None or bodies.depth[tuple(middle)] < SKIN:
        return 0
    depth = _depth_in_box(body, tissue, box)
    neurite = tissue.neurite(box)
    is_inside = depth < 0
    home = np.bincount(neurite[is_inside].ravel()).argmax() if is_inside.any() else 0
    # A body never goes through the membrane of its neurite.
    depth = np.maximum(depth, np.float32(22) - tissue.wall[box])
    depth[neurite != home] = 2 * SKIN
    is_inside = depth < 0
    closer = (depth < bodies.depth[box]) & (depth < SKIN)
    is_taken = closer & (bodies.depth[box] < SKIN)
    if is_taken.any() or not is_inside.any():
        return 0
    bodies.all.append(body)
    bodies.depth[box][closer] = depth[closer]
    bodies.which[box][closer] = len(bodies.all)
    return int(is_inside.sum())


def _box_around(body: Body, tissue: Tissue) -> tuple[slice, ...] | None:
    """Returns the box of voxels that a body and its skin may touch; None if the block has none."""
    reach = (1.15 * body.radii.max() + SKIN) / body.squash
    low = np.maximum((body.path.min(0) - reach) / tissue.voxel, 0).astype(int)
    beyond = np.ceil((body.path.max(0) + reach) / tissue.voxel) + 1
    high = np.minimum(beyond, tissue.wall.shape).astype(int)
    if (low >= high).any():
        return None
    return tuple(slice(start, stop) for start, stop in zip(low, high, strict=True))


def _depth_in_box(body: Body, tissue: Tissue, box: tuple[slice, ...]) -> Array:
    """Measures the distance to the surface of a body at every voxel of a box, in nm."""
    coordinates = []
    for part, voxel, squash in zip(box, tissue.voxel, body.squash, strict=True):
        coordinates.append(np.arange(part.start, part.stop) * voxel * squash)
    grid = np.meshgrid(*coordinates, indexing="ij", sparse=True)
    return _tube(grid, body.path * body.squash, body.radii)


def _tube(grid: Sequence[Array], path: Array, radii: Array) -> Array:
    """Measures the distance to the surface of a chain of tapering capsules with small bumps."""
    z, y, x = (coordinate.astype(np.float32) for coordinate in grid)
    depth = np.full(np.broadcast_shapes(z.shape, y.shape, x.shape), np.inf, np.float32)
    last = len(path) - 1
    for i in range(len(path)):
        j = min(i + 1, last)
        a = path[i].astype(np.float32)
        way = (path[j] - path[i]).astype(np.float32)
        square_length = np.float32((way**2).sum() + 1e-3)
        # t is 0 at the start of the capsule's axis and 1 at its end.
        along = (z - a[0]) * way[0] + (y - a[1]) * way[1] + (x - a[2]) * way[2]
        t = np.clip(along / square_length, 0, 1)
        off_z = z - a[0] - t * way[0]
        off_y = y - a[1] - t * way[1]
        off_x = x - a[2] - t * way[2]
        distance = np.sqrt(off_z**2 + off_y**2 + off_x**2)
        radius = (radii[i] + t * (radii[j] - radii[i])).astype(np.float32)
        np.minimum(depth, distance - radius, out=depth)
    phase = radii[0]
    wave = np.sin(y / 37 + z / 61 + phase)
    cross_wave = np.sin(x / 41 - z / 53 + 2 * phase)
    oblique_wave = np.sin((x + y) / 67 - phase)
    bumps = wave + cross_wave + oblique_wave
    height = np.float32(0.04) * np.float32(radii.mean())
    return depth + height * bumps
