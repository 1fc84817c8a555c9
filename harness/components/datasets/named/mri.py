"""Magnetic resonance imaging of brains: with tumours, and of infants.

Several modalities, centres and patients.
"""

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    Volume,
    dataset_folder,
    expect_shape,
    find_inside,
    join_volumes,
    slice_names,
)
from harness.data.files import open
from harness.data.files.per_subject import SubjectWindow, normalise_subject
from harness.data.masks import as_classes
from harness.data.refused import Refused, explained_errors, first_few
from harness.data.scans import Scans
from harness.data.splits import check_split, draw_split
from harness.spec.options import Count, Whole

SPLITS = ("train", "validation", "test", "all")
# The file's 4 is enhancing tumour; 3 is not used.
BRATS = {
    "regions": {0: 0, 1: 1, 2: 2, 4: 3},
    "tumour": {0: 0, 1: 1, 2: 1, 4: 1},
}
BRATS_CLASSES = {
    "regions": ("background", "necrotic core", "oedema", "enhancing tumour"),
    "tumour": ("background", "tumour"),
}
TISSUES = {"csf": 10, "gm": 150, "wm": 250}
SHARES = {"train": 0.7, "validation": 0.15, "test": 0.15}
# Paper 003 does not say which subjects it tests on; this cut is ours.
ISEG_SUBJECTS = {
    "train": range(1, 8),
    "validation": range(8, 9),
    "test": range(9, 11),
    "all": range(1, 11),
}


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """The lines of a table that must have these columns."""
    with explained_errors(path, "this is no table of comma-separated values"):
        lines = path.read_text(encoding="utf-8-sig").splitlines()
        rows = list(csv.DictReader(lines))
    columns_of_file = list(rows[0]) if rows else []
    missing = [column for column in columns if column not in columns_of_file]
    if missing:
        content = first_few(columns_of_file) or "none"
        raise Refused(f"{path}: there is no column {first_few(missing)}; it has {content}")
    return rows


def patients_of_split(name: str, patients: Sequence[str], split: str, seed: int) -> list[str]:
    """The patients of a split, drawn 70/15/15 because the data set has none of its own."""
    check_split(name, split, SPLITS)
    if split == "all":
        return list(patients)
    return [patients[index] for index in draw_split(name, patients, SHARES, split, seed)]


@dataset(
    version=2,
    tasks=("regions", "tumour"),
    splits=("train", "validation", "test", "all"),
    resolution="1 x 1 x 1 mm",
    licence="terms of the FeTS 2021 challenge",
    citation="Pati et al., arXiv 2105.05874; Bakas et al., Scientific Data 4 (2017)",
    url="https://www.med.upenn.edu/cbica/fets/miccai2021",
    access="register at med.upenn.edu/cbica/fets/miccai2021 (or Synapse syn28546456) and put the "
    "folders FeTS21_Training_### and the two partitioning tables into HARNESS_DATA/fets2021",
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
    window: SubjectWindow = "subject",
) -> Scans:
    """FeTS 2021, brain tumours of 17 or 22 partitions (domains), 155 sections of 240 x 240;
    patients are groups.

    The grey values of a scanner have no unit: `window: subject` normalises those of each patient by
    all sections of that patient, whatever `sections` are taken.
    """
    folder = dataset_folder(home, "fets2021")
    table = find_inside(folder, f"partitioning_{partitioning}.csv")
    patients = _patients_of_partition(table, partition)
    slices = range(*sections)
    volumes: list[Volume] = []
    sources = [table]
    for name in patients_of_split("fets2021", sorted(patients), split, seed):
        image_stem = f"{name}/{name}_{modality}"
        mask_stem = f"{name}/{name}_seg"
        image_file = find_inside(table.parent, f"{image_stem}.nii.gz", f"{image_stem}.nii")
        mask_file = find_inside(table.parent, f"{mask_stem}.nii.gz", f"{mask_stem}.nii")
        volume = expect_shape(image_file, open.volume(image_file), (155, 240, 240))
        images = normalise_subject(volume, window).pick(slices)
        masks = expect_shape(mask_file, open.volume(mask_file), (155, 240, 240)).pick(slices)
        labels = as_classes(masks, slice_names(name, len(masks)), BRATS[task])
        volumes.append(Volume(name, images, labels))
        sources += [image_file, mask_file]
    return join_volumes(volumes, sources, classes=BRATS_CLASSES[task])


def _patients_of_partition(table: Path, partition: int | None) -> list[str]:
    """The patients that a partitioning table gives to a partition; all of them for None."""
    patients = []
    partitions = set()
    for row in read_table(table, ("Partition_ID", "Subject_ID")):
        if partition is None:
            patients.append(row["Subject_ID"])
            continue
        number = int(row["Partition_ID"])
        partitions.add(number)
        if number == partition:
            patients.append(row["Subject_ID"])
    if not patients:
        choices = first_few(sorted(partitions), 22)
        raise Refused(f"{table}: there is no partition {partition}; it has {choices}")
    return patients


@dataset(
    version=2,
    tasks=("tissues", "csf", "gm", "wm"),
    splits=("train", "validation", "test", "all"),
    resolution="1 x 1 x 1 mm",
    licence="terms of the iSeg-2019 challenge",
    citation="Sun et al., IEEE TMI 40 (2021), doi 10.1109/TMI.2021.3055428",
    url="https://iseg2019.web.unc.edu",
    access="register at iseg2019.web.unc.edu and put subject-1-T1.hdr, .img and the others "
    "of iSeg-2019-Training into HARNESS_DATA/iseg2019",
    papers=("transfer-risk-map",),
)
def iseg2019(
    split: str,
    home: Path,
    *,
    modality: Literal["T1", "T2"] = "T1",
    task: Literal["tissues", "csf", "gm", "wm"] = "tissues",
    window: SubjectWindow = "subject",
) -> Scans:
    """iSeg-2019, ten infant brains of 256 sections of 192 x 144; subjects 1-7 train, 8
    validates, 9 and 10 test.

    The grey values of a scanner have no unit: `window: subject` normalises those of each subject.
    """
    folder = dataset_folder(home, "iseg2019")
    check_split("iseg2019", split, SPLITS)
    label_of_value = _tissue_labels(task)
    volumes: list[Volume] = []
    sources: list[Path] = []
    for number in ISEG_SUBJECTS[split]:
        name = f"subject-{number}"
        image_file = _find_iseg(folder, f"{name}-{modality}")
        mask_file = _find_iseg(folder, f"{name}-label")
        volume = expect_shape(image_file, open.volume(image_file), (256, 192, 144))
        masks = expect_shape(mask_file, open.volume(mask_file), (256, 192, 144))
        labels = as_classes(masks, slice_names(name, len(masks)), label_of_value)
        volumes.append(Volume(name, normalise_subject(volume, window), labels))
        sources += [image_file, mask_file]
    classes = ("background", *TISSUES) if task == "tissues" else ("background", task)
    return join_volumes(volumes, sources, classes=classes)


def _tissue_labels(task: str) -> dict[int, int]:
    """The label of each value in a file of iSeg-2019: every tissue, or one against all else."""
    labels = {0: 0}
    for label, (tissue, value) in enumerate(TISSUES.items(), start=1):
        if task == "tissues":
            labels[value] = label
        else:
            labels[value] = int(tissue == task)
    return labels


def _find_iseg(folder: Path, stem: str) -> Path:
    return find_inside(folder, f"{stem}.hdr", f"{stem}.nii.gz", f"{stem}.nii")
