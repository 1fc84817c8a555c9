"""Fluorescence microscopy of whole cells: epithelia and plant tissue."""

import re
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import inside, objects, paired, root
from harness.components.datasets.named.fluorescence_volumes import members
from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import check_split

Task = Literal["cells", "instances"]
Labelled = tuple[str, Lazy, Lazy]
WING = {
    "train": ("per02", "pro02", "pro04", "pro05"),
    "validation": ("per01", "pro01"),
    "test": ("per03", "pro03"),
}
PATCHES = {"train": ("train", 1428), "val": ("train", 252), "test": ("test", 42)}
# Hours and plant of the volumes that paper 001's repository lists; every other one trains. A plant stands in all three.
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
    """FlyWing, cells of the Drosophila wing: the public patches (1428/252/42), or the movies that paper 001 used."""
    # The movies (GT/{train,val,test}/*.h5) have no public address that we know; put them there by hand.
    folder = root(home, "flywing")
    check_split("flywing", split, ("train", "validation", "test", "all"))
    if release == "movies":
        parts, sources = _movies(folder, split)
        return objects(parts, sources, task, "cell", ignore=-1)
    parts, sources = _patches(folder, split)
    single = [f"{name}/{i:04d}" for name, images, _ in parts for i in range(len(images))]
    return objects(parts, sources, task, "cell", volumes=single, groups=single)


def _patches(folder: Path, split: str) -> tuple[list[Labelled], list[Path]]:
    parts: list[Labelled] = []
    sources = []
    for part, (place, count) in PATCHES.items():
        if split not in (part, "validation" if part == "val" else part, "all"):
            continue
        path = inside(folder, f"{place}/{place}_data.npz")
        images, masks = open.volume(path, f"X_{part}", "zyx"), open.volume(path, f"Y_{part}", "zyx")
        if (len(images), len(masks)) != (count, count):
            raise Refused(
                f"{path}: {len(images)} pictures and {len(masks)} masks in {part}, there should be {count}"
            )
        paired(path, images, masks)
        parts.append((part, images, masks))
        sources.append(path)
    return parts, sources


def _movies(folder: Path, split: str) -> tuple[list[Labelled], list[Path]]:
    parts: list[Labelled] = []
    sources = []
    for part, name in members("flywing", WING, split):
        path = inside(folder, f"GT/{'val' if part == 'validation' else part}/{name}.h5")
        images, masks = (
            open.volume(path, "volumes/raw"),
            open.volume(path, "volumes/labels/cells_with_ignore"),
        )
        paired(path, images, masks)
        parts.append((name, images, masks))
        sources.append(path)
    return parts, sources


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
    """Ovules of Arabidopsis, confocal volumes in HDF5 with cells as instances; -1 marks what is ignored."""
    folder, sources = root(home, "ovules"), []
    check_split("ovules", split, ("train", "validation", "test", "all"))
    for part in ("train", "validation", "test"):
        if split in (part, "all"):
            place = inside(folder, part, *(("val",) if part == "validation" else ()))
            sources += sorted(place.rglob("*.h5"), key=open.by_number)
    if not sources:
        raise Refused(f"{folder}: there are no .h5 files in the folder of {split}; fetch it again")
    images = [open.volume(path, "raw") for path in sources]
    truths = [open.volume(path, masks) for path in sources]
    for path, ours, theirs in zip(sources, images, truths, strict=True):
        paired(path, ours, theirs)
    parts = [(p.stem, i, m) for p, i, m in zip(sources, images, truths, strict=True)]
    return objects(
        parts, sources, task, "cell", ignore=-1 if masks == "label_with_ignore" else None
    )


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
    folder = root(home, "pnas")
    check_split("pnas", split, ("train", "validation", "test", "all"))
    place = inside(folder, "PNAS") if any(folder.rglob("PNAS")) else folder
    pairs = [
        (p, _segmented(p))
        for p in sorted(place.rglob("processed_tiffs/*trim-acylYFP.tif"), key=open.by_number)
    ]
    chosen = [
        (p, m) for p, m in pairs if m is not None and (split == "all" or _shoot_split(p) == split)
    ]
    if not chosen:
        raise Refused(
            f"{folder}: no plant*/processed_tiffs/*trim-acylYFP.tif of {split} has a segmentation beside it"
        )
    images, truths = ([open.volume(path) for path in side] for side in zip(*chosen, strict=True))
    for (_, mask), ours, theirs in zip(chosen, images, truths, strict=True):
        paired(mask, ours, theirs)
    parts = [(p.stem, i, m) for (p, _), i, m in zip(chosen, images, truths, strict=True)]
    plants = [_plant(name) for name, lazy, _ in parts for _ in range(len(lazy))]
    return objects(parts, [path for pair in chosen for path in pair], task, "cell", groups=plants)


def _segmented(image: Path) -> Path | None:
    found = sorted((image.parent.parent / "segmentation_tiffs").glob(f"{image.stem}*.tif"))
    return found[0] if len(found) == 1 else None


def _shoot_split(image: Path) -> str:
    hours, plant = re.match(r"(\d+)hrs_plant(\d+)", image.stem).groups()  # type: ignore[union-attr]
    return next((part for part, names in SHOOTS.items() if f"{hours}_{plant}" in names), "train")


def _plant(name: str) -> str:
    return re.search(r"plant\d+", name).group()  # type: ignore[union-attr]
