"""Electron microscopy: the ventral nerve cord of Drosophila, with mitochondria, membranes and regions."""

from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.components.datasets.named.files import (
    cut,
    expect,
    inside,
    names,
    paired,
    pictures_in,
    root,
    scans,
)
from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.masks import as_binary, from_grey_edges
from harness.data.masks import as_classes as classes_labels
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
HALVES = {"train": slice(0, 512), "test": slice(512, 1024)}


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
    cuts: Literal["contiguous", "halves"] = "contiguous",
    stack: Literal[1, 2] = 1,
) -> Scans:
    """VNC, 20 sections of 1024 x 1024, cut 12/3/5 or in two halves along x as in paper 002; stack 2 is unlabelled."""
    folder = root(home, "vnc")
    raw = inside(folder, f"stack{stack}/raw")
    volume = f"stack{stack}"
    sources = pictures_in(raw, (".tif",))
    images, truth = expect(raw, open.series(sources), (20, 1024, 1024)), None
    if stack == 1:
        files = pictures_in(
            inside(folder, f"stack1/{'labels' if task == 'regions' else task}"), (".png", ".tif")
        )
        masks = open.series(files, palette=True)
        paired(files[0].parent, images, masks)
        truth, sources = _truth(masks, task, names(volume, 20)), [*sources, *files]
    classes = tuple(REGIONS) if task == "regions" else ("background", task)
    if cuts == "contiguous" or split == "all":
        return select(
            scans([(volume, images, truth)], sources, classes=classes),
            cut("vnc", CONTIGUOUS, split, len(images)),
        )
    check_split("vnc with cuts: halves", split, [*HALVES, "all"])
    columns = HALVES[split]
    half, half_truth = (
        None if lazy is None else lazy.crop(slice(None), columns) for lazy in (images, truth)
    )
    assert half is not None
    return scans([(f"{volume} x{columns.start}", half, half_truth)], sources, classes=classes)


def _truth(masks: Lazy, task: str, title: list[str]) -> Lazy:
    if task == "mitochondria":
        # Sections 1, 7 and 18 are one-bit pictures (0 and 1), the others 0 to 255 with a few grey edge pixels: a plain
        # threshold at 127 would lose every mitochondrion of those three (4.47 % of all pixels instead of 5.38 %).
        return from_grey_edges(masks, title)
    if task == "regions":
        return classes_labels(masks, title, {value: i for i, value in enumerate(REGIONS.values())})
    return as_binary(masks, title)
