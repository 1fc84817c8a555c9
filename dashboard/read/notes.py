"""Stars and notes on runs: a file beside the records, which no answer depends on.

They belong to a trial, so that a run which is recorded anew still has them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.store import Home, file_lock, file_name, read_json, write_json

LONGEST_NOTE = 4000  # characters
MAY_GO_WRONG = (OSError, ValueError, TypeError, LookupError, AttributeError)


@dataclass(frozen=True)
class RunNote:
    """What somebody has noted of a run."""

    star: bool = False
    text: str = ""

    @property
    def is_empty(self) -> bool:
        return not self.star and not self.text


NO_NOTE = RunNote()


def file_of_notes(study: str) -> Path:
    """Returns the file that holds the stars and notes of a study."""
    return Home.here().hidden / "notes" / f"{file_name(study)}.json"


def notes_of(study: str) -> dict[str, RunNote]:
    """Returns the notes of a study by trial; none where the file is missing or cannot be read."""
    try:
        return _read(file_of_notes(study))
    except MAY_GO_WRONG:
        return {}


def _read(path: Path) -> dict[str, RunNote]:
    """Reads a file of notes; an error where it holds something else."""
    if not path.exists():
        return {}
    notes = {}
    for trial, entry in read_json(path).items():
        notes[str(trial)] = RunNote(bool(entry["star"]), str(entry["text"]))
    return notes


def keep_notes(study: str, changes: dict[str, RunNote]) -> str | None:
    """Keeps notes on trials beside those that are there; returns why not where that fails."""
    path = file_of_notes(study)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with file_lock(path.with_suffix(".lock")):
            notes = {**_read(path), **changes}
            write_json(path, _as_plain(notes))
    except OSError as error:
        return f"The note was not kept: {path} cannot be written ({error.strerror})."
    except MAY_GO_WRONG:
        return f"The note was not kept: {path} holds no notes. Move it away, and try again."
    return None


def _as_plain(notes: dict[str, RunNote]) -> dict[str, Any]:
    """Returns notes as JSON, without the empty ones."""
    plain: dict[str, Any] = {}
    for trial, note in notes.items():
        if not note.is_empty:
            entry = {"star": note.star, "text": note.text[:LONGEST_NOTE]}
            plain[trial] = entry
    return plain
