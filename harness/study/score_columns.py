"""What each column of a table of scores is: a unit, a metric, or a setting.

The columns `seed`, `fold`, `image` and `patient` say what a number is of. A long table has the
columns `metric` and `value`, a wide one a column for each metric. Every other column is a setting.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.study.bounded_files import Unreadable
from harness.study.csv_file import CsvFile
from harness.study.names_compared import names_compared

UNITS = ("seed", "fold", "image", "patient")
METRIC, VALUE = "metric", "value"  # the columns of a long table


@dataclass(frozen=True)
class Columns:
    """The columns of a table by what they are."""

    settings: tuple[str, ...]
    units: tuple[str, ...]
    metrics: tuple[str, ...] = ()  # of a wide table; a long one names them in its rows

    @property
    def is_long(self) -> bool:
        """Whether each row holds one number, and says of which metric."""
        return not self.metrics


def columns_of(path: Path, table: CsvFile, compare: Any) -> Columns:
    """What each column is; `Unreadable` with file and line where that cannot be.

    Comparisons, as a file writes them, tell the settings of a wide table that are numbers from its
    metrics.
    """
    line = f"{path}:{table.line}:"
    for problem in _problems_of_names(table.head):
        raise Unreadable(f"{line} {problem}")
    units = tuple(name for name in table.head if name in UNITS)
    others = [name for name in table.head if name not in UNITS]
    if VALUE in others:
        if METRIC not in others:
            raise Unreadable(f"{line} the column `value` needs a column `metric` beside it")
        return Columns(tuple(name for name in others if name not in (METRIC, VALUE)), units)
    names = names_compared(compare)
    measured = []
    for name in others:
        is_numeric = name not in names.settings and _is_numeric(table, table.head.index(name))
        if name in names.metrics or is_numeric:
            measured.append(name)
    if not measured:
        raise Unreadable(
            f"{line} no column of numbers; a long table has the columns `metric` and `value`, "
            "a wide one a column for each metric"
        )
    rest = tuple(name for name in others if name not in measured)
    return Columns(rest, units, tuple(measured))


def _problems_of_names(head: list[str]) -> Iterable[str]:
    """What is wrong with the names of columns."""
    if len(head) < 2:
        yield "fewer than two columns; separate columns by commas"
    for number, name in enumerate(head, 1):
        if not name:
            yield f"column {number} has no name"
        lower = name.lower()
        if name != lower and lower in (*UNITS, METRIC, VALUE):
            yield f"the column {name!r} is written {lower!r}"
        if name in head[: number - 1]:
            yield f"two columns are called {name!r}; rename one"


def _is_numeric(table: CsvFile, number: int) -> bool:
    """Whether a column holds numbers, and nothing else but empty fields."""
    texts = [row[number].strip() for row in table.rows if number < len(row)]
    texts = [text for text in texts if text]
    try:
        numbers = list(map(float, texts))
    except ValueError:
        return False
    return bool(numbers)
