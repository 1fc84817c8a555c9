"""A study that is given by its file, or by the name that its runs have."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.shared import STUDY_FILES, confirmed_study, fail, or_exit, or_mistakes, study_in
from harness.record.database import Run
from harness.record.study_files import study_file_of
from harness.record.tracker import Tracker
from harness.run.fingerprints import as_recorded
from harness.spec.options import did_you_mean
from harness.study.load import Study

FileOrName = Annotated[
    Path, typer.Argument(help="A study file, or the name of a study that has been run.")
]


def name_of_study(study: str) -> str:
    """The name of a study that is given by its name or its file."""
    if Path(study).suffix in STUDY_FILES:
        return study_in(Path(study)).name
    return study


def study_as_recorded(
    argument: Path, tracker: Tracker, overrides: Sequence[str] = ()
) -> tuple[Study, list[Run]]:
    """Reads a study, on the bytes that its runs have looked at: no data is needed; and those
    runs.
    """
    if _is_file(argument):
        study = confirmed_study(argument, tracker.home, overrides)
        recorded = or_exit(tracker.runs, study.name)
    else:
        study, recorded = _study_called(str(argument), tracker, overrides)
    return or_mistakes(as_recorded, study, tracker.home, recorded), recorded


def _is_file(argument: Path) -> bool:
    """Whether a study is given by its file; a folder may have a study's name, and hold its data."""
    if argument.suffix in STUDY_FILES:
        return True
    return argument.exists() and not argument.is_dir()


def _study_called(name: str, tracker: Tracker, overrides: Sequence[str]) -> tuple[Study, list[Run]]:
    """The study that has been run by this name, read from its file, and its runs."""
    recorded = or_exit(tracker.runs, name)
    if not recorded:
        fail(_nothing_called(name, tracker))
    file = study_file_of(recorded, tracker.home)
    path = file.find()
    if path is None:
        fail(f"the study file {file.name} of {name} is not here; put it back, or name it")
    study = confirmed_study(path, tracker.home, overrides)
    if study.name != name:
        fail(f"{path} is now the study {study.name}; put back the file of {name}")
    return study, recorded


def _nothing_called(name: str, tracker: Tracker) -> str:
    """That neither a file nor a study has this name, and what has been run here."""
    studies = studies_in(tracker)
    if not studies:
        return f"no file {name!r}, and nothing has been run here; name a study file"
    hint = did_you_mean(name, studies)
    return f"no file and no study {name!r} in {tracker.shown_uri}; {hint}"


def studies_in(tracker: Tracker) -> list[str]:
    """The names of all studies that have been run."""
    return sorted({run.study for run in or_exit(tracker.runs)})
