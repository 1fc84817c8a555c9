"""A CSV file with a note above its head: lines that start with #."""

import csv
from dataclasses import dataclass
from pathlib import Path

from harness.study.bounded_files import Unreadable, read_bounded, why_no_path


@dataclass(frozen=True)
class CsvFile:
    """The note, the head and the rows of a CSV file, and the line in which the head stands."""

    note: str
    head: list[str]
    rows: list[list[str]]
    line: int


def read_csv(path: Path, largest: int, kind: str) -> CsvFile:
    """A CSV file of at most `largest` bytes; `Unreadable` if it is none."""
    lines = _lines(path, largest, kind)
    start = 0
    while start < len(lines) and lines[start].startswith("#"):
        start += 1
    note = " ".join(line.lstrip("# ").strip() for line in lines[:start])
    try:
        rows = list(csv.reader(lines[start:]))
    except csv.Error as error:
        raise Unreadable(f"{path} is no CSV: {error}") from None
    head = rows.pop(0) if rows else []
    return CsvFile(note, head, rows, start + 1)


def _lines(path: Path, largest: int, kind: str) -> list[str]:
    """The lines of a text file; `Unreadable` with its path if it has none."""
    reason = why_no_path(str(path))
    if reason is not None:
        raise Unreadable(reason)
    try:
        return read_bounded(path, largest, kind).decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Unreadable(f"{path} cannot be read: it is not UTF-8") from None
    except Unreadable as error:
        raise Unreadable(f"{path} {error}") from None
