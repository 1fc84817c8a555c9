"""Electron microscopy: neurites, mitochondria and membranes of brain tissue."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    Volume,
    check_masks_fit,
    dataset_folder,
    expect_shape,
    find_inside,
    join_object_volumes,
    join_volumes,
    pictures_in,
    slice_names,
    slices_of_split,
)
from harness.data.files import open
from harness.data.masks import as_binary
from harness.data.scans import Scans
from harness.data.splits import select

SOURCES = {
    "snemi3d": [
        {
            "url": "https://oc.embl.de/index.php/s/43iMotlXPyAB39z/download",
            "to": "snemi_train.h5",
            "sha256": "5b130a24d9eb23d972fede0f1a403bc05f6808b361cfa22eff23b930b12f0615",
        }
    ],
    "lucchi": [
        {
            "base": "https://documents.epfl.ch/groups/c/cv/cvlab-unit/www/data/"
            "%20ElectronMicroscopy_Hippocampus/",
            "files": {
                "training.tif": None,
                "training_groundtruth.tif": None,
                "testing.tif": None,
                "testing_groundtruth.tif": None,
            },
        }
    ],
    # An archive that GitHub makes on demand: its bytes may change although the commit does not.
    "vnc": [
        {
            "url": "https://github.com/unidesigner/groundtruth-drosophila-vnc/archive/4a5f051.zip",
            "unpack": "zip",
            "sha256": None,
        }
    ],
    "mitoem_h": [
        {
            "url": "https://www.dropbox.com/s/z41qtu4y735j95e/EM30-H-im.zip?dl=1",
            "unpack": "zip",
            "sha256": "98fe259f36a7d8d43f99981b7a0ef8cdeba2ce2615ff91595f428ae57207a041",
        },
        {
            "url": "https://www.dropbox.com/s/dhf89bc14kemw4e/EM30-H-mito-train-val-v2.zip?dl=1",
            "unpack": "zip",
            "sha256": "0e8ed292cfcd0c58701d9f4299244a1b66d6aeb506c85754c34f98a4eda0ef1b",
        },
    ],
    "mitoem_r": [
        {
            "url": "https://huggingface.co/datasets/pytc/EM30/resolve/main/EM30-R-im.zip",
            "unpack": "zip",
            "sha256": "6a2cac68adde5d01984542d3ee1d7753d1fa3e6eb2a042ce15ce297c95885bbe",
        },
        {
            "url": "https://huggingface.co/datasets/pytc/MitoEM/resolve/main/"
            "EM30-R-mito-train-val-v2.zip",
            "unpack": "zip",
            "sha256": "c56380ac575428a818bd293ca3509d1249999846c3702ccbf11d308acdd2ae86",
        },
    ],
}

MITOCHONDRIA = ("background", "mitochondria")
SNEMI_SLICES = {"train": (0, 70), "validation": (70, 85), "test": (85, 100)}
# Paper 001 trains on 165, validates on 40, tests on 125; that the 40 come first in the test volume
# is assumed.
LUCCHI_SLICES = {
    "official": {"train": (0, 165), "test": (165, 330)},
    "ranking": {"train": (0, 165), "validation": (165, 205), "test": (205, 330)},
}
LUCCHI_SHAPE = (165, 768, 1024)


@dataset(
    tasks=("neurites", "instances"),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 6 x 6 nm",
    licence="terms of the SNEMI3D challenge",
    citation="Kasthuri et al., Cell 162 (2015), doi 10.1016/j.cell.2015.06.054",
    url="https://oc.embl.de/index.php/s/43iMotlXPyAB39z/download",
    papers=("saliency-asymmetry",),
)
def snemi3d(
    split: str,
    home: Path,
    *,
    task: Literal["neurites", "instances"] = "neurites",
) -> Scans:
    """SNEMI3D, mouse cortex, 100 sections of 1024 x 1024, cut 70/15/15; neurites are label > 0."""
    # Paper 000 writes 75 + 15 + 15 of 100 sections; 70/15/15 keeps its validation and test.
    folder = dataset_folder(home, "snemi3d")
    try:
        path = find_inside(folder, "snemi_train.h5", "train.h5")
        images = open.volume(path, "volumes/raw")
        masks = open.volume(path, "volumes/labels/neuron_ids")
        sources = [path]
    except ValueError:  # the archive of the Harvard mirror holds two folders of pictures
        path = find_inside(folder, "image")
        mask_folder = path.parent / "seg"
        sources = [*pictures_in(path), *pictures_in(mask_folder)]
        images = open.volume(path)
        masks = open.volume(mask_folder)
    expect_shape(path, images, (100, 1024, 1024))
    check_masks_fit(path, images, masks)
    slices = slices_of_split("snemi3d", SNEMI_SLICES, split, 100)
    volume = Volume("snemi3d", images, masks)
    scans = join_object_volumes([volume], sources, task, "neurite")
    if task == "neurites":
        scans = replace(scans, classes=("membrane", "neurite"))
    return select(scans, slices)


@dataset(
    tasks=("mitochondria",),
    splits=("train", "validation", "test", "all"),
    resolution="5 x 5 x 5 nm",
    licence="none stated; ask the authors before sharing it",
    citation="Lucchi et al., IEEE TMI 31 (2012), doi 10.1109/TMI.2011.2171705",
    url="https://www.epfl.ch/labs/cvlab/data/data-em/",
    papers=("saliency-asymmetry", "consistency-ranking"),
)
def lucchi(split: str, home: Path, *, cuts: Literal["official", "ranking"] = "official") -> Scans:
    """Lucchi (EPFL hippocampus), 165 + 165 sections of 768 x 1024; `ranking` takes 40 of the
    test for validation.
    """
    folder = dataset_folder(home, "lucchi")
    volumes: list[Volume] = []
    sources: list[Path] = []
    for part in ("training", "testing"):
        image_file = find_inside(folder, f"{part}.tif")
        mask_file = find_inside(folder, f"{part}_groundtruth.tif")
        images = expect_shape(image_file, open.volume(image_file), LUCCHI_SHAPE)
        masks = expect_shape(mask_file, open.volume(mask_file), LUCCHI_SHAPE)
        labels = as_binary(masks, slice_names(part, len(masks)))
        volumes.append(Volume(part, images, labels))
        sources += [image_file, mask_file]
    scans = join_volumes(volumes, sources, classes=MITOCHONDRIA)
    return select(scans, slices_of_split("lucchi", LUCCHI_SLICES[cuts], split, 330))
