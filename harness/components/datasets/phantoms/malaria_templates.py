"""Painted templates of blood smears: red cells with parasites, and artefacts that are no cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_fill_holes, label
from skimage.filters import threshold_otsu

from harness.components.datasets.phantoms.fields import Array, ramp, smooth

CANVAS = 1500  # pixels of a smear before it is made small
PATCH = 132  # pixels of the canvas that a painted template takes
COLOURS = ([228, 214, 216], [198, 160, 178], [112, 62, 134], [62, 44, 58])
SMEAR, CELL, STAIN, PIGMENT = (np.array(colour, np.float32) for colour in COLOURS)


@dataclass(frozen=True)
class Template:
    """A cell or an artefact to paste: colours, opacity, and the pixels that belong to it."""

    colours: Array  # (h, w, 3)
    cover: Array  # (h, w), 0 to 1
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class Templates:
    """The parts of every picture of a set: one background, three cells, three artefacts."""

    background: NDArray[np.uint8]
    cells: list[Template]
    artefacts: list[Template]


def paint_templates(rng: np.random.Generator) -> Templates:
    """Paints a ring, a trophozoite and a schizont, and platelets, dirt and a smudge of stain."""
    shape = (CANVAS, CANVAS)
    shade = 5 * smooth(rng, shape, (250, 250))
    patches = 2 * smooth(rng, shape, (12, 12))
    grain = 3 * smooth(rng, shape, (1.5, 1.5))
    tone = shade + patches + grain
    ground = SMEAR + tone[..., None] * np.array([0.7, 1.0, 0.8], np.float32)
    cells = [_cell(rng, parasite) for parasite in ("ring", "trophozoite", "schizont")]
    artefacts = [_artefact(rng, kind) for kind in ("platelets", "dirt", "smudge")]
    return Templates(np.clip(ground, 0, 255).astype(np.uint8), cells, artefacts)


def _disc(
    rng: np.random.Generator,
    centre: tuple[float, float],
    radius: float,
    rough: float = 0.05,
) -> Array:
    """Draws an uneven disc: 1 in its middle, 0 on its edge, negative outside.

    The centre is given from the middle of the patch, as a share of the patch.
    """
    rows, columns = np.ogrid[:PATCH, :PATCH]
    y = rows - PATCH / 2 - centre[0] * PATCH
    x = columns - PATCH / 2 - centre[1] * PATCH
    angle = np.arctan2(y, x)
    bumps = np.zeros_like(angle)
    for k in (1, 2, 3, 5):
        height = rough * rng.normal() / k
        bumps += height * np.cos(k * angle + rng.uniform(0, 6.3))
    edge = radius * np.clip(1 + 2 * bumps, 0.5, 1.6)
    return 1 - np.hypot(y, x) / edge


def _cell(rng: np.random.Generator, parasite: str) -> Template:
    """Paints a red cell, paler in the middle, with a parasite in it."""
    body = _disc(rng, (0, 0), rng.uniform(48, 56))
    grain = 3 * smooth(rng, body.shape, (2, 2))[..., None]
    pale = 0.45 * ramp(body, 0.3, 0.9)[..., None]
    rim = 14 * ramp(0.16 - body, 0, 0.14)[..., None]
    colours = CELL * (1 - pale) + SMEAR * pale + grain - rim
    stain = _parasite_stain(rng, parasite)
    stain = np.clip(stain, 0, 1)[..., None] * (1 + 0.05 * grain)
    colours = colours + np.clip(stain, 0, 1) * (STAIN - colours)
    return _template(colours, ramp(body, -0.05, 0.03))


def _parasite_stain(rng: np.random.Generator, parasite: str) -> Array:
    """Draws how deeply a parasite of this stage is stained at each pixel of the patch."""
    if parasite == "ring":
        ring = _disc(rng, (0.08, -0.06), 17)
        nucleus = ramp(_disc(rng, (0.19, -0.11), 6), 0, 0.3)
        return 0.75 * np.exp(-(((ring - 0.12) / 0.16) ** 2)) + nucleus
    if parasite == "trophozoite":
        body = ramp(_disc(rng, (-0.05, 0.06), 25, 0.25), 0, 0.3)
        nucleus = ramp(_disc(rng, (0.03, 0.1), 9), 0, 0.3)
        return 0.7 * body + 0.5 * nucleus
    stain: Array = np.zeros((PATCH, PATCH))
    for angle in np.arange(10) * 0.63:
        y = 0.13 * np.cos(angle) + rng.normal(0, 0.02)
        x = 0.13 * np.sin(angle) + rng.normal(0, 0.02)
        nucleus = ramp(_disc(rng, (y, x), 9), 0, 0.3)
        stain = np.maximum(stain, 0.85 * nucleus)
    return stain


def _artefact(rng: np.random.Generator, kind: str) -> Template:
    """Paints something stained that is no cell."""
    if kind == "smudge":
        cover = 0.75 * ramp(_disc(rng, (0, 0), 52, 0.2), 0, 0.7)
        colour = 0.45 * STAIN + 0.55 * CELL
        return _template(np.broadcast_to(colour, (*cover.shape, 3)), cover)
    if kind == "platelets":
        count = 7
        edge = 0.35
        colour = 0.7 * STAIN + 0.3 * CELL
    else:
        count = 3
        edge = 0.05
        colour = PIGMENT
    cover = np.zeros((PATCH, PATCH), np.float32)
    for _ in range(count):
        centre = (rng.normal(0, 0.11), rng.normal(0, 0.11))
        spot = _disc(rng, centre, rng.uniform(8, 20), 0.12)
        cover = np.maximum(cover, ramp(spot, -0.05, edge))
    grain = 9 * smooth(rng, cover.shape, (1.5, 1.5))[..., None]
    return _template(colour + grain, cover)


def _template(colours: Array, cover: Array) -> Template:
    on_smear = SMEAR + cover[..., None] * (colours - SMEAR)
    mask = largest_stain(on_smear[..., 1])
    return Template(colours.astype(np.float32), cover.astype(np.float32), mask)


def largest_stain(green: Array) -> NDArray[np.bool_]:
    """Marks the largest piece that Otsu's threshold tells from the ground, without holes."""
    # Dark nuclei are made paler, or they would draw the threshold to themselves.
    level = np.maximum(green, np.percentile(green, 95) - 60)
    pieces, count = label(binary_fill_holes(level < threshold_otsu(level)))
    if not count:
        return np.zeros(green.shape, bool)
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    return pieces == 1 + sizes.argmax()
