"""What the source of a value says of it and of its fields: texts for the schema of a study file."""

import inspect
import re


def docstring(kind: type) -> str:
    """What a class says of itself."""
    return inspect.getdoc(kind) or ""


def comments(kind: type) -> dict[str, str]:
    """What the source of a dataclass says of each field, at the end of its line."""
    texts: dict[str, str] = {}
    for line in inspect.getsource(kind).splitlines():
        match = re.fullmatch(r"    (\w+):.*?  # (.*)", line)
        if match:
            texts[match[1]] = match[2]
    return texts
