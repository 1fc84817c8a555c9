"""How people write a value: the name of a level, the same for settings, rows, files and what is
asked of them.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from harness.spec.level_words import distinct_names

MOST_TEXTS = 4096  # whose levels are remembered: a rule of a study asks of each trial
ORACLE = "oracle"  # stands in the name of whatever is given the target's labels
LONGEST_LABEL = 200  # characters; it stands in tables and on the axes of figures
FOLD = re.compile(r"(\d+)\+(\d+)")  # which fold, of how many
WITH_A_POINT = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d*|(\.\d*)?[eE][-+]?\d+)")
WHOLE_OPTION = re.compile(r"=(-?\d+)\.0(?=[,)])")


def level_name(value: Any) -> str:
    """Writes a value as people name it: 1.0 is 1, True is true, nothing is none, a component its
    own level.

    A component may be a Part or the mapping that a file writes for it; a list is joined with plus
    signs.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "+".join(map(level_name, value)) or "none"
    if isinstance(value, dict):
        return _mapping_name(value)
    level = getattr(value, "level", None)  # of a Part or a Fit
    if isinstance(level, str):
        return level
    return _scalar_name(value)


def why_no_label(label: Any) -> str | None:
    """Why a level cannot be called so, None where it can."""
    if not isinstance(label, str):
        return f"{label!r} should be a text"
    if not label.strip():
        return "is empty; say how people call it, or leave it out"
    if len(label) > LONGEST_LABEL:
        return f"has {len(label):,} characters; shorten it to {LONGEST_LABEL}"
    return None


def why_hides_oracle(name: str) -> str | None:
    """Why what sees the target's labels cannot be called so, None where it can.

    The name of a component and a study's label for it both ask here: one of them stands in every
    table, plot and sentence.
    """
    if ORACLE in name.lower():
        return None
    return f"{name!r} sees labels of the target (oracle=True), so its name has to say {ORACLE!r}"


def option_names(name: str, value: Any, default: Any) -> list[str]:
    """What the level of a component says of one option: nothing where that goes without saying."""
    level = level_name(value)
    if name == "fingerprint" or level == level_name(default):
        return []
    if name == "split" and value in ("train", "test"):
        return []
    is_component = isinstance(getattr(value, "level", None), str)
    return [level if is_component else f"{name}={level}"]


def _mapping_name(raw: Mapping[str, Any]) -> str:
    """A component as a file writes it: its label, or its name and options."""
    if raw.get("label"):
        return str(raw["label"])
    options = []
    for name, value in raw.items():
        if name not in ("name", "arch", "label"):
            options.append(f"{name}={level_name(value)}")
    component = str(raw.get("name", raw.get("arch", "")))
    return f"{component}({', '.join(options)})".removesuffix("()")


def _scalar_name(value: Any) -> str:
    """A number, a truth value or nothing; a table has numbers of NumPy."""
    scalar = value.item() if hasattr(value, "item") else value
    if scalar is None or scalar != scalar:
        return "none"
    if isinstance(scalar, bool):
        return str(scalar).lower()
    if isinstance(scalar, float):
        return repr(scalar).removesuffix(".0")
    return str(scalar)


@lru_cache(maxsize=MOST_TEXTS)
def level_of_text(text: str) -> str:
    """The level that a text stands for: '1.0' of a table or of a quoted setting, 'blur(sigma=2.0)'
    of an old run.
    """
    if WITH_A_POINT.fullmatch(text):
        return level_name(float(text))
    return WHOLE_OPTION.sub(r"=\1", text)


def level_meant(text: str, levels: list[str]) -> str | None:
    """The level that a text means: in full, as a number, or by the name before its options if only
    one has it.
    """
    if text in levels:
        return text
    if level_of_text(text) in levels:
        return level_of_text(text)
    candidates = [level for level in levels if _bare_name(level) == text]
    return candidates[0] if len(candidates) == 1 else None


def short_names(levels: Iterable[str], path: str = "") -> dict[str, str]:
    """Names levels by what stands before their options, and by those in which they differ where
    that does not tell them apart.

    A bare number or truth value gets the last word of its setting, `path`, in front.
    """
    setting = path.split(".")[-1]
    names = distinct_names(levels)
    for level, name in names.items():
        fold = FOLD.fullmatch(level) if setting == "fold" else None
        if fold is not None:
            names[level] = f"fold {int(fold[1]) + 1} of {fold[2]}"
        elif is_number(level) or level in ("true", "false", "none"):
            names[level] = f"{setting} {name}".strip()
    return names


def _bare_name(level: str) -> str:
    return level.split("(")[0]


def is_number(text: str) -> bool:
    """Whether a level is a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def as_list(levels: str | list[str]) -> list[str]:
    """The levels that `where` names for a path, which may be a single one without brackets."""
    if isinstance(levels, str):
        return [levels]
    return levels
