"""What the numbers in a person's mask files stand for, as the options of a data set say it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.data.files.lazy import Lazy
from harness.data.masks import IGNORE, as_binary, as_classes, as_thresholded, with_instances
from harness.data.refused import Refused
from harness.data.scans import Scans


@dataclass(frozen=True)
class Meaning:
    """What the numbers in a mask file stand for."""

    kind: Literal["binary", "instances", "classes"] = "binary"
    classes: Mapping[str, int] | None = None
    ignore: int | None = None
    threshold: float | None = None  # what is brighter is foreground


def as_labels(scans: Scans, masks: Lazy, names: Sequence[str], meaning: Meaning) -> Scans:
    """Adds `masks` to `scans`, read as `meaning` says; `names` are what complaints call them."""
    file, ignore = names[0], meaning.ignore
    _check_threshold(meaning, file)
    ignore_label = None if ignore is None else IGNORE
    if meaning.kind == "instances":
        if meaning.classes is not None:
            conflict = "labels: instances numbers objects and classes: names them"
            raise Refused(f"{file}: {conflict}; give one of the two")
        return with_instances(scans, masks, names, ignore)
    if meaning.classes is not None:
        table = _table_of_classes(meaning.classes, file)
        labels = as_classes(masks, names, table, ignore)
        return replace(scans, masks=labels, classes=tuple(meaning.classes), ignore=ignore_label)
    if meaning.kind == "classes":
        example = "classes: {background: 0, nucleus: 1}"
        raise Refused(f"{file}: labels: classes needs names and values, as {example}")
    if meaning.threshold is not None:
        labels = as_thresholded(masks, names, meaning.threshold, ignore)
    else:
        labels = as_binary(masks, names, ignore)
    return replace(scans, masks=labels, ignore=ignore_label)


def _check_threshold(meaning: Meaning, file: str) -> None:
    """Refuses a threshold beside what gives the numbers another meaning."""
    if meaning.threshold is None:
        return
    rival = ""
    if meaning.classes is not None:
        rival = "classes: names the values"
    elif meaning.kind != "binary":
        rival = f"labels: {meaning.kind} takes them as they are"
    if rival:
        conflict = f"threshold: makes two classes of grey values, and {rival}"
        raise Refused(f"{file}: {conflict}; give one of the two")


def _table_of_classes(classes: Mapping[str, int], file: str) -> dict[int, int]:
    """Translates the values in a file to labels, in the order in which the classes are named."""
    values = list(classes.values())
    is_count_right = 2 <= len(values) <= 255
    are_distinct = len(set(values)) == len(values)
    if not (is_count_right and are_distinct):
        rule = "must give two to 255 names, each with a value of its own"
        raise Refused(f"{file}: classes: {dict(classes)} {rule}")
    return {value: label for label, value in enumerate(values)}
