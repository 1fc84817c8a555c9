"""What no study names any more."""

from pathlib import Path

from harness.spec.values import Trial, datasets_of, fits_of, validation_of
from harness.store import Home


def garbage(home: Home, keep: set[str]) -> list[tuple[Path, int]]:
    """Folders of the store that no study names, with their sizes."""
    found = []
    for kind in ("fits", "trials", "phantoms"):
        for path in sorted(home.store(kind).root.glob("*")):
            if path.is_dir() and path.name != "locks" and path.name.split(".")[0] not in keep:
                found.append((path, sum(f.stat().st_size for f in path.rglob("*") if f.is_file())))
    return found


def needed(trial: Trial) -> set[str]:
    """The keys that a trial keeps alive: its own, those of the fits it starts from, and the phantoms they read."""
    fits = [trial.fit, *(fit for fit, _ in fits_of(trial.fit))]
    read = [*datasets_of(trial), *(validation_of(fit.train_on) for fit in fits)]
    return {trial.key, *(fit.key for fit in fits), *(part.key for part in read)}
