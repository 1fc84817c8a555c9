"""Published tests of pairs of arms: the p and the effect that a paper prints for each."""

from dataclasses import dataclass
from pathlib import Path

from harness.study.bounded_files import Unreadable
from harness.study.csv_file import read_csv

LARGEST = 1_000_000  # bytes of a file
COLUMNS = ("comparison", "first", "second", "p", "effect")


@dataclass(frozen=True)
class PublishedPair:
    """What a paper prints of the difference of two arms."""

    comparison: str
    first: str
    second: str
    p: float
    effect: float


def read_pairs(file: Path) -> list[PublishedPair]:
    """The published pairs of a file; `Unreadable` where it is no such table, with what is wrong."""
    table = read_csv(file, LARGEST, "a table of published tests")
    missing = [column for column in COLUMNS if column not in table.head]
    if missing:
        raise Unreadable(f"{file}: the column {missing[0]!r} is missing")
    pairs = []
    for number, row in enumerate(table.rows, table.line + 1):
        cells = dict(zip(table.head, row, strict=False))
        if not row:
            continue
        try:
            names = cells["comparison"], cells["first"], cells["second"]
            pairs.append(PublishedPair(*names, float(cells["p"]), float(cells["effect"])))
        except (KeyError, ValueError):
            raise Unreadable(f"{file}:{number}: p and effect should be numbers") from None
    return pairs
