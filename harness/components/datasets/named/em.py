"""Electron microscopy: neurites, mitochondria and membranes of brain tissue."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    cut,
    expect,
    inside,
    names,
    objects,
    paired,
    pictures_in,
    root,
    scans,
)
from harness.data.files import open
from harness.data.masks import IGNORE, as_binary, as_classes
from harness.data.scans import Scans
from harness.data.splits import check_split, select

SOURCES = {
    "snemi3d": [
        {
            "url": "https://oc.embl.de/index.php/s/43iMotlXPyAB39z/download",
            "to": "snemi_train.h5",
            "sha256": "5b130a24d9eb23d972fede0f1a403bc05f6808b361cfa22eff23b930b12f0615",
        }
    ],
    "lucchi": [
        {
            "base": "https://documents.epfl.ch/groups/c/cv/cvlab-unit/www/data/%20ElectronMicroscopy_Hippocampus/",
            "files": {
                "training.tif": None,
                "training_groundtruth.tif": None,
                "testing.tif": None,
                "testing_groundtruth.tif": None,
            },
        }
    ],
    "lucchi_pp": [
        {
            "url": "http://www.casser.io/files/lucchi_pp.zip",
            "unpack": "zip",
            "sha256": "770ce9e98fc6f29c1b1a250c637e6c5125f2b5f1260e5a7687b55a79e2e8844d",
        }
    ],
    "kasthuri_pp": [
        {
            "url": "http://www.casser.io/files/kasthuri_pp.zip",
            "unpack": "zip",
            "sha256": "bbb78fd205ec9b57feb8f93ebbdf1666261cbc3e0305e7f11583ab5157a3d792",
        }
    ],
    # An archive that GitHub makes on demand: its bytes may change although the commit does not.
    "vnc": [
        {
            "url": "https://github.com/unidesigner/groundtruth-drosophila-vnc/archive/4a5f051.zip",
            "unpack": "zip",
            "sha256": None,
        }
    ],
    "mitoem_h": [
        {
            "url": "https://www.dropbox.com/s/z41qtu4y735j95e/EM30-H-im.zip?dl=1",
            "unpack": "zip",
            "sha256": "98fe259f36a7d8d43f99981b7a0ef8cdeba2ce2615ff91595f428ae57207a041",
        },
        {
            "url": "https://www.dropbox.com/s/dhf89bc14kemw4e/EM30-H-mito-train-val-v2.zip?dl=1",
            "unpack": "zip",
            "sha256": "0e8ed292cfcd0c58701d9f4299244a1b66d6aeb506c85754c34f98a4eda0ef1b",
        },
    ],
    "mitoem_r": [
        {
            "url": "https://huggingface.co/datasets/pytc/EM30/resolve/main/EM30-R-im.zip",
            "unpack": "zip",
            "sha256": "6a2cac68adde5d01984542d3ee1d7753d1fa3e6eb2a042ce15ce297c95885bbe",
        },
        {
            "url": "https://huggingface.co/datasets/pytc/MitoEM/resolve/main/EM30-R-mito-train-val-v2.zip",
            "unpack": "zip",
            "sha256": "c56380ac575428a818bd293ca3509d1249999846c3702ccbf11d308acdd2ae86",
        },
    ],
}

MITOCHONDRIA = ("background", "mitochondria")


@dataset(
    tasks=("neurites", "instances"),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 6 x 6 nm",
    licence="terms of the SNEMI3D challenge",
    citation="Kasthuri et al., Cell 162 (2015), doi 10.1016/j.cell.2015.06.054",
    url="https://oc.embl.de/index.php/s/43iMotlXPyAB39z/download",
    papers=("saliency-asymmetry",),
)
def snemi3d(
    split: str, home: Path, *, task: Literal["neurites", "instances"] = "neurites"
) -> Scans:
    """SNEMI3D, mouse cortex, 100 sections of 1024 x 1024, cut 70/15/15; neurites are label > 0."""
    # Paper 000 writes 75 + 15 + 15 of 100 sections; 70/15/15 keeps its validation and test.
    folder = root(home, "snemi3d")
    try:
        path = inside(folder, "snemi_train.h5", "train.h5")
        images, masks = (
            open.volume(path, "volumes/raw"),
            open.volume(path, "volumes/labels/neuron_ids"),
        )
        sources = [path]
    except ValueError:  # the archive of the Harvard mirror holds two folders of pictures
        path = inside(folder, "image")
        sources = [*pictures_in(path), *pictures_in(path.parent / "seg")]
        images, masks = open.volume(path), open.volume(path.parent / "seg")
    expect(path, images, (100, 1024, 1024))
    paired(path, images, masks)
    which = cut(
        "snemi3d", {"train": (0, 70), "validation": (70, 85), "test": (85, 100)}, split, 100
    )
    found = objects([("snemi3d", images, masks)], sources, task, "neurite")
    return select(
        replace(found, classes=("membrane", "neurite")) if task == "neurites" else found, which
    )


@dataset(
    tasks=("mitochondria",),
    splits=("train", "validation", "test", "all"),
    resolution="5 x 5 x 5 nm",
    licence="none stated; ask the authors before sharing it",
    citation="Lucchi et al., IEEE TMI 31 (2012), doi 10.1109/TMI.2011.2171705",
    url="https://www.epfl.ch/labs/cvlab/data/data-em/",
    papers=("saliency-asymmetry", "consistency-ranking"),
)
def lucchi(split: str, home: Path, *, cuts: Literal["official", "ranking"] = "official") -> Scans:
    """Lucchi (EPFL hippocampus), 165 + 165 sections of 768 x 1024; `ranking` takes 40 of the test for validation."""
    folder, parts, sources = root(home, "lucchi"), {}, []
    for part in ("training", "testing"):
        pair = [inside(folder, f"{part}.tif"), inside(folder, f"{part}_groundtruth.tif")]
        images, masks = (expect(p, open.volume(p), (165, 768, 1024)) for p in pair)
        parts[part] = (part, images, as_binary(masks, names(part, 165)))
        sources += pair
    whole = scans([parts["training"], parts["testing"]], sources, classes=MITOCHONDRIA)
    # Paper 001 trains on 165, validates on 40, tests on 125; that the 40 come first in the test volume is assumed.
    tables = {
        "official": {"train": (0, 165), "test": (165, 330)},
        "ranking": {"train": (0, 165), "validation": (165, 205), "test": (205, 330)},
    }
    return select(whole, cut("lucchi", tables[cuts], split, 330))


def _plus_plus(
    name: str, split: str, home: Path, sizes: dict[str, tuple[int, ...]], outside: int | None
) -> Scans:
    """The re-labelled sets: Train is train and Test is test (one popular loader swaps the two)."""
    check_split(name, split, ("train", "test", "all"))
    folder, parts, sources = root(home, name), [], []
    for part in ("train", "test"):
        if split not in (part, "all"):
            continue
        files = [
            pictures_in(inside(folder, f"{part.title()}_{side}"), (".png", ".tif"))
            for side in ("In", "Out")
        ]
        images, masks = (open.series(f) for f in files)
        count, *size = sizes[part]
        # Which of the two sides is y is not said everywhere; the number of sections is.
        expect(
            files[0][0].parent,
            images,
            (count, *(size if images.shapes[0][0] == size[0] else size[::-1])),
        )
        paired(files[1][0].parent, images, masks)
        truth = as_classes(masks, names(part, count), {0: 0, 255: 1}, ignore=outside)
        parts.append((part, images, truth))
        sources += [*files[0], *files[1]]
    return scans(parts, sources, classes=MITOCHONDRIA, ignore=None if outside is None else IGNORE)


@dataset(
    tasks=("mitochondria",),
    splits=("train", "test", "all"),
    resolution="5 x 5 x 5 nm",
    licence="none stated",
    citation="Casser et al., MIDL 2020, arXiv 1812.06024",
    url="http://www.casser.io/files/lucchi_pp.zip",
    papers=("domain-adaptation",),
)
def lucchi_pp(split: str, home: Path) -> Scans:
    """Lucchi++, the re-labelled mitochondria of Lucchi, 165 + 165 sections of 768 x 1024."""
    return _plus_plus(
        "lucchi_pp", split, home, {"train": (165, 768, 1024), "test": (165, 768, 1024)}, None
    )


@dataset(
    tasks=("mitochondria",),
    splits=("train", "test", "all"),
    resolution="30 x 3 x 3 nm",
    licence="none stated",
    citation="Casser et al., MIDL 2020, arXiv 1812.06024; Kasthuri et al., Cell 162 (2015)",
    url="http://www.casser.io/files/kasthuri_pp.zip",
    papers=("domain-adaptation",),
)
def kasthuri_pp(split: str, home: Path) -> Scans:
    """Kasthuri++, mitochondria of mouse cortex, 85 + 75 sections; what lies outside the tissue (2) is ignored."""
    return _plus_plus(
        "kasthuri_pp", split, home, {"train": (85, 1463, 1613), "test": (75, 1334, 1553)}, 2
    )
