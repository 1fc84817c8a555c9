"""A table as a paper prints it: what it crosses, and the numbers that were published."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from harness.spec.naming import as_list, level_meant, level_of_text
from harness.spec.options import did_you_mean
from harness.spec.values import Steps
from harness.study.answerable import (
    dimensions_of,
    fold_problems,
    metric_problem,
    path_problem,
    where_problems,
)
from harness.study.bounded_files import Unreadable
from harness.study.comparison import Unit, Where
from harness.study.csv_file import read_csv
from harness.study.entries import read_entry
from harness.study.grid import Expansion
from harness.study.levels import among, levels_of, measured_in
from harness.study.problems import Finding, Findings

LARGEST = 10_000_000  # bytes of published numbers


@dataclass(frozen=True)
class Table:
    """One table of a report; the fields are the schema of an entry of `tables:`."""

    name: str
    unit: Unit  # what is one independent repetition; a cell is a mean over these
    rows: list[str]  # settings, or dimensions of the rows of a probe; the last varies fastest
    metrics: list[str]  # `harness list metrics`
    columns: list[str] = field(default_factory=list)  # crossed within each metric
    where: Where = field(default_factory=dict)  # of settings or dimensions: only these levels
    title: str = ""  # what stands above it
    published: str | None = None  # a CSV file of published numbers; relative to the study file
    from_: str = ""  # where they were published
    heat: bool = False  # the page tints each cell by its value

    @property
    def paths(self) -> list[str]:
        """The settings and dimensions that it crosses."""
        return [*self.rows, *self.columns]


@dataclass(frozen=True)
class Number:
    """A published number, and as it was written."""

    value: float
    se: float
    text: str


TableCell = tuple[tuple[str, ...], str]  # the levels of the rows and columns, and the metric


@dataclass(frozen=True)
class Published:
    """The numbers of a published table."""

    note: str = ""
    numbers: dict[TableCell, Number] = field(default_factory=dict)


Tables = tuple[tuple[Table, Published], ...]
FileOf = Callable[[Steps], str]  # the file in which something stands

# Translates a published level (path, level) to the study's name for it. Returns None if the table
# does not show it; raises ValueError if the study has no such level.
LevelName = Callable[[str, str], str | None]


def read_tables(raw: Any, grid: Expansion, file_of: FileOf) -> tuple[Tables, list[Finding]]:
    """The tables of a file, and what is wrong with them; steps start at `tables`."""
    if not isinstance(raw, list):
        return (), [(("tables",), "should be a list of tables")]
    tables: list[tuple[Table, Published]] = []
    problems: list[Finding] = []
    for i, entry in enumerate(raw):
        steps: Steps = ("tables", i)
        table = read_entry(Table, entry, steps, problems, "a table")
        if table is None:
            continue
        published = Published()
        inner_problems = _problems_of(table, [earlier.name for earlier, _ in tables], grid)
        if not inner_problems and table.published is not None:
            folder = Path(file_of((*steps, "published"))).parent
            file = folder / table.published
            published, texts = read_published(file, table, _level_names(table, grid))
            inner_problems = [(("published",), text) for text in texts]
        tables.append((table, published))
        for inner, text in inner_problems:
            problems.append(((*steps, *inner), text))
    return tuple(tables), problems


def read_published(file: Path, table: Table, level_name: LevelName) -> tuple[Published, list[str]]:
    """The published numbers that a table shows, and what is wrong with their file."""
    try:
        published = read_csv(file, LARGEST, "a table of published numbers")
    except Unreadable as error:
        return Published(), [str(error)]
    note, head = published.note, published.head
    problems = [f"{file}:{published.line}: {text}" for text in _heading_problems(head, table)]
    if problems:
        return Published(note), problems
    numbers: dict[TableCell, Number] = {}
    reported: set[str] = set()
    for number, row in enumerate(published.rows, published.line + 1):
        try:
            _add_number(numbers, _as_cells(head, row), table, level_name)
        except ValueError as error:
            if str(error) not in reported:
                problems.append(f"{file}:{number}: {error}")
            reported.add(str(error))
    return Published(note, numbers), problems


def _heading_problems(head: list[str], table: Table) -> Iterator[str]:
    """Columns of a published file that its table does not have, and the first that it needs."""
    needed = [*table.paths, "metric", "value"]
    columns = [*needed, "se", *table.where]
    for column in head:
        if column not in columns:
            yield f"no column {column!r} here; {did_you_mean(column, columns)}"
    missing = [column for column in needed if column not in head]
    if missing:
        yield f"the column {missing[0]!r} is missing"


def _as_cells(head: list[str], row: list[str]) -> dict[str, str]:
    """A row of a file by its columns; an empty line has none."""
    if not row:
        return {}
    if len(row) != len(head):
        raise ValueError(f"{len(row)} values for {len(head)} columns")
    return {column: text.strip() for column, text in zip(head, row, strict=True)}


def _add_number(
    numbers: dict[TableCell, Number],
    cells: dict[str, str],
    table: Table,
    level_name: LevelName,
) -> None:
    """Adds the number of a row that the table shows; a ValueError if it is none, or repeated."""
    if not cells or not _is_shown(cells, table):
        return
    all_levels = [level_name(path, cells[path]) for path in table.paths]
    levels = tuple(level for level in all_levels if level is not None)
    if not cells["value"] or len(levels) < len(all_levels):
        return
    cell = (levels, cells["metric"])
    number = _as_number(cells["value"], cells.get("se", ""))
    if cell in numbers:
        names = ", ".join((*levels, cells["metric"]))
        raise ValueError(f"{names} stands here twice")
    numbers[cell] = number


def _is_shown(cells: dict[str, str], table: Table) -> bool:
    """Whether a row has a metric of the table, at the levels that `where` confines it to."""
    if cells["metric"] not in table.metrics:
        return False
    for path, names in table.where.items():
        if path not in cells or path in table.paths:
            continue
        if level_of_text(cells[path]) not in map(level_of_text, as_list(names)):
            return False
    return True


def _as_number(value: str, se: str) -> Number:
    """A number and its standard error as a file writes them; no error is not a number."""
    text = f"{value} ± {se}" if se else value
    try:
        error = float(se) if se else math.nan
        return Number(float(value), error, text)
    except ValueError:
        raise ValueError(f"{text} should be a number") from None


def _problems_of(table: Table, earlier: list[str], grid: Expansion) -> list[Finding]:
    """What is wrong with a table; if nothing else, whether the study can fill it."""
    problems = list(_contradictions(table, earlier))
    if not problems and grid.cells and not grid.problems:
        problems = list(_filling_problems(table, grid))
    return problems


def _contradictions(table: Table, earlier: list[str]) -> Findings:
    """Finds a name of an earlier table, and rows, columns or metrics that lack or repeat."""
    if table.name in earlier:
        yield ("name",), f"{table.name!r} is the name of an earlier table"
    for key, names in (("rows", table.rows), ("metrics", table.metrics)):
        if not names:
            yield (key,), "is empty; name at least one"
    crossed = {"rows": table.rows, "columns": table.paths, "metrics": table.metrics}
    for key, names in crossed.items():
        repeated = [name for i, name in enumerate(names) if name in names[:i]]
        if repeated:
            yield (key,), f"{repeated[0]!r} is named twice"
            return


def _filling_problems(table: Table, grid: Expansion) -> Findings:
    """Finds metrics that no probe measures, and paths that are neither setting nor dimension."""
    measured = measured_in(grid)
    for i, metric in enumerate(table.metrics):
        if metric not in measured:
            yield ("metrics", i), metric_problem(metric, measured)
    dimensions = dimensions_of(measured, table.metrics)
    yield from where_problems(table.where, dimensions, grid)
    for key, paths in (("rows", table.rows), ("columns", table.columns)):
        for i, path in enumerate(paths):
            if path not in dimensions and not levels_of(grid, path):
                yield (key, i), path_problem(path, dimensions, grid)
    yield from fold_problems(table.unit, grid)


def _level_names(table: Table, grid: Expansion) -> LevelName:
    """How the study names a published level; levels of a dimension are known once measured."""
    confined = replace(grid, cells=among(grid, grid.cells, table.where))
    all_levels = {path: levels_of(grid, path) for path in table.paths}
    shown_levels = {path: levels_of(confined, path) for path in table.paths}

    def level_name(path: str, text: str) -> str | None:
        """Names a level as the study does; None for one that the table does not show."""
        if not all_levels[path]:
            names = as_list(table.where.get(path, text))
            level = level_of_text(text)
            return level if level in map(level_of_text, names) else None
        name = level_meant(text, all_levels[path])
        if name is None:
            hint = did_you_mean(text, all_levels[path])
            raise ValueError(f"the study has no {path} {text!r}; {hint}")
        return name if name in shown_levels[path] else None

    return level_name
