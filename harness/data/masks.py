"""Masks as files hold them -> labels 0 .. k-1 or instance ids; what is unexpected is refused with its values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from harness.data.files.lazy import Lazy
from harness.data.refused import Refused, few
from harness.data.scans import Scans

IGNORE = 255  # in class masks (uint8)
IGNORED_ID = -1  # in instance masks (int32)
Mask = NDArray[Any]


@dataclass(frozen=True)
class Meaning:
    """What the numbers in a mask file stand for."""

    kind: Literal["binary", "instances", "classes"] = "binary"
    classes: Mapping[str, int] | None = None
    ignore: int | None = None


def understood(scans: Scans, masks: Lazy, names: Sequence[str], meaning: Meaning) -> Scans:
    """`scans` with `masks`, read as `meaning` says; `names` are what complaints call them."""
    where = names[0]
    table, ignore = meaning.classes, meaning.ignore
    left = None if ignore is None else IGNORED_ID if meaning.kind == "instances" else IGNORE
    if meaning.kind == "instances":
        if table is not None:
            raise Refused(
                f"{where}: labels: instances numbers objects and classes: names them; give one of the two"
            )
        return replace(scans, masks=instances(masks, names, ignore), classes=(), ignore=left)
    if table is not None:
        if not 2 <= len(table) <= 255 or len(set(table.values())) < len(table):
            raise Refused(
                f"{where}: classes: {dict(table)} must give two to 255 names, each with a value of its own"
            )
        known = {value: label for label, value in enumerate(table.values())}
        return replace(
            scans, masks=classes(masks, names, known, ignore), classes=tuple(table), ignore=left
        )
    if meaning.kind == "classes":
        raise Refused(
            f"{where}: labels: classes needs names and values, as classes: {{background: 0, nucleus: 1}}"
        )
    return replace(scans, masks=binary(masks, names, ignore), ignore=left)


def flat(mask: Mask, name: str) -> Mask:
    """A mask with one value a pixel: colours that are all equal, and an alpha that hides nothing, are dropped."""
    if mask.ndim == 2:
        return mask
    grey = mask[..., 0]
    others = mask[..., : 3 if mask.shape[2] >= 3 else 1]
    if (others != grey[..., None]).any():
        raise Refused(
            f"{name}: a mask in colours; save one number a pixel, or use a loader that knows the colours"
        )
    return grey


def whole(mask: Mask, name: str) -> Mask:
    """A mask of integers from zero on."""
    mask = flat(mask, name)
    if mask.dtype.kind == "f":
        if not np.isfinite(mask).all():
            raise Refused(
                f"{name}: the mask holds NaN or infinite values; labels are whole numbers from 0 on"
            )
        rounded = np.rint(mask)
        if (rounded != mask).any():
            odd = float(mask[rounded != mask].ravel()[0])
            raise Refused(
                f"{name}: the mask holds {odd:g}; labels are whole numbers, so threshold or round it first"
            )
        mask = rounded.astype(np.int64)
    if mask.dtype.kind == "i" and mask.size and int(mask.min()) < 0:
        raise Refused(
            f"{name}: the mask holds {int(mask.min())}; labels are 0 or more, say ignore: {int(mask.min())}"
        )
    return mask


def binary(masks: Lazy, names: Sequence[str], ignore: int | None = None) -> Lazy:
    """Two classes from masks that hold 0 and 1, or 0 and 255; nothing else is guessed."""

    def convert(mask: Mask, i: int) -> Mask:
        mask, left = _ignored(mask, names[i], ignore)
        values = _values(mask, left)
        top = values[-1] if len(values) else 0
        if set(values) - {0, top} or top not in (0, 1, 255):
            raise Refused(
                f"{names[i]}: the mask holds {few(values)}; a binary mask holds 0 and 1, or 0 and 255. "
                "Say labels: instances for objects with numbers, or classes: {name: value} for several classes"
            )
        return _finished((mask > 0).astype(np.uint8), left, IGNORE)

    return masks.map(convert, dtype=np.uint8, shape=lambda s: s[:2])


def instances(masks: Lazy, names: Sequence[str], ignore: int | None = None) -> Lazy:
    """Object numbers, 0 for none."""

    def convert(mask: Mask, i: int) -> Mask:
        mask, left = _ignored(mask, names[i], ignore)
        if mask.size and int(mask.max()) > np.iinfo(np.int32).max:
            raise Refused(
                f"{names[i]}: object numbers up to {int(mask.max())} do not fit 32 bits; relabel them"
            )
        return _finished(mask.astype(np.int32), left, IGNORED_ID)

    return masks.map(convert, dtype=np.int32, shape=lambda s: s[:2])


def classes(
    masks: Lazy, names: Sequence[str], table: Mapping[int, int], ignore: int | None = None
) -> Lazy:
    """Values in the file -> labels, by a table; a value outside it is refused."""
    known = np.array(sorted(table))
    labels = np.array([table[int(k)] for k in known], np.uint8)

    def convert(mask: Mask, i: int) -> Mask:
        mask, left = _ignored(mask, names[i], ignore)
        strange = sorted(set(_values(mask, left)) - set(table))
        if strange:
            raise Refused(
                f"{names[i]}: the mask holds {few(strange)}; the classes stand for {few(known.tolist(), 12)}"
            )
        at = np.searchsorted(known, mask).clip(max=len(known) - 1)
        return _finished(labels[at], left, IGNORE)

    return masks.map(convert, dtype=np.uint8, shape=lambda s: s[:2])


def foreground(masks: Lazy, names: Sequence[str], ignore: int | None = None) -> Lazy:
    """Two classes from object numbers: any object is foreground."""

    def convert(mask: Mask, i: int) -> Mask:
        mask, left = _ignored(mask, names[i], ignore)
        return _finished((mask > 0).astype(np.uint8), left, IGNORE)

    return converted(masks, convert, np.uint8)


def objects(scans: Scans, masks: Lazy, task: str, noun: str, ignore: int | None = None) -> Scans:
    """`scans` with numbered objects: as they are for the task 'instances', as one class for any other."""
    if task == "instances":
        left = None if ignore is None else IGNORED_ID
        return replace(scans, masks=instances(masks, scans.ids, ignore), classes=(), ignore=left)
    left = None if ignore is None else IGNORE
    return replace(
        scans, masks=foreground(masks, scans.ids, ignore), classes=("background", noun), ignore=left
    )


def halved(masks: Lazy, names: Sequence[str]) -> Lazy:
    """Two classes from masks with grey edges: the brighter half is foreground, in one-bit pictures what is not 0."""

    def convert(mask: Mask, i: int) -> Mask:
        mask = flat(mask, names[i])
        return (mask > (127 if int(mask.max(initial=0)) > 1 else 0)).astype(np.uint8)

    return converted(masks, convert, np.uint8)


def converted(masks: Lazy, change: Callable[[Mask, int], Mask], dtype: Any) -> Lazy:
    """Masks by a rule of their own, with one value a pixel."""
    return masks.map(change, dtype=dtype, shape=lambda s: s[:2])


def _ignored(mask: Mask, name: str, ignore: int | None) -> tuple[Mask, Mask | None]:
    if ignore is None:
        return whole(mask, name), None
    mask = flat(mask, name)
    left = mask == ignore
    return whole(np.where(left, np.zeros((), mask.dtype), mask), name), left


def _values(mask: Mask, left: Mask | None) -> list[int]:
    return [int(v) for v in np.unique(mask if left is None else mask[~left])]


def _finished(mask: Mask, left: Mask | None, ignore: int) -> Mask:
    if left is not None:
        mask[left] = ignore
    return mask
