"""A table as a paper prints it: the settings and metrics that it crosses, and the numbers that were published."""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.spec.naming import level_of_text, listed, named
from harness.spec.options import did_you_mean
from harness.spec.values import Steps
from harness.study.comparison import Unit, Where
from harness.study.comparison_checks import (
    Complaints,
    dimensions_of,
    read_entry,
    unknown,
    where_wrong,
)
from harness.study.grid import Expansion
from harness.study.levels import among, levels_of, measured_in


@dataclass(frozen=True)
class Table:
    """One table of a report; the fields are the schema of an entry of `tables:`."""

    name: str
    unit: Unit  # what is one independent repetition; a cell is a mean over these
    rows: list[str]  # settings, or dimensions of the rows of a probe; the last varies fastest
    metrics: list[str]
    columns: list[str] = field(default_factory=list)  # crossed within each metric
    where: Where = field(default_factory=dict)
    title: str = ""
    published: str | None = None  # a CSV file of published numbers; relative to the study file
    from_: str = ""  # where they were published
    heat: bool = False  # the page tints each cell by its value

    @property
    def paths(self) -> list[str]:
        return [*self.rows, *self.columns]


@dataclass(frozen=True)
class Number:
    """A published number, and as it was written."""

    value: float
    se: float
    text: str


Place = tuple[tuple[str, ...], str]  # the levels of the rows and columns, and the metric


@dataclass(frozen=True)
class Published:
    """The numbers of a published table."""

    note: str = ""
    numbers: dict[Place, Number] = field(default_factory=dict)


Named = Callable[
    [str, str], str | None
]  # path, level -> as the study names it; None: not asked for; else a ValueError


def read_published(file: Path, one: Table, named: Named) -> tuple[Published, list[str]]:
    """The published numbers of a table, and what is wrong with their file; what is not asked for is passed over."""
    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        return Published(), [
            f"{file} cannot be read: {getattr(error, 'strerror', None) or 'it is not UTF-8'}"
        ]
    start = next((i for i, line in enumerate(lines) if not line.startswith("#")), len(lines))
    note = " ".join(line.lstrip("# ").strip() for line in lines[:start])
    listed = list(csv.reader(lines[start:]))
    wrong = [f"{file}:{start + 1}: {text}" for text in _heading(listed[0] if listed else [], one)]
    found: dict[Place, Number] = {}
    said: set[str] = set()
    for i, row in enumerate(listed[1:] if not wrong else [], start + 2):
        try:
            read = _number(listed[0], row, one, named) if row else None
            if read is not None and read[0] in found:
                raise ValueError(f"{', '.join((*read[0][0], read[0][1]))} stands here twice")
            found |= dict([read]) if read is not None else {}
        except ValueError as error:
            wrong += [f"{file}:{i}: {error}"] if str(error) not in said else []
            said.add(str(error))
    return Published(note, found), wrong


def _heading(head: list[str], one: Table) -> Iterator[str]:
    needed = [*one.paths, "metric", "value"]
    for column in head:
        if column not in (known := [*needed, "se", *one.where]):
            yield f"no column {column!r} here; {did_you_mean(column, known)}"
    if missing := [column for column in needed if column not in head]:
        yield f"the column {missing[0]!r} is missing"


def _number(
    head: list[str], row: list[str], one: Table, named: Named
) -> tuple[Place, Number] | None:
    if len(row) != len(head):
        raise ValueError(f"{len(row)} values for {len(head)} columns")
    cells = dict(zip(head, (cell.strip() for cell in row), strict=True))
    if cells["metric"] not in one.metrics:
        return None
    for path in [path for path in one.where if path in cells and path not in one.paths]:
        if level_of_text(cells[path]) not in map(level_of_text, listed(one.where[path])):
            return None
    levels = [named(path, cells[path]) for path in one.paths]
    if not cells["value"] or None in levels:
        return None
    written = " ± ".join(filter(None, (cells["value"], cells.get("se", ""))))
    try:
        value, se = (float(text or "nan") for text in (cells["value"], cells.get("se", "")))
    except ValueError:
        raise ValueError(f"{written} should be a number") from None
    return (tuple(map(str, levels)), cells["metric"]), Number(value, se, written)


Tables = tuple[tuple[Table, Published], ...]
Says = Callable[[Steps], str]  # the file in which something stands


def tabled(raw: Any, grid: Expansion, says: Says) -> tuple[Tables, Complaints]:
    """The tables of a file, and what is wrong with them; steps start at `tables`."""
    if not isinstance(raw, list):
        return (), [(("tables",), "should be a list of tables")]
    found: list[tuple[Table, Published]] = []
    wrong: Complaints = []
    for i, one in enumerate(raw):
        steps: Steps = ("tables", i)
        before = len(wrong)
        values = read_entry(Table, one, steps, wrong, "a table")
        if len(wrong) > before:
            continue
        table, published = Table(**values), Published()
        problems = [*_shape(table, [earlier.name for earlier, _ in found])]
        if not problems and grid.cells and not grid.wrong:
            problems = [*_fillable(table, grid)]
        if not problems and table.published is not None:
            file = Path(says((*steps, "published"))).parent / table.published
            published, texts = read_published(file, table, _naming(table, grid))
            problems = [(("published",), text) for text in texts]
        found.append((table, published))
        wrong += [((*steps, *inner), text) for inner, text in problems]
    return tuple(found), wrong


def _shape(one: Table, earlier: list[str]) -> Iterator[tuple[Steps, str]]:
    if one.name in earlier:
        yield ("name",), f"{one.name!r} is the name of an earlier table"
    for key in ("rows", "metrics"):
        if not getattr(one, key):
            yield (key,), "is empty; name at least one"
    for key, names in (("rows", one.rows), ("columns", one.paths), ("metrics", one.metrics)):
        if twice := [name for i, name in enumerate(names) if name in names[:i]]:
            yield (key,), f"{twice[0]!r} is named twice"
            return


def _fillable(one: Table, grid: Expansion) -> Iterator[tuple[Steps, str]]:
    """Refuses a metric that no probe measures, and what is neither a setting nor a dimension of every metric."""
    measured = measured_in(grid)
    for i, name in enumerate(one.metrics):
        if name not in measured:
            known = did_you_mean(name, sorted(measured))
            yield ("metrics", i), f"no probe of the study measures {name!r}; {known}"
    dimensions = dimensions_of(measured, one.metrics)
    yield from where_wrong(one.where, dimensions, grid)
    for key in ("rows", "columns"):
        for i, path in enumerate(getattr(one, key)):
            if path not in dimensions and not levels_of(grid, path):
                yield (key, i), unknown(path, dimensions, grid)
    if one.unit == "fold" and all(cell.trial.fit.fold is None for cell in grid.cells):
        yield ("unit",), "the study has no folds; set `folds`, or take another unit"


def _naming(one: Table, grid: Expansion) -> Named:
    """A level of the published file as the study names it; the levels of a dimension are known only once measured."""
    chosen = replace(grid, cells=among(grid, grid.cells, one.where))
    known = {path: levels_of(grid, path) for path in one.paths}
    asked = {path: levels_of(chosen, path) for path in one.paths}

    def name(path: str, level: str) -> str | None:
        if not known[path]:
            found: str | None = level_of_text(level)
            wanted = [level_of_text(other) for other in listed(one.where.get(path, level))]
        else:
            found, wanted = named(level, known[path]), asked[path]
        if found is None:
            raise ValueError(
                f"the study has no {path} {level!r}; {did_you_mean(level, known[path])}"
            )
        return found if found in wanted else None

    return name
