"""Published correlations: averages over targets, as a paper prints them for each estimator."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.study.bounded_files import Unreadable
from harness.study.csv_file import read_csv

LARGEST = 1_000_000  # bytes of a file
COLUMNS = ("study", "comparison", "average", "deviation")


@dataclass(frozen=True)
class Average:
    """A mean over targets, and how far these lie apart (nan: not printed)."""

    value: float
    deviation: float


def read_averages(file: Path, study: str) -> Mapping[str, Average]:
    """The published averages of one study by the names of its comparisons.

    `Unreadable`, with what is wrong, where the file is no such table.
    """
    table = read_csv(file, LARGEST, "a table of published averages")
    missing = [column for column in COLUMNS if column not in table.head]
    if missing:
        raise Unreadable(f"{file}: the column {missing[0]!r} is missing")
    averages: dict[str, Average] = {}
    for number, row in enumerate(table.rows, table.line + 1):
        cells = dict(zip(table.head, row, strict=False))
        if cells.get("study") != study:
            continue
        try:
            deviation = float(cells["deviation"] or math.nan)
            averages[cells["comparison"]] = Average(float(cells["average"]), deviation)
        except (KeyError, ValueError):
            raise Unreadable(f"{file}:{number}: average and deviation should be numbers") from None
    return averages
