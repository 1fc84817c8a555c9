"""The levels that a setting takes over the cells of a study, and how a person names them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.spec.naming import as_list, level_meant, level_name
from harness.spec.paths import steps_of, value_at
from harness.spec.values import Part, Trial
from harness.study.cells import Cell
from harness.study.grid import Expansion

Allowed = dict[str, list[str | None]]  # levels by the path of their setting


def levels_of(grid: Expansion, path: str) -> list[str]:
    """The levels that a setting takes over the cells; an empty list if no cell has it."""
    levels: dict[str, None] = {}
    values: dict[int, Any] = {}
    for cell in at_all_positions(grid.cells):
        try:
            value = value_at(cell.trial, steps_of(path))
        except LookupError:
            continue
        if id(value) not in values:  # cells share their parts
            values[id(value)] = value
            levels[level_name(value)] = None
    return list(levels)


def level_at(trial: Trial, path: str) -> str | None:
    """The level of a setting in one trial; None if it has no such setting."""
    try:
        return level_name(value_at(trial, steps_of(path)))
    except LookupError:
        return None


def among(
    grid: Expansion,
    cells: Iterable[Cell],
    where: Mapping[str, str | list[str]],
) -> list[Cell]:
    """The cells at the levels of `where`; a path of the rows, which no cell has, leaves all."""
    allowed: Allowed = {}
    for path, names in where.items():
        levels = levels_of(grid, path)
        if levels:
            allowed[path] = [level_meant(name, levels) for name in as_list(names)]
    confined = []
    for cell in cells:
        positions = [trial for trial in cell.positions if _is_at(trial, allowed)]
        if len(positions) == len(cell.positions):
            confined.append(cell)
        elif positions:
            confined.append(Cell(positions[0], cell.levels, tuple(positions[1:])))
    return confined


def at_all_positions(cells: Iterable[Cell]) -> Iterator[Cell]:
    """A cell for each position that a trial stands at: source-only stands beside each target."""
    for cell in cells:
        for trial in cell.positions:
            yield Cell(trial, cell.levels)


def _is_at(trial: Trial, allowed: Allowed) -> bool:
    """Whether a trial is at one of the allowed levels of every path."""
    for path, levels in allowed.items():
        level = level_at(trial, path)
        if level not in levels:
            return False
    return True


def grid_paths(grid: Expansion) -> list[str]:
    """The axes that some cell has a level of."""
    paths: dict[str, None] = {}
    for cell in grid.cells:
        paths.update(dict.fromkeys(cell.levels))
    return list(paths)


def measured_in(grid: Expansion) -> dict[str, set[str]]:
    """The metrics that a study's probes declare, each with the dimensions that its rows have."""
    probes: dict[str, Part] = {}
    for cell in grid.cells:
        for probe in cell.trial.probes:
            probes[probe.key] = probe
    dimensions: dict[str, set[str]] = {}
    for probe in probes.values():
        facts = probe.component.facts
        for metric in facts.metrics:
            dimensions.setdefault(metric, set()).update(facts.dimensions)
    return dimensions
