"""Where a study file names a data set: what is wrong with its files is said at that line."""

from typing import Any

from harness.spec.values import Part
from harness.study.document import Document, Mistakes
from harness.study.extends import read_with_parents
from harness.study.load import Study
from harness.study.marks import KEY, Mark, Problem, Steps

NO_OPTIONS = ("name", "label")  # of what a file writes of a component


def problem_of_data(study: Study, part: Part, text: str) -> Problem:
    """What is wrong with a data set, at its place; at the start of the file where a study names it
    by no plain value.
    """
    try:
        document = read_with_parents(study.path)
    except Mistakes:  # it was edited meanwhile
        return Problem(Mark(str(study.path), 1, 1), part.level, text)
    for steps, mark in document.marks.items():
        if steps and steps[-1] != KEY and _is_named(_value_at(document, steps), part):
            setting = [step for step in steps if isinstance(step, str)]
            return Problem(mark, setting[-1], text)
    return Problem(document.mark(()), part.level, text)


def _value_at(document: Document, steps: Steps) -> Any:
    """What the file writes at a place; None where that is no part of the merged file."""
    value = document.value
    for step in steps:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _is_named(raw: Any, part: Part) -> bool:
    """Whether a raw value is this data set: its name, and no option that is another."""
    if not isinstance(raw, dict):
        return bool(raw == part.name)
    if raw.get("name") != part.name:
        return False
    for option, value in raw.items():
        if option not in NO_OPTIONS and part.options.get(option) != value:
            return False
    return True
