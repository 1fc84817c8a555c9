"""What a split holds, by content: the same volume in another format is the same, a slice in two splits is found."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.refused import Refused, few
from harness.data.scans import Scans

BLANK = "blank-"  # a slice of one value says nothing about where it comes from


def fingerprint(scans: Scans) -> str:
    """sha256 of the decoded images and masks with their types and sizes, and of what stands next to what."""
    total = hashlib.sha256()
    total.update(
        repr(
            (len(scans), _codes(scans.volumes), _codes(scans.groups), scans.classes, scans.ignore)
        ).encode()
    )
    for i in range(len(scans)):
        total.update(_digest(scans.images[i]))
        total.update(b"unlabelled" if scans.masks is None else _digest(scans.masks[i]))
    return total.hexdigest()


def slice_digests(scans: Scans) -> list[str]:
    """sha256 of each image; one that holds a single value is marked as blank."""
    return [digest(scans.images[i]) for i in range(len(scans))]


def digest(image: NDArray[Any]) -> str:
    """sha256 of one image."""
    blank = image.size == 0 or bool((image == image.flat[0]).all())
    return (BLANK if blank else "") + _digest(image).hex()


def overlap(a: Scans, b: Scans) -> list[tuple[str, str]]:
    """The ids of images that stand in both, whatever they are called; blank images do not count."""
    return shared(
        dict(zip(a.ids, slice_digests(a), strict=True)),
        dict(zip(b.ids, slice_digests(b), strict=True)),
    )


def shared(a: dict[str, str], b: dict[str, str]) -> list[tuple[str, str]]:
    """The same for digests that are known already."""
    where: dict[str, list[str]] = {}
    for name, value in a.items():
        if not value.startswith(BLANK):
            where.setdefault(value, []).append(name)
    return [(first, second) for second, value in b.items() for first in where.get(value, [])]


def disjoint(a: Scans, b: Scans, names: tuple[str, str] = ("train", "test")) -> None:
    """Refuses two splits that share an image."""
    if both := overlap(a, b):
        pairs = few((f"{first} = {second}" for first, second in both), 3)
        raise Refused(
            f"{names[0]} and {names[1]} share {len(both)} images ({pairs}); take them out of one of the two"
        )


def stamp(files: Sequence[Path]) -> str:
    """A hash of names, sizes and times: while it stays, the files need not be read again."""
    seen = [(str(p), p.stat().st_size, p.stat().st_mtime_ns) for p in files]
    return hashlib.sha256(repr(seen).encode()).hexdigest()


def _digest(array: NDArray[Any]) -> bytes:
    plain = np.ascontiguousarray(array.astype(array.dtype.newbyteorder("<"), copy=False))
    found = hashlib.sha256(f"{plain.dtype.str}{plain.shape}".encode())
    found.update(plain.data.cast("B") if plain.size else b"")
    return found.digest()


def _codes(names: Sequence[str] | None) -> list[int] | None:
    """Which images go together, without what it is called."""
    if names is None:
        return None
    seen: dict[str, int] = {}
    return [seen.setdefault(name, len(seen)) for name in names]
