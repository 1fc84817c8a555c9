"""Texts of others as text: what a study, a run or an error says is never markup."""

import re
import time

from harness.report.methods.costs import energy_text
from harness.run.progress import duration

MARKUP = re.compile(r"([\\`*_{}\[\]()#+.!|~$<>&^=-])")
SPACES = re.compile(r"[^\S\u00a0\u202f]+")  # those that keep words together stay
MINUTE, HOUR, DAY = 60, 3600, 86400  # seconds


def plain(text: str) -> str:
    """Escapes a text for Markdown: no tags, links, emphasis, formulas, directives or icons."""
    single_spaced = SPACES.sub(" ", str(text).strip())
    escaped = MARKUP.sub(r"\\\1", single_spaced)
    return re.sub(r":(?=\S)", ":\u2060", escaped)


def ago(milliseconds: int) -> str:
    """Writes how long ago a moment was: '5 min ago'."""
    if not milliseconds:
        return "never"
    seconds = time.time() - milliseconds / 1000
    for size, word in ((DAY, "d"), (HOUR, "h"), (MINUTE, "min")):
        if seconds >= size:
            return f"{int(seconds // size)} {word} ago"
    return "just now"


def moment(milliseconds: int) -> str:
    """Writes a moment as the local date and time."""
    if not milliseconds:
        return "–"
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(milliseconds / 1000))


def duration_text(seconds: float) -> str:
    """Writes a duration, and a dash where there is none."""
    return duration(seconds) if seconds else "–"


def energy_of(watt_hours: float, *, is_all: bool) -> str:
    """Writes the energy of GPUs, and a dash where none told it; `is_all` where every job did."""
    if not watt_hours:
        return "–"
    text = energy_text(watt_hours)
    return text if is_all else f"at least {text}"


def state_counts(states: dict[str, int]) -> str:
    """Writes how many trials are in each state: '18 finished, 2 failed'."""
    counts = []
    for state, count in states.items():
        if count:
            counts.append(f"{count:,} {state}")
    return ", ".join(counts) or "no trial yet"
