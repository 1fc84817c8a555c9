"""Histology in colour: one tissue in five slide scanners, and the templates of BBBC041."""

import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets import dataset
from harness.components.datasets.named.files import inside, root
from harness.data.files import open
from harness.data.files.lazy import Lazy
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
    "bbbc041": [
        {
            "url": "https://data.broadinstitute.org/bbbc/BBBC041/malaria.zip",
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
WHITE, TISSUE, TUMOUR = 0, 1, 2


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
) -> Scans:
    """MS-CCT, squamous cell carcinoma of dogs, 44 slides in five scanners A to E; groups are slides, 30/5/9 of them."""
    # The public slides are of low resolution, so the patch counts of paper 004 cannot be had from them.
    folder = root(home, "ms_cct")
    check_split("ms_cct", split, ("train", "validation", "test", "all"))
    kept = {"test": HELD_OUT, "validation": VALIDATION, "all": range(1, 45)}
    numbers = kept.get(split, [n for n in range(1, 45) if n not in (*HELD_OUT, *VALIDATION)])
    table = inside(folder, "scc.json")
    files = [inside(folder, f"scc_{n:02d}_{scanner}.tif") for n in numbers]
    parts = [
        images_of(open.stored_array(path, f"0/{level}" if level else ""), None) for path in files
    ]
    full = [images_of(open.stored_array(path)).shapes[0] for path in files]
    pixels = Lazy(lambda i: parts[i].read(0), [p.shapes[0] for p in parts], parts[0].dtype)
    shapes = _polygons(table, [p.name for p in files])
    scale = [part.shapes[0][1] / whole[1] for part, whole in zip(parts, full, strict=True)]
    masks = pixels.map(
        lambda image, i: _drawn(image, shapes[i], scale[i]), dtype=np.uint8, shape=lambda s: s[:2]
    )
    ids, slides = [p.stem for p in files], [f"scc_{n:02d}" for n in numbers]
    classes = ("background", "tissue", "tumour")
    sources = (*files, table)
    return Scans(
        open.with_checked_pixels(pixels, ids), masks, ids, ids, slides, classes, IGNORE, sources
    )


def _polygons(table: Path, names: list[str]) -> list[list[tuple[int, list[float]]]]:
    """(class, x y x y ...) of each slide, in the order in which they are drawn."""
    with explained_errors(
        table, "this is not the annotation table of MS-CCT (COCO: images, categories, annotations)"
    ):
        said = json.loads(table.read_text())
        images = {image["file_name"]: image["id"] for image in said["images"]}
        kinds = {kind["id"]: kind["name"] for kind in said["categories"]}
        drawn = [
            (a["image_id"], kinds[a["category_id"]], a["segmentation"]) for a in said["annotations"]
        ]
    strange = sorted({kind for _, kind, _ in drawn} - {*TUMOURS, *TISSUES, "Bg"})
    lost = [name for name in names if name not in images]
    if strange or lost:
        found = f"unknown classes: {first_few(strange) or 'none'}; slides that it does not know: {first_few(lost) or 'none'}"
        raise Refused(f"{table}: it is not the table of these slides ({found})")
    value = {**dict.fromkeys(TUMOURS, TUMOUR), **dict.fromkeys(TISSUES, TISSUE), "Bg": WHITE}
    rings = [(image, value[kind], ring) for image, kind, shape in drawn for ring in _rings(shape)]
    return [
        [(label, ring) for image, label, ring in rings if image == images[name]] for name in names
    ]


def _rings(shape: list[Any]) -> list[list[float]]:
    return shape if shape and isinstance(shape[0], list) else [shape]


def _drawn(
    image: NDArray[Any], polygons: list[tuple[int, list[float]]], scale: float
) -> NDArray[np.uint8]:
    """Annotated tissue and tumour; what is not annotated is background where it is white (Otsu), ignored where not."""
    from PIL import Image, ImageDraw
    from skimage.filters import threshold_otsu

    grey = image[..., :3].mean(-1)
    canvas = Image.fromarray(np.where(grey > threshold_otsu(grey), WHITE, IGNORE).astype(np.uint8))
    draw = ImageDraw.Draw(canvas)
    for label, ring in polygons:
        points = [(x * scale, y * scale) for x, y in zip(ring[::2], ring[1::2], strict=True)]
        if len(points) > 2:
            draw.polygon(points, fill=label)
    return np.asarray(canvas)


def bbbc041_boxes(home: Path) -> list[dict[str, Any]]:
    """BBBC041: {path, boxes: [(category, top, left, bottom, right)]} of each annotated picture; it has no masks."""
    folder = root(home, "bbbc041")
    found = []
    for part in ("training.json", "test.json"):
        table = inside(folder, part)
        with explained_errors(table, "this is not an annotation table of BBBC041"):
            for entry in json.loads(table.read_text()):
                path = table.parent / entry["image"]["pathname"].lstrip("/")
                found.append({"path": path, "boxes": [_box(thing) for thing in entry["objects"]]})
    return found


def _box(thing: dict[str, Any]) -> tuple[str, int, int, int, int]:
    low, high = thing["bounding_box"]["minimum"], thing["bounding_box"]["maximum"]
    return thing["category"], low["r"], low["c"], high["r"], high["c"]


def bbbc041_crops(
    home: Path, categories: tuple[str, ...], count: int, seed: int = 0
) -> list[NDArray[Any]]:
    """Some cells of these categories, cut from the pictures of BBBC041 along their boxes, as RGB."""
    boxes = [(entry["path"], box) for entry in bbbc041_boxes(home) for box in entry["boxes"]]
    known = sorted({box[0] for _, box in boxes})
    fitting = [(path, box) for path, box in boxes if box[0] in categories]
    if len(fitting) < count:
        raise Refused(
            f"BBBC041 holds {len(fitting)} cells of {first_few(categories)}; it knows {first_few(known, 12)}"
        )
    drawn = np.random.default_rng(seed).choice(len(fitting), count, replace=False)
    return [_cut(*fitting[i]) for i in drawn.tolist()]


def _cut(path: Path, box: tuple[str, int, int, int, int]) -> NDArray[Any]:
    _, top, left, bottom, right = box
    return images_of(open.stored_array(path)).read(0)[top:bottom, left:right, :3].copy()
