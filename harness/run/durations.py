"""How long like jobs took, for the estimates of later plans."""

import json
import math
from contextlib import suppress

from harness.spec.values import Fit
from harness.store import Home
from harness.study.cells import Cell

FILE = "durations.jsonl"
PILOTS = "pilots.jsonl"  # what `harness run --pilot` has estimated
LATEST = 5000  # lines of the file that an estimate looks at


def past_durations(home: Home, file: str = FILE) -> dict[str, list[float]]:
    """The seconds that earlier jobs took, by cost class."""
    path = home.hidden / file
    if not path.is_file():
        return {}
    seconds: dict[str, list[float]] = {}
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines()[-LATEST:]:
        try:
            record = json.loads(line)
            cost, duration = str(record["like"]), float(record["seconds"])
        except (ValueError, TypeError, LookupError):  # cut short by a crash, or written by others
            continue
        if math.isfinite(duration):
            seconds.setdefault(cost, []).append(duration)
    return seconds


def pilot_durations(home: Home) -> dict[str, float]:
    """The seconds that a job of each cost class would take, as the latest pilot has it."""
    latest: dict[str, float] = {}
    for cost, seconds in past_durations(home, PILOTS).items():
        latest[cost] = seconds[-1]
    return latest


def note_duration(home: Home, cost: str, seconds: float, file: str = FILE) -> None:
    """Adds how long a job of this cost class took to the file."""
    record = {"like": cost, "seconds": round(seconds, 3)}
    line = json.dumps(record)
    with suppress(OSError), open(home.hidden / file, "a", encoding="utf-8") as handle:
        handle.write(line + "\n")


def cost_class(fit: Fit) -> str:
    """What makes two fits take the same time: everything but seed, start and augmentation."""
    words = (
        fit.train_on.key,
        fit.target.key if fit.target else "",
        fit.net.key,
        fit.method.key,
        str(fit.patch),
        str(fit.batch),
        str(fit.steps),
        fit.precision,
        str(fit.channels_last),
    )
    return " ".join(words)


def cost_class_of_trial(cell: Cell) -> str:
    """What makes two trials take the same time: network, test set and probes."""
    trial = cell.trial
    probes = [probe.key for probe in trial.probes]
    return " ".join([trial.fit.net.key, trial.test_on.key, *probes])
