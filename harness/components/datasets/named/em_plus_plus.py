"""Electron microscopy: mitochondria that Casser et al. labelled again, Lucchi++ and Kasthuri++."""

from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    Volume,
    check_masks_fit,
    dataset_folder,
    expect_shape,
    find_inside,
    join_volumes,
    pictures_in,
    slice_names,
    slices_of_split,
)
from harness.data.files import open
from harness.data.masks import IGNORE, as_classes
from harness.data.scans import Scans
from harness.data.splits import check_split, select

SOURCES = {
    "lucchi_pp": [
        {
            "url": "http://www.casser.io/files/lucchi_pp.zip",
            "unpack": "zip",
            "sha256": "770ce9e98fc6f29c1b1a250c637e6c5125f2b5f1260e5a7687b55a79e2e8844d",
        }
    ],
    "kasthuri_pp": [
        {
            "url": "http://www.casser.io/files/kasthuri_pp.zip",
            "unpack": "zip",
            "sha256": "bbb78fd205ec9b57feb8f93ebbdf1666261cbc3e0305e7f11583ab5157a3d792",
        }
    ],
}

MITOCHONDRIA = ("background", "mitochondria")
LUCCHI_SHAPE = (165, 768, 1024)
OFFICIAL = ("train", "test", "all")
Cuts = Literal["tenth", "official"]

# The sets have no validation part. Where source_validation is to pick, the last tenth of the
# training sections is one: together, so that no section is trained on and its neighbour asked.
TENTHS = {
    "lucchi_pp": {"train": (0, 148), "validation": (148, 165), "test": (165, 330)},
    "kasthuri_pp": {"train": (0, 76), "validation": (76, 85), "test": (85, 160)},
}


def _open_plus_plus(
    name: str,
    split: str,
    home: Path,
    cuts: Cuts,
    *,
    shapes: dict[str, tuple[int, int, int]],
    outside: int | None = None,
) -> Scans:
    """One of the re-labelled sets, whole or cut; masks hold `outside` where there is no tissue."""
    if cuts == "official":
        check_split(name, split, OFFICIAL)
        return _join_parts(name, split, home, shapes=shapes, outside=outside)
    count = sum(depth for depth, _, _ in shapes.values())
    slices = slices_of_split(name, TENTHS[name], split, count)
    return select(_join_parts(name, "all", home, shapes=shapes, outside=outside), slices)


def _join_parts(
    name: str,
    split: str,
    home: Path,
    *,
    shapes: dict[str, tuple[int, int, int]],
    outside: int | None,
) -> Scans:
    """The training volume of a set, its test volume or both.

    Train is train and Test is test (one popular loader swaps the two).
    """
    folder = dataset_folder(home, name)
    volumes: list[Volume] = []
    sources: list[Path] = []
    for part in ("train", "test"):
        if split not in (part, "all"):
            continue
        image_files = pictures_in(find_inside(folder, f"{part.title()}_In"), (".png", ".tif"))
        mask_files = pictures_in(find_inside(folder, f"{part.title()}_Out"), (".png", ".tif"))
        images = open.series(image_files)
        masks = open.series(mask_files)
        depth, *size = shapes[part]
        # Which of the two sides is y is not said everywhere; the number of sections is.
        if images.shapes[0][0] != size[0]:
            size.reverse()
        expect_shape(image_files[0].parent, images, (depth, *size))
        check_masks_fit(mask_files[0].parent, images, masks)
        labels = as_classes(masks, slice_names(part, depth), {0: 0, 255: 1}, ignore=outside)
        volumes.append(Volume(part, images, labels))
        sources += [*image_files, *mask_files]
    ignore_label = None if outside is None else IGNORE
    return join_volumes(volumes, sources, classes=MITOCHONDRIA, ignore=ignore_label)


@dataset(
    tasks=("mitochondria",),
    splits=("train", "validation", "test", "all"),
    resolution="5 x 5 x 5 nm",
    licence="none stated",
    citation="Casser et al., MIDL 2020, arXiv 1812.06024",
    url="http://www.casser.io/files/lucchi_pp.zip",
    papers=("domain-adaptation",),
)
def lucchi_pp(split: str, home: Path, *, cuts: Cuts = "tenth") -> Scans:
    """Lucchi++, the re-labelled mitochondria of Lucchi, 165 + 165 sections of 768 x 1024; the last
    17 for training validate, unless `cuts` is `official`.
    """
    shapes = {
        "train": LUCCHI_SHAPE,
        "test": LUCCHI_SHAPE,
    }
    return _open_plus_plus("lucchi_pp", split, home, cuts, shapes=shapes)


@dataset(
    tasks=("mitochondria",),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 3 x 3 nm",
    licence="none stated",
    citation="Casser et al., MIDL 2020, arXiv 1812.06024; Kasthuri et al., Cell 162 (2015)",
    url="http://www.casser.io/files/kasthuri_pp.zip",
    papers=("domain-adaptation",),
)
def kasthuri_pp(split: str, home: Path, *, cuts: Cuts = "tenth") -> Scans:
    """Kasthuri++, mitochondria of mouse cortex, 85 + 75 sections, the last 9 for training validate;
    what lies outside the tissue (2) is ignored.
    """
    shapes = {
        "train": (85, 1463, 1613),
        "test": (75, 1334, 1553),
    }
    return _open_plus_plus("kasthuri_pp", split, home, cuts, shapes=shapes, outside=2)
