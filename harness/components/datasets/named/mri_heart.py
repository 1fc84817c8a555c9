"""Magnetic resonance imaging of the heart from several vendors and centres."""

from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import inside, paired, root, scans
from harness.components.datasets.named.mri import rows
from harness.data.files import open
from harness.data.files.window import Window, to_eight_bits
from harness.data.masks import as_classes
from harness.data.refused import Refused, first_few
from harness.data.scans import Scans
from harness.data.splits import check_split
from harness.spec.options import Count

TABLE = "211230_M&Ms_Dataset_information_diagnosis_opendataset.csv"
FOLDERS = {"train": "Training/Labeled", "validation": "Validation", "test": "Testing"}
LABELS = ("background", "left ventricle", "myocardium", "right ventricle")


@dataset(
    tasks=("heart",),
    splits=("train", "validation", "test", "all"),
    licence="terms of the M&Ms challenge",
    citation="Campello et al., IEEE TMI 40 (2021), doi 10.1109/TMI.2021.3090082",
    url="https://www.ub.edu/mnms",
    access="register at ub.edu/mnms and put OpenDataset (Training, Validation, Testing and the .csv table) into "
    "HARNESS_DATA/mnms",
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
    """M&Ms, short-axis cine of hearts, the annotated phases ED and ES; each slice is scaled to its own range."""
    # Paper 004: vendor A (Avanto) trains with 75 subjects, 16 subjects of one hospital per vendor test (patients: 16).
    # It rescales every slice but does not say to which range.
    check_split("mnms", split, (*FOLDERS, "all"))
    table = inside(root(home, "mnms"), TABLE)
    known = rows(table, ("External code", "Vendor", "Centre", "ED", "ES"))
    fitting = [
        row
        for row in sorted(known, key=lambda row: row["External code"])
        if vendor in (None, row["Vendor"]) and (centre is None or int(row["Centre"]) == centre)
    ]
    places = [table.parent / folder for name, folder in FOLDERS.items() if split in (name, "all")]
    found = [(row, place / row["External code"]) for row in fitting for place in places]
    here = [(row, folder) for row, folder in found if folder.is_dir()][:patients]
    whose = f"vendor {vendor or 'any'}, centre {centre or 'any'}"
    if not here:
        raise Refused(f"{table}: no subject of {whose} in {first_few(p.name for p in places)}")
    if patients is not None and len(here) < patients:
        raise Refused(
            f"{table}: only {len(here)} subjects of {whose} are here; {patients} were asked for"
        )
    parts, groups, sources = [], [], [table]
    for row, folder in here:
        code = row["External code"]
        pair = [
            inside(folder, f"{code}_{what}.nii.gz", f"{code}_{what}.nii")
            for what in ("sa", "sa_gt")
        ]
        for phase in ("ED", "ES"):
            images, masks = (open.volume(path, row[phase]) for path in pair)
            paired(pair[1], images, masks)
            name = f"{code}-{phase}"
            title = [f"{name}/{z:04d}" for z in range(len(images))]
            truth = as_classes(masks, title, {0: 0, 1: 1, 2: 2, 3: 3})
            parts.append((name, to_eight_bits(images, window), truth))
            groups += [code] * len(images)
        sources += pair
    return scans(parts, sources, classes=LABELS, groups=groups)
