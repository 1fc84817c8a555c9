"""Templates of blood smears that are cut from the pictures of BBBC041."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import distance_transform_cdt, gaussian_filter

from harness.components.datasets.named.malaria_cells import (
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


def cut_templates(home: Path, seed: int) -> tuple[Templates, tuple[Path, ...]]:
    """Cuts templates from BBBC041: a picture's emptiest square, three of its cells, artefacts.

    The files that they are cut from come with them.
    """
    pictures = [picture for picture in bbbc041_pictures(home) if len(_cells_of(picture.boxes)) >= 3]
    if not pictures:
        raise Refused(
            "bbbc041: no picture has three annotated cells; run `harness data check bbbc041`"
        )
    rng = stream("malaria", "bbbc041", seed)
    picture = pictures[int(rng.integers(len(pictures)))]
    pixels = images_of(open.stored_array(picture.path)).read(0)[..., :3]
    boxes = _cells_of(picture.boxes)
    cells = []
    for i in rng.choice(len(boxes), 3, replace=False):
        box = boxes[i]
        crop = pixels[box.top : box.bottom, box.left : box.right]
        cells.append(_template_of_crop(crop))
    crops = bbbc041_crops(home, NO_CELLS, 3, seed)
    artefacts = [_template_of_crop(cut.pixels) for cut in crops]
    background = _emptiest_square(pixels, picture.boxes)
    files = {picture.table, picture.path}
    for cut in crops:
        files.update((cut.table, cut.path))
    return Templates(background, cells, artefacts), tuple(sorted(files))


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


def _cells_of(boxes: list[CellBox]) -> list[CellBox]:
    """Returns the boxes that hold a cell which may serve as a template."""
    return [box for box in boxes if box.category not in NO_CELLS]
