"""The user's own files: `volume` for a stack along z, `folder` for single pictures."""

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import Literal

from harness.components.datasets import dataset
from harness.data.files import open, pairs
from harness.data.files.window import Window, to_eight_bits
from harness.data.masks import Meaning, as_labels
from harness.data.refused import Refused
from harness.data.scans import Scans
from harness.data.splits import images_of_split, range_of_split, select
from harness.spec.options import Whole

Axes = (
    Literal["zyx", "xyz", "yxz", "zxy", "xzy", "yzx", "zyxc", "zcyx", "czyx", "cyx", "yxc", "yx"]
    | None
)
Kind = Literal["binary", "instances", "classes"]


@dataset(licence="yours", splits=("train", "validation", "test", "all"))
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
    axes: Axes = None,
    mask_axes: Axes = None,
    key: str | None = None,
    mask_key: str | None = None,
    window: Window = None,
) -> Scans:
    """Your own volume: a TIFF stack, a series of pictures, HDF5, Zarr, NIfTI or NumPy, split by slice range.

    Masks that hold 0 and 1 or 0 and 255 are binary; `labels: instances` and `classes: {name: value}` say otherwise,
    and any other value is refused. Grey values stay as they are unless `window` says how they become 8 bits.
    """
    stack = open.volume(images, key, axes)
    if len(stack) < 2:
        raise Refused(
            f"{images}: it holds one slice; a volume has several, use name: folder for single pictures"
        )
    name = _title(images)
    names = [f"{name}/{z:04d}" for z in range(len(stack))]
    pixels = to_eight_bits(
        open.with_checked_pixels(stack, open.section_names(images, len(stack))), window
    )
    scans = Scans(pixels, None, names, [name] * len(names), sources=_behind(images, masks))
    if masks is not None:
        truth = open.volume(masks, mask_key, mask_axes or _spatial(axes), palette=True)
        pairs.check_same_shape(images, stack, masks, truth)
        pairs.check_numbers_agree(images, masks)
        meaning = Meaning(labels, classes, ignore)
        scans = as_labels(scans, truth, open.section_names(masks, len(truth)), meaning)
    return select(scans, range_of_split(name, len(stack), splits, split))


@dataset(licence="yours", splits=("train", "validation", "test", "all"))
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
    window: Window = None,
) -> Scans:
    """Your own pictures, one file each, split by file pattern or by a fraction of the groups.

    A mask has its picture's name (`masks: "m/*.png"`) or one made of it (`masks: "m/{stem}_mask.png"`).
    `group: folder`, or a regular expression with one bracket, names what must not be torn apart (a patient, a slide).
    """
    found = open.find_files(images)
    pictures = open.single_pictures(found)
    if len({len(s) for s in pictures.shapes}) > 1:
        odd = next(
            p
            for p, s in zip(found, pictures.shapes, strict=True)
            if len(s) != len(pictures.shapes[0])
        )
        raise Refused(
            f"{odd}: grey and colour pictures are mixed; {found[0].name} is of the other kind"
        )
    root = Path(os.path.commonpath([p.parent for p in found]))
    names = [p.relative_to(root).with_suffix("").as_posix() for p in found]
    groups = pairs.groups_of(names, found, group)
    pixels = to_eight_bits(open.with_checked_pixels(pictures, [str(p) for p in found]), window)
    scans = Scans(pixels, None, names, names, groups, sources=tuple(found))
    if masks is not None:
        partners = pairs.masks_of_pictures(found, masks)
        truth = open.single_pictures(partners, palette=True)
        pairs.check_same_sizes(found, pictures, partners, truth)
        scans = replace(scans, sources=(*found, *partners))
        scans = as_labels(
            scans, truth, [str(p) for p in partners], Meaning(labels, classes, ignore)
        )
    files = [p.relative_to(root).as_posix() for p in found]
    return select(scans, images_of_split(images, files, groups, splits, split, seed=seed))


def _title(images: str) -> str:
    path = Path(open.path_and_key(images)[0])
    stem = path.parent.name if any(c in path.name for c in "*?[") else path.name
    return (
        re.sub(r"(\.ome)?\.(tiff?|h5|hdf5?|zarr|n5|np[yz]|nii(\.gz)?|hdr|img)$", "", stem)
        or "volume"
    )


def _spatial(axes: str | None) -> str | None:
    return None if axes is None else axes.replace("c", "")


def _behind(images: str, masks: str | None) -> tuple[Path, ...]:
    return tuple(
        p
        for text in (images, masks)
        if text is not None
        for p in open.find_files(open.path_and_key(text)[0])
    )
