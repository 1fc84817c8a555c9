"""Which images belong to train, validation and test: by slice range, by file pattern, by fraction of groups."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from itertools import pairwise
from typing import Any

import numpy as np

from harness.data.files.lazy import Lazy
from harness.data.refused import NoSplit, Refused, few
from harness.data.scans import Scans
from harness.spec.options import did_you_mean

NAMES = ("train", "validation", "test")
FRACTIONS = (0.7, 0.15, 0.15)


def select(scans: Scans, indices: Sequence[int]) -> Scans:
    """Some images of a split, in the order given."""

    def some(values: Any) -> Any:
        if values is None:
            return None
        if isinstance(values, Lazy):
            return values.pick(indices)
        return (
            values[list(indices)]
            if isinstance(values, np.ndarray)
            else [values[i] for i in indices]
        )

    parts = {
        name: some(getattr(scans, name)) for name in ("images", "masks", "ids", "volumes", "groups")
    }
    return replace(scans, **parts)


def only(name: str, split: str, known: Sequence[str]) -> None:
    """Refuses a split that a dataset does not have."""
    if split not in known:
        raise NoSplit(f"{name} has no split {split!r}; it has {', '.join(known)}")


def ranged(name: str, count: int, splits: Mapping[str, Sequence[int]] | None, split: str) -> range:
    """The slices of a split, given as [first, one past the last] for each."""
    if split == "all":
        return range(count)
    if splits is None:
        raise Refused(
            f"{name}: nothing says which of its {count} slices are for {split}; say {_offer(count)}"
        )
    _known(name, splits, split)
    ranges = {key: _one(name, count, key, ends) for key, ends in splits.items()}
    taken = sorted(ranges.items(), key=lambda pair: pair[1].start)
    for (a, first), (b, second) in pairwise(taken):
        if second.start < first.stop:
            last = min(first.stop, second.stop) - 1
            raise Refused(f"{name}: slices {second.start} to {last} stand in {a} and in {b}")
    return ranges[split]


def _one(name: str, count: int, key: str, ends: Sequence[int]) -> range:
    if len(ends) != 2 or not 0 <= ends[0] < ends[1] <= count:
        whole = f"[0, {count}] would be all of them"
        raise Refused(
            f"{name}: splits.{key}: {list(ends)} is no range of its {count} slices; {whole}"
        )
    return range(ends[0], ends[1])


def _known(name: str, splits: Mapping[str, object], split: str) -> None:
    for key in splits:
        if key not in NAMES:
            raise Refused(
                f"{name}: splits.{key}: there is no such split; {did_you_mean(key, NAMES)}"
            )
    only(name, split, [*splits, "all"])


def _offer(count: int) -> str:
    first, second = (max(1, round(count * f)) for f in (FRACTIONS[0], FRACTIONS[0] + FRACTIONS[1]))
    return f"splits: {{train: [0, {first}], validation: [{first}, {second}], test: [{second}, {count}]}}"


def matched(name: str, files: Sequence[str], splits: Mapping[str, object], split: str) -> list[int]:
    """The files of a split by pattern; no file may stand in two splits."""
    found: dict[str, list[int]] = {}
    for key, patterns in splits.items():
        several = [patterns] if isinstance(patterns, str) else list(patterns)  # type: ignore[call-overload]
        found[key] = [
            i for i, file in enumerate(files) if any(fnmatch(file, str(p)) for p in several)
        ]
        if not found[key]:
            raise Refused(f"{name}: splits.{key}: {few(several)} matches none of {few(files, 3)}")
    for i, file in enumerate(files):
        homes = [key for key, members in found.items() if i in set(members)]
        if len(homes) > 1:
            raise Refused(
                f"{name}: {file} matches the patterns of {' and of '.join(homes)}; a file has one split"
            )
    return found[split]


def drawn(
    name: str, groups: Sequence[str], splits: Mapping[str, float], split: str, seed: int
) -> list[int]:
    """The images of a split by fraction; a group (patient, slide, volume) never stands in two splits."""
    total = sum(splits.values())
    if any(part <= 0 for part in splits.values()) or total > 1 + 1e-9:
        raise Refused(
            f"{name}: splits add up to {total:g}; fractions are above 0 and add up to 1 at most"
        )
    sizes = {group: groups.count(group) for group in sorted(set(groups))}
    if len(sizes) < len(splits):
        raise Refused(
            f"{name}: {len(sizes)} groups cannot fill {len(splits)} splits; each split needs one of its own"
        )
    order = [sorted(sizes)[i] for i in np.random.default_rng(seed).permutation(len(sizes))]
    missing = {key: part * len(groups) for key, part in splits.items()}
    home: dict[str, str] = {}
    for at, group in enumerate(order):
        empty = [key for key in splits if key not in home.values()]
        # The last groups go to the splits that have none yet; before that, to where most is missing.
        choices = empty if len(order) - at <= len(empty) else list(splits)
        best = max(choices, key=lambda key: missing[key])
        if missing[best] <= 0 and total < 1 - 1e-9 and best not in empty:
            continue
        home[group], missing[best] = best, missing[best] - sizes[group]
    return [i for i, group in enumerate(groups) if home.get(group) == split]


def shared(
    name: str,
    files: Sequence[str],
    groups: Sequence[str],
    splits: Mapping[str, object] | None,
    split: str,
    *,
    seed: int,
) -> list[int]:
    """The images of a split, whether `splits` gives patterns or fractions."""
    if split == "all":
        return list(range(len(files)))
    if splits is None:
        offer = (
            'splits: {train: 0.7, validation: 0.15, test: 0.15}, or patterns as {train: "train/*"}'
        )
        raise Refused(
            f"{name}: nothing says which of its {len(files)} pictures are for {split}; say {offer}"
        )
    _known(name, splits, split)
    numbers = {key: float(v) for key, v in splits.items() if isinstance(v, (int, float))}
    if numbers and len(numbers) < len(splits):
        raise Refused(f"{name}: splits mixes fractions and file patterns; give one kind for all")
    return (
        drawn(name, groups, numbers, split, seed)
        if numbers
        else matched(name, files, splits, split)
    )
