"""YAML text -> plain values and the place of each; every mistake at once, nothing executed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from harness.study.bounded_files import Unreadable, read_bounded
from harness.study.marks import KEY, Mark, Marks, Mistakes, Problem, Steps, marks_under, path_text
from harness.study.scalars import scalar

LARGEST = 1_000_000  # bytes
DEEPEST = 64
MOST_VALUES = 200_000  # after aliases are written out

# No text of a study needs these: a NUL ends a path, a unit separator parts the levels of an arm,
# and half of a surrogate pair is no character.
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


@dataclass
class Document:
    """A parsed file: its plain value, and where each part of it stands."""

    value: Any
    marks: Marks
    problems: list[Problem] = field(default_factory=list)

    def mark(self, steps: Steps) -> Mark:
        """The place of a value, or of the nearest value around it."""
        while steps and steps not in self.marks:
            steps = steps[:-1]
        return self.marks[steps]


def read(path: Path) -> Document:
    """The document in a file; `Mistakes` if it is no single well-formed mapping."""
    name = str(path)
    try:
        content = read_bounded(path, LARGEST, "a study file")
    except Unreadable as error:
        raise _mistake(Mark(name, 1, 1), str(error)) from None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        line_start = content.rfind(b"\n", 0, error.start) + 1
        mark = Mark(name, line, error.start - line_start + 1)
        text = f"byte {content[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise _mistake(mark, text) from None
    return parse(text, name)


def _mistake(mark: Mark, text: str) -> Mistakes:
    return Mistakes([Problem(mark, "", text)])


def parse(text: str, name: str) -> Document:
    """The document in a text, with `name` as the file of its marks."""
    start = Mark(name, 1, 1)
    document = Document(None, {(): start})
    builder = _Builder(document, name)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        builder.build(yaml.parse(text, Loader=loader))
    except yaml.YAMLError as error:
        document.problems.append(_syntax_problem(error, name))
    except _Stop:
        pass
    if not document.problems and not isinstance(document.value, dict):
        text = "the file is not a mapping of names to values"
        if document.value is None:
            text = "the file is empty"
        document.problems.append(Problem(start, "", text))
    if document.problems:
        raise Mistakes(document.problems)
    return document


def _syntax_problem(error: yaml.YAMLError, name: str) -> Problem:
    """What PyYAML says of a text that is no YAML, with the mark that it gives."""
    position = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    mark = Mark(name, 1, 1)
    if position is not None:
        mark = Mark(name, position.line + 1, position.column + 1)
    first_line = str(error).split("\n")[0]
    text = getattr(error, "problem", None) or first_line
    return Problem(mark, "", f"not YAML: {text}")


class _Stop(Exception):
    """Nothing after this point can be read with sense."""


@dataclass(frozen=True)
class _Anchor:
    """A value that aliases repeat, where it stands, and the marks inside it."""

    value: Any
    steps: Steps
    marks: Marks


class _Builder:
    """Builds plain values from parser events, and notes the mark of each."""

    def __init__(self, document: Document, name: str) -> None:
        self.document = document
        self.name = name
        self.anchors: dict[str, _Anchor] = {}
        self.count = 0

    def build(self, events: Iterator[Any]) -> None:
        """Fills the document with the value of the only YAML document among the events."""
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
            if documents > 1:
                text = "a second document starts here; a study file holds one"
                self.add_problem(event, (), text)
                raise _Stop
            if isinstance(event, yaml.NodeEvent):
                self.document.value = self.node(event, events, ())

    def add_problem(self, event: Any, steps: Steps, text: str) -> None:
        problem = Problem(self.mark(event), path_text(steps), text)
        self.document.problems.append(problem)

    def mark(self, event: Any) -> Mark:
        start = event.start_mark
        return Mark(self.name, start.line + 1, start.column + 1)

    def node(self, event: Any, events: Iterator[Any], steps: Steps) -> Any:
        """The value that starts with an event; the events of its inside are taken too."""
        self.document.marks[steps] = self.mark(event)
        self.check_size(event, steps)
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, steps)
        if event.tag is not None and event.tag != "!":
            text = f"the tag {event.tag!r} is not allowed; write a plain value"
            self.add_problem(event, steps, text)
        value: Any
        if isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(events, steps)
        elif isinstance(event, yaml.MappingStartEvent):
            value = self.mapping(events, steps)
        else:
            self.check_characters(event, steps)
            is_plain = event.implicit[0]
            value = scalar(event.value) if is_plain else event.value
        if event.anchor:
            inside = marks_under(self.document.marks, steps)
            self.anchors[event.anchor] = _Anchor(value, steps, inside)
        return value

    def check_size(self, event: Any, steps: Steps) -> None:
        """Counts a value; stops where a file has too many, or nests them too deep."""
        self.count += 1
        if len(steps) > DEEPEST:
            self.add_problem(event, steps[:8], f"nested deeper than {DEEPEST}")
            raise _Stop
        if self.count > MOST_VALUES:
            self.add_problem(event, steps[:8], f"more than {MOST_VALUES:,} values")
            raise _Stop

    def check_characters(self, event: Any, steps: Steps) -> None:
        """Notes a character that no text of a study may hold."""
        forbidden = FORBIDDEN.search(event.value)
        if forbidden is not None:
            text = f"holds the control character {forbidden[0]!a}; take it out"
            self.add_problem(event, steps, text)

    def alias(self, event: Any, steps: Steps) -> Any:
        """The value of an anchor, once more; its marks stay those of the anchor."""
        if event.anchor not in self.anchors:
            text = f"the alias *{event.anchor} has no anchor before it"
            self.add_problem(event, steps, text)
            return None
        anchor = self.anchors[event.anchor]
        self.count += len(anchor.marks)
        if self.count > MOST_VALUES:
            text = f"aliases expand to more than {MOST_VALUES:,} values"
            self.add_problem(event, steps, text)
            raise _Stop
        for inside, mark in anchor.marks.items():
            self.document.marks[steps + inside[len(anchor.steps) :]] = mark
        return anchor.value

    def sequence(self, events: Iterator[Any], steps: Steps) -> list[Any]:
        """The list whose items come next."""
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events, (*steps, len(items))))
        return items

    def mapping(self, events: Iterator[Any], steps: Steps) -> dict[str, Any]:
        """The mapping whose keys and values come next; a key has a mark of its own."""
        items: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            if not isinstance(event, yaml.ScalarEvent):
                self.add_problem(event, steps, "a key must be a plain name")
                raise _Stop
            key = event.value
            inner = (*steps, key)
            self.check_characters(event, steps)
            if key in items:
                self.add_problem(event, inner, f"written twice; first at line {lines[key]}")
            if key == "<<":
                text = "merge keys are not allowed; use extends, or an alias of the whole value"
                self.add_problem(event, steps, text)
            lines.setdefault(key, self.mark(event).line)
            items[key] = self.node(next(events), events, inner)
            self.document.marks[*inner, KEY] = self.mark(event)
        return items
