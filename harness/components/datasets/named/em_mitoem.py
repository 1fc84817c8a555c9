"""Electron microscopy: MitoEM, mitochondria of human and rat cortex in volumes of 4096 x 4096."""

from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import cut, expect, inside, numbered, paired, root
from harness.data.files import open
from harness.data.masks import with_objects
from harness.data.scans import Scans

Task = Literal["mitochondria", "instances"]
Cuts = Literal["ranking", "official"]
# 'ranking' is paper 001's cut of the 500 labelled sections; officially 400 train, 100 validate and the test is hidden.
TABLES = {
    "ranking": {"train": (0, 300), "validation": (300, 350), "test": (350, 500)},
    "official": {"train": (0, 400), "validation": (400, 500)},
}


def _mitoem(name: str, split: str, home: Path, task: str, cuts: str) -> Scans:
    folder = root(home, name)
    which = cut(name, TABLES[cuts], split, 500)
    train, validation = (inside(folder, f"mito-{part}-v2") for part in ("train", "val"))
    files = [
        *numbered(train, "seg%04d.tif", range(400)),
        *numbered(validation, "seg%04d.tif", range(400, 500)),
    ]
    raw = numbered(inside(folder, "im"), "im%04d.png", range(500))
    files, raw, title = (
        [files[i] for i in which],
        [raw[i] for i in which],
        [f"{name}/{i:04d}" for i in which],
    )
    images, masks = (
        expect(raw[0].parent, open.series(raw), (len(raw), 4096, 4096)),
        open.series(files),
    )
    paired(files[0].parent, images, masks)
    volumes = [name] * len(title)
    found = Scans(images, None, title, volumes, volumes, sources=(*raw, *files))
    return with_objects(found, masks, task, "mitochondria")


@dataset(
    tasks=("mitochondria", "instances"),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 8 x 8 nm",
    licence="none stated by the authors; a mirror lists MIT",
    citation="Wei et al., MICCAI 2020, doi 10.1007/978-3-030-59722-1_7",
    url="https://mitoem.grand-challenge.org",
    papers=("consistency-ranking",),
)
def mitoem_h(
    split: str, home: Path, *, task: Task = "mitochondria", cuts: Cuts = "ranking"
) -> Scans:
    """MitoEM-H, human cortex, 500 labelled sections of 4096 x 4096, cut 300/50/150 as in paper 001."""
    return _mitoem("mitoem_h", split, home, task, cuts)


@dataset(
    tasks=("mitochondria", "instances"),
    splits=("train", "validation", "test", "all"),
    resolution="30 x 8 x 8 nm",
    licence="none stated by the authors; a mirror lists MIT",
    citation="Wei et al., MICCAI 2020, doi 10.1007/978-3-030-59722-1_7",
    url="https://mitoem.grand-challenge.org",
    papers=("consistency-ranking",),
)
def mitoem_r(
    split: str, home: Path, *, task: Task = "mitochondria", cuts: Cuts = "ranking"
) -> Scans:
    """MitoEM-R, rat cortex, 500 labelled sections of 4096 x 4096, cut 300/50/150 as in paper 001."""
    return _mitoem("mitoem_r", split, home, task, cuts)
