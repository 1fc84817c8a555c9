"""A comparison written as a line of a terminal -> the entry of `compare:` that it stands for.

'dice by init against random, unit seed': first what is compared, then its options, by commas.
"""

import re
from typing import Any

from harness.spec.options import did_you_mean
from harness.study.comparison import Comparison
from harness.study.entries import entry_options
from harness.study.problems import Raw
from harness.study.scalars import scalar

QUESTION = re.compile(r"(?P<metric>.+?) (?P<key>by|over) (?P<path>.+?)( against (?P<against>.+))?")
EXAMPLE = "'dice by init against random, unit seed'"
KEYS = {"by": "by", "over": "trend"}
# What takes more than a word of a terminal stands in a file.
IN_A_FILE = (
    *("correlate", "model", "name", "metric", "by", "trend", "against"),
    *("says", "published", "from"),
)


def read_comparison_text(text: str) -> Raw:
    """The entry of `compare:` that a line stands for; a ValueError where it is none."""
    question, *options = map(str.strip, text.split(","))
    match = QUESTION.fullmatch(question)
    if match is None:
        raise ValueError(f"{question!r} should read like {EXAMPLE}")
    entry: Raw = {"name": question, "metric": match["metric"], KEYS[match["key"]]: match["path"]}
    if match["against"] is not None:
        entry["against"] = match["against"]
    for option in options:
        name, value = _option(option)
        if name in entry:
            raise ValueError(f"{name!r} is said twice in {text!r}")
        entry[name] = value
    return entry


def _option(text: str) -> tuple[str, Any]:
    """The option that a part of the line sets, and its value; a ValueError where it is none."""
    name, _, value = text.partition(" ")
    names = [name for name in entry_options(Comparison) if name not in IN_A_FILE]
    if name not in names:
        raise ValueError(f"{text!r} should begin with an option; {did_you_mean(name, names)}")
    if not value:
        raise ValueError(f"{name!r} needs a value behind it, as in 'unit seed'")
    if name == "within":
        return name, value.split(" and ")
    if name == "where":
        path, separator, level = value.partition(" is ")
        if not separator:
            raise ValueError(f"{text!r} should read like 'where style is lucchi'")
        return name, {path: level.split(" or ")}
    return name, scalar(value)
