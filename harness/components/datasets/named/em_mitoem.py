"""Electron microscopy: MitoEM, mitochondria of human and rat cortex in volumes of 4096 x 4096."""

from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    check_masks_fit,
    dataset_folder,
    expect_shape,
    find_inside,
    numbered_files,
    slices_of_split,
)
from harness.data.files import open
from harness.data.masks import with_objects
from harness.data.scans import Scans

Task = Literal["mitochondria", "instances"]
Cuts = Literal["ranking", "official"]
# 'ranking' is paper 001's cut of the 500 labelled sections; officially 400 train, 100 validate and
# the test is hidden.
TABLES = {
    "ranking": {"train": (0, 300), "validation": (300, 350), "test": (350, 500)},
    "official": {"train": (0, 400), "validation": (400, 500)},
}


def _open_mitoem(name: str, split: str, home: Path, task: str, cuts: str) -> Scans:
    """One of the two volumes; only the sections of the split are opened."""
    folder = dataset_folder(home, name)
    slices = slices_of_split(name, TABLES[cuts], split, 500)
    train_folder = find_inside(folder, "mito-train-v2")
    validation_folder = find_inside(folder, "mito-val-v2")
    all_masks = [
        *numbered_files(train_folder, "seg%04d.tif", range(400)),
        *numbered_files(validation_folder, "seg%04d.tif", range(400, 500)),
    ]
    all_images = numbered_files(find_inside(folder, "im"), "im%04d.png", range(500))
    mask_files = [all_masks[z] for z in slices]
    image_files = [all_images[z] for z in slices]
    ids = [f"{name}/{z:04d}" for z in slices]
    images = open.series(image_files)
    expect_shape(image_files[0].parent, images, (len(slices), 4096, 4096))
    masks = open.series(mask_files)
    check_masks_fit(mask_files[0].parent, images, masks)
    volumes = [name] * len(ids)
    scans = Scans(images, None, ids, volumes, volumes, sources=(*image_files, *mask_files))
    return with_objects(scans, masks, task, "mitochondria")


@dataset(
    tasks=("mitochondria", "instances"),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 8 x 8 nm",
    licence="none stated by the authors; a mirror lists MIT",
    citation="Wei et al., MICCAI 2020, doi 10.1007/978-3-030-59722-1_7",
    url="https://mitoem.grand-challenge.org",
    papers=("consistency-ranking",),
)
def mitoem_h(
    split: str,
    home: Path,
    *,
    task: Task = "mitochondria",
    cuts: Cuts = "ranking",
) -> Scans:
    """MitoEM-H, human cortex, 500 labelled sections of 4096 x 4096, cut 300/50/150 as in paper
    001.
    """
    return _open_mitoem("mitoem_h", split, home, task, cuts)


@dataset(
    tasks=("mitochondria", "instances"),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 8 x 8 nm",
    licence="none stated by the authors; a mirror lists MIT",
    citation="Wei et al., MICCAI 2020, doi 10.1007/978-3-030-59722-1_7",
    url="https://mitoem.grand-challenge.org",
    papers=("consistency-ranking",),
)
def mitoem_r(
    split: str,
    home: Path,
    *,
    task: Task = "mitochondria",
    cuts: Cuts = "ranking",
) -> Scans:
    """MitoEM-R, rat cortex, 500 labelled sections of 4096 x 4096, cut 300/50/150 as in paper
    001.
    """
    return _open_mitoem("mitoem_r", split, home, task, cuts)
