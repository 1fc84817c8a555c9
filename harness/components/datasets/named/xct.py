"""X-ray tomography of materials."""

from pathlib import Path
from typing import Literal

import numpy as np

from harness.components.datasets import dataset
from harness.components.datasets.named.files import cut, inside, names, root, scans
from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.masks import as_classes as classes_labels
from harness.data.refused import Refused, first_few, sizes
from harness.data.scans import Scans
from harness.data.splits import select

SOURCES = {
    "gf_pa66": [
        {
            "url": "https://zenodo.org/records/4587827/files/pa66_volumes.h5",
            "to": "pa66_volumes.h5",
            "sha256": None,
        }
    ]
}
DEPTH, HEIGHT, WIDTH = 1900, 1040, 1300
# Officially the test is [1300, 1600), right beside the training sections; paper 000 leaves a gap of 300 sections.
TABLES = {
    "gap": {"train": (0, 1300), "test": (1600, 1900)},
    "adjacent": {"train": (0, 1300), "test": (1300, 1600)},
    "tomo2seg": {"train": (0, 1024), "validation": (1065, 1219), "test": (1260, 1900)},
}


@dataset(
    tasks=("fibres", "phases"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY-SA 4.0",
    citation="Bertoldo et al., Frontiers in Materials 8 (2021), doi 10.5281/zenodo.4587827",
    url="https://zenodo.org/records/4587827",
    papers=("saliency-asymmetry",),
)
def gf_pa66(
    split: str,
    home: Path,
    *,
    task: Literal["fibres", "phases"] = "fibres",
    cuts: Literal["gap", "adjacent", "tomo2seg"] = "gap",
    images: str | None = None,
    masks: str | None = None,
) -> Scans:
    """GF-PA66, glass fibres in polyamide, 1900 sections of 1040 x 1300; `phases` adds porosity to matrix and fibre."""
    # The file holds three labels, paper 000 speaks of two classes: 'fibres' is fibre against all else.
    path = inside(root(home, "gf_pa66"), "pa66_volumes.h5")
    keys = (images, masks) if images and masks else _keys(path)
    grey, truth = (_upright(path, key) for key in keys)
    count, title = len(grey), names("gf_pa66", len(grey))
    phases = classes_labels(truth, title, {0: 0, 1: 1, 2: 2})
    found = phases if task == "phases" else phases.map(lambda m, _: (m == 1).astype(np.uint8))
    classes = ("matrix", "fibre", "porosity") if task == "phases" else ("background", "fibre")
    whole = scans([("gf_pa66", grey, found)], [path], classes=classes)
    return select(whole, cut(f"gf_pa66 with cuts: {cuts}", TABLES[cuts], split, count))


def _upright(path: Path, key: str) -> Lazy:
    stored = open.stored_array(path, key)
    if sorted(stored.shape) != sorted((DEPTH, HEIGHT, WIDTH)):
        raise Refused(
            f"{stored.name}: {sizes(stored.shape)}, where 1900 x 1040 x 1300 sections are expected"
        )
    order = "".join({DEPTH: "z", HEIGHT: "y", WIDTH: "x"}[n] for n in stored.shape)
    return open.volume(path, key, order)


def _keys(path: Path) -> tuple[str, str]:
    """The volume and its truth: two arrays of the full size, one of them called a ground truth."""
    import h5py

    found: list[str] = []
    with h5py.File(path, "r") as file:
        file.visititems(
            lambda name, item: (
                found.append(name) if sorted(getattr(item, "shape", ())) == _FULL else None
            )
        )
    truth = [name for name in found if "ground_truth" in name.lower() or "label" in name.lower()]
    grey = [name for name in found if name not in truth]
    if len(truth) != 1 or len(grey) != 1:
        raise Refused(
            f"{path}: which array is the volume and which the truth? say images: and masks:, of {first_few(found)}"
        )
    return grey[0], truth[0]


_FULL = sorted((DEPTH, HEIGHT, WIDTH))
