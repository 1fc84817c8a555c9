"""Fluorescence microscopy of nuclei from the BioImage Archive: single pictures."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.components.datasets import dataset
from harness.components.datasets.named.files import dataset_folder, find_inside, pictures_in
from harness.components.datasets.named.fluorescence import Task
from harness.components.datasets.named.pairs import (
    Pair,
    folders_of_split,
    open_pairs,
    pair_by_stem,
)
from harness.data.masks import with_objects
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import check_split

Numbers = dict[str, Iterable[int]]  # of the pictures of each kind of tissue


@dataclass(frozen=True)
class Part895:
    """How the folders of a part of S-BIAD895 are called, in either archive, and what it holds."""

    long_name: str
    short_name: str
    count: int


# The lists of paper 001's repository for S-BIAD634; Ganglioneuroblastoma_5 does not exist.
TRAIN_634: Numbers = {
    "Ganglioneuroblastoma": range(4),
    "Neuroblastoma": range(12),
    "normal": range(26),
}
TEST_634: Numbers = {
    "Ganglioneuroblastoma": (4, *range(6, 11)),
    "Neuroblastoma": range(12, 18),
    "normal": range(26, 41),
    "otherspecimen": range(10),
}
# The masks of these two are copies of that of image1 and do not lie on their pictures.
COPIES_895 = ("XY1562686096_Z0_T00_C1-1-image7", "XY1562686096_Z0_T00_C1-1-image14")
PARTS_895 = {
    "train": Part895("Training", "Train", 45),
    "test": Part895("Test", "Test", 2),
}


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC BY 4.0",
    citation="S-BIAD895; original: Zenodo, doi 10.5281/zenodo.3715492",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD895",
    papers=("consistency-ranking",),
)
def sbiad895(split: str, home: Path, *, task: Task = "nuclei", copies: bool = False) -> Scans:
    """S-BIAD895, DCIS.COM nuclei, 45 + 2 pictures; two with another picture's mask are left out
    unless `copies`.
    """
    # Paper 001 evaluates on the training folder, since two test pictures are too few: test_on with
    # split: train.
    folder = dataset_folder(home, "sbiad895")
    check_split("sbiad895", split, (*PARTS_895, "all"))
    pairs: list[Pair] = []
    for name, part in PARTS_895.items():
        if split not in (name, "all"):
            continue
        image_folder = find_inside(folder, f"{part.long_name} - Images", f"{part.short_name}/Raw")
        images = pictures_in(image_folder, (".tif",))
        mask_folder = find_inside(folder, f"{part.long_name} - Masks", f"{part.short_name}/Masks")
        masks = pictures_in(mask_folder, (".tif",))
        if len(images) != part.count:
            difference = f"{len(images)} pictures, there should be 45 and 2"
            raise Refused(f"{image_folder}: {difference}; fetch it again")
        pairs += pair_by_stem(images, masks)
    if not copies:
        pairs = [pair for pair in pairs if not pair.name.endswith(COPIES_895)]
    scans, truth = open_pairs(pairs)
    return with_objects(scans, truth, task, "nucleus")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC0",
    citation="Kromp et al., Scientific Data 7 (2020), doi 10.1038/s41597-020-00608-w (S-BSST265)",
    url="https://www.ebi.ac.uk/biostudies/studies/S-BSST265",
    papers=("consistency-ranking",),
)
def sbiad634(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """S-BIAD634 (S-BSST265), nuclei of normal and cancer samples, 42 + 37 pictures as in paper
    001.
    """
    folder = dataset_folder(home, "sbiad634")
    images = find_inside(folder, "rawimages")
    masks = find_inside(folder, "groundtruth")
    tables = {"train": TRAIN_634, "test": TEST_634}
    pairs = []
    for part in folders_of_split("sbiad634", split, {"train": "train", "test": "test"}):
        for kind, numbers in tables[part].items():
            for number in numbers:
                name = f"{kind}_{number}"
                pairs.append(Pair(name, images / f"{name}.tif", masks / f"{name}.tif"))
    scans, truth = open_pairs(pairs, channel=0)
    return with_objects(scans, truth, task, "nucleus")
