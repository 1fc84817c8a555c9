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
    """All bodies of a block and, at every voxel, which one is here and how deep."""

    which: NDArray[np.int32]  # 0 where there is none, else 1 + the index in `all`
    depth: Array  # nm from its surface, negative inside
    all: list[Body] = field(default_factory=list)

    def inside(self, kind: int) -> NDArray[np.bool_]:
        """Where bodies of one kind are."""
        chosen = np.array([False, *(body.kind == kind for body in self.all)])
        return chosen[self.which] & (self.depth < 0)


def fill(rng: np.random.Generator, style: Style, tissue: Tissue) -> Bodies:
    """Mitochondria up to the style's share of the volume, and the others in proportion to them."""
    shape = tissue.wall.shape
    bodies = Bodies(np.zeros(shape, np.int32), np.full(shape, 2 * SKIN, np.float32))
    wanted, filled, count = style.share * tissue.wall.size, 0, 0
    sites = _sites(rng, tissue, 60 + int(tissue.wall.size / 8000))
    while filled < wanted and sites:
        grown = _place(bodies, tissue, _mitochondrion(rng, style, tissue, sites.pop()))
        filled, count = filled + grown, count + (grown > 0)
    sites = _sites(rng, tissue, 20 + 6 * count, middle=False)
    for kind, share in ((LOOKALIKE, style.lookalikes), (DENSE, 0.4), (TUBULE, 1.2)):
        for _ in range(min(len(sites), int(np.ceil(share * count)))):
            _place(bodies, tissue, _other(rng, style, tissue, sites.pop(), kind))
    return bodies


