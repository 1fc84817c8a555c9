"""A study file -> its document, with what it `extends` merged in below it."""

from pathlib import Path
from typing import Any

from harness.spec.values import Steps
from harness.study.bounded_files import why_no_path
from harness.study.document import Document, read
from harness.study.marks import KEY, Mark, Marks, Mistakes, Problem, marks_under
from harness.study.problems import Raw


def read_with_parents(path: Path, children: tuple[Path, ...] = ()) -> Document:
    """The document in a file; what it leaves out is that of the file that it extends."""
    document = read(path)
    target = _parent_of(document, path, children)
    if target is None:
        return document
    below = read_with_parents(target, (*children, path))
    marks = dict(below.marks)
    value = _merge(below.value, document.value, (), marks, document.marks)
    return Document(value, marks)


def files_with_parents(path: Path, children: tuple[Path, ...] = ()) -> list[Path]:
    """A study file and those that it extends, the nearest first."""
    target = _parent_of(read(path), path, children)
    if target is None:
        return [path]
    return [path, *files_with_parents(target, (*children, path))]


def _parent_of(document: Document, path: Path, children: tuple[Path, ...]) -> Path | None:
    """The file that a study file extends; None where it extends none."""
    parent = document.value.get("extends")
    if parent is None:
        return None
    mark = document.mark(("extends",))
    if not isinstance(parent, str):
        raise _mistake(mark, f"{parent!r} should be the path of a study file")
    reason = why_no_path(parent)
    if reason is not None:
        raise _mistake(mark, reason)
    target = path.parent / parent
    files = [file.resolve() for file in (*children, path)]
    if target.resolve() in files:
        raise _mistake(mark, f"{parent} leads back to itself")
    if not target.is_file():
        raise _mistake(mark, f"no file {target}")
    return target


def _mistake(mark: Mark, text: str) -> Mistakes:
    problem = Problem(mark, "extends", text)
    return Mistakes([problem])


def _merge(below: Any, above: Any, steps: Steps, marks: Marks, marks_above: Marks) -> Any:
    """The values of two files as one; `marks` become those of the merged value.

    Mappings are merged key by key. Anything else is replaced, and so are an axis, and a component
    by another one: the options of one component mean nothing to another.
    """
    is_mapping = isinstance(below, dict) and isinstance(above, dict)
    is_axis = steps[:1] in (("grid",), ("zip",))
    if not is_mapping or is_axis or _is_another_component(below, above, steps):
        for old in marks_under(marks, steps):
            del marks[old]
        marks.update(marks_under(marks_above, steps))
        return above
    for own in (steps, (*steps, KEY)):
        if own in marks_above:
            marks[own] = marks_above[own]
    merged = dict(below)
    for key, value in above.items():
        inner = (*steps, key)
        value_below = below.get(key)
        merged[key] = _merge(value_below, value, inner, marks, marks_above)
    return merged


def _is_another_component(below: Raw, above: Raw, steps: Steps) -> bool:
    """Whether the file above names another component; the name of the study itself is none."""
    name = _name(above)
    return name is not None and steps != () and name != _name(below)


def _name(raw: Raw) -> Any:
    """The name of a component that is written as a mapping."""
    return raw.get("name", raw.get("arch"))
