"""The figures of a report read back from their SVG: a list of shapes, each with its style."""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.report.figure_styles import Style, style_of

STEP = re.compile(r"[MmLlHhVvAaZz]|[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
TRANSLATION = re.compile(r"translate\(\s*([-\d.]+)[\s,]+([-\d.]+)\s*\)")
ARC_PARTS = 12  # straight pieces of half a circle
NUMBERS_OF = {"M": 2, "L": 2, "H": 1, "V": 1, "A": 7, "Z": 0}

Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line from point to point, or the outline of an area."""

    points: Sequence[Point]
    is_closed: bool


@dataclass(frozen=True)
class Shape:
    """An outline, a circle, a text or a picture, and where it stands."""

    tag: str
    style: Style
    lines: Sequence[Line] = ()  # of a path
    start: Point = (0.0, 0.0)  # of all else: its corner, its centre, the beginning of its text
    text: str = ""  # of a text; of a picture its address


@dataclass(frozen=True)
class Drawing:
    """A whole figure: its size in units, what it is, and its shapes from back to front."""

    width: float
    height: float
    title: str
    shapes: Sequence[Shape]


def read_drawing(text: str) -> Drawing:
    """Reads a figure of the report."""
    root = ET.fromstring(text)
    _, _, width, height = map(float, root.attrib["viewBox"].split())
    return Drawing(width, height, root.attrib.get("aria-label", ""), list(_shapes(root, (0, 0))))


def _shapes(element: ET.Element, origin: Point) -> Iterator[Shape]:
    """The shapes below an element, moved by where it stands."""
    for child in element:
        tag = child.tag.split("}")[-1]
        if tag in ("g", "a"):
            match = TRANSLATION.search(child.attrib.get("transform", ""))
            dx, dy = map(float, match.groups()) if match else (0.0, 0.0)
            yield from _shapes(child, (origin[0] + dx, origin[1] + dy))
        elif tag != "title" and tag != "style":
            yield _shape(tag, child, origin)


def _shape(tag: str, element: ET.Element, origin: Point) -> Shape:
    """A shape of an element."""
    numbers = element.attrib
    style = style_of(tag, numbers)
    match tag:
        case "path":
            return Shape(tag, style, lines=list(lines_of_path(numbers["d"], origin)))
        case "circle":
            center = _point_at(origin, numbers["cx"], numbers["cy"])
            return Shape(tag, style, start=center)
        case "line":
            ends = [
                _point_at(origin, numbers["x1"], numbers["y1"]),
                _point_at(origin, numbers["x2"], numbers["y2"]),
            ]
            return Shape("path", style, lines=[Line(ends, is_closed=False)])
        case "rect":
            return Shape(tag, style, start=_point_at(origin, numbers["x"], numbers["y"]))
        case "image":
            corner = _point_at(origin, numbers["x"], numbers["y"])
            return Shape(tag, style, start=corner, text=numbers["href"])
        case "text":
            x, y = _point_at(origin, numbers["x"], numbers["y"])
            start = (x + float(numbers.get("dx", 0)), y + float(numbers.get("dy", 0)))
            return Shape(tag, style, start=start, text=element.text or _text_behind(element))
    raise ValueError(f"a figure of a report has no <{tag}>")


def _text_behind(element: ET.Element) -> str:
    """The text of an element that stands behind its title."""
    return "".join(child.tail or "" for child in element)


def _point_at(origin: Point, x: str, y: str) -> Point:
    """A point of an element, moved by where the element stands."""
    across = origin[0] + float(x)
    down = origin[1] + float(y)
    return across, down


def lines_of_path(path: str, origin: Point = (0, 0)) -> Iterator[Line]:
    """The lines of a path; an arc is half a circle, the only one that figures have."""
    points: list[Point] = []
    for command, numbers in _commands(path):
        if command in "Zz":
            yield Line(points, is_closed=True)
            points = points[:1]
            continue
        position = points[-1] if points else origin
        if command in "Mm":
            if len(points) > 1:
                yield Line(points, is_closed=False)
            points = []
        points = [*points, *_next_points(command, numbers, position, origin)]
    if len(points) > 1:
        yield Line(points, is_closed=False)


def _next_points(
    command: str, numbers: Sequence[float], position: Point, origin: Point
) -> list[Point]:
    """Where a step of a path leads to, and for an arc the way there."""
    base = position if command.islower() else origin
    kind = command.upper()
    if kind == "H":
        return [(base[0] + numbers[0], position[1])]
    if kind == "V":
        return [(position[0], base[1] + numbers[0])]
    end = (base[0] + numbers[-2], base[1] + numbers[-1])
    if kind == "A":
        return _half_circle(position, end, is_clockwise=bool(numbers[4]))
    return [end]


def _half_circle(start: Point, end: Point, *, is_clockwise: bool) -> list[Point]:
    """The points of half a circle between two ends."""
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    dx = start[0] - middle[0]
    dy = start[1] - middle[1]
    turn = math.pi / ARC_PARTS
    if not is_clockwise:
        turn = -turn
    points = []
    for part in range(1, ARC_PARTS + 1):
        cos = math.cos(turn * part)
        sin = math.sin(turn * part)
        x = middle[0] + dx * cos - dy * sin
        y = middle[1] + dx * sin + dy * cos
        points.append((x, y))
    return points


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    """The steps of a path with their numbers; a letter goes for all numbers behind it."""
    letter = ""
    numbers: list[float] = []
    for step in STEP.findall(path):
        if step.isalpha():
            letter = step
            numbers = []
        else:
            numbers.append(float(step))
        if len(numbers) == NUMBERS_OF[letter.upper()]:
            yield letter, numbers
            numbers = []
            if letter in "Mm":
                letter = "L" if letter == "M" else "l"
