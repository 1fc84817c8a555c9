"""The levels that a setting takes over the cells of a study, and how a person names them."""

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from harness import registry
from harness.grid import Cell, Expansion
from harness.naming import level_of_text
from harness.paths import split
from harness.spec import Part, Trial, label, walk


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
    names = {level: level.split("(")[0] if counts[level.split("(")[0]] == 1 else level for level in listed}
    bare = {level for level in listed if numeric(level) or level in ("true", "false", "none")}
    return {level: f"{word} {name}".strip() if level in bare else name for level, name in names.items()}


def numeric(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def levels_of(grid: Expansion, path: str) -> list[str]:
    """The values that a setting takes over the cells, as a person names them; none where no cell has it."""
    found: dict[str, None] = {}
    values: dict[int, Any] = {}
    for cell in grid.cells:
        try:
            value = walk(cell.trial, split(path))
        except LookupError:
            continue
        if id(value) not in values:  # cells share their parts
            values[id(value)] = value
            found[label(value)] = None
    return list(found)


def level_at(trial: Trial, path: str) -> str | None:
    """The level of a setting in one trial; None where it has no such setting."""
    try:
        return label(walk(trial, split(path)))
    except LookupError:
        return None


def listed(wanted: str | list[str]) -> list[str]:
    """The levels that `where` names for a path."""
    return [wanted] if isinstance(wanted, str) else wanted


def among(grid: Expansion, cells: Iterable[Cell], where: Mapping[str, str | list[str]]) -> list[Cell]:
    """The cells at the levels that are asked for; a path that is no setting (a dimension of the rows) leaves all."""
    found = {path: levels_of(grid, path) for path in where}
    wanted = {path: [named(one, levels) for one in listed(where[path])] for path, levels in found.items() if levels}
    return [cell for cell in cells if all(level_at(cell.trial, path) in levels for path, levels in wanted.items())]


def confined(where: Mapping[str, str | list[str]]) -> list[str]:
    """What a question is confined to, a phrase for each path: 'strength 0.75', 'Foreground or Full Output'."""
    return [" or ".join(short([level], path)[level] for level in listed(where[path])) for path in where]


def grid_paths(grid: Expansion) -> list[str]:
    """The axes that some cell has a level of."""
    return list(dict.fromkeys(p for cell in grid.cells for p in cell.levels))


def metrics_of(probe: Part) -> list[str]:
    """The metrics that a probe declares."""
    return list(registry.catalogue("probe")[probe.name].facts.get("metrics", ()))


def measured_in(grid: Expansion) -> dict[str, set[str]]:
    """The metrics that a study's probes declare, each with the dimensions that its rows have."""
    found: dict[str, set[str]] = {}
    for probe in {p.key: p for cell in grid.cells for p in cell.trial.probes}.values():
        for metric in metrics_of(probe):
            found.setdefault(metric, set()).update(registry.catalogue("probe")[probe.name].facts.get("dimensions", ()))
    return found
