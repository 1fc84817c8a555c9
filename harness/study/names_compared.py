"""The settings and metrics that comparisons name, read before anything of them is checked."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.study.comparison import formula_columns
from harness.study.extends import read_with_parents
from harness.study.marks import Mistakes


@dataclass(frozen=True)
class NamesCompared:
    """What comparisons name, each once and in their order."""

    settings: tuple[str, ...]
    metrics: tuple[str, ...]


def names_compared(compare: Any) -> NamesCompared:
    """The names in the section `compare` of a study, whatever else is wrong in it."""
    settings: list[str] = []
    metrics: list[str] = []
    for entry in _mappings(compare):
        correlate = next(_mappings([entry.get("correlate")]), {})
        metrics += _texts([entry.get("metric"), correlate.get("x"), correlate.get("y")])
        settings += _texts([entry.get("by"), entry.get("trend")])
        for names in (entry.get("within"), correlate.get("over"), correlate.get("within")):
            settings += _texts(names)
        settings += _texts(list(entry.get("where") or {}))
        words = formula_columns(str(entry.get("model") or ""))
        metrics += words[:1]
        settings += words[1:]
    return NamesCompared(tuple(dict.fromkeys(settings)), tuple(dict.fromkeys(metrics)))


def metrics_in_file(path: Path) -> tuple[str, ...]:
    """The metrics that a study file compares; none where it has mistakes."""
    try:
        document = read_with_parents(path)
    except Mistakes:
        return ()
    return names_compared(document.value.get("compare")).metrics


def _mappings(values: Any) -> Iterator[dict[str, Any]]:
    """Those of some values that are mappings."""
    if isinstance(values, list):
        return iter([value for value in values if isinstance(value, dict)])
    return iter([])


def _texts(names: Any) -> list[str]:
    """Those of some values that are texts."""
    if isinstance(names, str):
        return [names]
    if not isinstance(names, list):
        return []
    return [name for name in names if isinstance(name, str)]
