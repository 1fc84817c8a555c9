"""What is wrong with a file so far."""

from typing import Any

from harness.spec.options import plain_value
from harness.spec.values import Steps
from harness.study.document import Document, Problem, dotted

Raw = dict[str, Any]


class _Check:
    """A document and the problems found in it so far."""

    def __init__(self, found: Document) -> None:
        self.document = found
        self.problems: list[Problem] = []

    def complain(self, steps: Steps, text: str) -> None:
        shown = steps[1:] if steps[:1] == ("base",) else steps
        if steps[:1] in (("grid",), ("zip",)) and len(steps) > 1:
            inner = steps[2:]
            while inner and isinstance(inner[0], int):  # which row, which column: the mark says it
                inner = inner[1:]
            shown = (steps[1], *inner)
        self.problems.append(Problem(self.document.mark(steps), dotted(shown), text))

    def at(self, steps: Steps) -> Any:
        value = self.document.value
        for step in steps:
            if not isinstance(value, dict) or step not in value:
                return None
            value = value[step]
        return value

    def typed(self, steps: Steps, annotation: Any, default: Any) -> Any:
        raw = self.at(steps)
        if raw is None:
            return default
        try:
            return plain_value(annotation, raw)
        except ValueError as error:
            self.complain(steps, str(error))
            return default

    def mapping(self, steps: Steps) -> Raw:
        raw = self.at(steps)
        if raw is not None and not isinstance(raw, dict):
            self.complain(steps, "should be a mapping")
        return raw if isinstance(raw, dict) else {}
