"""Fluorescence microscopy of nuclei: volumes and movies."""

from pathlib import Path

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    Volume,
    check_masks_fit,
    dataset_folder,
    find_inside,
    join_object_volumes,
)
from harness.components.datasets.named.fluorescence import Task
from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.scans import Scans
from harness.data.splits import check_split

GO_NUCLEAR = {"train": ("1135", "1136", "1137"), "validation": ("1139",), "test": ("1170",)}
CUT_1026 = ("1137", "1170")  # the last section of these two volumes is an artefact
SELMA = {
    "train": tuple(f"patchvolume_{i:03d}" for i in range(8)),
    "validation": ("patchvolume_008",),
    "test": ("patchvolume_009", "patchvolume_010", "patchvolume_011"),
}
MOVIES = {
    "train": (
        "20200127_e1",
        "20200131_e1",
        "20200206_e1",
        "20200206_e3",
        "20220811_e1",
        "20220812_e1",
        "20220826_e2",
        "20220828_e1",
        "20220828_e2",
        "20220828_e4",
    ),
    "test": ("20200121_e3", "20200219_e1", "20220811_e2", "20220825_e1", "20220828_e3"),
}
ANNOTATED = {"20220812_e1": 121}  # of 147 frames; the others carry no masks


def members_of_split(
    name: str,
    table: dict[str, tuple[str, ...]],
    split: str,
) -> list[tuple[str, str]]:
    """The volumes of a split, each after the split that it belongs to; all of them for 'all'."""
    check_split(name, split, [*table, "all"])
    members = []
    for part, volumes in table.items():
        if split in (part, "all"):
            members += [(part, volume) for volume in volumes]
    return members


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",  # from memory
    citation="Vijayan et al., Development 151 (2024), doi 10.1242/dev.202800 (Go-Nuclear)",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD1026",
    papers=("consistency-ranking",),
)
def sbiad1026(
    split: str,
    home: Path,
    *,
    task: Task = "nuclei",
    sections: tuple[int, int] | None = None,
) -> Scans:
    """S-BIAD1026 (Go-Nuclear), nuclei of Arabidopsis ovules in five volumes, three to train;
    `sections` limits z.
    """
    folder = dataset_folder(home, "sbiad1026")
    volumes: list[Volume] = []
    sources: list[Path] = []
    for _, name in members_of_split("sbiad1026", GO_NUCLEAR, split):
        subfolder = find_inside(folder, name)
        image_stem = f"{name}_n_H2BtdTomato"
        mask_stem = f"{name}_n_stain_StarDist_goldGT"
        image_file = find_inside(subfolder, f"{image_stem}.tif", f"{image_stem}.tiff")
        mask_file = find_inside(subfolder, f"{mask_stem}.tif", f"{mask_stem}.tiff")
        images = open.volume(image_file, axes="zyx")
        masks = open.volume(mask_file, axes="zyx")
        volumes.append(_aligned_volume(name, images, masks, sections))
        sources += [image_file, mask_file]
    return join_object_volumes(volumes, sources, task, "nucleus")


def _aligned_volume(
    name: str,
    images: Lazy,
    masks: Lazy,
    sections: tuple[int, int] | None,
) -> Volume:
    """A volume of S-BIAD1026 where its masks lie on its images.

    The masks are stored upside down, and are a little larger or smaller than the images.
    """
    masks = masks.map(lambda mask, _: mask[::-1])
    depth = min(len(images), len(masks))
    if name in CUT_1026:
        depth -= 1
    height = min(images.shapes[0][0], masks.shapes[0][0])
    width = min(images.shapes[0][1], masks.shapes[0][1])
    slices = range(depth)
    if sections:
        slices = slices[slice(*sections)]
    rows = slice(0, height)
    columns = slice(0, width)
    cropped_images = images.pick(slices).crop(rows, columns)
    cropped_masks = masks.pick(slices).crop(rows, columns)
    return Volume(name, cropped_images, cropped_masks)


@dataset(
    tasks=("nuclei",),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",
    citation="SELMA3D 2024, arXiv 2501.03880, doi 10.6019/S-BIAD1196",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD1196",
    papers=("consistency-ranking",),
)
def sbiad1196(split: str, home: Path) -> Scans:
    """S-BIAD1196 (SELMA3D), nuclei in twelve light-sheet volumes of cleared brain, 8/1/3; masks
    are binary.
    """
    folder = dataset_folder(home, "sbiad1196")
    volumes: list[Volume] = []
    sources: list[Path] = []
    for _, name in members_of_split("sbiad1196", SELMA, split):
        image_file = find_inside(folder, f"raw/{name}_0000.nii.gz")
        mask_file = find_inside(folder, f"gt/{name}.nii.gz")
        images = open.volume(image_file)
        masks = open.volume(mask_file)
        check_masks_fit(mask_file, images, masks)
        volumes.append(Volume(name, images, masks))
        sources += [image_file, mask_file]
    return join_object_volumes(volumes, sources, "nuclei", "nucleus")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC0",
    citation="doi 10.6019/S-BIAD1410; doi 10.1083/jcb.202506102",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD1410",
    papers=("consistency-ranking",),
)
def sbiad1410(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """S-BIAD1410, migrating cardioblast nuclei of Drosophila in 10 + 5 movies; frames without
    masks are left out.
    """
    folder = dataset_folder(home, "sbiad1410")
    volumes: list[Volume] = []
    sources: list[Path] = []
    for part, name in members_of_split("sbiad1410", MOVIES, split):
        stem = f"cardioblast_nuclei_{name}"
        subfolder = find_inside(folder, f"cardioblast_nuclei_{part}/{stem}")
        image_file = subfolder / f"{stem}.tif"
        mask_file = subfolder / f"{stem}_mask.tif"
        images = open.volume(image_file, axes="zyx")
        masks = open.volume(mask_file, axes="zyx")
        if name in ANNOTATED:
            frames = range(ANNOTATED[name])
            images = images.pick(frames)
            masks = masks.pick(frames)
        check_masks_fit(mask_file, images, masks)
        volumes.append(Volume(name, images, masks))
        sources += [image_file, mask_file]
    return join_object_volumes(volumes, sources, task, "nucleus")
