"""The study file behind recorded runs: where it was, or as near to the home as it was then."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from harness.record.contents import FOLDER_TAG, SOURCE_TAG
from harness.record.database import Run
from harness.record.files_of_run import ARTIFACTS
from harness.store import Home

CHECKOUT = Path(__file__).resolve().parents[2]  # where the shipped studies are


class StudyFile(NamedTuple):
    """The name of a study file as its runs have it, and where it may be."""

    name: str
    paths: tuple[Path, ...]

    def find(self) -> Path | None:
        """The first of these places where it is; None where it is at none of them."""
        for path in self.paths:
            if path.is_file():
                return path
        return None


def study_file_of(recorded: Sequence[Run], home: Home) -> StudyFile:
    """The study file behind these runs, as the newest of them names it."""
    name = _recorded_name(recorded)
    paths = _paths_of_file(recorded, name, home) if name else ()
    return StudyFile(name, tuple(paths))


def _recorded_name(recorded: Sequence[Run]) -> str:
    """The study file that the newest run names; empty where none does."""
    for run in reversed(recorded):
        if SOURCE_TAG in run.tags:
            return run.tags[SOURCE_TAG]
    return ""


def _paths_of_file(recorded: Sequence[Run], name: str, home: Home) -> Iterator[Path]:
    """Where a study file may be: where it was, else as near to the home as it was then."""
    newest = next((run for run in reversed(recorded) if FOLDER_TAG in run.tags), None)
    if newest is not None:
        folder = newest.tags[FOLDER_TAG]
        yield Path(folder) / name
        yield from _moved_with_home(newest, os.path.join(folder, name), home)
    for known_folder in (home.folder, Path.cwd(), CHECKOUT):
        yield known_folder / name
    for run in recorded[-1:]:
        yield from _moved_with_home(run, name, home)


def _moved_with_home(run: Run, path: str, home: Home) -> Iterator[Path]:
    """Where a path leads now, if the home was moved together with the folders around it."""
    old_home, mark, _ = unquote(urlsplit(run.artifact_uri).path).partition(ARTIFACTS)
    if mark and os.path.isabs(path):
        from_home = os.path.relpath(path, old_home)
        moved = home.folder / from_home
        yield Path(os.path.normpath(moved))
