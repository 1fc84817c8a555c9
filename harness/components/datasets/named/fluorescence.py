"""Fluorescence microscopy of nuclei: single pictures."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from harness.components.datasets import dataset
from harness.components.datasets.named.files import dataset_folder, find_inside, pictures_in
from harness.components.datasets.named.pairs import (
    Pair,
    folders_of_split,
    open_pairs,
    pair_by_stem,
)
from harness.data.files.lazy import Image
from harness.data.masks import convert_masks, with_objects
from harness.data.refused import Refused
from harness.data.scans import Scans

Task = Literal["nuclei", "instances"]
BBBC039_LISTS = {"train": "training.txt", "validation": "validation.txt", "test": "test.txt"}
HOECHST_FOLDERS = {
    "train": "training_nuclei",
    "validation": "development_nuclei",
    "test": "test_nuclei",
}
HELACYTONUC_COUNTS = {"train": 1873, "validation": 535, "test": 268}
HELACYTONUC_CHANNELS = {"nuclei": 2, "cytoplasm": 0, "rgb": None}


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC0",  # from memory
    citation="Ljosa et al., Nature Methods 9 (2012): BBBC039v1 (Caicedo et al. 2018)",
    url="https://bbbc.broadinstitute.org/BBBC039",
    papers=("consistency-ranking",),
)
def bbbc039(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """BBBC039, U2OS nuclei in 200 16-bit pictures of 520 x 696, split by the lists that come
    with it.
    """
    # Paper 001 tests on 48 of the 50 listed test pictures; its own limit to non-empty images is
    # left to the study.
    folder = dataset_folder(home, "bbbc039")
    images = find_inside(folder, "images")
    masks = find_inside(folder, "masks")
    tables = []
    for name in folders_of_split("bbbc039", split, BBBC039_LISTS):
        tables.append(find_inside(folder, f"metadata/{name}", name))
    pairs = []
    for table in tables:
        for line in table.read_text().splitlines():
            stem = Path(line.strip()).stem
            if stem:
                pairs.append(Pair(stem, images / f"{stem}.tif", masks / f"{stem}.png"))
    scans, truth = open_pairs(pairs)
    # The numbers repeat on nuclei that do not touch: an object is a connected piece of the first
    # channel.
    objects = convert_masks(truth, _connected_pieces, np.int32)
    return with_objects(scans, objects, task, "nucleus")


def _connected_pieces(mask: Image, _: int) -> Image:
    """Objects as the connected pieces of one number in the first channel of a mask."""
    from skimage.measure import label

    first = mask[..., 0] if mask.ndim == 3 else mask
    pieces: Image = label(first).astype(np.int32)
    return pieces


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC0",  # of the source, from memory
    citation="Caicedo et al., Nature Methods 16 (2019), doi 10.1038/s41592-019-0612-7; "
    "subset of StarDist",
    url="https://github.com/stardist/stardist/releases/tag/0.1.0",
    papers=("consistency-ranking",),
)
def dsb2018(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """DSB 2018, the fluorescent subset that StarDist distributes, with its own train and test."""
    folder = dataset_folder(home, "dsb2018")
    pairs: list[Pair] = []
    for part in folders_of_split("dsb2018", split, {"train": "train", "test": "test"}):
        subfolder = find_inside(folder, part)
        images = pictures_in(subfolder / "images", (".tif",))
        masks = pictures_in(subfolder / "masks", (".tif",))
        pairs += pair_by_stem(images, masks)
    scans, truth = open_pairs(pairs)
    return with_objects(scans, truth, task, "nucleus")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",  # from memory
    citation="Arvidsson et al., Data in Brief 46 (2022), doi 10.1016/j.dib.2022.108769",
    url="https://zenodo.org/records/6657260",
    papers=("consistency-ranking",),
)
def hoechst(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """Hoechst (Arvidsson), high-content pictures of nuclei, one colour per object in the masks."""
    folder = dataset_folder(home, "hoechst")
    pairs: list[Pair] = []
    for part in folders_of_split("hoechst", split, HOECHST_FOLDERS):
        subfolder = find_inside(folder, part)
        image_folder = find_inside(subfolder, "images/png", "images")
        images = pictures_in(image_folder, (".png", ".tif"))
        masks = pictures_in(subfolder / "annotations", (".png",))
        pairs += pair_by_stem(images, masks, "_objects")
    scans, truth = open_pairs(pairs)
    objects = convert_masks(truth, _pieces_of_one_colour, np.int32)
    return with_objects(scans, objects, task, "nucleus")


def _pieces_of_one_colour(mask: Image, _: int) -> Image:
    """Objects of colour masks: connected pixels of one colour that is not black."""
    from skimage.measure import label

    if mask.ndim == 2:
        return _connected_pieces(mask, 0)
    weights = np.array([1 << 16, 1 << 8, 1], np.int32)
    code = mask[..., :3].astype(np.int32) @ weights
    pieces: Image = label(code, background=0).astype(np.int32)
    return pieces


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",
    citation="HeLaCytoNuc, RODARE, doi 10.14278/rodare.3001",
    url="https://rodare.hzdr.de/record/3001",
    papers=("consistency-ranking",),
)
def helacytonuc(
    split: str,
    home: Path,
    *,
    task: Task = "nuclei",
    objects: Literal["nuclei", "cytoplasm"] = "nuclei",
    channel: Literal["nuclei", "cytoplasm", "rgb"] = "nuclei",
) -> Scans:
    """HeLaCytoNuc, 1873 / 535 / 268 pictures; red shows the cytoplasm, blue the nuclei, green
    nothing.
    """
    folder = dataset_folder(home, "helacytonuc")
    folders = {part: part for part in HELACYTONUC_COUNTS}
    pairs: list[Pair] = []
    for part in folders_of_split("helacytonuc", split, folders):
        image_folder = find_inside(folder, f"{part}/images")
        images = pictures_in(image_folder, (".tif",))
        expected = HELACYTONUC_COUNTS[part]
        if len(images) != expected:
            difference = f"{len(images)} pictures, there should be {expected}"
            raise Refused(f"{image_folder}: {difference}; fetch it again")
        masks = pictures_in(image_folder.parent / f"{objects}_masks", (".tif",))
        for pair in pair_by_stem(images, masks):
            pairs.append(replace(pair, name=f"{part}/{pair.name}"))
    scans, truth = open_pairs(pairs, HELACYTONUC_CHANNELS[channel])
    noun = "nucleus" if objects == "nuclei" else "cytoplasm"
    return with_objects(scans, truth, task, noun)
