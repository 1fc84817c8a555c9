"""Runs and rows as two data frames."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.record.database import Run, is_result
from harness.store import Home

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import Table
from harness.record.tracker import Tracker


def table(tracker: Tracker, study: str) -> "tuple[DataFrame, DataFrame]":
    """A study's newest run of each trial (settings as columns), and the rows that its probes measured, by run."""
    return table_of(tracker.runs(study), tracker.home, rows_in)


def table_of(
    recorded: list[Run], home: Home, read: "Callable[[Path], Table]"
) -> "tuple[DataFrame, DataFrame]":
    """The same of runs that are at hand; `read` may remember the files that it has read."""
    import pandas as pd  # half a second, which a plan need not wait for
    import pyarrow as pa

    newest = {run.key: run for run in recorded if run.state in ("finished", "diverged", "failed")}
    newest |= {
        run.key: run for run in recorded if is_result(run)
    }  # a failure after a result does not hide it
    listed = [
        {
            "run": r.id,
            "trial": r.key,
            "name": r.name,
            "state": r.state,
            "ended": r.ended,
            **r.params,
        }
        for r in newest.values()
    ]
    found = []
    for run in newest.values():
        path = home.store("trials").path(run.key) / "rows.parquet"
        if run.state == "finished" and path.exists():
            part = read(path)
            found.append(part.append_column("run", pa.array([run.id] * part.num_rows)))
    if not found:
        return pd.DataFrame(listed), pd.DataFrame(columns=["run", "metric", "value"])
    joined = pa.concat_tables(found, promote_options="permissive")
    return pd.DataFrame(
        listed
    ), joined.combine_chunks().to_pandas()  # ten thousand chunks take four times as long


def rows_in(path: Path) -> "Table":
    """A small file's rows; mapped and without threads it takes half the time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with pa.memory_map(str(path)) as file:
        return ParquetFile(file).read(use_threads=False)
