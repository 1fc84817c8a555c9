"""What trials have measured, from the file of each of them into one table."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.record.database import Run
from harness.record.files_of_run import files_of_runs
from harness.record.tracker import Tracker
from harness.spec.collector import collector_paused

if TYPE_CHECKING:
    from pyarrow import Table

ROWS = "rows.parquet"  # the file of what a trial has measured


def joined_rows(tracker: Tracker, runs: Sequence[Run]) -> "Table | None":
    """The rows of these runs in one table, with a column that says of which run; None of none."""
    import pyarrow as pa  # half a second, which a plan need not wait for

    files = files_of_runs(tracker, runs, ROWS)
    tables = []
    ids = []
    with collector_paused():
        for run in runs:
            if run.id in files:
                rows = rows_in(files[run.id])
                tables.append(rows)
                ids += [run.id] * rows.num_rows
    if not tables:
        return None
    joined = pa.concat_tables(tables, promote_options="permissive")
    joined = joined.combine_chunks()  # ten thousand chunks take four times as long
    return joined.append_column("run", pa.array(ids, pa.string()))


def rows_in(path: Path) -> "Table":
    """A small file's rows; read at once and without threads it takes half the time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    return ParquetFile(pa.BufferReader(path.read_bytes())).read(use_threads=False)
