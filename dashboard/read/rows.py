"""What the trials of a study have measured, in one table that is kept as a file.

Ten thousand small files take seconds to open and to compare with their digests. The table holds
what was read of them, and of each file its size and the moment of its last change: as long as they
are the same, it is not opened again.
"""

import io
import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pyarrow as pa
import streamlit as st
from pyarrow import compute, parquet

from harness.record.database import Run
from harness.record.table import ROWS, joined_rows, rows_in
from harness.record.tracker import Tracker
from harness.store import Home, file_name, write

MOST_ROWS = 5_000_000  # that are kept
MARKS = b"harness.files"  # in the metadata of the table: the mark of each run's file
Marks = dict[str, list[int]]  # of a run: the size of its file, and when that was changed last


def rows_together(tracker: Tracker, study: str, runs: list[Run]) -> pa.Table | None:
    """Returns the rows of these runs in their order; reads only what is new since the last time."""
    path = tracker.home.hidden / "tables" / f"{file_name(study)}.parquet"
    marks = marks_of_files(tracker.home, runs)
    old_table, old_marks = _read_kept(path)
    same = {run for run, mark in marks.items() if old_marks.get(run) == mark}
    new = joined_rows(tracker, [run for run in runs if run.id not in same], rows_of_trial)
    if old_table is None or not same:
        table = new
    elif new is None and len(same) == len(old_marks):
        return old_table
    else:
        table = _unite(old_table, new, same, runs)
    if table is not None and marks:
        _keep(path, table, marks)
    return table


def marks_of_files(home: Home, runs: Sequence[Run]) -> Marks:
    """Returns the mark of each run's file in the store; none of a run whose file is elsewhere."""
    store = home.store("trials")
    marks: Marks = {}
    for run in runs:
        with suppress(OSError):
            status = (store.path(run.key) / ROWS).stat()
            marks[run.id] = [status.st_size, status.st_mtime_ns]
    return marks


def _read_kept(path: Path) -> tuple[pa.Table | None, Marks]:
    """Reads the table that was kept, and the marks of its files; nothing where it cannot be."""
    try:
        table = parquet.read_table(path)
        metadata = dict(table.schema.metadata or {})
        marks = json.loads(metadata.pop(MARKS))
    except (OSError, ValueError, LookupError):
        return None, {}
    return table.replace_schema_metadata(metadata or None), marks


def _unite(
    old_table: pa.Table, new: pa.Table | None, same: set[str], runs: Sequence[Run]
) -> pa.Table:
    """Returns the kept rows of the runs that are the same and the new ones, in the runs' order."""
    is_same = compute.is_in(old_table["run"], value_set=pa.array(sorted(same)))
    tables = [old_table.filter(is_same)]
    if new is not None:
        tables.append(new)
    table = pa.concat_tables(tables, promote_options="permissive").combine_chunks()
    ranks = {run.id: rank for rank, run in enumerate(runs)}
    order = pd.Series(table["run"].to_pandas()).map(ranks).argsort(kind="stable")
    return table.take(pa.array(order.to_numpy()))


def _keep(path: Path, table: pa.Table, marks: Marks) -> None:
    """Keeps the rows whose files have a mark; what goes wrong meanwhile ends nothing."""
    if table.num_rows > MOST_ROWS:
        return
    has_mark = compute.is_in(table["run"], value_set=pa.array(sorted(marks)))
    with suppress(OSError, pa.ArrowException):
        metadata = {**(table.schema.metadata or {}), MARKS: json.dumps(marks).encode()}
        raw = io.BytesIO()
        parquet.write_table(table.filter(has_mark).replace_schema_metadata(metadata), raw)
        path.parent.mkdir(parents=True, exist_ok=True)
        write(path, raw.getvalue())


@st.cache_resource(show_spinner=False)
def _rows_in_memory() -> dict[str, tuple[int, pa.Table]]:
    return {}


def rows_of_trial(path: Path) -> pa.Table:
    """Reads the rows of a trial once; they never change, so a growing study reads only new ones."""
    memory = _rows_in_memory()
    changed = path.stat().st_mtime_ns
    entry = memory.get(str(path))
    if entry is None or entry[0] != changed:
        entry = (changed, rows_in(path))
        memory[str(path)] = entry
    return entry[1]
