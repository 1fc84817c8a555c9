"""A job works on the bytes that its plan saw: what it opens is checked before and after."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.data.files.stamps import Stamp
from harness.data.identity import depends_on_files, load_identity, open_files, save_identity
from harness.data.refused import first_few
from harness.spec.fields import fields_of
from harness.spec.values import Fit, Part, Trial
from harness.store import Home

FIRST = 3  # files that a sentence names
DATA_OF_A_FIT = ("train_on", "target", "prepare")


class DataChanged(ValueError):
    """The files of a component are not those that the plan saw."""


@contextmanager
def planned_data(value: Fit | Trial, home: Home, folder: Path) -> Iterator[None]:
    """Makes a fit or trial in an unfinished folder, on the bytes that were planned or not at all.

    What was made while a file changed is removed. A check costs the opening of the headers; pixels
    are read only where a file may have changed.
    """
    parts = _parts_with_fingerprints(value)
    for part in parts:
        require_planned(part, home)
    try:
        yield
    except Exception:
        _require_still_planned(parts, home, folder)
        raise
    _require_still_planned(parts, home, folder)


def require_planned(part: Part, home: Home) -> None:
    """Refuses a component whose files hold other bytes than its fingerprint says."""
    files = open_files(part, home)
    earlier = load_identity(part, home)
    planned = part.options["fingerprint"]
    if earlier is not None and earlier.mark != planned:
        earlier = None  # another plan has seen other bytes since
    if earlier is not None and earlier.holds_for(files.stamps):
        return
    identity = files.examine()
    if identity.mark == planned:
        save_identity(part, home, identity)
        return
    changed = [] if earlier is None else earlier.changed_files(files.stamps)
    raise DataChanged(_sentence(part, changed, files.stamps))


def _sentence(part: Part, changed: list[str], stamps: Mapping[str, Stamp]) -> str:
    """Which file is another one now, and what to do."""
    files = changed or list(stamps)
    names = first_few(files, FIRST)
    if not names:
        names = f"the data of {part.name}"
    return f"{names}: changed since the plan was made; run again, the plan will see the new data"


def _require_still_planned(parts: list[Part], home: Home, folder: Path) -> None:
    """Checks once more; removes what may have been made of other bytes."""
    try:
        for part in parts:
            require_planned(part, home)
    except Exception:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _parts_with_fingerprints(value: Fit | Trial) -> list[Part]:
    """The components that a job reads files for, each once."""
    parts: dict[str, Part] = {}
    for part in _parts_read_by(value):
        if part.options.get("fingerprint") and depends_on_files(part):
            parts[part.key] = part
    return list(parts.values())


def _parts_read_by(value: Fit | Trial) -> Iterator[Part]:
    """The components of a job, without those of fits that other jobs make.

    A trial reads the data of its fit only to prepare its test set as the training set was.
    """
    settings = dict(fields_of(value))
    if isinstance(value, Trial):
        fit = settings.pop("fit")
        if fit.prepare or value.prepare:
            for name in DATA_OF_A_FIT:
                settings[f"fit.{name}"] = getattr(fit, name)
    for setting in settings.values():
        yield from _parts_outside_fits(setting)


def _parts_outside_fits(value: Any) -> Iterator[Part]:
    """Every component inside a setting, but for those of the fits in it."""
    items: list[Any] = []
    if isinstance(value, Part):
        yield value
        items = list(value.options.values())
    elif isinstance(value, list):
        items = value
    for item in items:
        yield from _parts_outside_fits(item)
