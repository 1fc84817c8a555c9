"""The search of a study as it is recorded, read again when it has gone on."""

import os
import time
from pathlib import Path

import pandas as pd
import streamlit as st

from dashboard.read.database import SECONDS_OF_A_SERVER, Unreadable
from dashboard.read.records import StudyRuns
from dashboard.read.study_file import file_of, study_of
from harness.search.cells import map_of_two
from harness.search.history import SearchHistory, read_history
from harness.search.importance import Importances, importances
from harness.search.storage import ADDRESS, journal_path
from harness.store import Home
from harness.study.load import Study
from harness.study.search import Dimension


def history_of(study_runs: StudyRuns) -> SearchHistory:
    """Returns what the search of a study has tried; `Unreadable` where it searches nothing."""
    study = study_of(study_runs)
    if study.search is None:
        raise Unreadable(
            "This study searches nothing: its trials are those of a grid.",
            "The pages Compare and Factors show them. `docs/search.md` says what a search is.",
        )
    home = Home.here()
    version = (study_runs.version, _version_of_storage(home))
    history = _read_history(version, file_of(study_runs), str(home.folder), study)
    if history is None or not history.points:
        raise Unreadable(
            "The search has not asked for a point yet.",
            "Points appear here when this page is loaded again.",
        )
    return history


def _version_of_storage(home: Home) -> tuple[int, int]:
    """Returns a value that changes when a search has gone on; that of a server, with the time."""
    path = journal_path(home)
    if os.environ.get(ADDRESS) or not path.exists():
        return 0, int(time.time() / SECONDS_OF_A_SERVER)
    status = path.stat()
    return status.st_size, status.st_mtime_ns


@st.cache_resource(max_entries=4, show_spinner="Reading the search …")
def _read_history(
    version: tuple[object, ...], file: tuple[str, int], home: str, _study: Study
) -> SearchHistory | None:
    """Reads a search; `version` and `file` tell the cache when to do it again."""
    del version, file
    try:
        return read_history(_study, Home(Path(home)))
    except ValueError as error:
        raise Unreadable(f"The search cannot be shown: {error}.", "Run it again.") from None


def importances_of(study_runs: StudyRuns, history: SearchHistory, objective: int) -> Importances:
    """Returns the importance of each setting for one objective."""
    ended = len([point for point in history.points if point.means is not None])
    key = (study_runs.name, file_of(study_runs), ended)
    return _importances(key, objective, history)


@st.cache_resource(max_entries=16, show_spinner="Weighing the settings …")
def _importances(key: tuple[object, ...], objective: int, _history: SearchHistory) -> Importances:
    """Weighs the settings; `key` tells the cache when to do it again."""
    del key
    return importances(_history, objective)


def map_cells(
    history: SearchHistory, pair: tuple[Dimension, Dimension], objective: int
) -> pd.DataFrame:
    """Returns cells `down`, `across`, `value`, `n` of two settings, for a heat map."""
    down, across = pair
    cells = map_of_two(history, down, across, objective)
    rows = [(cell.down, cell.across, cell.mean, cell.n) for cell in cells]
    return pd.DataFrame(rows, columns=["down", "across", "value", "n"])
