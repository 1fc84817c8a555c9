"""Annotated cells of BBBC041, blood smears with malaria: boxes without masks, for templates."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets.named.files import dataset_folder, find_inside
from harness.data.files import open
from harness.data.files.stored import images_of
from harness.data.refused import Refused, explained_errors, first_few

SOURCES = {
    "bbbc041": [
        {
            "url": "https://data.broadinstitute.org/bbbc/BBBC041/malaria.zip",
            "unpack": "zip",
            "sha256": None,
        }
    ],
}


class CellBox(NamedTuple):
    """An annotated cell of a picture: its category and its edges in pixels."""

    category: str
    top: int
    left: int
    bottom: int
    right: int


@dataclass(frozen=True)
class AnnotatedPicture:
    """A picture of BBBC041 and the boxes of all its cells."""

    path: Path
    boxes: list[CellBox]
    table: Path  # the file that holds the boxes


@dataclass(frozen=True)
class CellCrop:
    """A cell cut from a picture, and the files that it comes from."""

    pixels: NDArray[Any]
    path: Path
    table: Path


def bbbc041_pictures(home: Path) -> list[AnnotatedPicture]:
    """The annotated pictures of BBBC041, which has no masks."""
    folder = dataset_folder(home, "bbbc041")
    pictures = []
    for name in ("training.json", "test.json"):
        table = find_inside(folder, name)
        with explained_errors(table, "this is not an annotation table of BBBC041"):
            for entry in json.loads(table.read_text()):
                path = table.parent / entry["image"]["pathname"].lstrip("/")
                boxes = [_read_box(cell) for cell in entry["objects"]]
                pictures.append(AnnotatedPicture(path, boxes, table))
    return pictures


def _read_box(cell: dict[str, Any]) -> CellBox:
    """A cell as the table writes it: rows and columns of two corners."""
    low = cell["bounding_box"]["minimum"]
    high = cell["bounding_box"]["maximum"]
    return CellBox(cell["category"], low["r"], low["c"], high["r"], high["c"])


def bbbc041_crops(
    home: Path,
    categories: tuple[str, ...],
    count: int,
    seed: int = 0,
) -> list[CellCrop]:
    """Some cells of these categories, cut from the pictures of BBBC041 along their boxes, as
    RGB.
    """
    cells = []
    all_categories = set()
    for picture in bbbc041_pictures(home):
        for box in picture.boxes:
            all_categories.add(box.category)
            if box.category in categories:
                cells.append((picture, box))
    if len(cells) < count:
        problem = f"BBBC041 holds {len(cells)} cells of {first_few(categories)}"
        raise Refused(f"{problem}; it knows {first_few(sorted(all_categories), 12)}")
    drawn = np.random.default_rng(seed).choice(len(cells), count, replace=False)
    crops = []
    for index in drawn.tolist():
        picture, box = cells[index]
        pixels = images_of(open.stored_array(picture.path)).read(0)
        crop = pixels[box.top : box.bottom, box.left : box.right, :3].copy()
        crops.append(CellCrop(crop, picture.path, picture.table))
    return crops
