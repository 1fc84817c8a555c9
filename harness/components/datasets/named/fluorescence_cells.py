"""Fluorescence microscopy of whole cells: epithelia and plant tissue."""

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    Volume,
    check_masks_fit,
    dataset_folder,
    find_inside,
    join_object_volumes,
)
from harness.components.datasets.named.fluorescence_volumes import members_of_split
from harness.data.files import open
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import check_split

Task = Literal["cells", "instances"]


@dataclass(frozen=True)
class Patches:
    """Where the public patches of a split of FlyWing lie: an archive, and a key inside it."""

    archive: str
    key: str
    count: int


SPLITS = ("train", "validation", "test", "all")
WING_MOVIES = {
    "train": ("per02", "pro02", "pro04", "pro05"),
    "validation": ("per01", "pro01"),
    "test": ("per03", "pro03"),
}
WING_FOLDERS = {"train": "train", "validation": "val", "test": "test"}
WING_PATCHES = {
    "train": Patches("train", "train", 1428),
    "validation": Patches("train", "val", 252),
    "test": Patches("test", "test", 42),
}
OVULE_FOLDERS = {"train": ("train",), "validation": ("validation", "val"), "test": ("test",)}
# Hours and plant of the volumes that paper 001's repository lists; every other one trains. A plant
# stands in all three.
SHOOTS = {
    "test": ("12_1", "32_18", "36_13", "44_13", "44_15", "4_1", "52_4", "68_2", "80_13", "8_4"),
    "validation": ("16_1", "20_1", "20_4", "36_1", "40_2", "48_4", "4_15", "52_13", "56_13", "8_2"),
}


