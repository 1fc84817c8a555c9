"""What to download for a named data set, read from the literal SOURCES of the files of named data sets."""

import ast
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote, urlparse

from harness.data.refused import Refused
from harness.spec.catalogue import catalogue
from harness.spec.facts import Facts
from harness.spec.options import did_you_mean

NAMED = Path(__file__).parents[2] / "components" / "datasets" / "named"


@dataclass(frozen=True)
class Source:
    """One file to download, and what becomes of it."""

    url: str
    to: str  # the file's place under the data set's folder; for an archive, the name it is kept under meanwhile
    sha256: str | None = None  # None where the authors give none, or pack the archive on demand
    unpack: str | None = None  # zip or tar
    into: str = ""  # the folder that an archive is unpacked into


def sources(name: str) -> list[Source]:
    """Everything that `fetch` downloads for a data set."""
    known = declared()
    if name in known:
        return [source for entry in known[name] for source in _sources(entry)]
    if name in catalogue("dataset"):
        raise Refused(f"{name} cannot be downloaded; {how_to_get(name)}")
    raise Refused(f"there is no data set {name!r}; {did_you_mean(name, known)}")


@cache
def declared() -> dict[str, list[dict[str, object]]]:
    """The SOURCES of every file of named data sets, together."""
    found: dict[str, list[dict[str, object]]] = {}
    for path in sorted(NAMED.glob("*.py")):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", "") == "SOURCES":
                found |= ast.literal_eval(node.value)
    return found


def _sources(entry: dict[str, object]) -> list[Source]:
    if "base" not in entry:
        plain = {str(key): value for key, value in entry.items()}
        return [Source(**{"to": _name(str(entry["url"])), **plain})]  # type: ignore[arg-type]
    files = entry["files"]
    assert isinstance(files, dict)
    return [Source(f"{entry['base']}{path}", path, sha) for path, sha in files.items()]


def _name(url: str) -> str:
    parts = [unquote(part) for part in urlparse(url).path.split("/") if part]
    named = [part for part in parts if "." in part]
    return (named or parts or ["download"])[-1].replace("/", "_")


def how_to_get(name: str) -> str:
    """What to do where a data set is missing."""
    found = catalogue("dataset").get(name)
    facts = found.facts if found else Facts()
    if facts.access:
        return facts.access
    return f"run `harness data fetch {name}`, or put its files there by hand (from {facts.url or 'its authors'})"
