"""Magnetic resonance imaging: brains with tumours, infant brains, hearts; several modalities, centres and patients."""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import Part, expect, inside, root, scans
from harness.data.files import open
from harness.data.files.window import Window, to_eight_bits
from harness.data.masks import as_classes as classes_labels
from harness.data.refused import Refused, explained_errors, first_few
from harness.data.scans import Scans
from harness.data.splits import check_split, draw_split
from harness.spec.options import Count, Whole

Four = ("train", "validation", "test", "all")
# The file's 4 is enhancing tumour; 3 is not used.
BRATS = {"regions": {0: 0, 1: 1, 2: 2, 4: 3}, "tumour": {0: 0, 1: 1, 2: 1, 4: 1}}
TISSUES = {"csf": 10, "gm": 150, "wm": 250}
SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}


def rows(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a table that must have these columns."""
    with explained_errors(path, "this is no table of comma-separated values"):
        found = list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))
    lost = [c for c in columns if not found or c not in found[0]]
    if lost:
        raise Refused(
            f"{path}: there is no column {first_few(lost)}; it has {first_few(found[0]) if found else 'none'}"
        )
    return found


def patients(name: str, known: Sequence[str], split: str, seed: int) -> list[str]:
    """The patients of a split, drawn 70/15/15 because the data set has none of its own."""
    check_split(name, split, Four)
    if split == "all":
        return list(known)
    return [known[i] for i in draw_split(name, known, SHARES, split, seed)]


@dataset(
    tasks=("regions", "tumour"),
    splits=("train", "validation", "test", "all"),
    resolution="1 x 1 x 1 mm",
    licence="terms of the FeTS 2021 challenge",
    citation="Pati et al., arXiv 2105.05874; Bakas et al., Scientific Data 4 (2017)",
    url="https://www.med.upenn.edu/cbica/fets/miccai2021",
    access="register at med.upenn.edu/cbica/fets/miccai2021 (or Synapse syn28546456) and put the folders "
    "FeTS21_Training_### and the two partitioning tables into HARNESS_DATA/fets2021",
    papers=("transfer-risk-map",),
)
def fets2021(
    split: str,
    home: Path,
    *,
    modality: Literal["flair", "t1", "t1ce", "t2"] = "flair",
    partition: Count | None = None,
    partitioning: Literal[1, 2] = 2,
    task: Literal["regions", "tumour"] = "regions",
    sections: tuple[int, int] = (0, 155),
    seed: Whole = 0,
    window: Window = None,
) -> Scans:
    """FeTS 2021, brain tumours of 17 or 22 partitions (domains), 155 sections of 240 x 240; patients are groups."""
    folder = root(home, "fets2021")
    table = inside(folder, f"partitioning_{partitioning}.csv")
    found = rows(table, ("Partition_ID", "Subject_ID"))
    chosen = [
        r["Subject_ID"] for r in found if partition is None or int(r["Partition_ID"]) == partition
    ]
    if not chosen:
        known = sorted({int(row["Partition_ID"]) for row in found})
        raise Refused(f"{table}: there is no partition {partition}; it has {first_few(known, 22)}")
    parts, sources = [], [table]
    for name in patients("fets2021", sorted(chosen), split, seed):
        stems = [f"{name}/{name}_{what}" for what in (modality, "seg")]
        pair = [inside(table.parent, f"{stem}.nii.gz", f"{stem}.nii") for stem in stems]
        images, masks = (
            expect(path, open.volume(path), (155, 240, 240)).pick(range(*sections)) for path in pair
        )
        title = [f"{name}/{z:04d}" for z in range(len(images))]
        truth = classes_labels(masks, title, BRATS[task])
        parts.append((name, to_eight_bits(images, window), truth))
        sources += pair
    classes = ("background", "necrotic core", "oedema", "enhancing tumour")
    return scans(parts, sources, classes=classes if task == "regions" else ("background", "tumour"))


@dataset(
    tasks=("tissues", "csf", "gm", "wm"),
    splits=("train", "validation", "test", "all"),
    resolution="1 x 1 x 1 mm",
    licence="terms of the iSeg-2019 challenge",
    citation="Sun et al., IEEE TMI 40 (2021), doi 10.1109/TMI.2021.3055428",
    url="https://iseg2019.web.unc.edu",
    access="register at iseg2019.web.unc.edu and put subject-1-T1.hdr, .img and the others of iSeg-2019-Training into "
    "HARNESS_DATA/iseg2019",
    papers=("transfer-risk-map",),
)
def iseg2019(
    split: str,
    home: Path,
    *,
    modality: Literal["T1", "T2"] = "T1",
    task: Literal["tissues", "csf", "gm", "wm"] = "tissues",
    window: Window = None,
) -> Scans:
    """iSeg-2019, ten infant brains of 256 sections of 192 x 144; subjects 1-7 train, 8 validates, 9 and 10 test."""
    # Paper 003 does not say which subjects it tests on; this cut is ours.
    folder = root(home, "iseg2019")
    check_split("iseg2019", split, Four)
    subjects = {"train": range(1, 8), "validation": (8,), "test": (9, 10), "all": range(1, 11)}[
        split
    ]
    whole = {0: 0, **{value: i + 1 for i, value in enumerate(TISSUES.values())}}
    table = whole if task == "tissues" else {value: int(value == TISSUES[task]) for value in whole}
    parts: list[Part] = []
    sources = []
    for n in subjects:
        stems = [f"subject-{n}-{what}" for what in (modality, "label")]
        pair = [inside(folder, f"{stem}.hdr", f"{stem}.nii.gz", f"{stem}.nii") for stem in stems]
        images, masks = (expect(path, open.volume(path), (256, 192, 144)) for path in pair)
        name = f"subject-{n}"
        truth = classes_labels(masks, [f"{name}/{z:04d}" for z in range(256)], table)
        parts.append((name, to_eight_bits(images, window), truth))
        sources += pair
    classes = ("background", "csf", "gm", "wm") if task == "tissues" else ("background", task)
    return scans(parts, sources, classes=classes)
