"""The runs of a study as a table: their levels, numbers and notes, by run or by level."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from dashboard.ask.facts import metrics, settings
from dashboard.read.notes import NO_NOTE, notes_of
from dashboard.read.numbers import numbers_of
from dashboard.read.records import StudyRuns
from harness.spec.repetitions import REPETITIONS, SEED

RUN = "run"
STAR = "★"
NOTE = "note"
FEW_METRICS = 4  # columns that the table starts with
FEW_SETTINGS = 6
STATISTICS: list[Any] = ["mean", "std", "min", "max"]


def run_table(study_runs: StudyRuns, runs: pd.DataFrame) -> pd.DataFrame:
    """Returns a row for each of these runs: what it is called, its levels, numbers and note."""
    notes = notes_of(study_runs.name)
    own_notes = [notes.get(trial, NO_NOTE) for trial in runs["trial"]]
    columns = {
        RUN: runs["run"],
        STAR: [note.star for note in own_notes],
        "name": runs["name"],
        "state": runs["state"],
        "ended": pd.to_datetime(runs["ended"], unit="ms"),
    }
    table = pd.DataFrame(columns, index=runs.index)
    seeds = [path for path in REPETITIONS if path in runs]
    for path in [*settings(study_runs), *seeds]:
        if path in runs:
            table[path] = runs[path]
    numbers = numbers_of(study_runs).reindex(table[RUN]).set_axis(table.index)
    taken = {name: f"{name} measured" for name in numbers if name in table}
    texts = pd.Series([note.text for note in own_notes], index=table.index, name=NOTE)
    return pd.concat([table, numbers.rename(columns=taken), texts], axis="columns")


def first_columns(study_runs: StudyRuns, table: pd.DataFrame) -> list[str]:
    """Returns the columns that the table starts with: what varies, and what is compared."""
    measured = [metric for metric in metrics(study_runs) if metric in table]
    paths = settings(study_runs)
    head = [STAR, "state", *paths[:FEW_SETTINGS], SEED]
    columns = dict.fromkeys([*head, *measured[:FEW_METRICS], NOTE])
    return [column for column in columns if column in table]


def grouped_table(table: pd.DataFrame, path: str, columns: Sequence[str]) -> pd.DataFrame:
    """Returns a row for each level of a setting: how many runs, and what their numbers are."""
    numbers = [column for column in columns if is_numeric(table, column)]
    groups = table.groupby(path, sort=False, dropna=False)
    counts = groups.size().rename("runs")
    pieces: list[pd.DataFrame | pd.Series] = [counts]
    for column in numbers:
        statistics = groups[column].agg(STATISTICS)
        pieces.append(statistics.add_prefix(f"{column} "))
    return pd.concat(pieces, axis="columns").reset_index()


def is_numeric(table: pd.DataFrame, column: str) -> bool:
    """Whether a column holds numbers that have a mean."""
    values = table[column]
    return pd.api.types.is_float_dtype(values)


def rows_with_text(table: pd.DataFrame, text: str) -> pd.DataFrame:
    """Returns the runs whose name, id or note holds a text."""
    if not text:
        return table
    words = table["name"] + " " + table[RUN] + " " + table[NOTE]
    return table[words.str.lower().str.contains(text.lower(), regex=False)]
