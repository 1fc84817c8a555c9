"""What to download for a named data set, read from the literal SOURCES of the files of these."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlparse

from harness.data.refused import Refused
from harness.spec.catalogue import catalogue
from harness.spec.facts import Facts
from harness.spec.options import did_you_mean

NAMED = Path(__file__).parents[2] / "components" / "datasets" / "named"


@dataclass(frozen=True)
class Source:
    """A file to download, and what becomes of it."""

    url: str
    to: str  # where the file goes in the data set's folder; an archive keeps this name meanwhile
    sha256: str | None = None  # None where the authors give none, or pack the archive on demand
    unpack: str | None = None  # zip or tar
    into: str = ""  # the folder that an archive is unpacked into


def sources(name: str) -> list[Source]:
    """Everything that `fetch` downloads for a data set."""
    entries_of = declared_sources()
    if name in entries_of:
        files: list[Source] = []
        for entry in entries_of[name]:
            files += _read_entry(entry)
        return files
    if name in catalogue("dataset"):
        raise Refused(f"{name} cannot be downloaded; {how_to_get(name)}")
    raise Refused(f"there is no data set {name!r}; {did_you_mean(name, entries_of)}")


@cache
def declared_sources() -> dict[str, list[dict[str, Any]]]:
    """The SOURCES of every file of named data sets, together."""
    entries_of: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(NAMED.glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for statement in tree.body:
            if not isinstance(statement, ast.Assign):
                continue
            target = statement.targets[0]
            if isinstance(target, ast.Name) and target.id == "SOURCES":
                entries_of.update(ast.literal_eval(statement.value))
    return entries_of


def _read_entry(entry: Mapping[str, Any]) -> list[Source]:
    """The files of an entry: one by its address, or several under a common address."""
    if "base" not in entry:
        name = _name_in(entry["url"])
        facts = {"to": name, **entry}
        return [Source(**facts)]
    sources = []
    for path, sha256 in entry["files"].items():
        url = f"{entry['base']}{path}"
        sources.append(Source(url, path, sha256))
    return sources


def _name_in(url: str) -> str:
    """The name of a file in its address: the last part with a dot, or else the last part."""
    path = urlparse(url).path
    parts = [unquote(part) for part in path.split("/") if part]
    with_ending = [part for part in parts if "." in part]
    names = with_ending or parts or ["download"]
    return names[-1].replace("/", "_")


def how_to_get(name: str) -> str:
    """What to do where a data set is missing."""
    component = catalogue("dataset").get(name)
    facts = component.facts if component else Facts()
    if facts.access:
        return facts.access
    origin = facts.url or "its authors"
    by_hand = f"put its files there by hand (from {origin})"
    return f"run `harness data fetch {name}`, or {by_hand}"
