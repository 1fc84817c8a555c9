"""YAML text -> plain values and the place of each; every mistake at once, nothing executed."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

LARGEST = 1_000_000  # bytes
DEEPEST = 64
MOST_VALUES = 200_000  # after aliases are written out

Steps = tuple[str | int, ...]

# YAML 1.2's core schema: PyYAML's own resolver reads 1e-3 as text and no as False, so only its parser is used.
SCALARS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9][0-9_]*"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
)


@dataclass(frozen=True, order=True)
class Mark:
    """A place in a file, counted from one."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, order=True)
class Problem:
    """One mistake: where it stands, which setting it concerns, what is wrong and what to do."""

    mark: Mark
    path: str
    text: str

    def __str__(self) -> str:
        return (
            f"{self.mark}: {self.path}: {self.text}" if self.path else f"{self.mark}: {self.text}"
        )


class Mistakes(Exception):
    """All mistakes of a study file."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(map(str, self.problems)))


@dataclass
class Document:
    """A parsed file: its plain value, and where each part of it stands."""

    value: Any
    marks: dict[Steps, Mark]
    problems: list[Problem] = field(default_factory=list)

    def mark(self, steps: Steps) -> Mark:
        """The place of a value, or of the nearest value around it."""
        while steps and steps not in self.marks:
            steps = steps[:-1]
        return self.marks[steps]


def read(path: Path) -> Document:
    """The document in a file; `Mistakes` where it is no single well-formed mapping."""
    name = str(path)
    start = Mark(name, 1, 1)
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise Mistakes([Problem(start, "", f"cannot be read: {error.strerror}")]) from None
    if size > LARGEST:
        raise Mistakes(
            [Problem(start, "", f"{size:,} bytes; a study file has at most {LARGEST:,}")]
        )
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        what = f"byte {raw[error.start]:#04x} is not UTF-8; save the file as UTF-8"
        raise Mistakes([Problem(Mark(name, line, column), "", what)]) from None
    return parse(text, name)


def parse(text: str, name: str) -> Document:
    """The document in a text, with `name` as the file of its marks."""
    document = Document(None, {(): Mark(name, 1, 1)})
    builder = _Builder(document, name)
    try:
        builder.build(yaml.parse(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except yaml.YAMLError as error:
        at = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        mark = Mark(name, at.line + 1, at.column + 1) if at else Mark(name, 1, 1)
        what = getattr(error, "problem", None) or str(error).split("\n")[0]
        document.problems.append(Problem(mark, "", f"not YAML: {what}"))
    except _Stop:
        pass
    if not document.problems and not isinstance(document.value, dict):
        what = (
            "the file is empty"
            if document.value is None
            else "the file is not a mapping of names to values"
        )
        document.problems.append(Problem(Mark(name, 1, 1), "", what))
    if document.problems:
        raise Mistakes(document.problems)
    return document


class _Stop(Exception):
    """Nothing after this point can be read with sense."""


class _Builder:
    """Builds plain values from parser events, and notes the place of each."""

    def __init__(self, document: Document, name: str) -> None:
        self.document = document
        self.name = name
        self.anchors: dict[str, tuple[Any, dict[Steps, Mark]]] = {}
        self.count = 0

    def build(self, events: Iterator[Any]) -> None:
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.complain(
                        event, (), "a second document starts here; a study file holds one"
                    )
                    raise _Stop
            elif isinstance(event, yaml.NodeEvent):
                self.document.value = self.node(event, events, ())

    def complain(self, event: Any, steps: Steps, text: str) -> None:
        self.document.problems.append(Problem(self.place(event), dotted(steps), text))

    def place(self, event: Any) -> Mark:
        return Mark(self.name, event.start_mark.line + 1, event.start_mark.column + 1)

    def node(self, event: Any, events: Iterator[Any], steps: Steps) -> Any:
        self.document.marks[steps] = self.place(event)
        self.count += 1
        if len(steps) > DEEPEST or self.count > MOST_VALUES:
            what = (
                f"nested deeper than {DEEPEST}"
                if len(steps) > DEEPEST
                else f"more than {MOST_VALUES:,} values"
            )
            self.complain(event, steps[:8], what)
            raise _Stop
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, steps)
        if event.tag is not None and event.tag != "!":
            self.complain(
                event, steps, f"the tag {event.tag!r} is not allowed; write a plain value"
            )
        if isinstance(event, yaml.ScalarEvent):
            value: Any = scalar(event.value) if event.implicit[0] else event.value
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self.sequence(events, steps)
        else:
            value = self.mapping(events, steps)
        if event.anchor:
            size = len(steps)
            inside = {k[size:]: m for k, m in self.document.marks.items() if k[:size] == steps}
            self.anchors[event.anchor] = (value, inside)
        return value

    def alias(self, event: Any, steps: Steps) -> Any:
        if event.anchor not in self.anchors:
            self.complain(event, steps, f"the alias *{event.anchor} has no anchor before it")
            return None
        value, marks = self.anchors[event.anchor]
        self.count += len(marks)
        if self.count > MOST_VALUES:
            self.complain(event, steps, f"aliases expand to more than {MOST_VALUES:,} values")
            raise _Stop
        self.document.marks.update({steps + inner: mark for inner, mark in marks.items()})
        return value

    def sequence(self, events: Iterator[Any], steps: Steps) -> list[Any]:
        items: list[Any] = []
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                break
            items.append(self.node(event, events, (*steps, len(items))))
        return items

    def mapping(self, events: Iterator[Any], steps: Steps) -> dict[str, Any]:
        items: dict[str, Any] = {}
        first: dict[str, Mark] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                break
            key = event.value if isinstance(event, yaml.ScalarEvent) else ""
            if not isinstance(event, yaml.ScalarEvent):
                self.complain(event, steps, "a key must be a plain name")
                raise _Stop
            inner = (*steps, key)
            if key in items:
                self.complain(event, inner, f"written twice; first at line {first[key].line}")
            if key == "<<":
                self.complain(
                    event,
                    steps,
                    "merge keys are not allowed; use extends, or an alias of the whole value",
                )
            first.setdefault(key, self.place(event))
            items[key] = self.node(next(events), events, inner)
            self.document.marks[(*inner, KEY)] = self.place(event)
        return items


KEY = "\0key"  # the last step of the path of a key, as opposed to its value


def scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2; anything else is text."""
    for pattern, make in SCALARS:
        if (
            pattern.fullmatch(text) and len(text) < 100
        ):  # Python refuses to read integers of thousands of digits
            value = make(text)
            return text if value in (math.inf, -math.inf) else value
    return text


def dotted(steps: Steps) -> str:
    """A path as a study file writes it."""
    return ".".join(str(step) for step in steps if step != KEY)
