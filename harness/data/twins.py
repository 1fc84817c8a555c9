"""The same image twice in one set: folds must not train on one copy and validate on the other."""

from collections.abc import Mapping, Sequence

from harness.data.fingerprint import BLANK
from harness.data.scans import Scans


def blocks_of_slices(count: int, folds: int) -> list[int]:
    """The part of each slice where folds cut one volume: contiguous blocks."""
    parts = []
    for i in range(count):
        parts.append(i * folds // count)
    return parts


def twins_apart(scans: Scans, digests: Mapping[str, str], folds: int) -> list[tuple[str, str]]:
    """The ids of equal images that so many folds may part; blank images do not count.

    Whole groups go to one part. Which part that is depends on the masks, so images of two groups
    count as parted.
    """
    units: Sequence[object] = list(scans.groups or scans.volumes)
    if len(set(units)) < folds:
        units = blocks_of_slices(len(scans), folds)
    first_of: dict[str, int] = {}
    pairs: list[tuple[str, str]] = []
    for index, name in enumerate(scans.ids):
        code = digests[name]
        if code.startswith(BLANK):
            continue
        first = first_of.setdefault(code, index)
        if units[first] != units[index]:
            pairs.append((scans.ids[first], name))
    return pairs
