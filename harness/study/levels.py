"""The levels that a setting takes over the cells of a study, and how a person names them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import compress

from harness.spec.naming import as_list, level_meant, level_name, level_of_text
from harness.spec.paths import steps_of, value_at
from harness.spec.scored import ScoredTrial
from harness.spec.values import Fit, Part, Trial
from harness.study.cells import Cell
from harness.study.grid import Expansion
from harness.study.level_columns import level_columns

Allowed = dict[str, list[str | None]]  # levels by the path of their setting


def levels_of(grid: Expansion, path: str) -> list[str]:
    """The levels that a setting takes over the cells; an empty list if no cell has it."""
    levels = dict.fromkeys(level_columns(grid.cells).levels(path))
    return [level for level in levels if level is not None]


def level_at(trial: Trial, path: str) -> str | None:
    """The level of a setting in one trial; None if it has no such setting."""
    try:
        return level_name(value_at(trial, steps_of(path)))
    except LookupError:
        return None


def among(
    grid: Expansion,
    cells: Sequence[Cell],
    where: Mapping[str, str | list[str]],
) -> Sequence[Cell]:
    """The cells at the levels of `where`; a path of the rows, which no cell has, leaves all."""
    allowed: Allowed = {}
    for path, names in where.items():
        levels = levels_of(grid, path)
        if levels:
            allowed[path] = [level_meant(name, levels) for name in as_list(names)]
    if not allowed:
        return cells
    confined = []
    first = 0  # position of a cell
    is_at = _are_at(cells, allowed)
    for cell in cells:
        positions = cell.positions
        after = first + len(positions)
        allowed_positions = list(compress(positions, is_at[first:after]))
        if len(allowed_positions) == len(positions):
            confined.append(cell)
        elif allowed_positions:
            first_trial, *twins = allowed_positions
            confined.append(replace(cell, trial=first_trial, twins=tuple(twins)))
        first = after
    return confined


def _are_at(cells: Sequence[Cell], allowed: Allowed) -> list[bool]:
    """Whether each position of the cells is at one of the allowed levels of every path."""
    columns = level_columns(cells)
    is_at = [True] * len(columns.trials)
    for path, levels in allowed.items():
        for number, level in enumerate(columns.levels(path)):
            if level not in levels:
                is_at[number] = False
    return is_at


def levels_of_rows(grid: Expansion, where: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
    """The levels of `where` that are no settings, but those of dimensions of the rows."""
    levels_by_path: dict[str, list[str]] = {}
    for path, levels in where.items():
        if not levels_of(grid, path):
            levels_by_path[path] = list(map(level_of_text, as_list(levels)))
    return levels_by_path


def idle_targets(cells: Iterable[Cell]) -> list[str]:
    """Where the trials name images to adapt to that nothing looks at: in their own fits, or in
    those behind them.
    """
    looks: dict[str, set[bool]] = {}
    for cell in cells:
        own, *behind = cell.trial.lineage
        looks.setdefault("fit.adapt_to", set()).update(_looks_at_target([own]))
        looks.setdefault("adapt_to of an earlier fit", set()).update(_looks_at_target(behind))
    return [name for name, answers in looks.items() if answers == {False}]


def _looks_at_target(fits: Iterable[Fit]) -> Iterator[bool]:
    """Whether each fit that names images to adapt to looks at them."""
    for fit in fits:
        if fit.adapt_to is not None:
            yield fit.target is not None


def grid_paths(grid: Expansion) -> list[str]:
    """The axes that some cell has a level of."""
    paths: dict[str, None] = {}
    for cell in grid.cells:
        paths.update(dict.fromkeys(cell.levels))
    return list(paths)


def measured_in(grid: Expansion) -> dict[str, set[str]]:
    """The metrics that a study's probes declare, each with the dimensions that its rows have; or
    those of a table of scores.
    """
    probes: dict[str, Part] = {}
    dimensions: dict[str, set[str]] = {}
    for cell in grid.cells:
        for probe in cell.trial.probes:
            probes[probe.key] = probe
        if isinstance(cell.trial, ScoredTrial):
            dimensions.update((metric, set()) for metric in cell.trial.metrics)
    for probe in probes.values():
        facts = probe.component.facts
        for metric in facts.metrics:
            dimensions.setdefault(metric, set()).update(facts.dimensions)
    return dimensions


def planned_levels_of_rows(grid: Expansion, dimension: str) -> list[str]:
    """The levels of a dimension of the rows that the study names itself: those of the option of a
    probe that lists them, as `maps` does those of `map`. An empty list: known once measured.
    """
    levels: dict[str, None] = {}
    for cell in grid.cells:
        for probe in cell.trial.probes:
            if dimension not in probe.component.facts.dimensions:
                continue
            values = probe.options.get(f"{dimension}s")
            if not isinstance(values, tuple | list):
                return []
            levels.update(dict.fromkeys(map(level_name, values)))
    return list(levels)


def units_of_table(grid: Expansion) -> tuple[str, ...] | None:
    """The units that a table of scores has columns of; None where the trials are harness's own."""
    for cell in grid.cells:
        if isinstance(cell.trial, ScoredTrial):
            return cell.trial.units
    return None
