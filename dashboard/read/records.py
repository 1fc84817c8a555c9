"""The runs of a study and what they measured, kept in memory until another run has ended."""

from dataclasses import dataclass

import pandas as pd
import streamlit as st

from dashboard.read.database import Unreadable, readable, tracker, version
from harness.record.database import Run
from harness.record.kept_rows import rows_together
from harness.record.lookups import Version
from harness.record.table import finished_runs, frame_of_rows, frame_of_runs, newest_runs
from harness.spec.collector import collector_paused
from harness.spec.naming import level_of_text

Key = tuple[str, str]  # the address of the database or server, and the name of a study


@dataclass(frozen=True)
class StudyRuns:
    """A study's runs and what they measured."""

    name: str
    version: Version
    recorded: tuple[Run, ...]
    runs: pd.DataFrame
    rows: pd.DataFrame
    axes: tuple[str, ...]  # the settings that some run has a level of


def runs_of(study: str) -> StudyRuns:
    """Returns a study's runs and rows, read again only when a run has ended."""
    return _read_runs(tracker().uri, study, version(study))


def in_memory(study: str) -> bool:
    """Whether a study's runs have been read since the last of them ended."""
    key = (tracker().uri, study)
    return _versions_in_memory().get(key) == version(study)


@st.cache_resource(max_entries=8, show_spinner="Reading what was measured …")
def _read_runs(address: str, study: str, version: Version) -> StudyRuns:
    """Reads the runs of a study, with a column for the bare name of each varied component."""
    with readable() as reader, collector_paused():
        recorded = reader.runs(study)
        try:
            newest = newest_runs(recorded)
            rows = rows_together(reader, study, finished_runs(newest))
        except ValueError as error:
            raise Unreadable(f"{error}.", "Then load this page again.") from None
    runs = frame_of_runs(newest)
    axes: dict[str, None] = {}
    for run in recorded:
        axes.update(dict.fromkeys(run.levels))
    for path in [axis for axis in axes if axis in runs.columns]:
        levels = {}
        names = {}
        for text in runs[path].dropna().unique():
            levels[text] = level_of_text(text)  # version 0.1 wrote 1.0 where it is 1 now
            names[text] = levels[text].split("(")[0]
        columns = {path: runs[path].map(levels), f"{path}.name": runs[path].map(names)}
        runs = runs.assign(**columns)
    _versions_in_memory()[address, study] = version
    return StudyRuns(study, version, tuple(recorded), runs, frame_of_rows(rows), tuple(axes))


@st.cache_resource(show_spinner=False)
def _versions_in_memory() -> dict[Key, Version]:
    return {}
