"""Texts of others as text: what a study, a run or an error says is never markup."""

import re
import time

from harness.run.progress import duration

AGO = ((86400, "d"), (3600, "h"), (60, "min"))
SPECIAL = re.compile(r"([\\`*_{}\[\]()#+.!|~$<>&^=-])")


def plain(text: str) -> str:
    """A text that Markdown shows as it is: no tags, links, emphasis, formulas, directives or icons."""
    escaped = SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
    return re.sub(r":(?=\S)", ":\u2060", escaped)


def upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def ago(milliseconds: int) -> str:
    """'5 min ago'."""
    if not milliseconds:
        return "never"
    seconds = max(0.0, time.time() - milliseconds / 1000)
    if seconds < 60:
        return "just now"
    return next(f"{int(seconds // size)} {word} ago" for size, word in AGO if seconds >= size)


def moment(milliseconds: int) -> str:
    return (
        time.strftime("%Y-%m-%d %H:%M", time.localtime(milliseconds / 1000))
        if milliseconds
        else "–"
    )


def spent(seconds: float) -> str:
    return duration(seconds) if seconds else "–"


def counted(states: dict[str, int]) -> str:
    """'18 finished, 2 failed'."""
    return ", ".join(f"{n:,} {state}" for state, n in states.items() if n) or "no trial yet"


def size(count: float) -> str:
    """A number of bytes."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"
