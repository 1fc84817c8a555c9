"""What the trials of a study have measured, in one table that is kept as a file.

Ten thousand small files take seconds to open and to compare with their digests. The table holds
what was read of them, and of each file its size and the moment of its last change: as long as they
are the same, it is not opened again.
"""

import io
import json
import os
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from harness.record.database import Run
from harness.record.files_of_run import downloads_of
from harness.record.row_files import ROWS, joined_rows
from harness.record.tracker import Tracker
from harness.store import Home, file_name, write

if TYPE_CHECKING:
    from pyarrow import Table

MOST_ROWS = 5_000_000  # that are kept
MARKS = b"harness.files"  # in the metadata of the table: the mark of each run's file
Marks = dict[str, list[int]]  # of a run: the size of its file, and when that was changed last

_in_memory: dict[Path, tuple["Table", Marks]] = {}  # where the home cannot be written to


def rows_together(tracker: Tracker, study: str, runs: Sequence[Run]) -> "Table | None":
    """The rows of these runs in their order; reads only what is new since the last time."""
    path = file_of_rows(tracker.home, study)
    marks = marks_of_files(tracker.home, runs)
    old_table, old_marks = _read_kept(path)
    same = {run for run, mark in marks.items() if old_marks.get(run) == mark}
    new = joined_rows(tracker, [run for run in runs if run.id not in same])
    if old_table is None or not same:
        table = new
    elif new is None and len(same) == len(old_marks):
        return old_table
    else:
        table = _unite(old_table, new, same, runs)
    if table is not None and marks:
        _keep(path, table, marks)
    return table


def file_of_rows(home: Home, study: str) -> Path:
    """Where the rows of a study are kept."""
    return home.hidden / "tables" / f"{file_name(study)}.parquet"


def marks_of_files(home: Home, runs: Sequence[Run]) -> Marks:
    """The mark of each run's file, in the store or as it came from a server; none of a run whose
    file is elsewhere.
    """
    store = str(home.store("trials").root)
    marks: Marks = {}
    for run in runs:
        folder = f"{store}/{run.key}"  # joined as text: for ten thousand it takes half the time
        mark = _mark_of(f"{folder}/{ROWS}")
        if mark is None and not os.path.isdir(folder):
            mark = _mark_of(str(downloads_of(home, run) / ROWS))
        if mark is not None:
            marks[run.id] = mark
    return marks


def _mark_of(path: str) -> list[int] | None:
    """The mark of a file; None where there is none."""
    try:
        status = os.stat(path)
    except OSError:
        return None
    return [status.st_size, status.st_mtime_ns]


def _read_kept(path: Path) -> "tuple[Table | None, Marks]":
    """Reads the table that was kept, and the marks of its files; nothing where it cannot be."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    if path in _in_memory:
        return _in_memory[path]
    try:
        raw = pa.BufferReader(path.read_bytes())
        table = ParquetFile(raw, page_checksum_verification=True).read()
        metadata = dict(table.schema.metadata or {})
        marks = json.loads(metadata.pop(MARKS))
    except (OSError, ValueError, LookupError):
        return None, {}
    return table.replace_schema_metadata(metadata or None), marks


def _unite(old_table: "Table", new: "Table | None", same: set[str], runs: Sequence[Run]) -> "Table":
    """The kept rows of the runs that are the same and the new ones, in the runs' order."""
    import pandas as pd
    import pyarrow as pa
    from pyarrow import compute

    is_same = compute.is_in(old_table["run"], value_set=pa.array(sorted(same)))
    tables = [old_table.filter(is_same)]
    if new is not None:
        tables.append(new)
    table = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
    ranks = {run.id: rank for rank, run in enumerate(runs)}
    order = pd.Series(table["run"].to_pandas()).map(ranks).argsort(kind="stable")
    return table.take(pa.array(order.to_numpy()))


def _keep(path: Path, table: "Table", marks: Marks) -> None:
    """Keeps the rows whose files have a mark; what goes wrong meanwhile ends nothing."""
    import pyarrow as pa
    from pyarrow import compute, parquet

    if table.num_rows > MOST_ROWS:
        return
    has_mark = compute.is_in(table["run"], value_set=pa.array(sorted(marks)))
    table = table.filter(has_mark)
    with suppress(pa.ArrowException):
        metadata = {**(table.schema.metadata or {}), MARKS: json.dumps(marks).encode()}
        raw = io.BytesIO()
        parquet.write_table(table.replace_schema_metadata(metadata), raw, write_page_checksum=True)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, raw.getvalue())
            _in_memory.pop(path, None)
        except OSError:  # no room, or a home that is only read
            _in_memory[path] = (table, marks)
