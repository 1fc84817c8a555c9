"""Synthetic blood smears with malaria after paper 004, section III-A: templates pasted at random places."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_fill_holes, distance_transform_cdt, gaussian_filter, label
from skimage.filters import threshold_otsu

from harness.components.datasets import dataset
from harness.components.datasets.named.malaria_cells import bbbc041_crops, bbbc041_pictures
from harness.components.datasets.phantoms.fields import Array, ramp, smooth, stream
from harness.data.files import open
from harness.data.files.stored import images_of
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import NAMES, check_split
from harness.spec.options import Count, Whole

CANVAS = 1500
MOST = 100  # cells in a picture
PATCH = 132  # pixels of the canvas that a drawn template takes
COLOURS = ([228, 214, 216], [198, 160, 178], [112, 62, 134], [62, 44, 58])
SMEAR, CELL, STAIN, PIGMENT = (np.array(c, np.float32) for c in COLOURS)


@dataclass(frozen=True)
class Template:
    """Something cut out: its colours, how opaque it is, and which pixels count as it."""

    colours: Array  # (h, w, 3)
    cover: Array  # (h, w), 0 to 1
    mask: NDArray[np.bool_]


@dataclass(frozen=True)
class Templates:
    """What a set of pictures is made of: one background, three cells, three artefacts."""

    background: NDArray[np.uint8]
    cells: list[Template]
    artefacts: list[Template]


@dataset(version=1, made=True, tasks=("cells",), splits=("train", "validation", "test"))
def malaria(
    split: str,
    home: Path,
    *,
    templates: Literal["drawn", "bbbc041"] = "drawn",
    images: Count = 40,
    size: Count = 256,
    seed: Whole = 0,
) -> Scans:
    """Synthetic malaria smears of paper 004 from drawn or real templates; other splits have a quarter as many."""
    # What the paper leaves open: cells turn by quarters and paste over each other, Otsu's threshold makes the masks,
    # areas are averaged on resizing and a mask's pixel counts from one half on. Every other picture is dense (51-100).
    check_split("malaria", split, NAMES)
    parts = _drawn(stream("malaria", seed)) if templates == "drawn" else _cut_out(home, seed)
    count = images if split == "train" else -(-images // 4)
    made = [
        _picture(stream("malaria", templates, split, seed, i), parts, bool(i % 2), size)
        for i in range(count)
    ]
    ids = [f"{split}-{i:04d}-{('low', 'high')[i % 2]}" for i in range(count)]
    pictures, masks = (np.stack(each) for each in zip(*made, strict=True))
    return Scans(pictures, masks, ids, ids, ids, classes=("background", "cell"))


def _picture(
    rng: np.random.Generator, parts: Templates, dense: bool, size: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """One picture of few or many cells and three artefacts, and its mask."""
    canvas = np.rot90(parts.background, int(rng.integers(4))).copy()
    mask = np.zeros((CANVAS, CANVAS), np.uint8)
    count = rng.integers(MOST // 2 + 1, MOST + 1) if dense else rng.integers(1, MOST // 2 + 1)
    for i in rng.integers(len(parts.cells), size=count):
        _paste(rng, canvas, mask, parts.cells[i], 255)
    for i in rng.integers(len(parts.artefacts), size=3):
        _paste(rng, canvas, mask, parts.artefacts[i], None)
    small = Image.fromarray(canvas).resize((size, size), Image.Resampling.BOX)
    truth = Image.fromarray(mask).resize((size, size), Image.Resampling.BOX)
    return np.asarray(small), (np.asarray(truth) > 127).astype(np.uint8)


def _paste(
    rng: np.random.Generator,
    canvas: NDArray[np.uint8],
    mask: NDArray[np.uint8],
    part: Template,
    value: int | None,
) -> None:
    turn = int(rng.integers(4))
    colours, cover, inside = (np.rot90(p, turn) for p in (part.colours, part.cover, part.mask))
    top, left = (int(rng.integers(0, CANVAS - n + 1)) for n in inside.shape)
    box = (slice(top, top + inside.shape[0]), slice(left, left + inside.shape[1]))
    blend = canvas[box] + cover[..., None] * (colours - canvas[box])
    canvas[box] = np.clip(np.rint(blend), 0, 255).astype(np.uint8)
    if value is not None:
        mask[box][inside] = value


def _drawn(rng: np.random.Generator) -> Templates:
    """Painted templates: a ring, a trophozoite and a schizont; platelets, dirt and a smudge of stain."""
    shape = (CANVAS, CANVAS)
    tone = (
        5 * smooth(rng, shape, (250, 250))
        + 2 * smooth(rng, shape, (12, 12))
        + 3 * smooth(rng, shape, (1.5, 1.5))
    )
    ground = SMEAR + tone[..., None] * np.array([0.7, 1.0, 0.8], np.float32)
    cells = [_cell(rng, parasite) for parasite in ("ring", "trophozoite", "schizont")]
    artefacts = [_artefact(rng, kind) for kind in ("platelets", "dirt", "smudge")]
    return Templates(np.clip(ground, 0, 255).astype(np.uint8), cells, artefacts)


def _disc(
    rng: np.random.Generator, place: tuple[float, float], radius: float, rough: float = 0.05
) -> Array:
    """Pixels inside the edge of an uneven disc, as seen from its middle: 1 there, 0 on the edge, negative outside."""
    y, x = (p - PATCH / 2 - c * PATCH for p, c in zip(np.ogrid[:PATCH, :PATCH], place, strict=True))
    angle = np.arctan2(y, x)
    bumps = sum(
        rough * rng.normal() / k * np.cos(k * angle + rng.uniform(0, 6.3)) for k in (1, 2, 3, 5)
    )
    return 1 - np.hypot(y, x) / (radius * np.clip(1 + 2 * bumps, 0.5, 1.6))


def _cell(rng: np.random.Generator, parasite: str) -> Template:
    """A red cell, paler in the middle, with a parasite in it."""
    body = _disc(rng, (0, 0), rng.uniform(48, 56))
    grain = 3 * smooth(rng, body.shape, (2, 2))[..., None]
    pale = 0.45 * ramp(body, 0.3, 0.9)[..., None]
    colours = CELL * (1 - pale) + SMEAR * pale + grain - 14 * ramp(0.16 - body, 0, 0.14)[..., None]
    stain = np.zeros_like(body)
    if parasite == "ring":
        ring = _disc(rng, (0.08, -0.06), 17)
        stain = 0.75 * np.exp(-(((ring - 0.12) / 0.16) ** 2)) + ramp(
            _disc(rng, (0.19, -0.11), 6), 0, 0.3
        )
    elif parasite == "trophozoite":
        stain = 0.7 * ramp(_disc(rng, (-0.05, 0.06), 25, 0.25), 0, 0.3) + 0.5 * ramp(
            _disc(rng, (0.03, 0.1), 9), 0, 0.3
        )
    else:
        for angle in np.arange(10) * 0.63:
            place = (
                0.13 * np.cos(angle) + rng.normal(0, 0.02),
                0.13 * np.sin(angle) + rng.normal(0, 0.02),
            )
            stain = np.maximum(stain, 0.85 * ramp(_disc(rng, place, 9), 0, 0.3))
    stain = np.clip(stain, 0, 1)[..., None] * (1 + 0.05 * grain)
    return _template(colours + np.clip(stain, 0, 1) * (STAIN - colours), ramp(body, -0.05, 0.03))


def _artefact(rng: np.random.Generator, kind: str) -> Template:
    """Something stained that is no cell."""
    if kind == "smudge":
        cover = 0.75 * ramp(_disc(rng, (0, 0), 52, 0.2), 0, 0.7)
        return _template(np.broadcast_to(0.45 * STAIN + 0.55 * CELL, (*cover.shape, 3)), cover)
    cover = np.zeros((PATCH, PATCH), np.float32)
    for _ in range(7 if kind == "platelets" else 3):
        place = (rng.normal(0, 0.11), rng.normal(0, 0.11))
        spot = _disc(rng, place, rng.uniform(8, 20), 0.12)
        cover = np.maximum(cover, ramp(spot, -0.05, 0.35 if kind == "platelets" else 0.05))
    colour = 0.7 * STAIN + 0.3 * CELL if kind == "platelets" else PIGMENT
    grain = 9 * smooth(rng, cover.shape, (1.5, 1.5))[..., None]
    return _template(colour + grain, cover)


def _template(colours: Array, cover: Array) -> Template:
    shown = SMEAR + cover[..., None] * (colours - SMEAR)
    return Template(colours.astype(np.float32), cover.astype(np.float32), _stained(shown[..., 1]))


def _stained(green: Array) -> NDArray[np.bool_]:
    """The largest piece that Otsu's threshold tells from the ground, without holes."""
    level = np.maximum(
        green, np.percentile(green, 95) - 60
    )  # or a dark nucleus draws the threshold to itself
    pieces, count = label(binary_fill_holes(level < threshold_otsu(level)))
    sizes = np.bincount(pieces.ravel(), minlength=count + 1)[1:]
    return pieces == 1 + sizes.argmax() if count else np.zeros(green.shape, bool)