@dataset(
    tasks=("cells", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",
    citation="Etournay et al., eLife 4 (2015); DenoiSeg: doi 10.1007/978-3-030-66415-2_21",
    url="https://zenodo.org/records/5156991",
    papers=("consistency-ranking",),
)
def flywing(
    split: str,
    home: Path,
    *,
    task: Task = "cells",
    release: Literal["patches", "movies"] = "patches",
) -> Scans:
    """FlyWing, cells of the Drosophila wing: the public patches (1428/252/42), or the movies
    that paper 001 used.
    """
    # The movies (GT/{train,val,test}/*.h5) have no public address that we know; put them there by
    # hand.
    folder = dataset_folder(home, "flywing")
    check_split("flywing", split, SPLITS)
    if release == "movies":
        return _open_wing_movies(folder, split, task)
    return _open_wing_patches(folder, split, task)


def _open_wing_patches(folder: Path, split: str, task: str) -> Scans:
    """The public patches of FlyWing, each of which is a volume and a group of its own."""
    volumes: list[Volume] = []
    sources: list[Path] = []
    names: list[str] = []
    for part, patches in WING_PATCHES.items():
        if split not in (part, "all"):
            continue
        key = patches.key
        path = find_inside(folder, f"{patches.archive}/{patches.archive}_data.npz")
        images = open.volume(path, f"X_{key}", "zyx")
        masks = open.volume(path, f"Y_{key}", "zyx")
        counts = (len(images), len(masks))
        if counts != (patches.count, patches.count):
            difference = f"{counts[0]} pictures and {counts[1]} masks in {key}"
            raise Refused(f"{path}: {difference}, there should be {patches.count}")
        check_masks_fit(path, images, masks)
        volumes.append(Volume(key, images, masks))
        sources.append(path)
        names += [f"{key}/{index:04d}" for index in range(len(images))]
    scans = join_object_volumes(volumes, sources, task, "cell")
    return replace(scans, volumes=names, groups=names)


def _open_wing_movies(folder: Path, split: str, task: str) -> Scans:
    """The movies of FlyWing, whose masks mark what is to be ignored by -1."""
    volumes: list[Volume] = []
    sources: list[Path] = []
    for part, name in members_of_split("flywing", WING_MOVIES, split):
        path = find_inside(folder, f"GT/{WING_FOLDERS[part]}/{name}.h5")
        images = open.volume(path, "volumes/raw")
        masks = open.volume(path, "volumes/labels/cells_with_ignore")
        check_masks_fit(path, images, masks)
        volumes.append(Volume(name, images, masks))
        sources.append(path)
    return join_object_volumes(volumes, sources, task, "cell", ignore=-1)


@dataset(
    tasks=("cells", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",  # from memory
    citation="Wolny et al., eLife 9 (2020), doi 10.7554/eLife.57613",
    url="https://osf.io/w38uf",
    papers=("consistency-ranking",),
)
def ovules(
    split: str,
    home: Path,
    *,
    task: Task = "cells",
    masks: Literal["label_with_ignore", "label"] = "label_with_ignore",
) -> Scans:
    """Ovules of Arabidopsis, confocal volumes in HDF5 with cells as instances; -1 marks what is
    ignored.
    """
    folder = dataset_folder(home, "ovules")
    check_split("ovules", split, SPLITS)
    sources: list[Path] = []
    for part, choices in OVULE_FOLDERS.items():
        if split in (part, "all"):
            subfolder = find_inside(folder, *choices)
            sources += sorted(subfolder.rglob("*.h5"), key=open.by_number)
    if not sources:
        raise Refused(f"{folder}: there are no .h5 files in the folder of {split}; fetch it again")
    volumes = []
    for path in sources:
        images = open.volume(path, "raw")
        truth = open.volume(path, masks)
        check_masks_fit(path, images, truth)
        volumes.append(Volume(path.stem, images, truth))
    ignore = -1 if masks == "label_with_ignore" else None
    return join_object_volumes(volumes, sources, task, "cell", ignore=ignore)


@dataset(
    tasks=("cells", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY",  # from memory
    citation="Willis et al., PNAS 113 (2016), doi 10.1073/pnas.1616768113",
    url="https://www.repository.cam.ac.uk/handle/1810/262530",
    papers=("consistency-ranking",),
)
def pnas(split: str, home: Path, *, task: Task = "cells") -> Scans:
    """PNAS, the growing shoot tip of six Arabidopsis plants every four hours; groups are plants."""
    folder = dataset_folder(home, "pnas")
    check_split("pnas", split, SPLITS)
    volumes: list[Volume] = []
    sources: list[Path] = []
    plants: list[str] = []
    for image_file in _shoots(folder):
        mask_file = _segmentation_of(image_file)
        if mask_file is None:
            continue
        if split != "all" and _split_of_shoot(image_file) != split:
            continue
        images = open.volume(image_file)
        masks = open.volume(mask_file)
        check_masks_fit(mask_file, images, masks)
        volumes.append(Volume(image_file.stem, images, masks))
        sources += [image_file, mask_file]
        plants += [_plant_in(image_file.stem)] * len(images)
    if not volumes:
        pattern = "plant*/processed_tiffs/*trim-acylYFP.tif"
        raise Refused(f"{folder}: no {pattern} of {split} has a segmentation beside it")
    scans = join_object_volumes(volumes, sources, task, "cell")
    return replace(scans, groups=plants)


def _shoots(folder: Path) -> list[Path]:
    """The volumes of every plant and hour, in the order of their numbers."""
    start = find_inside(folder, "PNAS") if any(folder.rglob("PNAS")) else folder
    files = start.rglob("processed_tiffs/*trim-acylYFP.tif")
    return sorted(files, key=open.by_number)


def _segmentation_of(image_file: Path) -> Path | None:
    """The masks of a volume, where exactly one file carries its name."""
    folder = image_file.parent.parent / "segmentation_tiffs"
    files = list(folder.glob(f"{image_file.stem}*.tif"))
    return files[0] if len(files) == 1 else None


def _split_of_shoot(image_file: Path) -> str:
    """The split of a volume by the hour and the plant in its name."""
    match = re.match(r"(\d+)hrs_plant(\d+)", image_file.stem)
    hours, plant = match.groups()  # type: ignore[union-attr]
    for part, shoots in SHOOTS.items():
        if f"{hours}_{plant}" in shoots:
            return part
    return "train"


def _plant_in(name: str) -> str:
    return re.search(r"plant\d+", name).group()  # type: ignore[union-attr]
