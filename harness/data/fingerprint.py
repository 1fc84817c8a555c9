"""What a split holds, by content: the same volume in another format has the same fingerprint."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from harness.data.files.stamps import file_stamp
from harness.data.scans import Scans

BLANK = "blank-"  # a slice of one value says nothing about where it comes from


def fingerprint(scans: Scans) -> str:
    """sha256 of the images and masks with their types and sizes, and of what belongs together."""
    volumes = _number_names(scans.volumes)
    groups = _number_names(scans.groups)
    facts = (len(scans), volumes, groups, scans.classes, scans.ignore)
    total = hashlib.sha256()
    total.update(repr(facts).encode())
    for i in range(len(scans)):
        total.update(_digest(scans.images[i]))
        if scans.masks is None:
            total.update(b"unlabelled")
        else:
            total.update(_digest(scans.masks[i]))
    return total.hexdigest()


def digest(image: NDArray[Any]) -> str:
    """sha256 of an image; that of an image of a single value is marked as blank."""
    code = _digest(image).hex()
    if image.size == 0:
        return BLANK + code
    is_as_first = image == image.flat[0]
    return BLANK + code if is_as_first.all() else code


def shared_images(a: Mapping[str, str], b: Mapping[str, str]) -> list[tuple[str, str]]:
    """The ids of images that stand in both splits, given the digest of each id.

    Names do not matter, and blank images do not count.
    """
    names_in_a: dict[str, list[str]] = {}
    for name, code in a.items():
        if not code.startswith(BLANK):
            names_in_a.setdefault(code, []).append(name)
    pairs: list[tuple[str, str]] = []
    for name, code in b.items():
        for twin in names_in_a.get(code, []):
            pairs.append((twin, name))
    return pairs


def files_stamp(files: Iterable[Path]) -> str:
    """A hash of names, sizes and times: while it stays, the files need not be read again."""
    codes = [file_stamp(path).code for path in files]
    return hashlib.sha256(repr(codes).encode()).hexdigest()


def _digest(array: NDArray[Any]) -> bytes:
    """sha256 of an array with its type and shape, the same on every machine."""
    little_endian = array.dtype.newbyteorder("<")
    array = np.ascontiguousarray(array.astype(little_endian, copy=False))
    head = f"{array.dtype.str}{array.shape}"
    code = hashlib.sha256(head.encode())
    if array.size:
        code.update(array.data.cast("B"))
    return code.digest()


def _number_names(names: Sequence[str] | None) -> list[int] | None:
    """Which images go together, without what that is called: names in the order of appearance."""
    if names is None:
        return None
    numbers: dict[str, int] = {}
    return [numbers.setdefault(name, len(numbers)) for name in names]
