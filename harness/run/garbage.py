"""What no study names any more."""

from collections.abc import Iterator
from pathlib import Path

from harness.spec.values import Trial
from harness.spec.walk import datasets_of, validation_of
from harness.store import Home
from harness.store.folders import KINDS, LOCKS
from harness.store.manifest import BROKEN


def garbage(home: Home, keep: set[str]) -> list[tuple[Path, int]]:
    """Folders of the store whose keys are not among these, with their sizes in bytes.

    What was set aside as broken is garbage whatever its key.
    """
    folders = []
    for path in _folders(home):
        key = path.name.split(".")[0]  # without .partial or .old
        if key not in keep or BROKEN in path.name:
            folders.append((path, _size(path)))
    return folders


def keys_kept_by(trial: Trial) -> set[str]:
    """The keys that a trial keeps: its own, those of its fits and of the phantoms they read."""
    keys = {trial.key}
    for part in datasets_of(trial):
        keys.add(part.key)
    for fit in trial.lineage:
        keys.add(fit.key)
        keys.add(validation_of(fit.train_on).key)
    return keys


def _folders(home: Home) -> Iterator[Path]:
    for kind in KINDS:
        for path in sorted(home.store(kind).root.glob("*")):
            if path.is_dir() and path.name != LOCKS:
                yield path


def _size(folder: Path) -> int:
    size = 0
    for path in folder.rglob("*"):
        if path.is_file():
            size += path.stat().st_size
    return size