def _sites(
    rng: np.random.Generator, tissue: Tissue, count: int, middle: bool = True
) -> list[NDArray[np.intp]]:
    """Voxels that lie deep inside their neurites, the last of them in the middle of the block."""
    shape = np.array(tissue.wall.shape)
    places = rng.integers(0, shape, (count * 4, 3))
    roomy = tissue.wall[tuple(places.T)]
    order = np.argsort(roomy + rng.uniform(0, 120, len(roomy)), kind="stable")[-count:]
    chosen = list(rng.permutation(places[order]))
    if middle:
        core = rng.integers(shape // 3, shape - shape // 3, (64, 3))
        chosen.append(core[tissue.wall[tuple(core.T)].argmax()])
    return chosen


def _along(rng: np.random.Generator, tissue: Tissue, site: NDArray[np.intp], points: int) -> Array:
    """A stretch of the neurite's axis, moved so that it passes through `site`."""
    nearest = tissue.axis[tuple(site)]
    start = nearest - int(rng.integers(points))
    run = np.clip(np.arange(start, start + points), 0, len(tissue.axes.at) - 1)
    run = run[tissue.axes.owner[run] == tissue.axes.owner[nearest]]
    path = tissue.axes.at[run] + (site * tissue.voxel - tissue.axes.at[nearest])
    return path + rng.normal(0, 0.15 * STEP, path.shape)


def _mitochondrion(
    rng: np.random.Generator, style: Style, tissue: Tissue, site: NDArray[np.intp]
) -> Body:
    path = _along(rng, tissue, site, int(rng.integers(style.length[0], style.length[1] + 1)))
    radii = rng.uniform(*style.radius) * (1 + 0.12 * rng.normal(size=len(path)))
    tone, fold = style.matrix + 9 * rng.normal(), style.cristae * rng.uniform(0.5, 1.3)
    return Body(MITOCHONDRION, path, radii, _oval(rng), tone, fold, _crest(rng, style, path))


def _other(
    rng: np.random.Generator, style: Style, tissue: Tissue, site: NDArray[np.intp], kind: int
) -> Body:
    """A body with a mitochondrion's face but two slices thick, a dense body, or a tubule of reticulum."""
    points, size, tone = {
        LOOKALIKE: (
            int(rng.integers(1, 4)),
            rng.uniform(0.75, 1.0) * rng.uniform(*style.radius),
            style.matrix,
        ),
        DENSE: (1, rng.uniform(35, 95), style.matrix - 12),
        TUBULE: (int(rng.integers(1, 9)), rng.uniform(18, 38), style.cytoplasm + 8),
    }[kind]
    path = _along(rng, tissue, site, points)
    flat = kind == LOOKALIKE
    if flat:
        path[:, 0] = path[0, 0]
    squash = _oval(rng)
    squash[0] = max(1.0, size / (1.1 * style.section)) if flat else 1.0
    fold = style.cristae * rng.uniform(0.3, 1.0) if flat else 0.0
    return Body(
        kind,
        path,
        np.full(len(path), size),
        squash,
        tone + 10 * rng.normal(),
        fold,
        _crest(rng, style, path),
    )


def _oval(rng: np.random.Generator) -> Array:
    wide = rng.uniform(0.75, 1.3)
    return np.array([1.0, wide, 1 / wide])


def _crest(rng: np.random.Generator, style: Style, path: Array) -> Array:
    """Folds run along the body or across it; most stand upright on the slice, where one can see them."""
    way = (path[-1] - path[0]) / STEP + rng.normal(0, 0.6, 3)
    if rng.random() < 0.6:
        way = np.cross(way, rng.normal(size=3))
    way[0] *= 0.5
    return (
        way / (np.linalg.norm(way) + 1e-6) * 2 * np.pi / max(rng.uniform(55, 80), 3.6 * style.pixel)
    )


def _place(bodies: Bodies, tissue: Tissue, body: Body) -> int:
    """Puts a body where its neurite has room, and says how many voxels it got."""
    reach = (1.15 * body.radii.max() + SKIN) / body.squash
    low = np.maximum((body.path.min(0) - reach) / tissue.voxel, 0).astype(int)
    high = np.minimum(
        np.ceil((body.path.max(0) + reach) / tissue.voxel) + 1, tissue.wall.shape
    ).astype(int)
    last = np.array(tissue.wall.shape) - 1
    middle = tuple(np.clip(body.path[len(body.path) // 2] / tissue.voxel, 0, last).astype(int))
    if (low >= high).any() or bodies.depth[middle] < SKIN:
        return 0
    box = tuple(slice(a, b) for a, b in zip(low, high, strict=True))
    spot = [
        np.arange(a, b) * v * s
        for a, b, v, s in zip(low, high, tissue.voxel, body.squash, strict=True)
    ]
    depth = _tube(
        np.meshgrid(*spot, indexing="ij", sparse=True), body.path * body.squash, body.radii
    )
    home = np.bincount(tissue.neurite(box)[depth < 0].ravel()).argmax() if (depth < 0).any() else 0
    depth = np.maximum(
        depth, np.float32(22) - tissue.wall[box]
    )  # never through the membrane of its neurite
    depth[tissue.neurite(box) != home] = 2 * SKIN
    closer = (depth < bodies.depth[box]) & (depth < SKIN)
    if (closer & (bodies.depth[box] < SKIN)).any() or not (depth < 0).any():
        return 0  # another body is in the way
    bodies.all.append(body)
    bodies.depth[box][closer] = depth[closer]
    bodies.which[box][closer] = len(bodies.all)
    return int((depth < 0).sum())


def _tube(place: Sequence[Array], path: Array, radii: Array) -> Array:
    """Distance to the surface of a chain of tapering capsules."""
    z, y, x = (p.astype(np.float32) for p in place)
    depth = np.full(np.broadcast_shapes(z.shape, y.shape, x.shape), np.inf, np.float32)
    for i, j in zip(range(len(path)), [*range(1, len(path)), len(path) - 1], strict=True):
        a, way = path[i].astype(np.float32), (path[j] - path[i]).astype(np.float32)
        long = np.float32((way**2).sum() + 1e-3)
        t = np.clip(((z - a[0]) * way[0] + (y - a[1]) * way[1] + (x - a[2]) * way[2]) / long, 0, 1)
        off = (
            (z - a[0] - t * way[0]) ** 2
            + (y - a[1] - t * way[1]) ** 2
            + (x - a[2] - t * way[2]) ** 2
        )
        np.minimum(
            depth,
            np.sqrt(off) - (radii[i] + t * (radii[j] - radii[i])).astype(np.float32),
            out=depth,
        )
    phase = radii[0]
    bumps = (
        np.sin(y / 37 + z / 61 + phase)
        + np.sin(x / 41 - z / 53 + 2 * phase)
        + np.sin((x + y) / 67 - phase)
    )
    return depth + np.float32(0.04) * np.float32(radii.mean()) * bumps
