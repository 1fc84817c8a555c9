"""One pass over a split: what it holds, and what would make a study of it worthless."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from harness.data.fingerprint import BLANK, digest
from harness.data.refused import first_few
from harness.data.scans import Scans


@dataclass(frozen=True)
class Contents:
    """What a split holds; `problems` should stop a study, `notes` should be read."""

    digests: list[str]
    fractions: dict[str, float]  # share of the pixels of each class; of objects, for instances
    objects: int
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def examine(scans: Scans) -> Contents:
    """Reads every image and mask once."""
    digests: list[str] = []
    empty: list[str] = []  # the images whose mask labels nothing
    pixels: Counter[int] = Counter()
    objects = 0
    for i, name in enumerate(scans.ids):
        digests.append(digest(scans.images[i]))
        if scans.masks is None:
            continue
        labels, counts = np.unique(scans.masks[i], return_counts=True)
        for label, count in zip(labels.tolist(), counts.tolist(), strict=True):
            pixels[_class_of(label, scans)] += count
        if not scans.classes:
            objects += int((labels > 0).sum())
        foreground = set(labels[labels > 0].tolist()) - {scans.ignore}
        if not foreground:
            empty.append(name)
    problems, notes = _judge_images(scans, digests)
    if scans.masks is not None and len(empty) == len(scans):
        advice = "check labels: and the mask files"
        problems.append(f"{_subject(scans)}: every mask is empty, nothing is labelled; {advice}")
    elif empty:
        notes.append(f"{len(empty)} masks are empty: {first_few(empty, 5)}")
    notes += _notes_on_twins(scans, digests)
    return Contents(digests, _fractions(scans, pixels), objects, problems, notes)


def _class_of(label: int, scans: Scans) -> int:
    """What a label counts as: itself, or 1 for any object where masks number objects."""
    if scans.classes or label == scans.ignore:
        return label
    return min(label, 1)


def _judge_images(scans: Scans, digests: list[str]) -> tuple[list[str], list[str]]:
    """Problems and notes about images that hold a single value."""
    blank = []
    for name, value in zip(scans.ids, digests, strict=True):
        if value.startswith(BLANK):
            blank.append(name)
    if len(blank) == len(scans):
        problem = "every image holds one single value; the wrong files or channel were read"
        return [f"{_subject(scans)}: {problem}"], []
    if blank:
        return [], [f"{len(blank)} images hold one single value: {first_few(blank, 5)}"]
    return [], []


def _notes_on_twins(scans: Scans, digests: list[str]) -> list[str]:
    """A note on images with the same content, blank ones aside."""
    with_content = [value for value in digests if not value.startswith(BLANK)]
    counts = Counter(with_content)
    repeated = [value for value in counts if counts[value] > 1]
    if not repeated:
        return []
    twins = []
    for name, value in zip(scans.ids, digests, strict=True):
        if value == repeated[0]:
            twins.append(name)
    example = first_few(twins, 3)
    return [f"{len(repeated)} images stand here more than once, e.g. {example}"]


def _subject(scans: Scans) -> Path | str:
    """What complaints call a split: the folder of its files, or its first volume."""
    if scans.sources:
        first_file = scans.sources[0]
        return first_file.parent
    return scans.volumes[0]


def _fractions(scans: Scans, pixels: Counter[int]) -> dict[str, float]:
    """The share of each class among the pixels that count."""
    labels = sorted(label for label in pixels if label != scans.ignore)
    total = sum(pixels[label] for label in labels)
    if not total:
        return {}
    classes = scans.classes or ("background", "objects")
    names = dict(enumerate(classes))
    fractions = {}
    for label in labels:
        name = names.get(label, str(label))
        fractions[name] = pixels[label] / total
    return fractions
