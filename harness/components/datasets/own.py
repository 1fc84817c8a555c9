"""The user's own files: `volume` for a stack along z, `folder` for single pictures."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.data.files import open, pairs
from harness.data.files.lazy import Lazy
from harness.data.files.window import Window, to_eight_bits
from harness.data.meaning import Meaning, as_labels
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import images_of_split, range_of_split, select
from harness.spec.options import Whole

Axes = (
    Literal["zyx", "xyz", "yxz", "zxy", "xzy", "yzx", "zyxc", "zcyx", "czyx", "cyx", "yxc", "yx"]
    | None
)
Kind = Literal["binary", "instances", "classes"]
ENDINGS = r"(\.ome)?\.(tiff?|h5|hdf5?|zarr|n5|np[yz]|nii(\.gz)?|hdr|img)$"


@dataset(
    licence="yours",
    splits=("train", "validation", "test", "all"),
    later=("threshold",),
)
def volume(
    split: str,
    home: Path,
    *,
    images: str,
    masks: str | None = None,
    splits: dict[str, tuple[int, int]] | None = None,
    labels: Kind = "binary",
    classes: dict[str, int] | None = None,
    ignore: int | None = None,
    threshold: float | None = None,
    axes: Axes = None,
    mask_axes: Axes = None,
    key: str | None = None,
    mask_key: str | None = None,
    window: Window = None,
) -> Scans:
    """Your own volume: a TIFF stack, a series of pictures, HDF5, Zarr, NIfTI or NumPy, split by
    slice range.

    Masks that hold 0 and 1 or 0 and 255 are binary; `labels: instances`, `classes: {name: value}`
    and `threshold`, above which a grey mask is foreground, say otherwise, and any other value is
    refused. Grey values stay as they are unless `window` says how they become 8 bits.
    """
    stack = open.volume(images, key, axes)
    count = len(stack)
    if count < 2:
        advice = "a volume has several, use name: folder for single pictures"
        raise Refused(f"{images}: it holds one slice; {advice}")
    name = _volume_name(images)
    ids = [f"{name}/{z:04d}" for z in range(count)]
    checked = open.with_checked_pixels(stack, open.section_names(images, count))
    pixels = to_eight_bits(checked, window)
    sources = _source_files(images, masks)
    scans = Scans(pixels, None, ids, [name] * count, sources=sources)
    if masks is not None:
        truth = open.volume(masks, mask_key, mask_axes or _without_colours(axes), palette=True)
        pairs.check_same_shape(images, stack, masks, truth)
        pairs.check_numbers_agree(images, masks)
        meaning = Meaning(labels, classes, ignore, threshold)
        mask_names = open.section_names(masks, len(truth))
        scans = as_labels(scans, truth, mask_names, meaning)
    return select(scans, range_of_split(name, count, splits, split))


@dataset(
    licence="yours",
    splits=("train", "validation", "test", "all"),
    later=("threshold",),
)
def folder(
    split: str,
    home: Path,
    *,
    images: str,
    masks: str | None = None,
    splits: dict[str, float | str | list[str]] | None = None,
    group: str | None = None,
    seed: Whole = 0,
    labels: Kind = "binary",
    classes: dict[str, int] | None = None,
    ignore: int | None = None,
    threshold: float | None = None,
    window: Window = None,
) -> Scans:
    """Your own pictures, one file each, split by file pattern or by a fraction of the groups.

    A mask has its picture's name (`masks: "m/*.png"`) or one made of it
    (`masks: "m/{stem}_mask.png"`). `group: folder`, or a regular expression with one bracket,
    names what must not be torn apart (a patient, a slide).
    """
    files = open.find_files(images)
    pictures = open.single_pictures(files)
    _check_same_kind(files, pictures)
    root = Path(os.path.commonpath([file.parent for file in files]))
    relative = [file.relative_to(root) for file in files]
    names = [path.with_suffix("").as_posix() for path in relative]
    groups = pairs.groups_of(names, files, group)
    checked = open.with_checked_pixels(pictures, [str(file) for file in files])
    pixels = to_eight_bits(checked, window)
    scans = Scans(pixels, None, names, names, groups, sources=tuple(files))
    if masks is not None:
        mask_files = pairs.masks_of_pictures(files, masks)
        truth = open.single_pictures(mask_files, palette=True)
        pairs.check_same_sizes(files, pictures, mask_files, truth)
        scans = replace(scans, sources=(*files, *mask_files))
        meaning = Meaning(labels, classes, ignore, threshold)
        scans = as_labels(scans, truth, [str(file) for file in mask_files], meaning)
    names_of_files = [path.as_posix() for path in relative]
    indices = images_of_split(images, names_of_files, groups, splits, split, seed=seed)
    return select(scans, indices)


def _check_same_kind(files: list[Path], pictures: Lazy) -> None:
    """Refuses grey pictures beside pictures in colour."""
    axes_of_first = len(pictures.shapes[0])
    for file, shape in zip(files, pictures.shapes, strict=True):
        if len(shape) != axes_of_first:
            problem = "grey and colour pictures are mixed"
            raise Refused(f"{file}: {problem}; {files[0].name} is of the other kind")


def _volume_name(images: str) -> str:
    """The name of a volume: its file without the ending, or the folder of a pattern."""
    text, _ = open.path_and_key(images)
    path = Path(text)
    is_pattern = any(letter in path.name for letter in "*?[")
    name = path.parent.name if is_pattern else path.name
    return re.sub(ENDINGS, "", name) or "volume"


def _without_colours(axes: str | None) -> str | None:
    return None if axes is None else axes.replace("c", "")


def _source_files(images: str, masks: str | None) -> tuple[Path, ...]:
    """The files behind the images and the masks."""
    files: list[Path] = []
    for text in (images, masks):
        if text is not None:
            path, _ = open.path_and_key(text)
            files += open.find_files(path)
    return tuple(files)
