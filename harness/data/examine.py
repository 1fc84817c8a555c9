"""One pass over a split: what it holds, and what would make a study of it worthless."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np

from harness.data.fingerprint import BLANK, digest
from harness.data.refused import Refused, few
from harness.data.scans import Scans


@dataclass(frozen=True)
class Contents:
    """What one pass found; `problems` should stop a study, `notes` should be read."""

    digests: list[str]
    fractions: dict[str, float]  # share of the pixels of each class; of objects, for instances
    objects: int
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(scans: Scans) -> Contents:
    """Reads every image and mask once."""
    digests, pixels, objects, empty = [], Counter[int](), 0, []
    for i, name in enumerate(scans.ids):
        digests.append(digest(scans.images[i]))
        if scans.masks is None:
            continue
        values, counts = np.unique(scans.masks[i], return_counts=True)
        objects += 0 if scans.classes else int((values > 0).sum())
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            pixels[value if scans.classes or value == scans.ignore else min(value, 1)] += count
        if not any(v > 0 and v != scans.ignore for v in values.tolist()):
            empty.append(name)
    problems, notes = _judged(scans, digests, empty)
    return Contents(digests, _fractions(scans, pixels), objects, problems, notes)


def sound(scans: Scans) -> Scans:
    """The same split, after its images and masks were read once; refused where they are worthless."""
    if problems := examine(scans).problems:
        raise Refused(problems[0])
    return scans


def _judged(scans: Scans, digests: list[str], empty: list[str]) -> tuple[list[str], list[str]]:
    problems, notes = [], []
    where = f"{scans.sources[0].parent if scans.sources else scans.volumes[0]}"
    blank = [name for name, d in zip(scans.ids, digests, strict=True) if d.startswith(BLANK)]
    if len(blank) == len(scans):
        problems.append(
            f"{where}: every image holds one single value; the wrong files or channel were read"
        )
    elif blank:
        notes.append(f"{len(blank)} images hold one single value: {few(blank, 5)}")
    if scans.masks is not None and len(empty) == len(scans):
        problems.append(
            f"{where}: every mask is empty, nothing is labelled; check labels: and the mask files"
        )
    elif empty and scans.masks is not None:
        notes.append(f"{len(empty)} masks are empty: {few(empty, 5)}")
    twice = [
        name
        for name, count in Counter(d for d in digests if not d.startswith(BLANK)).items()
        if count > 1
    ]
    if twice:
        alike = [name for name, d in zip(scans.ids, digests, strict=True) if d == twice[0]]
        notes.append(f"{len(twice)} images stand here more than once, e.g. {few(alike, 3)}")
    return problems, notes


def _fractions(scans: Scans, pixels: Counter[int]) -> dict[str, float]:
    counted = {v: n for v, n in pixels.items() if v != scans.ignore}
    total = sum(counted.values())
    names = dict(enumerate(scans.classes or ("background", "objects")))
    return {names.get(v, str(v)): n / total for v, n in sorted(counted.items())} if total else {}
