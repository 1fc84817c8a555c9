"""How far running studies are, as they note it themselves; any process may look."""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.store import Home, file_name, held, read_json, write_json


@dataclass
class Progress:
    """A running study as another terminal sees it."""

    study: str
    path: str
    pid: int
    started: float
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    seconds: float | None = None  # of work, as planned
    slots: int = 1


def alive(home: Home, study: str, pid: int) -> Path:
    return home.hidden / "running" / f"{file_name(study)}.{pid}.lock"


def note(home: Home, progress: Progress) -> None:
    path = home.hidden / "running" / f"{file_name(progress.study)}.{progress.pid}.json"
    write_json(path, progress.__dict__)


def running(home: Home, study: str | None = None) -> list[tuple[Progress, bool]]:
    """The studies that were started here, newest last, and whether each still runs."""
    found = []
    for path in (home.hidden / "running").glob("*.json"):
        try:
            progress = Progress(**read_json(path))
        except (ValueError, TypeError, FileNotFoundError):  # being replaced, or of another version
            continue
        if study in (None, progress.study):
            found.append((progress, held(alive(home, progress.study, progress.pid))))
    return sorted(found, key=lambda one: one[0].started)


def forget(home: Home, study: str) -> None:
    """Removes what dead runs of a study said of themselves."""
    for progress, lives in running(home, study):
        if not lives:
            for path in (home.hidden / "running").glob(f"{file_name(study)}.{progress.pid}.*"):
                path.unlink(missing_ok=True)


def notes(home: Home, progress: Progress) -> dict[str, dict[str, Any]]:
    """How far the fits that train now have come, as their workers note it."""
    found = {}
    for key, job in progress.jobs.items():
        path = home.store("fits").partial(key) / "progress.json"
        if job["state"] == "running" and path.exists():
            try:
                found[key] = read_json(path)
            except (ValueError, FileNotFoundError):
                continue
    return found


def remaining(progress: Progress) -> float | None:
    """Seconds to go, from what has finished so far, else from the plan."""
    states = [job["state"] for job in progress.jobs.values()]
    left = sum(state in ("waiting", "running") for state in states)
    spent = [j["seconds"] for j in progress.jobs.values() if "seconds" in j]
    known: dict[str, list[float]] = {}
    for job in progress.jobs.values():
        if "seconds" in job:
            known.setdefault(job["kind"], []).append(job["seconds"])
    if not left:
        return 0.0
    if not spent:
        return None if progress.seconds is None else progress.seconds / progress.slots
    total = 0.0
    for job in progress.jobs.values():
        if job["state"] in ("waiting", "running"):
            like = known.get(job["kind"], spent)
            total += max(
                0.0, sum(like) / len(like) - (time.time() - job["since"] if "since" in job else 0.0)
            )
    return total / progress.slots


def how_far(note: dict[str, Any]) -> str:
    if not note:
        return "starting"
    step = f", step {note['step']} of {note['steps']}" if "step" in note else ""
    return (
        f"{note['phase']}, epoch {min(note['epoch'] + 1, note['epochs'])} of {note['epochs']}{step}"
    )


def duration(seconds: float) -> str:
    """90 -> 1 min 30 s."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
