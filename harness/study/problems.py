"""What is wrong with a study file so far, and its raw values by their places."""

from collections.abc import Iterator
from typing import Any

from harness.spec.options import plain_value
from harness.spec.values import Steps
from harness.study.document import Document
from harness.study.marks import KEY, Problem, path_text

Raw = dict[str, Any]
Finding = tuple[Steps, str]  # steps into the file, and what is wrong there
Findings = Iterator[Finding]  # what a check yields


class Problems:
    """A document, and the problems that were found in it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.entries: list[Problem] = []

    def add(self, steps: Steps, text: str) -> None:
        """Notes a problem with the mark of the value at `steps`, and its path in the file."""
        path = path_text(_setting_steps(steps))
        self.entries.append(Problem(self.document.mark(steps), path, text))

    def raw_at(self, steps: Steps) -> Any:
        """What the file writes at `steps`; None where it writes nothing."""
        value = self.document.value
        for step in steps:
            if not isinstance(value, dict) or step not in value:
                return None
            value = value[step]
        return value

    def read(self, steps: Steps, annotation: Any, default: Any) -> Any:
        """The value at `steps` as the type says; the default where it is missing or wrong."""
        raw = self.raw_at(steps)
        if raw is None:
            return default
        try:
            return plain_value(annotation, raw)
        except ValueError as error:
            self.add(steps, str(error))
            return default

    def read_mapping(self, steps: Steps) -> Raw:
        """The mapping at `steps`; an empty one where it is missing or something else."""
        raw = self.raw_at(steps)
        if isinstance(raw, dict):
            return raw
        if raw is not None:
            self.add(steps, "should be a mapping")
        return {}


def _setting_steps(steps: Steps) -> Steps:
    """The setting that a problem concerns, without the section, row and column of the file."""
    if steps[:1] == ("base",):
        return steps[1:]
    if steps[:2] == ("search", "over"):
        steps = steps[1:]
    elif steps[:1] not in (("grid",), ("zip",)) or len(steps) == 1:
        return steps
    if len(steps) == 1 or steps[1] == KEY:
        return steps
    inside = steps[2:]
    while inside and isinstance(inside[0], int):
        inside = inside[1:]
    return (steps[1], *inside)
