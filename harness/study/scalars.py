"""A plain scalar of YAML, by the core schema of YAML 1.2."""

import math
import re
from typing import Any

LONGEST_NUMBER = 100  # characters: Python refuses to read integers of thousands of digits

# YAML 1.2's core schema. PyYAML's own resolver reads 1e-3 as text and no as False, so only its
# parser is used.
SCALARS: tuple[tuple[re.Pattern[str], Any], ...] = (
    (re.compile(r"~|null|Null|NULL|"), lambda text: None),
    (re.compile(r"true|True|TRUE"), lambda text: True),
    (re.compile(r"false|False|FALSE"), lambda text: False),
    (re.compile(r"[-+]?[0-9][0-9_]*"), int),
    (re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?"), float),
)


def scalar(text: str) -> Any:
    """A plain scalar by the core schema of YAML 1.2; anything else is text."""
    if len(text) >= LONGEST_NUMBER:
        return text
    for pattern, convert in SCALARS:
        if pattern.fullmatch(text):
            value = convert(text)
            is_infinite = value in (math.inf, -math.inf)
            return text if is_infinite else value
    return text
