"""How long a fit or trial may take until it counts as hanging."""

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from harness.run.durations import cost_class, cost_class_of_trial, past_durations
from harness.run.jobs import Job
from harness.run.plan import Plan
from harness.run.progress import duration, last_sign
from harness.store import Home

TIMES_AS_LONG = 10.0  # as the longest of like jobs
LEAST_LIMIT = 600.0  # seconds that a job has although its like took no time at all
SILENCE = 60.0  # seconds without a sign of life, before a limit that nobody asked for ends a job
UNITS = {"s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
NUMBER_WITH_UNIT = re.compile(r"(\d+(?:\.\d+)?) ?(s|m|min|h|d)")
CLOCK = re.compile(r"(?:(\d+)-)?(\d+):(\d\d)(?:(?::(\d\d))|h)")  # 1-12:00:00, 3:50:00, 3:50h
NO_LIMIT = "none"


def seconds_of_limit(text: str, option: str = "--limit") -> float:
    """The seconds of a limit as a person or Slurm writes it: `90s`, `30m`, `3:50h`, `1-12:00:00`,
    `none`.
    """
    text = text.strip()
    if text == NO_LIMIT:
        return math.inf
    seconds = 0.0
    number = NUMBER_WITH_UNIT.fullmatch(text)
    clock = CLOCK.fullmatch(text)
    if number is not None:
        seconds = float(number[1]) * UNITS[number[2]]
    elif clock is not None:
        days, hours, minutes, rest = (int(part or 0) for part in clock.groups())
        seconds = float(((days * 24 + hours) * 60 + minutes) * 60 + rest)
    if seconds == 0:
        raise ValueError(f"{option} {text}: write 90s, 30m, 3.5h, 3:50h, 1-12:00:00 (days) or none")
    return seconds


@dataclass(frozen=True)
class Limits:
    """How long each fit and trial may take: what was asked for, else ten times its like."""

    fixed: float | None = None  # seconds; without it the past decides
    longest: Mapping[str, float] = field(default_factory=dict)  # of its like, by fit and trial

    def why_overdue(self, unit: Job, seconds: float, silence: float) -> str | None:
        """Why a fit or trial is ended that has taken so long; None while it may go on.

        A limit of the past ends only what has also given no sign of life for a while: a slow
        machine, or another process that makes the same, is no reason.
        """
        if self.fixed is not None:
            if seconds <= self.fixed:
                return None
            return f"it took longer than {duration(self.fixed)}, the limit that was asked for"
        if unit.key not in self.longest:
            return None
        longest = self.longest[unit.key]
        if seconds <= max(LEAST_LIMIT, TIMES_AS_LONG * longest) or silence <= SILENCE:
            return None
        return (
            f"it took {duration(seconds)} and gave no sign of life for {duration(silence)}, where "
            f"its like took {duration(longest)} at most; `harness run --limit` gives it longer"
        )


def limits_of(plan: Plan, home: Home, fixed: float | None) -> Limits:
    """The limits of a plan: those asked for, and the durations of like jobs."""
    past = past_durations(home)
    costs = {planned.fit.key: cost_class(planned.fit) for planned in plan.training}
    for trial in plan.todo:
        costs[trial.cell.trial.key] = cost_class_of_trial(trial.cell)
    longest = {}
    for key, cost in costs.items():
        if cost in past:
            longest[key] = max(past[cost])
    return Limits(fixed, longest)


class UnitClock:
    """How long a worker has been at its fit or trial, and since when it is silent."""

    def __init__(self, job: Job) -> None:
        self.unit = job
        self._began = time.monotonic()

    def start(self, unit: Job) -> None:
        """The worker begins with this fit or trial now."""
        self.unit = unit
        self._began = time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._began

    def silence(self, home: Home) -> float:
        """Seconds since its last sign of life; never longer than it is at work."""
        sign = last_sign(home, self.unit.key)
        since_sign = math.inf if sign is None else max(0.0, time.time() - sign)
        return min(self.seconds, since_sign)
