"""A study that is argument by its file, or by the name that its runs have."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from harness.cli.shared import confirmed_study, fail, or_exit, or_mistakes, study_in
from harness.record.database import Run
from harness.record.study_files import study_file_of
from harness.record.tracker import Tracker
from harness.run.fingerprints import as_recorded
from harness.spec.options import did_you_mean
from harness.study.load import Study

ENDINGS = (".yaml", ".yml")  # of a study file

FileOrName = Annotated[
    Path, typer.Argument(help="A study file, or the name of a study that has been run.")
]


def name_of_study(study: str) -> str:
    """The name of a study that is given by its name or its file."""
    if Path(study).suffix in ENDINGS:
        return study_in(Path(study)).name
    return study


def study_as_recorded(
    argument: Path, tracker: Tracker, overrides: Sequence[str] = ()
) -> tuple[Study, list[Run]]:
    """Reads a study, on the bytes that its runs have looked at: no data is needed; and those
    runs.
    """
    file = _file_of(argument, tracker)
    study = confirmed_study(file, tracker.home, overrides)
    if file != argument and study.name != str(argument):
        fail(f"{file} is now the study {study.name}; put back the file of {argument}")
    recorded = or_exit(tracker.runs, study.name)
    return or_mistakes(as_recorded, study, tracker.home, recorded), recorded


def _file_of(argument: Path, tracker: Tracker) -> Path:
    """The file of a study; what is no file is the name of one that has been run.

    A folder may have the name of a study: it holds its data, say.
    """
    name = str(argument)
    is_there = argument.exists() and not argument.is_dir()
    if is_there or argument.suffix in ENDINGS:
        return argument
    recorded = or_exit(tracker.runs, name)
    if not recorded:
        fail(_nothing_called(name, tracker))
    file = study_file_of(recorded, tracker.home)
    path = file.find()
    if path is None:
        fail(f"the study file {file.name} of {name} is not here; put it back, or name it")
    return path


def _nothing_called(name: str, tracker: Tracker) -> str:
    """That neither a file nor a study has this name, and what has been run here."""
    studies = {run.study for run in or_exit(tracker.runs)}
    if not studies:
        return f"no file {name!r}, and nothing has been run here; name a study file"
    hint = did_you_mean(name, sorted(studies))
    return f"no file and no study {name!r} in {tracker.shown_uri}; {hint}"
