"""Electron microscopy: the ventral nerve cord of Drosophila, with mitochondria, membranes and
regions.
"""

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
from harness.data.files.lazy import Lazy
from harness.data.masks import as_binary, as_classes, from_grey_edges
from harness.data.scans import Scans
from harness.data.splits import check_split, select

# README of the data set: what each grey value of stack1/labels stands for.
REGIONS = {
    "membrane 0": 0,
    "membrane 45": 32,
    "membrane 90": 64,
    "membrane 135": 96,
    "membrane junction": 128,
    "glia or extracellular": 159,
    "mitochondria": 191,
    "synapse": 223,
    "intracellular": 255,
}
CONTIGUOUS = {"train": (0, 12), "validation": (12, 15), "test": (15, 20)}
LEFT, RIGHT = slice(0, 512), slice(512, 1024)
HALVES = {"train": LEFT, "test": RIGHT}
# The columns and sections of each split where the last two sections of the left half validate.
HALVES_TENTH = {
    "train": (LEFT, range(18)),
    "validation": (LEFT, range(18, 20)),
    "test": (RIGHT, range(20)),
}


@dataset(
    tasks=("mitochondria", "membranes", "synapses", "regions"),
    splits=("train", "validation", "test", "all"),
    resolution="50 x 4.6 x 4.6 nm",
    licence="CC BY-NC-SA 3.0",
    citation="Gerhard et al., figshare (2013), doi 10.6084/m9.figshare.856713",
    url="https://github.com/unidesigner/groundtruth-drosophila-vnc",
    papers=("consistency-ranking", "domain-adaptation"),
)
def vnc(
    split: str,
    home: Path,
    *,
    task: Literal["mitochondria", "membranes", "synapses", "regions"] = "mitochondria",
    cuts: Literal["contiguous", "halves", "halves_tenth"] = "contiguous",
    stack: Literal[1, 2] = 1,
) -> Scans:
    """VNC, 20 sections of 1024 x 1024, cut 12/3/5 or in two halves along x as in paper 002;
    stack 2 is unlabelled.

    `halves_tenth` keeps the last two training sections of `halves` for validation.
    """
    folder = dataset_folder(home, "vnc")
    name = f"stack{stack}"
    raw = find_inside(folder, f"{name}/raw")
    sources = pictures_in(raw, (".tif",))
    images = expect_shape(raw, open.series(sources), (20, 1024, 1024))
    labels = None
    if stack == 1:
        subfolder = "labels" if task == "regions" else task
        mask_files = pictures_in(find_inside(folder, f"stack1/{subfolder}"), (".png", ".tif"))
        masks = open.series(mask_files, palette=True)
        check_masks_fit(mask_files[0].parent, images, masks)
        labels = _labels_of_task(masks, task, slice_names(name, len(images)))
        sources = [*sources, *mask_files]
    volume = Volume(name, images, labels)
    classes = tuple(REGIONS) if task == "regions" else ("background", task)
    if cuts == "contiguous" or split == "all":
        scans = join_volumes([volume], sources, classes=classes)
        return select(scans, slices_of_split("vnc", CONTIGUOUS, split, len(images)))
    if cuts == "halves_tenth":
        check_split("vnc", split, [*HALVES_TENTH, "all"])
        columns, sections = HALVES_TENTH[split]
        half = _columns_of(volume, columns)
        return select(join_volumes([half], sources, classes=classes), sections)
    check_split("vnc with cuts: halves", split, [*HALVES, "all"])
    half = _columns_of(volume, HALVES[split])
    return join_volumes([half], sources, classes=classes)


def _columns_of(volume: Volume, columns: slice) -> Volume:
    """The part of a volume that lies between two places on x."""
    rows = slice(None)
    images = volume.images.crop(rows, columns)
    labels = None if volume.masks is None else volume.masks.crop(rows, columns)
    return Volume(f"{volume.name} x{columns.start}", images, labels)


def _labels_of_task(masks: Lazy, task: str, names: list[str]) -> Lazy:
    """The labels that masks stand for, which are stored in another way for each task."""
    if task == "mitochondria":
        # Sections 1, 7 and 18 are one-bit pictures (0 and 1), the others 0 to 255 with a few grey
        # edge pixels: a plain threshold at 127 would lose every mitochondrion of those three
        # (4.47 % of all pixels instead of 5.38 %).
        return from_grey_edges(masks, names)
    if task == "regions":
        table = {value: label for label, value in enumerate(REGIONS.values())}
        return as_classes(masks, names, table)
    return as_binary(masks, names)
