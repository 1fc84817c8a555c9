"""Fluorescence microscopy of nuclei: volumes and movies."""

from pathlib import Path

from harness.components.datasets import dataset
from harness.components.datasets.named.files import inside, objects, paired, root
from harness.components.datasets.named.fluorescence import Task
from harness.data.files import open
from harness.data.scans import Scans
from harness.data.splits import check_split

GO_NUCLEAR = {"train": ("1135", "1136", "1137"), "validation": ("1139",), "test": ("1170",)}
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


def members(name: str, table: dict[str, tuple[str, ...]], split: str) -> list[tuple[str, str]]:
    """(split, member) of a split, of every split for 'all'."""
    check_split(name, split, [*table, "all"])
    return [(part, member) for part in table if split in (part, "all") for member in table[part]]


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",  # from memory
    citation="Vijayan et al., Development 151 (2024), doi 10.1242/dev.202800 (Go-Nuclear)",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD1026",
    papers=("consistency-ranking",),
)
def sbiad1026(
    split: str, home: Path, *, task: Task = "nuclei", sections: tuple[int, int] | None = None
) -> Scans:
    """S-BIAD1026 (Go-Nuclear), nuclei of Arabidopsis ovules in five volumes, three to train; `sections` limits z."""
    folder, parts, sources = root(home, "sbiad1026"), [], []
    for _, name in members("sbiad1026", GO_NUCLEAR, split):
        place = inside(folder, name)
        pair = [
            inside(place, f"{name}_{what}.tif", f"{name}_{what}.tiff")
            for what in ("n_H2BtdTomato", "n_stain_StarDist_goldGT")
        ]
        images, masks = (open.volume(path, axes="zyx") for path in pair)
        # The masks are stored upside down, a little larger or smaller than the images, and the last section of two
        # volumes is an artefact.
        masks = masks.map(lambda mask, _: mask[::-1])
        depth = min(len(images), len(masks)) - (name in ("1137", "1170"))
        high, wide = (min(images.shapes[0][i], masks.shapes[0][i]) for i in (0, 1))
        which = range(depth)[slice(*sections)] if sections else range(depth)
        images, masks = (
            lazy.pick(which).crop(slice(0, high), slice(0, wide)) for lazy in (images, masks)
        )
        parts.append((name, images, masks))
        sources += pair
    return objects(parts, sources, task, "nucleus")


@dataset(
    tasks=("nuclei",),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",
    citation="SELMA3D 2024, arXiv 2501.03880, doi 10.6019/S-BIAD1196",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD1196",
    papers=("consistency-ranking",),
)
def sbiad1196(split: str, home: Path) -> Scans:
    """S-BIAD1196 (SELMA3D), nuclei in twelve light-sheet volumes of cleared brain, 8/1/3; masks are binary."""
    folder, parts, sources = root(home, "sbiad1196"), [], []
    for _, name in members("sbiad1196", SELMA, split):
        pair = [inside(folder, f"raw/{name}_0000.nii.gz"), inside(folder, f"gt/{name}.nii.gz")]
        images, masks = (open.volume(path) for path in pair)
        paired(pair[1], images, masks)
        parts.append((name, images, masks))
        sources += pair
    return objects(parts, sources, "nuclei", "nucleus")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC0",
    citation="doi 10.6019/S-BIAD1410; doi 10.1083/jcb.202506102",
    url="https://www.ebi.ac.uk/biostudies/bioimages/studies/S-BIAD1410",
    papers=("consistency-ranking",),
)
def sbiad1410(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """S-BIAD1410, migrating cardioblast nuclei of Drosophila in 10 + 5 movies; frames without masks are left out."""
    folder, parts, sources = root(home, "sbiad1410"), [], []
    for part, name in members("sbiad1410", MOVIES, split):
        place = inside(folder, f"cardioblast_nuclei_{part}/cardioblast_nuclei_{name}")
        pair = [place / f"cardioblast_nuclei_{name}{ending}.tif" for ending in ("", "_mask")]
        images, masks = (open.volume(path, axes="zyx") for path in pair)
        if name in ANNOTATED:
            images, masks = (lazy.pick(range(ANNOTATED[name])) for lazy in (images, masks))
        paired(pair[1], images, masks)
        parts.append((name, images, masks))
        sources += pair
    return objects(parts, sources, task, "nucleus")
