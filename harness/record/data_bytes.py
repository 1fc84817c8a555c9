"""Which bytes a run has looked at, so that a study can be judged where its data are not."""

from collections.abc import Iterable
from dataclasses import replace

from harness.record.database import Run, mapping_in
from harness.spec.values import Part, Trial
from harness.spec.walk import parts_in

BYTES_TAG = "harness.bytes"
MARK = "fingerprint"  # the option of a data set that names its bytes


def bytes_of(trial: Trial) -> dict[str, str]:
    """The mark of each component that was read from files, by the key it has without its mark."""
    marks: dict[str, str] = {}
    for part in parts_in(trial, inside_data=False):
        mark = part.options.get(MARK)
        if mark:
            marks[key_without_mark(part)] = mark
    return marks


def key_without_mark(part: Part) -> str:
    """The key of a component whatever its bytes are."""
    if MARK not in part.options:
        return part.key
    return replace(part, options={**part.options, MARK: None}).key


def recorded_bytes(runs: Iterable[Run]) -> dict[str, str]:
    """What runs say of their data, of which the newest come last and are believed."""
    marks: dict[str, str] = {}
    for run in runs:
        marks.update(mapping_in(run, BYTES_TAG))
    return marks
