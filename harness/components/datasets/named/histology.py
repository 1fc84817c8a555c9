"""Histology in colour: one tissue in five slide scanners, annotated by polygons."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets import dataset
from harness.components.datasets.named.files import dataset_folder, find_inside, first_images
from harness.data.files import open
from harness.data.files.stored import images_of
from harness.data.masks import IGNORE
from harness.data.refused import Refused, explained_errors, first_few
from harness.data.scans import Scans
from harness.data.splits import check_split
from harness.spec.options import Whole

SOURCES = {
    # The record holds 220 slides of their own and scc.json; its archive is packed on demand.
    "ms_cct": [
        {
            "url": "https://zenodo.org/api/records/7418555/files-archive",
            "unpack": "zip",
            "sha256": None,
        }
    ],
}
# Paper 004 holds nine of 44 slides out; these lists are those of the data set's own repository.
HELD_OUT = (7, 8, 10, 11, 16, 32, 33, 34, 44)
VALIDATION = (3, 9, 25, 26, 37)
TUMOURS = (
    "Melanoma",
    "Plasmacytoma",
    "Mast Cell Tumor",
    "PNST",
    "SCC",
    "Trichoblastoma",
    "Histiocytoma",
)
TISSUES = ("Bone", "Cartilage", "Dermis", "Epidermis", "Subcutis", "Inflamm/Necrosis")
UNCLEAR = ("Bone", "Cartilage", "Inflamm/Necrosis")  # the authors' sampler leaves them out
BACKGROUND = "Bg"
WHITE = 0
TISSUE = 1
TUMOUR = 2
LABEL_OF_CATEGORY = {
    **dict.fromkeys(TUMOURS, TUMOUR),
    **dict.fromkeys(TISSUES, TISSUE),
    BACKGROUND: WHITE,
}


@dataclass(frozen=True)
class Polygon:
    """An outline x, y, x, y, ... on a slide, and the label inside it."""

    label: int
    outline: list[float]


@dataclass(frozen=True)
class Annotation:
    """An annotated shape as the table of MS-CCT holds it: one outline, or a list of them."""

    image: int
    category: str
    shape: list[Any]

    @property
    def outlines(self) -> list[list[float]]:
        if self.shape and isinstance(self.shape[0], list):
            return self.shape
        return [self.shape]


@dataset(
    tasks=("tumour",),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",
    citation="Wilm et al., arXiv 2301.04423, doi 10.5281/zenodo.7418554",
    url="https://zenodo.org/records/7418555",
    papers=("skip-pruning",),
)
def ms_cct(
    split: str,
    home: Path,
    *,
    scanner: Literal["cs2", "nz210", "nz20", "p1000", "gt450"] = "cs2",
    level: Whole = 0,
    unclear: Literal["tissue", "ignored"] = "tissue",
) -> Scans:
    """MS-CCT, squamous cell carcinoma of dogs, 44 slides in five scanners A to E; groups are
    slides, 30/5/9 of them.

    Bone, cartilage and inflammation are tissue, or `ignored`.
    """
    # The public slides are of low resolution, so the patch counts of paper 004 cannot be had from
    # them. What is transparent on a slide is white, as the authors' public code has it.
    folder = dataset_folder(home, "ms_cct")
    check_split("ms_cct", split, ("train", "validation", "test", "all"))
    numbers = _slides_of_split(split)
    table = find_inside(folder, "scc.json")
    files = [find_inside(folder, f"scc_{number:02d}_{scanner}.tif") for number in numbers]
    key = f"0/{level}" if level else ""
    slides = [images_of(open.stored_array(file, key)) for file in files]
    scales = []
    for file, slide in zip(files, slides, strict=True):
        full_width = images_of(open.stored_array(file)).shapes[0][1]
        scales.append(slide.shapes[0][1] / full_width)
    pixels = first_images(slides)
    labels = dict(LABEL_OF_CATEGORY)
    if unclear == "ignored":
        labels.update(dict.fromkeys(UNCLEAR, IGNORE))
    polygons = _read_polygons(table, [file.name for file in files], labels)
    pixels = pixels.map(_on_white)

    def draw(image: NDArray[Any], index: int) -> NDArray[np.uint8]:
        return _draw_labels(image, polygons[index], scales[index])

    masks = pixels.map(draw, dtype=np.uint8, shape=lambda shape: shape[:2])
    ids = [file.stem for file in files]
    return Scans(
        open.with_checked_pixels(pixels, ids),
        masks,
        ids,
        ids,
        groups=[f"scc_{number:02d}" for number in numbers],
        classes=("background", "tissue", "tumour"),
        ignore=IGNORE,
        sources=(*files, table),
    )


def _slides_of_split(split: str) -> Sequence[int]:
    """The numbers of the slides of a split; what is neither held out nor validates is for
    training.
    """
    if split == "test":
        return HELD_OUT
    if split == "validation":
        return VALIDATION
    every_slide = range(1, 45)
    if split == "all":
        return every_slide
    return [slide for slide in every_slide if slide not in (*HELD_OUT, *VALIDATION)]


def _on_white(image: NDArray[Any], _: int) -> NDArray[Any]:
    """A slide on white where it is transparent, and opaque everywhere."""
    if image.ndim < 3 or image.shape[2] != 4:
        return image
    opaque = np.iinfo(image.dtype).max
    flat = np.full_like(image, opaque)
    share = image[..., 3:] / opaque
    colours = image[..., :3] * share
    white = opaque * (1 - share)
    flat[..., :3] = np.rint(colours + white)
    return flat


def _read_polygons(table: Path, names: list[str], labels: dict[str, int]) -> list[list[Polygon]]:
    """The polygons of each slide, in the order in which they are drawn."""
    advice = "this is not the annotation table of MS-CCT (COCO: images, categories, annotations)"
    annotations = []
    with explained_errors(table, advice):
        content = json.loads(table.read_text())
        image_of_name = {image["file_name"]: image["id"] for image in content["images"]}
        categories = {entry["id"]: entry["name"] for entry in content["categories"]}
        for entry in content["annotations"]:
            category = categories[entry["category_id"]]
            annotations.append(Annotation(entry["image_id"], category, entry["segmentation"]))
    _check_table(table, annotations, [name for name in names if name not in image_of_name])
    polygons_of_image: dict[int, list[Polygon]] = {}
    for annotation in annotations:
        label = labels[annotation.category]
        polygons = polygons_of_image.setdefault(annotation.image, [])
        polygons += [Polygon(label, outline) for outline in annotation.outlines]
    return [polygons_of_image.get(image_of_name[name], []) for name in names]


def _check_table(table: Path, annotations: list[Annotation], missing: list[str]) -> None:
    """Refuses a table with classes of another data set, or without some of the slides."""
    categories = {annotation.category for annotation in annotations}
    strange = sorted(categories - set(LABEL_OF_CATEGORY))
    if strange or missing:
        unknown_classes = first_few(strange) or "none"
        unknown_slides = first_few(missing) or "none"
        raise Refused(
            f"{table}: it is not the table of these slides (unknown classes: {unknown_classes}; "
            f"slides that it does not know: {unknown_slides})"
        )


def _draw_labels(image: NDArray[Any], polygons: list[Polygon], scale: float) -> NDArray[np.uint8]:
    """Annotated tissue and tumour on a slide.

    What is not annotated is background where it is white (Otsu), and ignored where it is not.
    """
    from PIL import Image, ImageDraw
    from skimage.filters import threshold_otsu

    grey = image[..., :3].mean(-1)
    is_white = grey > threshold_otsu(grey)
    canvas = Image.fromarray(np.where(is_white, WHITE, IGNORE).astype(np.uint8))
    draw = ImageDraw.Draw(canvas)
    for polygon in polygons:
        columns = polygon.outline[::2]
        rows = polygon.outline[1::2]
        points = [(x * scale, y * scale) for x, y in zip(columns, rows, strict=True)]
        if len(points) > 2:
            draw.polygon(points, fill=polygon.label)
    return np.asarray(canvas)
