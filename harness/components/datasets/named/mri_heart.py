"""Magnetic resonance imaging of the heart from several vendors and centres."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    Volume,
    check_masks_fit,
    dataset_folder,
    find_inside,
    join_volumes,
    slice_names,
)
from harness.components.datasets.named.mri import read_table
from harness.data.files import open
from harness.data.files.window import Window, to_eight_bits
from harness.data.masks import as_classes
from harness.data.refused import Refused, first_few
from harness.data.scans import Scans
from harness.data.splits import check_split
from harness.spec.options import Count

TABLE = "211230_M&Ms_Dataset_information_diagnosis_opendataset.csv"
COLUMNS = ("External code", "Vendor", "Centre", "ED", "ES")
FOLDERS = {"train": "Training/Labeled", "validation": "Validation", "test": "Testing"}
CLASSES = ("background", "left ventricle", "myocardium", "right ventricle")
LABEL_OF_VALUE = {0: 0, 1: 1, 2: 2, 3: 3}


@dataclass(frozen=True)
class Subject:
    """A subject of M&Ms: its row of the table, and its folder."""

    row: dict[str, str]
    folder: Path

    @property
    def code(self) -> str:
        return self.row["External code"]


@dataset(
    tasks=("heart",),
    splits=("train", "validation", "test", "all"),
    licence="terms of the M&Ms challenge",
    citation="Campello et al., IEEE TMI 40 (2021), doi 10.1109/TMI.2021.3090082",
    url="https://www.ub.edu/mnms",
    access="register at ub.edu/mnms and put OpenDataset (Training, Validation, Testing "
    "and the .csv table) into HARNESS_DATA/mnms",
    papers=("skip-pruning",),
)
def mnms(
    split: str,
    home: Path,
    *,
    vendor: Literal["A", "B", "C", "D"] | None = "A",
    centre: Count | None = None,
    patients: Count | None = None,
    window: Window = "image",
) -> Scans:
    """M&Ms, short-axis cine of hearts, the annotated phases ED and ES; each slice is scaled to
    its own range.
    """
    # Paper 004: vendor A (Avanto) trains with 75 subjects, 16 subjects of one hospital per vendor
    # test (patients: 16). It rescales every slice but does not say to which range.
    check_split("mnms", split, (*FOLDERS, "all"))
    table = find_inside(dataset_folder(home, "mnms"), TABLE)
    folders = []
    for name, folder in FOLDERS.items():
        if split in (name, "all"):
            folders.append(table.parent / folder)
    subjects = _find_subjects(table, folders, vendor, centre)[:patients]
    origin = f"vendor {vendor or 'any'}, centre {centre or 'any'}"
    if not subjects:
        folder_names = first_few(folder.name for folder in folders)
        raise Refused(f"{table}: no subject of {origin} in {folder_names}")
    if patients is not None and len(subjects) < patients:
        problem = f"only {len(subjects)} subjects of {origin} are here"
        raise Refused(f"{table}: {problem}; {patients} were asked for")
    volumes: list[Volume] = []
    groups: list[str] = []
    sources = [table]
    for subject in subjects:
        code = subject.code
        image_file = find_inside(subject.folder, f"{code}_sa.nii.gz", f"{code}_sa.nii")
        mask_file = find_inside(subject.folder, f"{code}_sa_gt.nii.gz", f"{code}_sa_gt.nii")
        for phase in ("ED", "ES"):
            frame = subject.row[phase]
            images = open.volume(image_file, frame)
            masks = open.volume(mask_file, frame)
            check_masks_fit(mask_file, images, masks)
            name = f"{code}-{phase}"
            labels = as_classes(masks, slice_names(name, len(images)), LABEL_OF_VALUE)
            volumes.append(Volume(name, to_eight_bits(images, window), labels))
            groups += [code] * len(images)
        sources += [image_file, mask_file]
    scans = join_volumes(volumes, sources, classes=CLASSES)
    return replace(scans, groups=groups)


def _find_subjects(
    table: Path,
    folders: list[Path],
    vendor: str | None,
    centre: int | None,
) -> list[Subject]:
    """The subjects of a vendor and a centre that have a folder, in the order of their codes."""
    rows = read_table(table, COLUMNS)
    subjects = []
    for row in sorted(rows, key=lambda row: row["External code"]):
        if vendor not in (None, row["Vendor"]):
            continue
        if centre is not None and int(row["Centre"]) != centre:
            continue
        for folder in folders:
            subject = Subject(row, folder / row["External code"])
            if subject.folder.is_dir():
                subjects.append(subject)
    return subjects
