"""Which images belong to train, validation and test: by slice range, file pattern or fraction."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatch
from itertools import pairwise
from typing import Any

import numpy as np

from harness.data.files.lazy import Lazy
from harness.data.refused import NoSplit, Refused, first_few
from harness.data.scans import Scans
from harness.spec.options import did_you_mean

NAMES = ("train", "validation", "test")
FRACTIONS = (0.7, 0.15, 0.15)


def select(scans: Scans, indices: Sequence[int]) -> Scans:
    """Some images of a split, in the order given."""
    return replace(
        scans,
        images=_pick(scans.images, indices),
        masks=_pick(scans.masks, indices),
        ids=_pick(scans.ids, indices),
        volumes=_pick(scans.volumes, indices),
        groups=_pick(scans.groups, indices),
    )


def _pick(values: Any, indices: Sequence[int]) -> Any:
    """The values at `indices`, of the kind that `values` is."""
    if values is None:
        return None
    if isinstance(values, Lazy):
        return values.pick(indices)
    if isinstance(values, np.ndarray):
        return values[list(indices)]
    return [values[index] for index in indices]


def check_split(name: str, split: str, splits: Sequence[str]) -> None:
    """Refuses a split that a dataset does not have."""
    if split not in splits:
        names = ", ".join(splits)
        raise NoSplit(f"{name} has no split {split!r}; it has {names}")


def range_of_split(
    name: str,
    count: int,
    splits: Mapping[str, Sequence[int]] | None,
    split: str,
) -> range:
    """The slices of a split, given as [first, one past the last] for each."""
    if split == "all":
        return range(count)
    if splits is None:
        problem = f"nothing says which of its {count} slices are for {split}"
        raise Refused(f"{name}: {problem}; say {_example_of_ranges(count)}")
    _check_names(name, splits, split)
    ranges = {key: _read_range(name, count, key, ends) for key, ends in splits.items()}
    ordered = sorted(ranges.items(), key=lambda item: item[1].start)
    for (first_name, first), (second_name, second) in pairwise(ordered):
        if second.start < first.stop:
            last = min(first.stop, second.stop) - 1
            slices = f"slices {second.start} to {last}"
            problem = f"{slices} stand in {first_name} and in {second_name}"
            raise Refused(f"{name}: {problem}")
    return ranges[split]


def _read_range(name: str, count: int, key: str, ends: Sequence[int]) -> range:
    """The slices from the first to the last of two ends; refuses what is no range of the volume."""
    if len(ends) == 2:
        start, stop = ends
        if 0 <= start < stop <= count:
            return range(start, stop)
    problem = f"{list(ends)} is no range of its {count} slices"
    advice = f"[0, {count}] would be all of them"
    raise Refused(f"{name}: splits.{key}: {problem}; {advice}")


def _check_names(name: str, splits: Mapping[str, object], split: str) -> None:
    """Refuses splits of unknown names, and one that is asked for and not among them."""
    for key in splits:
        if key not in NAMES:
            hint = did_you_mean(key, NAMES)
            raise Refused(f"{name}: splits.{key}: there is no such split; {hint}")
    check_split(name, split, [*splits, "all"])


def _example_of_ranges(count: int) -> str:
    """An example of `splits` for a volume, in the usual fractions."""
    of_train, of_validation, _ = FRACTIONS
    first = max(1, round(count * of_train))
    second = max(1, round(count * (of_train + of_validation)))
    train = f"train: [0, {first}]"
    validation = f"validation: [{first}, {second}]"
    test = f"test: [{second}, {count}]"
    return f"splits: {{{train}, {validation}, {test}}}"


def match_split(
    name: str,
    files: Sequence[str],
    splits: Mapping[str, object],
    split: str,
) -> list[int]:
    """The files of a split by pattern; no file may stand in two splits."""
    members: dict[str, list[int]] = {}
    for key, value in splits.items():
        patterns = [value] if isinstance(value, str) else list(value)  # type: ignore[call-overload]
        members[key] = [i for i, file in enumerate(files) if _matches_any(file, patterns)]
        if not members[key]:
            problem = f"{first_few(patterns)} matches none of {first_few(files, 3)}"
            raise Refused(f"{name}: splits.{key}: {problem}")
    memberships = Counter[int]()
    for indices in members.values():
        memberships.update(indices)
    for i, file in enumerate(files):
        if memberships[i] > 1:
            keys = [key for key, indices in members.items() if i in indices]
            problem = f"{file} matches the patterns of {' and of '.join(keys)}"
            raise Refused(f"{name}: {problem}; a file has one split")
    return members[split]


def _matches_any(file: str, patterns: Sequence[object]) -> bool:
    return any(fnmatch(file, str(pattern)) for pattern in patterns)


def draw_split(
    name: str,
    groups: Sequence[str],
    splits: Mapping[str, float],
    split: str,
    seed: int,
) -> list[int]:
    """The images of a split by fraction; a group (patient, slide, volume) has one split."""
    total = sum(splits.values())
    least = min(splits.values(), default=1.0)
    if least <= 0 or total > 1 + 1e-9:
        rule = "fractions are above 0 and add up to 1 at most"
        raise Refused(f"{name}: splits add up to {total:g}; {rule}")
    sizes = Counter(groups)
    if len(sizes) < len(splits):
        problem = f"{len(sizes)} groups cannot fill {len(splits)} splits"
        raise Refused(f"{name}: {problem}; each split needs one of its own")
    ordered = sorted(sizes)
    permutation = np.random.default_rng(seed).permutation(len(sizes))
    shuffled = [ordered[i] for i in permutation]
    split_of = _deal_groups(shuffled, sizes, splits)
    return [i for i, group in enumerate(groups) if split_of.get(group) == split]


def _deal_groups(
    groups: Sequence[str],
    sizes: Mapping[str, int],
    splits: Mapping[str, float],
) -> dict[str, str]:
    """The split of each group: the one where most images are missing.

    The last groups go to splits that have none yet. Fractions below 1 leave groups over.
    """
    count = sum(sizes.values())
    leaves_some = sum(splits.values()) < 1 - 1e-9
    missing = {key: fraction * count for key, fraction in splits.items()}
    split_of: dict[str, str] = {}
    for position, group in enumerate(groups):
        empty = [key for key in splits if key not in split_of.values()]
        is_short = len(groups) - position <= len(empty)
        choices = empty if is_short else list(splits)
        best = max(choices, key=lambda key: missing[key])
        if missing[best] <= 0 and leaves_some and best not in empty:
            continue
        split_of[group] = best
        missing[best] -= sizes[group]
    return split_of


def images_of_split(
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
        fractions = "splits: {train: 0.7, validation: 0.15, test: 0.15}"
        patterns = 'patterns as {train: "train/*"}'
        problem = f"nothing says which of its {len(files)} pictures are for {split}"
        raise Refused(f"{name}: {problem}; say {fractions}, or {patterns}")
    _check_names(name, splits, split)
    numbers = {}
    for key, value in splits.items():
        if isinstance(value, (int, float)):
            numbers[key] = float(value)
    if not numbers:
        return match_split(name, files, splits, split)
    if len(numbers) < len(splits):
        raise Refused(f"{name}: splits mixes fractions and file patterns; give one kind for all")
    return draw_split(name, groups, numbers, split, seed)
