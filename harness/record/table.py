"""Runs and rows as two data frames."""

from typing import TYPE_CHECKING

from harness.record.database import Run, is_result
from harness.record.kept_rows import rows_together
from harness.record.tracker import Tracker
from harness.spec.states import State

if TYPE_CHECKING:
    from pandas import DataFrame
    from pyarrow import Table

OF_EACH_RUN = ("run", "trial", "name", "state", "ended")  # columns that stand before the settings
ENDED = (State.FINISHED, State.DIVERGED, State.FAILED)


def table(tracker: Tracker, study: str) -> "tuple[DataFrame, DataFrame]":
    """The newest run of each trial of a study, and the rows that its probes measured.

    The settings are columns of the runs; the column `run` joins the two.
    """
    return table_of(tracker.runs(study), tracker, study)


def table_of(recorded: list[Run], tracker: Tracker, study: str) -> "tuple[DataFrame, DataFrame]":
    """The same of runs of the study that have been read already."""
    newest = newest_runs(recorded)
    rows = rows_together(tracker, study, finished_runs(newest))
    return frame_of_runs(newest), frame_of_rows(rows)


def keep_rows(tracker: Tracker, study: str) -> None:
    """Keeps what a study has measured so far in one table, which whoever opens it later reads."""
    rows_together(tracker, study, finished_runs(newest_runs(tracker.runs(study))))


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


def newest_runs(recorded: list[Run]) -> list[Run]:
    """The newest run of each trial that has ended; a failure after a result does not hide it."""
    ended = [run for run in recorded if run.state in ENDED and run.status != "RUNNING"]
    newest = {run.key: run for run in ended}
    for run in recorded:
        if is_result(run):
            newest[run.key] = run
    return list(newest.values())
