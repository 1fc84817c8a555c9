"""Masks as files hold them -> labels 0 .. k-1 or instance ids; other values are refused by name."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from harness.data.files.lazy import Lazy
from harness.data.grey_values import grey_values, why_not_binary
from harness.data.refused import Refused, first_few
from harness.data.scans import Scans

IGNORE = 255  # the label that does not count in class masks (uint8)
IGNORE_ID = -1  # the same in instance masks (int32), where 255 may be an object
Mask = NDArray[Any]


def with_objects(
    scans: Scans, masks: Lazy, task: str, noun: str, ignore: int | None = None
) -> Scans:
    """Adds numbered objects to `scans`: as instance ids for the task 'instances', else as a class.

    The class of objects is called `noun`.
    """
    if task == "instances":
        return with_instances(scans, masks, scans.ids, ignore)
    labels = as_foreground(masks, scans.ids, ignore)
    ignore_label = None if ignore is None else IGNORE
    return replace(scans, masks=labels, classes=("background", noun), ignore=ignore_label)


def with_instances(
    scans: Scans,
    masks: Lazy,
    names: Sequence[str],
    ignore: int | None,
) -> Scans:
    """Adds object numbers to `scans`, which then has no classes."""
    labels = as_instances(masks, names, ignore)
    ignore_label = None if ignore is None else IGNORE_ID
    return replace(scans, masks=labels, classes=(), ignore=ignore_label)


def one_channel(mask: Mask, name: str) -> Mask:
    """A mask with one value a pixel: colours that are all equal become a grey value.

    An alpha channel is dropped; a mask in true colours is refused.
    """
    if mask.ndim == 2:
        return mask
    first = mask[..., 0]
    colours = mask[..., :3] if mask.shape[2] >= 3 else mask[..., :1]
    if (colours != first[..., None]).any():
        advice = "save one number a pixel, or use a loader that knows the colours"
        raise Refused(f"{name}: a mask in colours; {advice}")
    return first


def as_integers(mask: Mask, name: str) -> Mask:
    """A mask of integers from zero on."""
    mask = one_channel(mask, name)
    if mask.dtype.kind == "f":
        mask = _whole_numbers(mask, name)
    if mask.dtype.kind == "i" and mask.size:
        lowest = int(mask.min())
        if lowest < 0:
            advice = f"labels are 0 or more, say ignore: {lowest}"
            raise Refused(f"{name}: the mask holds {lowest}; {advice}")
    return mask


def _whole_numbers(mask: Mask, name: str) -> Mask:
    """Floating-point numbers that are all whole, as integers; refuses any other."""
    if not np.isfinite(mask).all():
        problem = "the mask holds NaN or infinite values"
        raise Refused(f"{name}: {problem}; labels are whole numbers from 0 on")
    integers = np.rint(mask)
    is_odd = integers != mask
    if is_odd.any():
        odd = float(mask[is_odd].ravel()[0])
        advice = "labels are whole numbers, so say threshold: 0.5, or round it first"
        raise Refused(f"{name}: the mask holds {odd:g}; {advice}")
    return integers.astype(np.int64)


def as_binary(masks: Lazy, names: Sequence[str], ignore: int | None = None) -> Lazy:
    """Two classes from masks that hold 0 and 1, or 0 and 255; nothing else is guessed."""

    def convert(mask: Mask, index: int) -> Mask:
        """Makes 0 and 1 of one mask, and refuses a mask of more than two values."""
        mask, is_ignored = _without_ignored(mask, names[index], ignore)
        counted = mask if is_ignored is None else mask[~is_ignored]
        reason = why_not_binary(grey_values([counted]))
        if reason:
            raise Refused(f"{names[index]}: {reason}")
        labels = (mask > 0).astype(np.uint8)
        return _with_ignored(labels, is_ignored, IGNORE)

    return convert_masks(masks, convert, np.uint8)


def as_thresholded(
    masks: Lazy, names: Sequence[str], threshold: float, ignore: int | None = None
) -> Lazy:
    """Two classes from grey masks: what is brighter than the threshold is foreground."""

    def convert(mask: Mask, index: int) -> Mask:
        """Makes 0 and 1 of one mask; refuses one that holds no numbers somewhere."""
        mask = one_channel(mask, names[index])
        if mask.dtype.kind == "f" and not np.isfinite(mask).all():
            problem = "the mask holds NaN or infinite values"
            raise Refused(f"{names[index]}: {problem}, which are neither above a threshold nor not")
        labels = (mask > threshold).astype(np.uint8)
        is_ignored = None if ignore is None else mask == ignore
        return _with_ignored(labels, is_ignored, IGNORE)

    return convert_masks(masks, convert, np.uint8)


def as_instances(masks: Lazy, names: Sequence[str], ignore: int | None = None) -> Lazy:
    """Object numbers, 0 for none."""

    def convert(mask: Mask, index: int) -> Mask:
        """Brings the numbers of one mask to 32 bits, and refuses those that do not fit."""
        mask, is_ignored = _without_ignored(mask, names[index], ignore)
        highest = int(mask.max(initial=0))
        if highest > np.iinfo(np.int32).max:
            problem = f"object numbers up to {highest} do not fit 32 bits"
            raise Refused(f"{names[index]}: {problem}; relabel them")
        return _with_ignored(mask.astype(np.int32), is_ignored, IGNORE_ID)

    return convert_masks(masks, convert, np.int32)


def as_classes(
    masks: Lazy,
    names: Sequence[str],
    table: Mapping[int, int],
    ignore: int | None = None,
) -> Lazy:
    """Values in the file -> labels, by a table; a value outside it is refused."""
    values = np.array(sorted(table))
    labels = np.array([table[int(value)] for value in values], np.uint8)

    def convert(mask: Mask, index: int) -> Mask:
        """Looks each value of one mask up in the table."""
        mask, is_ignored = _without_ignored(mask, names[index], ignore)
        strange = sorted(set(_values(mask, is_ignored)) - set(table))
        if strange:
            meanings = first_few(values.tolist(), 12)
            raise Refused(
                f"{names[index]}: the mask holds {first_few(strange)}; "
                f"the classes stand for {meanings}"
            )
        positions = np.searchsorted(values, mask).clip(max=len(values) - 1)
        return _with_ignored(labels[positions], is_ignored, IGNORE)

    return convert_masks(masks, convert, np.uint8)


def as_foreground(masks: Lazy, names: Sequence[str], ignore: int | None = None) -> Lazy:
    """Two classes from object numbers: any object is foreground."""

    def convert(mask: Mask, index: int) -> Mask:
        mask, is_ignored = _without_ignored(mask, names[index], ignore)
        labels = (mask > 0).astype(np.uint8)
        return _with_ignored(labels, is_ignored, IGNORE)

    return convert_masks(masks, convert, np.uint8)


def from_grey_edges(masks: Lazy, names: Sequence[str]) -> Lazy:
    """Two classes from masks whose edges are grey: the brighter half is foreground.

    In pictures of one bit, foreground is what is not 0.
    """

    def convert(mask: Mask, index: int) -> Mask:
        mask = one_channel(mask, names[index])
        is_one_bit = int(mask.max(initial=0)) <= 1
        threshold = 0 if is_one_bit else 127
        return (mask > threshold).astype(np.uint8)

    return convert_masks(masks, convert, np.uint8)


def convert_masks(
    masks: Lazy,
    change: Callable[[Mask, int], Mask],
    dtype: DTypeLike,
) -> Lazy:
    """Masks passed through a rule that gives one value a pixel."""

    def height_and_width(shape: tuple[int, ...]) -> tuple[int, ...]:
        return shape[:2]

    return masks.map(change, dtype=dtype, shape=height_and_width)


def _without_ignored(mask: Mask, name: str, ignore: int | None) -> tuple[Mask, Mask | None]:
    """The mask as integers with 0 where it is to be ignored, and where that is."""
    if ignore is None:
        return as_integers(mask, name), None
    mask = one_channel(mask, name)
    is_ignored = mask == ignore
    zero = np.zeros((), mask.dtype)
    return as_integers(np.where(is_ignored, zero, mask), name), is_ignored


def _values(mask: Mask, is_ignored: Mask | None) -> list[int]:
    """The distinct values of a mask in order, without the pixels that are ignored."""
    if is_ignored is not None:
        mask = mask[~is_ignored]
    return [int(value) for value in np.unique(mask)]


def _with_ignored(mask: Mask, is_ignored: Mask | None, ignore: int) -> Mask:
    if is_ignored is not None:
        mask[is_ignored] = ignore
    return mask
