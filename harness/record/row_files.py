"""What trials have measured, from the file of each of them into one table."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from harness.record.database import Run
from harness.record.files_of_run import bytes_of_runs
from harness.record.tracker import Tracker
from harness.spec.collector import collector_paused

if TYPE_CHECKING:
    from pyarrow import Array, Table

ROWS = "rows.parquet"  # the file of what a trial has measured


def joined_rows(tracker: Tracker, runs: Sequence[Run]) -> "Table | None":
    """The rows of these runs in one table, with a column that says of which run; None of none."""
    import pyarrow as pa  # half a second, which a plan need not wait for

    files = bytes_of_runs(tracker, runs, ROWS)
    ids = [run.id for run in runs if run.id in files]
    if not ids:
        return None
    with collector_paused():
        tables = [rows_in(files[id]) for id in ids]
    joined = pa.concat_tables(tables, promote_options="permissive")
    joined = joined.combine_chunks()  # ten thousand chunks take four times as long
    counts = [table.num_rows for table in tables]
    return joined.append_column("run", _column_of_ids(ids, counts))


def rows_in(file: bytes) -> "Table":
    """The rows of a small file; read at once and without threads it takes half the time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    return ParquetFile(pa.BufferReader(file)).read(use_threads=False)


def _column_of_ids(ids: list[str], counts: list[int]) -> "Array":
    """A column that has each of these as often as its count says, one after the other."""
    import numpy as np
    import pyarrow as pa

    positions = np.repeat(np.arange(len(ids)), counts)
    return pa.array(ids, pa.string()).take(pa.array(positions))