def _cut_out(home: Path, seed: int) -> Templates:
    """Templates from BBBC041: a picture's emptiest square, three of its cells, and three artefacts."""
    other = ("leukocyte", "difficult")
    entries = [e for e in bbbc041_pictures(home) if sum(b[0] not in other for b in e.boxes) >= 3]
    if not entries:
        raise Refused(
            "bbbc041: no picture has three annotated cells; run `harness data check bbbc041`"
        )
    rng = stream("malaria", "bbbc041", seed)
    entry = entries[int(rng.integers(len(entries)))]
    picture = images_of(open.stored_array(entry.path)).read(0)[..., :3]
    boxes = [b[1:] for b in entry.boxes if b[0] not in other]
    chosen = [boxes[i] for i in rng.choice(len(boxes), 3, replace=False)]
    cells = [_real(picture[top:bottom, left:right]) for top, left, bottom, right in chosen]
    artefacts = [_real(crop) for crop in bbbc041_crops(home, other, 3, seed)]
    return Templates(_emptiest(picture, [b[1:] for b in entry.boxes]), cells, artefacts)


def _real(crop: NDArray[Any]) -> Template:
    mask = _stained(crop[..., 1].astype(np.float32))
    return Template(crop.astype(np.float32), gaussian_filter(mask.astype(np.float32), 1.0), mask)


def _emptiest(
    picture: NDArray[np.uint8], boxes: list[tuple[int, int, int, int]]
) -> NDArray[np.uint8]:
    """The largest square without a box, at the size of the canvas."""
    free = np.ones(picture.shape[:2], bool)
    for top, left, bottom, right in boxes:
        free[top:bottom, left:right] = False
    room = distance_transform_cdt(np.pad(free, 1), "chessboard")[1:-1, 1:-1]
    y, x = np.unravel_index(room.argmax(), room.shape)
    reach = max(int(room.max()) - 1, 1)
    square = Image.fromarray(picture[y - reach : y + reach + 1, x - reach : x + reach + 1])
    return np.asarray(square.resize((CANVAS, CANVAS), Image.Resampling.BICUBIC))
