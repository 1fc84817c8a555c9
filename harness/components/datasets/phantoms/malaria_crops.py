"""Templates of blood smears that are cut from the pictures of BBBC041."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_cdt, gaussian_filter

from harness.components.datasets.named.malaria_cells import bbbc041_crops, bbbc041_pictures
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
Corners = tuple[int, int, int, int]  # top, left, bottom, right


def cut_templates(home: Path, seed: int) -> Templates:
    """Cuts templates from BBBC041: a picture's emptiest square, three of its cells, artefacts."""
    entries = [entry for entry in bbbc041_pictures(home) if len(_cells_of(entry.boxes)) >= 3]
    if not entries:
        raise Refused(
            "bbbc041: no picture has three annotated cells; run `harness data check bbbc041`"
        )
    rng = stream("malaria", "bbbc041", seed)
    entry = entries[int(rng.integers(len(entries)))]
    picture = images_of(open.stored_array(entry.path)).read(0)[..., :3]
    boxes = _cells_of(entry.boxes)
    cells = []
    for i in rng.choice(len(boxes), 3, replace=False):
        top, left, bottom, right = boxes[i]
        cells.append(_template_of_crop(picture[top:bottom, left:right]))
    artefacts = [_template_of_crop(crop) for crop in bbbc041_crops(home, NO_CELLS, 3, seed)]
    background = _emptiest_square(picture, [box[1:] for box in entry.boxes])
    return Templates(background, cells, artefacts)


def _template_of_crop(crop: NDArray[Any]) -> Template:
    mask = largest_stain(crop[..., 1].astype(np.float32))
    cover = gaussian_filter(mask.astype(np.float32), 1.0)
    return Template(crop.astype(np.float32), cover, mask)


def _emptiest_square(picture: NDArray[np.uint8], boxes: list[Corners]) -> NDArray[np.uint8]:
    """Returns the largest square without a box, at the size of the canvas."""
    free = np.ones(picture.shape[:2], bool)
    for top, left, bottom, right in boxes:
        free[top:bottom, left:right] = False
    room = distance_transform_cdt(np.pad(free, 1), "chessboard")[1:-1, 1:-1]
    y, x = np.unravel_index(room.argmax(), room.shape)
    reach = max(int(room.max()) - 1, 1)
    square = Image.fromarray(picture[y - reach : y + reach + 1, x - reach : x + reach + 1])
    return np.asarray(square.resize((CANVAS, CANVAS), Image.Resampling.BICUBIC))


def _cells_of(boxes: Iterable[tuple[str, int, int, int, int]]) -> list[Corners]:
    """Returns the corners of the boxes that hold a cell which may serve as a template."""
    corners = []
    for category, top, left, bottom, right in boxes:
        if category not in NO_CELLS:
            corners.append((top, left, bottom, right))
    return corners
