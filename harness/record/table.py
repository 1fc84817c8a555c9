"""Runs and rows as two data frames."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from harness.record.database import Run, is_result
from harness.record.files_of_run import files_of_runs
from harness.record.tracker import Tracker
from harness.spec.states import State

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import Table

ROWS = "rows.parquet"  # the file of what a trial has measured
OF_EACH_RUN = ("run", "trial", "name", "state", "ended")  # columns that stand before the settings
ENDED = (State.FINISHED, State.DIVERGED, State.FAILED)


def table(tracker: Tracker, study: str) -> "tuple[DataFrame, DataFrame]":
    """The newest run of each trial of a study, and the rows that its probes measured.

    The settings are columns of the runs; the column `run` joins the two.
    """
    return table_of(tracker.runs(study), tracker, rows_in)


def table_of(
    recorded: list[Run], tracker: Tracker, read: "Callable[[Path], Table]"
) -> "tuple[DataFrame, DataFrame]":
    """The same of runs that have been read already; `read` may remember the files it has read."""
    newest = newest_runs(recorded)
    rows = joined_rows(tracker, finished_runs(newest), read)
    return frame_of_runs(newest), frame_of_rows(rows)


def finished_runs(runs: list[Run]) -> list[Run]:
    """The runs that have measured something."""
    return [run for run in runs if run.state == State.FINISHED]


def frame_of_runs(runs: list[Run]) -> "DataFrame":
    """Runs as a data frame: what each is called, how it ended, its settings."""
    import pandas as pd  # half a second, which a plan need not wait for

    lines = []
    for run in runs:
        columns = {"run": run.id, "trial": run.key, "name": run.name, "state": run.state}
        lines.append({**columns, "ended": run.ended, **run.params})
    if not lines:
        return pd.DataFrame(columns=list(OF_EACH_RUN))
    return pd.DataFrame(lines)


def frame_of_rows(rows: "Table | None") -> "DataFrame":
    """What runs have measured as a data frame, which is empty where there is nothing."""
    import pandas as pd

    if rows is None:
        return pd.DataFrame(columns=["run", "metric", "value"])
    return rows.to_pandas()


def joined_rows(
    tracker: Tracker, runs: list[Run], read: "Callable[[Path], Table]"
) -> "Table | None":
    """The rows of these runs in one table, with a column that says of which run; None of none."""
    import pyarrow as pa

    files = files_of_runs(tracker, runs, ROWS)
    tables = []
    for run in runs:
        if run.id in files:
            rows = read(files[run.id])
            tables.append(rows.append_column("run", pa.array([run.id] * rows.num_rows)))
    if not tables:
        return None
    joined = pa.concat_tables(tables, promote_options="permissive")
    return joined.combine_chunks()  # ten thousand chunks take four times as long


def newest_runs(recorded: list[Run]) -> list[Run]:
    """The newest run of each trial that has ended; a failure after a result does not hide it."""
    ended = [run for run in recorded if run.state in ENDED and run.status != "RUNNING"]
    newest = {run.key: run for run in ended}
    for run in recorded:
        if is_result(run):
            newest[run.key] = run
    return list(newest.values())


def rows_in(path: Path) -> "Table":
    """A small file's rows; mapped and without threads it takes half the time."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    with pa.memory_map(str(path)) as file:
        return ParquetFile(file).read(use_threads=False)
