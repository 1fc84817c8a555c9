"""A person's own files looked through: what a first study of them has to say."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness.data.files import open, pairs
from harness.data.files.lazy import Lazy
from harness.data.files.patterns import are_sections, files_of, masks_by_name, pattern_of
from harness.data.grey_values import GreyValues, grey_values
from harness.data.masks import one_channel
from harness.data.refused import Refused, first_few, sizes
from harness.data.splits import FRACTIONS, NAMES

FEWEST = 3  # images, or groups of them: one for each split
FEWEST_PIXELS = 16  # of a side
SAMPLE = 40  # images whose grey levels are looked at
ENDS = (0.1, 99.9)  # percentiles between which grey levels count
SMALL_PART = 0.25  # of the range of a type: less than this, and images look black
COLOURS = {2: 1, 4: 3}  # without the alpha channel
SPLIT_FOLDERS = {"train": "train", "val": "validation", "validation": "validation", "test": "test"}


@dataclass(frozen=True)
class Survey:
    """What stands in some images and their masks."""

    images: str  # as a study names them
    masks: str
    is_volume: bool  # sections of one volume, rather than pictures of their own
    count: int
    smallest: tuple[int, int]
    largest: tuple[int, int]
    channels: int
    kind: str  # of number that a pixel is
    grey: GreyValues  # of all masks
    splits: Mapping[str, Any]
    window: tuple[float, float] | None = None  # grey levels that become 8 bits
    group: str | None = None

    @property
    def size_text(self) -> str:
        """The sizes of the images."""
        if self.smallest == self.largest:
            return f"{sizes(self.smallest)} pixels"
        return f"{sizes(self.smallest)} to {sizes(self.largest)} pixels"


def survey(images: str, masks: str, *, is_volume: bool | None = None) -> Survey:
    """Looks through images and masks; `Refused` says what stands in the way of a study.

    Each is a folder, a pattern or a file. Numbered pictures of one size are taken for sections of
    a volume, unless `is_volume` says what they are.
    """
    images, masks = pattern_of(images), pattern_of(masks)
    files = files_of(images)
    if is_volume is None:
        is_volume = are_sections(files)
    if is_volume:
        pictures = open.volume(images)
        truth = open.volume(masks, palette=True)
        pairs.check_same_shape(images, pictures, masks, truth)
        pairs.check_numbers_agree(images, masks)
        names = open.section_names(masks, len(truth))
        splits, group = _ranges(images, len(pictures)), None
    else:
        masks = masks_by_name(files, masks)
        mask_files = pairs.masks_of_pictures(files, masks)
        pictures = open.single_pictures(files)
        truth = open.single_pictures(mask_files, palette=True)
        pairs.check_same_sizes(files, pictures, mask_files, truth)
        names = [str(file) for file in mask_files]
        splits, group = _shares(images, files)
    grey = grey_values(one_channel(mask, name) for mask, name in zip(truth, names, strict=True))
    if len(grey.counts) < 2:
        value = first_few(grey.values)
        raise Refused(f"{masks}: every mask holds {value} and nothing else; nothing is labelled")
    shapes = sorted((shape[:2] for shape in pictures.shapes), key=min)
    first = pictures.shapes[0]
    _check_size(images, shapes[0])
    return Survey(
        images,
        masks,
        is_volume,
        count=len(pictures),
        smallest=_two(shapes[0]),
        largest=_two(shapes[-1]),
        channels=COLOURS.get(first[2], first[2]) if len(first) > 2 else 1,
        kind=str(pictures.dtype),
        grey=grey,
        splits=splits,
        window=_window(pictures),
        group=group,
    )


def _ranges(images: str, count: int) -> dict[str, list[int]]:
    """The slices of each split of a volume."""
    if count < FEWEST:
        raise Refused(
            f"{images}: {count} sections are too few for training, validation and test; "
            f"{FEWEST} at least"
        )
    of_train, of_validation, _ = FRACTIONS
    first = min(max(1, round(count * of_train)), count - 2)
    second = min(max(first + 1, round(count * (of_train + of_validation))), count - 1)
    return {"train": [0, first], "validation": [first, second], "test": [second, count]}


def _shares(images: str, files: Sequence[Path]) -> tuple[dict[str, Any], str | None]:
    """The splits of pictures, and what must not be torn apart: folders that are called so are
    splits, others stay whole.
    """
    folders = sorted({file.parent.name for file in files})
    patterns = {SPLIT_FOLDERS[name]: f"{name}/*" for name in folders if name in SPLIT_FOLDERS}
    if {"train", "test"} <= patterns.keys() and len(patterns) == len(folders):
        return {name: patterns[name] for name in NAMES if name in patterns}, None
    group = "folder" if len(folders) >= FEWEST else None
    if len(files) < FEWEST:
        raise Refused(
            f"{images}: {len(files)} pictures are too few for training, validation and test; "
            f"{FEWEST} at least"
        )
    return dict(zip(NAMES, FRACTIONS, strict=True)), group


def _check_size(images: str, smallest: Sequence[int]) -> None:
    """Refuses images that are too small to train on."""
    if min(smallest) < FEWEST_PIXELS:
        size = sizes((smallest[0], smallest[1]))
        raise Refused(
            f"{images}: an image of {size} pixels is too small to train on; "
            f"{FEWEST_PIXELS} on each side at least"
        )


def _two(shape: Sequence[int]) -> tuple[int, int]:
    return shape[0], shape[1]


def _window(images: Lazy) -> tuple[float, float] | None:
    """The grey levels that hold nearly all pixels, where images would look black or burnt without
    saying so.
    """
    if images.dtype == np.uint8:
        return None
    positions = np.linspace(0, len(images) - 1, min(len(images), SAMPLE)).astype(int)
    ends = [np.percentile(images[position], ENDS) for position in positions.tolist()]
    low = float(min(low for low, _ in ends))
    high = float(max(high for _, high in ends))
    if images.dtype.kind == "f":
        return None if low >= 0 and high <= 1 else _in_few_digits(low, high)
    if low >= 0 and high >= SMALL_PART * np.iinfo(images.dtype).max:
        return None
    return _in_few_digits(low, high)


def _in_few_digits(low: float, high: float) -> tuple[float, float] | None:
    """A window in few digits; none where all grey levels are one."""
    if low == high:
        return None
    digits = max(0, 2 - int(np.floor(np.log10(high - low))))
    return round(low, digits), round(high, digits)
