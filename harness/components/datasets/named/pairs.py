"""Data sets of single pictures: a picture goes with the mask of the same name."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.components.datasets.named.files import first_images
from harness.data.files import open
from harness.data.files.lazy import Image, Lazy
from harness.data.files.stored import images_of
from harness.data.refused import Refused, sizes
from harness.data.scans import Scans
from harness.data.splits import check_split


@dataclass(frozen=True)
class Pair:
    """A picture and its mask, under one name."""

    name: str
    image: Path
    mask: Path


def open_pairs(pairs: Sequence[Pair], channel: int | None = None) -> tuple[Scans, Lazy]:
    """Pictures as scans without masks, and the masks beside them as their files hold them.

    Of colour pictures only `channel` is taken, where one is named.
    """
    names = [pair.name for pair in pairs]
    images = _open_images(pairs, channel)
    masks = [open_picture(pair.mask, palette=True) for pair in pairs]
    sources: list[Path] = []
    for pair, image_shape, mask in zip(pairs, images.shapes, masks, strict=True):
        image_size = image_shape[:2]
        mask_size = mask.shapes[0][:2]
        if mask_size != image_size:
            difference = f"the mask is {sizes(mask_size)}"
            raise Refused(f"{pair.mask}: {difference}, {pair.image.name} is {sizes(image_size)}")
        sources += [pair.image, pair.mask]
    checked = open.with_checked_pixels(images, names)
    scans = Scans(checked, None, names, names, names, sources=tuple(sources))
    return scans, first_images(masks)


def _open_images(pairs: Sequence[Pair], channel: int | None) -> Lazy:
    """The pictures of pairs, all of one type; of colour pictures one channel, where it is named."""
    pictures = []
    for pair in pairs:
        picture = open_picture(pair.image)
        is_grey = len(picture.shapes[0]) == 2
        if channel is not None and not is_grey:
            picture = _one_channel(picture, channel)
        pictures.append(picture)
    dtype = pictures[0].dtype
    for pair, picture in zip(pairs, pictures, strict=True):
        if picture.dtype != dtype:
            difference = f"its pixels are {picture.dtype}, those of the first are {dtype}"
            raise Refused(f"{pair.image}: {difference}")
    return first_images(pictures)


def open_picture(path: Path, *, palette: bool = False) -> Lazy:
    """One picture, whether its file puts the colours first or last."""
    stored = open.stored_array(path, palette=palette)
    axes = None
    if len(stored.shape) == 3:
        if stored.shape[2] in (3, 4):
            axes = "yxc"
        elif stored.shape[0] in (3, 4):
            axes = "cyx"
    picture = images_of(stored, axes)
    if len(picture) != 1:
        problem = f"it holds {len(picture)} sections"
        raise Refused(f"{path}: {problem}; this data set has one picture a file")
    return picture


def _one_channel(picture: Lazy, channel: int) -> Lazy:
    """One channel of a colour picture, as a grey picture."""

    def change(image: Image, _: int) -> Image:
        values: Image = image[..., channel]
        return values

    return picture.map(change, shape=lambda shape: shape[:2])


def pair_by_stem(images: Sequence[Path], masks: Sequence[Path], ending: str = "") -> list[Pair]:
    """Pictures and masks of the same name, but for an ending that either may have."""
    mask_of_name = {mask.stem.removesuffix(ending): mask for mask in masks}
    pairs = []
    missing = []
    for image in images:
        name = image.stem.removesuffix(ending)
        if name in mask_of_name:
            pairs.append(Pair(name, image, mask_of_name[name]))
        else:
            missing.append(image)
    if missing:
        problem = f"there is no mask of this name in {masks[0].parent}"
        raise Refused(f"{missing[0]}: {problem} ({len(missing)} have none)")
    return pairs


def folders_of_split(name: str, split: str, folders: dict[str, str]) -> list[str]:
    """The folders of a split, all of them for 'all'."""
    check_split(name, split, [*folders, "all"])
    if split == "all":
        return list(folders.values())
    return [folders[split]]
