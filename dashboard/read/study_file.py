"""The study file behind the runs that are looked at, as it is now."""

import os
from collections.abc import Sequence
from pathlib import Path

import streamlit as st

from dashboard.read.database import Unreadable, tracker
from dashboard.read.records import StudyRuns
from harness.record.database import Run
from harness.record.lookups import Version
from harness.record.study_files import StudyFile, study_file_of
from harness.run.fingerprints import as_recorded
from harness.search.confirmation import with_confirmation
from harness.spec.collector import collector_paused, spare_what_is_there
from harness.store import Home
from harness.study.document import Mistakes
from harness.study.load import Study, load_study

MANY_TRIALS = 2000  # through which the garbage collector looks for long


def study_of(study_runs: StudyRuns) -> Study:
    """Returns the study whose file is behind the runs; `Unreadable` says why there is none."""
    path, changed = file_of(study_runs)
    version = study_runs.version
    study = _read_study(study_runs.name, path, changed, version, study_runs)
    if study.search is None:
        return study
    return _with_confirmation(version, path, changed, study)


@st.cache_resource(max_entries=4, show_spinner=False)
def _with_confirmation(version: Version, path: str, changed: int, _study: Study) -> Study:
    """Adds the trials that confirm a search; `version` and `changed` are there for the cache."""
    del version, path, changed
    try:
        return with_confirmation(_study, Home.here())
    except ValueError as error:
        raise Unreadable(f"{error}.", "Run the study under another name.") from None


def file_of(study_runs: StudyRuns) -> tuple[str, int]:
    """Returns the path of the study file behind the runs, and when it last changed."""
    key = (tracker().uri, study_runs.name, study_runs.version)
    folders = (str(Home.here().folder), os.getcwd())
    return _first_file(_recorded_file(key, folders, study_runs))


@st.cache_resource(max_entries=16, show_spinner=False)
def _recorded_file(
    key: tuple[str, str, Version], folders: tuple[str, str], _study_runs: StudyRuns
) -> StudyFile:
    """Returns where the study file may be; a page asks that for each of its controls."""
    del key, folders
    return study_file_of(_study_runs.recorded, Home.here())


def find_study_file(recorded: Sequence[Run]) -> tuple[str, int]:
    """Returns the same of these runs; `Unreadable` where the file is not here."""
    return _first_file(study_file_of(recorded, Home.here()))


def _first_file(file: StudyFile) -> tuple[str, int]:
    """Returns where a study file is; `Unreadable` where it is not here."""
    path = file.find()
    if path is None:
        raise Unreadable(
            f"The study file {file.name or 'of these runs'} is not here, so its comparisons "
            "cannot be judged.",
            "Put it back, or start the dashboard in the folder where the study was run.",
        )
    return str(path), _last_change(path)


def _last_change(path: Path) -> int:
    """Returns when a study file, or one that it may extend, last changed."""
    newest = 0
    for folder in (path.parent, path.parent.parent):
        for file in folder.glob("*.y*ml"):
            if file.is_file():
                newest = max(newest, file.stat().st_mtime_ns)
    return newest


@st.cache_resource(max_entries=16, show_spinner="Reading the study file …")
def _read_study(
    name: str, path: str, changed: int, version: Version, _study_runs: StudyRuns
) -> Study:
    """Reads a study file, on the data that its runs have looked at.

    `changed` and `version` are there for the cache to tell states apart; it does not look at a
    name with an underscore.
    """
    try:
        with collector_paused():
            study = load_study(Path(path))
        if study.name != name:
            raise Unreadable(
                f"{path} is now the study {study.name}.",
                f"Put back the file of {name}, or run it again.",
            )
        study = as_recorded(study, Home.here(), _study_runs.recorded)
        if len(study.cells) > MANY_TRIALS:
            spare_what_is_there()
        return study
    except Mistakes as mistakes:
        first_problems = "; ".join(str(problem) for problem in mistakes.problems[:3])
        raise Unreadable(
            f"The study file has mistakes: {first_problems}",
            "Mend them; `harness plan` lists all.",
        ) from None
    except OSError as error:
        raise Unreadable(f"The study file cannot be read: {error}.", "Make it readable.") from None
