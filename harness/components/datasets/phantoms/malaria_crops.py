"""Templates of blood smears that are cut from the pictures of BBBC041."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_cdt, gaussian_filter

from harness.components.datasets.named.malaria_cells import (
    AnnotatedPicture,
    CellBox,
    bbbc041_crops,
    bbbc041_pictures,
)
from harness.components.datasets.phantoms.fields import stream
from harness.components.datasets.phantoms.malaria_templates import (
    CANVAS,
    Template,
    Templates,
    largest_stain,
)
from harness.data.files import open
from harness.data.files.stored import images_of
from harness.data.refused import Refused

NO_CELLS = ("leukocyte", "difficult")  # categories of BBBC041 that serve as artefacts


def cut_templates(
    home: Path, seed: int, categories: Sequence[str] = (), *, one_picture: bool = False
) -> tuple[Templates, tuple[Path, ...]]:
    """Cuts templates from BBBC041: a picture's emptiest square, three of its cells, artefacts.

    The cells are of these categories, of any where none is named. Artefacts come from all pictures,
    or from the same one. The files that all are cut from come with them.
    """
    pictures = _pictures_to_cut(home, categories, one_picture)
    rng = stream("malaria", "bbbc041", seed)
    picture = pictures[int(rng.integers(len(pictures)))]
    pixels = images_of(open.stored_array(picture.path)).read(0)[..., :3]
    boxes = _cells_of(picture.boxes, categories)
    cells = []
    for i in rng.choice(len(boxes), 3, replace=False):
        cells.append(_template_of_crop(_inside(pixels, boxes[i])))
    files = {picture.table, picture.path}
    artefacts = []
    if one_picture:
        strange = _artefacts_of(picture.boxes)
        count = min(3, len(strange))
        for i in rng.choice(len(strange), count, replace=False):
            artefacts.append(_template_of_crop(_inside(pixels, strange[i])))
    else:
        for cut in bbbc041_crops(home, NO_CELLS, 3, seed):
            artefacts.append(_template_of_crop(cut.pixels))
            files.update((cut.table, cut.path))
    background = _emptiest_square(pixels, picture.boxes)
    return Templates(background, cells, artefacts), tuple(sorted(files))


def _pictures_to_cut(
    home: Path, categories: Sequence[str], one_picture: bool
) -> list[AnnotatedPicture]:
    """The pictures with three such cells; where all is cut from one, those with the most artefacts
    of three, and at least one.
    """
    pictures = []
    for picture in bbbc041_pictures(home):
        if len(_cells_of(picture.boxes, categories)) >= 3:
            pictures.append(picture)
    kind = f" of {', '.join(categories)}" if categories else ""
    if not pictures:
        raise Refused(
            f"bbbc041: no picture has three annotated cells{kind}; run `harness data check bbbc041`"
        )
    if not one_picture:
        return pictures
    counts = [min(3, len(_artefacts_of(picture.boxes))) for picture in pictures]
    if not max(counts):
        raise Refused(
            f"bbbc041: no picture with three annotated cells{kind} has an artefact too; "
            "say `one_picture: false`"
        )
    most = max(counts)
    return [picture for picture, count in zip(pictures, counts, strict=True) if count == most]


def _inside(pixels: NDArray[Any], box: CellBox) -> NDArray[Any]:
    """What a box holds."""
    return pixels[box.top : box.bottom, box.left : box.right]


def _template_of_crop(crop: NDArray[Any]) -> Template:
    mask = largest_stain(crop[..., 1].astype(np.float32))
    cover = gaussian_filter(mask.astype(np.float32), 1.0)
    return Template(crop.astype(np.float32), cover, mask)


def _emptiest_square(picture: NDArray[np.uint8], boxes: list[CellBox]) -> NDArray[np.uint8]:
    """Returns the largest square without a box, at the size of the canvas."""
    free = np.ones(picture.shape[:2], bool)
    for box in boxes:
        free[box.top : box.bottom, box.left : box.right] = False
    room = distance_transform_cdt(np.pad(free, 1), "chessboard")[1:-1, 1:-1]
    y, x = np.unravel_index(room.argmax(), room.shape)
    reach = max(int(room.max()) - 1, 1)
    square = Image.fromarray(picture[y - reach : y + reach + 1, x - reach : x + reach + 1])
    return np.asarray(square.resize((CANVAS, CANVAS), Image.Resampling.BICUBIC))


def _cells_of(boxes: list[CellBox], categories: Sequence[str] = ()) -> list[CellBox]:
    """Returns the boxes that hold a cell which may serve as a template: one of these categories."""
    cells = [box for box in boxes if box.category not in NO_CELLS]
    if categories:
        cells = [box for box in cells if box.category in categories]
    return cells


def _artefacts_of(boxes: list[CellBox]) -> list[CellBox]:
    """Returns the boxes that hold what may serve as an artefact."""
    return [box for box in boxes if box.category in NO_CELLS]
