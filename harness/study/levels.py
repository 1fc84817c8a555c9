"""The levels that a setting takes over the cells of a study, and how a person names them."""

from collections.abc import Iterable, Mapping
from typing import Any

from harness.spec.catalogue import catalogue
from harness.spec.naming import listed, named
from harness.spec.paths import split, walk
from harness.spec.values import Part, Trial, label
from harness.study.cells import Cell
from harness.study.grid import Expansion


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


def among(
    grid: Expansion, cells: Iterable[Cell], where: Mapping[str, str | list[str]]
) -> list[Cell]:
    """The cells at the levels that are asked for; a path that is no setting (a dimension of the rows) leaves all."""
    found = {path: levels_of(grid, path) for path in where}
    wanted = {
        path: [named(one, levels) for one in listed(where[path])]
        for path, levels in found.items()
        if levels
    }
    return [
        cell
        for cell in cells
        if all(level_at(cell.trial, path) in levels for path, levels in wanted.items())
    ]


def grid_paths(grid: Expansion) -> list[str]:
    """The axes that some cell has a level of."""
    return list(dict.fromkeys(p for cell in grid.cells for p in cell.levels))


def metrics_of(probe: Part) -> list[str]:
    """The metrics that a probe declares."""
    return list(catalogue("probe")[probe.name].facts.metrics)


def measured_in(grid: Expansion) -> dict[str, set[str]]:
    """The metrics that a study's probes declare, each with the dimensions that its rows have."""
    found: dict[str, set[str]] = {}
    for probe in {p.key: p for cell in grid.cells for p in cell.trial.probes}.values():
        for metric in metrics_of(probe):
            found.setdefault(metric, set()).update(catalogue("probe")[probe.name].facts.dimensions)
    return found
