"""Fluorescence microscopy of nuclei: single pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.components.datasets import dataset
from harness.components.datasets.named.files import inside, pictures_in, root
from harness.data.files import open
from harness.data.files.lazy import Lazy
from harness.data.files.stored import images_of
from harness.data.masks import convert_masks
from harness.data.masks import with_objects as objects_labels
from harness.data.refused import Refused, sizes
from harness.data.scans import Scans
from harness.data.splits import check_split

Task = Literal["nuclei", "instances"]
Three = ("train", "validation", "test", "all")


def pictures(
    pairs: Sequence[tuple[str, Path, Path]], channel: int | None = None
) -> tuple[Scans, Lazy]:
    """Pictures, and the masks beside them not yet understood; of colour pictures one channel, where one is named."""
    ids = [name for name, _, _ in pairs]
    found = [channels_last(image) for _, image, _ in pairs]
    parts = [p if channel is None or len(p.shapes[0]) == 2 else _channel(p, channel) for p in found]
    odd = next((i for i, p in enumerate(parts) if p.dtype != parts[0].dtype), None)
    if odd is not None:
        raise Refused(
            f"{pairs[odd][1]}: its pixels are {parts[odd].dtype}, those of the first are {parts[0].dtype}"
        )
    images = Lazy(lambda i: parts[i].read(0), [p.shapes[0] for p in parts], parts[0].dtype)
    masks = [channels_last(mask, palette=True) for _, _, mask in pairs]
    for (_, image, mask), ours, theirs in zip(pairs, images.shapes, masks, strict=True):
        if theirs.shapes[0][:2] != ours[:2]:
            raise Refused(
                f"{mask}: the mask is {sizes(theirs.shapes[0][:2])}, {image.name} is {sizes(ours[:2])}"
            )
    truth = Lazy(lambda i: masks[i].read(0), [m.shapes[0] for m in masks], masks[0].dtype)
    sources = tuple(path for _, image, mask in pairs for path in (image, mask))
    return Scans(open.with_checked_pixels(images, ids), None, ids, ids, ids, sources=sources), truth


def channels_last(path: Path, *, palette: bool = False) -> Lazy:
    """One picture, whether its file puts the colours first or last."""
    stored = open.stored_array(path, palette=palette)
    shape = stored.shape
    planar = len(shape) == 3 and shape[0] in (3, 4) and shape[2] not in (3, 4)
    last = len(shape) == 3 and shape[2] in (3, 4)
    picture = images_of(stored, "cyx" if planar else "yxc" if last else None)
    if len(picture) != 1:
        raise Refused(
            f"{path}: it holds {len(picture)} sections; this data set has one picture a file"
        )
    return picture


def _channel(picture: Lazy, channel: int) -> Lazy:
    return picture.map(lambda image, _: image[..., channel], shape=lambda s: s[:2])


def by_stem(
    images: Sequence[Path], masks: Sequence[Path], ending: str = ""
) -> list[tuple[str, Path, Path]]:
    """Pictures and masks of the same name, but for an ending that either may have."""
    partner = {m.stem.removesuffix(ending): m for m in masks}
    pairs = [(p.stem.removesuffix(ending), p) for p in images]
    lost = [p for name, p in pairs if name not in partner]
    if lost:
        raise Refused(
            f"{lost[0]}: there is no mask of this name in {masks[0].parent} ({len(lost)} have none)"
        )
    return [(name, p, partner[name]) for name, p in pairs]


def parts_of(name: str, split: str, folders: dict[str, str]) -> list[str]:
    """The folders of a split, all of them for 'all'."""
    check_split(name, split, [*folders, "all"])
    return list(folders.values()) if split == "all" else [folders[split]]


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC0",  # from memory
    citation="Ljosa et al., Nature Methods 9 (2012): BBBC039v1 (Caicedo et al. 2018)",
    url="https://bbbc.broadinstitute.org/BBBC039",
    papers=("consistency-ranking",),
)
def bbbc039(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """BBBC039, U2OS nuclei in 200 16-bit pictures of 520 x 696, split by the lists that come with it."""
    # Paper 001 tests on 48 of the 50 listed test pictures; its own limit to non-empty images is left to the study.
    folder = root(home, "bbbc039")
    images, masks = inside(folder, "images"), inside(folder, "masks")
    lists = {"train": "training.txt", "validation": "validation.txt", "test": "test.txt"}
    named = [inside(folder, f"metadata/{name}", name) for name in parts_of("bbbc039", split, lists)]
    stems = [
        Path(line.strip()).stem
        for path in named
        for line in path.read_text().splitlines()
        if line.strip()
    ]
    pairs = [(stem, images / f"{stem}.tif", masks / f"{stem}.png") for stem in stems]
    scans, truth = pictures(pairs)
    # The numbers repeat on nuclei that do not touch: an object is a connected piece of the first channel.
    return objects_labels(scans, convert_masks(truth, _pieces, np.int32), task, "nucleus")


def _pieces(mask: NDArray[Any], _: int) -> NDArray[Any]:
    from skimage.measure import label

    found: NDArray[Any] = label(mask[..., 0] if mask.ndim == 3 else mask).astype(np.int32)
    return found


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "test", "all"),
    licence="CC0",  # of the source, from memory
    citation="Caicedo et al., Nature Methods 16 (2019), doi 10.1038/s41592-019-0612-7; subset of StarDist",
    url="https://github.com/stardist/stardist/releases/tag/0.1.0",
    papers=("consistency-ranking",),
)
def dsb2018(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """DSB 2018, the fluorescent subset that StarDist distributes, with its own train and test."""
    folder, pairs = root(home, "dsb2018"), []
    for part in parts_of("dsb2018", split, {"train": "train", "test": "test"}):
        place = inside(folder, part)
        pairs += by_stem(
            pictures_in(place / "images", (".tif",)), pictures_in(place / "masks", (".tif",))
        )
    scans, masks = pictures(pairs)
    return objects_labels(scans, masks, task, "nucleus")


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",  # from memory
    citation="Arvidsson et al., Data in Brief 46 (2022), doi 10.1016/j.dib.2022.108769",
    url="https://zenodo.org/records/6657260",
    papers=("consistency-ranking",),
)
def hoechst(split: str, home: Path, *, task: Task = "nuclei") -> Scans:
    """Hoechst (Arvidsson), high-content pictures of nuclei, one colour per object in the masks."""
    folder, pairs = root(home, "hoechst"), []
    folders = {
        "train": "training_nuclei",
        "validation": "development_nuclei",
        "test": "test_nuclei",
    }
    for part in parts_of("hoechst", split, folders):
        place = inside(folder, part)
        images = pictures_in(inside(place, "images/png", "images"), (".png", ".tif"))
        pairs += by_stem(images, pictures_in(place / "annotations", (".png",)), "_objects")
    scans, masks = pictures(pairs)
    return objects_labels(scans, convert_masks(masks, _coloured, np.int32), task, "nucleus")


def _coloured(mask: NDArray[Any], _: int) -> NDArray[Any]:
    """Objects of colour masks: connected pixels of one colour that is not black."""
    from skimage.measure import label

    if mask.ndim == 2:
        return _pieces(mask, 0)
    code = mask[..., :3].astype(np.int32) @ np.array([1 << 16, 1 << 8, 1], np.int32)
    found: NDArray[Any] = label(code, background=0).astype(np.int32)
    return found


@dataset(
    tasks=("nuclei", "instances"),
    splits=("train", "validation", "test", "all"),
    licence="CC BY 4.0",
    citation="HeLaCytoNuc, RODARE, doi 10.14278/rodare.3001",
    url="https://rodare.hzdr.de/record/3001",
    papers=("consistency-ranking",),
)
def helacytonuc(
    split: str,
    home: Path,
    *,
    task: Task = "nuclei",
    objects: Literal["nuclei", "cytoplasm"] = "nuclei",
    channel: Literal["nuclei", "cytoplasm", "rgb"] = "nuclei",
) -> Scans:
    """HeLaCytoNuc, 1873 / 535 / 268 pictures; red shows the cytoplasm, blue the nuclei, green nothing."""
    folder, pairs = root(home, "helacytonuc"), []
    counts = {"train": 1873, "validation": 535, "test": 268}
    for part in parts_of("helacytonuc", split, {name: name for name in counts}):
        images = pictures_in(inside(folder, f"{part}/images"), (".tif",))
        if len(images) != counts[part]:
            raise Refused(
                f"{images[0].parent}: {len(images)} pictures, there should be {counts[part]}; fetch it again"
            )
        masks = pictures_in(images[0].parent.parent / f"{objects}_masks", (".tif",))
        pairs += [(f"{part}/{name}", image, mask) for name, image, mask in by_stem(images, masks)]
    scans, found = pictures(pairs, {"nuclei": 2, "cytoplasm": 0, "rgb": None}[channel])
    return objects_labels(scans, found, task, "nucleus" if objects == "nuclei" else "cytoplasm")
