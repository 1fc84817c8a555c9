"""Fluorescence microscopy of nuclei from the BioImage Archive: single pictures."""

from collections.abc import Iterable
from pathlib import Path

from harness.components.datasets import dataset
from harness.components.datasets.named.files import inside, pictures_in, root
from harness.components.datasets.named.fluorescence import Task, by_stem, parts_of, pictures
from harness.data.masks import with_objects
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import check_split

# The lists of paper 001's repository for S-BIAD634; Ganglioneuroblastoma_5 does not exist.
TRAIN_634 = {"Ganglioneuroblastoma": range(4), "Neuroblastoma": range(12), "normal": range(26)}
TEST_634 = {
    "Ganglioneuroblastoma": (4, *range(6, 11)),
    "Neuroblastoma": range(12, 18),
    "normal": range(26, 41),
    "otherspecimen": range(10),
}
# The masks of these two are copies of that of image1 and do not lie on their pictures.
COPIES_895 = ("XY1562686096_Z0_T00_C1-1-image7", "XY1562686096_Z0_T00_C1-1-image14")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC BY 4.0",
    citation="S-BIAD895; original: Zenodo, doi 10.5281/zenodo.3715492",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD895",
    papers=("consistency-ranking",),
)
def sbiad895(split: str, home: Path, *, task: Task = "nuclei", copies: bool = False) -> Scans:
    """S-BIAD895, DCIS.COM nuclei, 45 + 2 pictures; two with another picture's mask are left out unless `copies`."""
    # Paper 001 evaluates on the training folder, since two test pictures are too few: test_on with split: train.
    folder, pairs = root(home, "sbiad895"), []
    for part, title in (("train", "Training"), ("test", "Test")):
        if split not in (part, "all"):
            continue
        images = pictures_in(
            inside(folder, f"{title} - Images", f"{title.removesuffix('ing')}/Raw"), (".tif",)
        )
        masks = pictures_in(
            inside(folder, f"{title} - Masks", f"{title.removesuffix('ing')}/Masks"), (".tif",)
        )
        if len(images) != {"train": 45, "test": 2}[part]:
            raise Refused(
                f"{images[0].parent}: {len(images)} pictures, there should be 45 and 2; fetch it again"
            )
        pairs += [
            pair for pair in by_stem(images, masks) if copies or not pair[0].endswith(COPIES_895)
        ]
    check_split("sbiad895", split, ("train", "test", "all"))
    scans, found = pictures(pairs)
    return with_objects(scans, found, task, "nucleus")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC0",
    citation="Kromp et al., Scientific Data 7 (2020), doi 10.1038/s41597-020-00608-w (S-BSST265)",
    url="https://www.ebi.ac.uk/biostudies/studies/S-BSST265",
    papers=("consistency-ranking",),
)
def sbiad634(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """S-BIAD634 (S-BSST265), nuclei of normal and cancer samples, 42 + 37 pictures as in paper 001."""
    folder = root(home, "sbiad634")
    images, masks = inside(folder, "rawimages"), inside(folder, "groundtruth")
    stems = parts_of("sbiad634", split, {"train": "train", "test": "test"})
    tables: dict[str, dict[str, Iterable[int]]] = {"train": {**TRAIN_634}, "test": {**TEST_634}}
    wanted = [
        f"{kind}_{n}" for part in stems for kind, numbers in tables[part].items() for n in numbers
    ]
    scans, found = pictures(
        [(s, images / f"{s}.tif", masks / f"{s}.tif") for s in wanted], channel=0
    )
    return with_objects(scans, found, task, "nucleus")
