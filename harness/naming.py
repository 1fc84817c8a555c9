"""How people write a value: the name of a level, the same for settings, rows, files and what is asked of them."""

import re
from typing import Any

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
