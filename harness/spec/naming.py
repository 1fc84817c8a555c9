"""How people write a value: the name of a level, the same for settings, rows, files and what is asked of them."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any


def named(wanted: str, levels: list[str]) -> str | None:
    """The level that is meant: in full, as a number, or by the name before its options where only one has it."""
    if wanted in levels:
        return wanted
    if level_of_text(wanted) in levels:
        return level_of_text(wanted)
    short = [level for level in levels if level.split("(")[0] == wanted]
    return short[0] if len(short) == 1 else None


def short(levels: Iterable[str], path: str = "") -> dict[str, str]:
    """Levels by the name before their options, where that tells them apart; a bare number with its setting."""
    listed = list(dict.fromkeys(levels))
    counts = Counter(level.split("(")[0] for level in listed)
    word = path.split(".")[-1]
    names = {
        level: level.split("(")[0] if counts[level.split("(")[0]] == 1 else level
        for level in listed
    }
    bare = {level for level in listed if numeric(level) or level in ("true", "false", "none")}
    return {
        level: f"{word} {name}".strip() if level in bare else name for level, name in names.items()
    }


def numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def listed(wanted: str | list[str]) -> list[str]:
    """The levels that `where` names for a path."""
    return [wanted] if isinstance(wanted, str) else wanted


def confined(where: Mapping[str, str | list[str]]) -> list[str]:
    """What a question is confined to, a phrase for each path: 'strength 0.75', 'Foreground or Full Output'."""
    return [
        " or ".join(short([level], path)[level] for level in listed(where[path])) for path in where
    ]


WITH_A_POINT = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d*|(\.\d*)?[eE][-+]?\d+)")
WHOLE_OPTION = re.compile(r"=(-?\d+)\.0(?=[,)])")


def level_name(value: Any) -> str:
    """A plain value as people write it: 1.0 is 1, True is true, nothing is none."""
    plain = value.item() if hasattr(value, "item") else value  # a number of a table
    if plain is None or plain != plain:
        return "none"
    if isinstance(plain, bool):
        return str(plain).lower()
    return repr(plain).removesuffix(".0") if isinstance(plain, float) else str(plain)


def level_of_text(text: str) -> str:
    """The level that a text stands for: '1.0' of a table or of a quoted setting, 'blur(sigma=2.0)' of an old run."""
    if WITH_A_POINT.fullmatch(text):
        return level_name(float(text))
    return WHOLE_OPTION.sub(r"=\1", text)
