"""Fresh seeds of the best points of a search and of its baseline: the cells of its study."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from harness.search.asking import earlier_search
from harness.search.best import best_points
from harness.store import Home
from harness.study.cells import Cell
from harness.study.grid import Expansion
from harness.study.load import Study
from harness.study.points import SEED, arm_levels, cell_at
from harness.study.search import Confirm, Search


def with_confirmation(study: Study, home: Home) -> Study:
    """The study with the trials that confirm its search, once that is over; else as it was."""
    search = study.search
    if search is None or search.confirm is None:
        return study
    recorded = earlier_search(study, search, home)
    if recorded is None or not recorded.is_over:
        return study
    points = best_points(search, recorded.points(), search.confirm.best)
    settings = [point.values for point in points]
    cells: dict[str, Cell] = {}
    for values in [*settings, search.confirm.against]:
        for cell in _cells_of(study, search, search.confirm, values):
            cells.setdefault(cell.trial.key, cell)
    grid = Expansion(cells=list(cells.values()), total=len(cells))
    return replace(study, cells=tuple(cells.values()), expansion=grid)


def fresh_seeds(search: Search, confirm: Confirm) -> range:
    """The seeds of a confirmation, none of which the search has seen."""
    first = search.seeds.largest
    return range(first, first + confirm.seeds)


def arm_of(cell: Cell) -> Mapping[str, str]:
    """The levels that tell the arms of a confirmation apart."""
    levels = dict(cell.levels)
    levels.pop(SEED, None)
    return levels


def point_arm(
    study: Study, search: Search, confirm: Confirm, values: Mapping[str, Any]
) -> Mapping[str, str]:
    """The levels by which the cells of a point are known."""
    for cell in _cells_of(study, search, confirm, values):
        return arm_of(cell)
    return {}


def _cells_of(
    study: Study, search: Search, confirm: Confirm, values: Mapping[str, Any]
) -> Iterator[Cell]:
    """The cells of a point, or of the baseline, with a level for each setting that is compared."""
    factors = confirm.comparisons[0].factors
    for seed in fresh_seeds(search, confirm):
        expansion = cell_at(study.raw, values, seed, transductive=study.transductive)
        if expansion.cell is None:
            continue
        trial = expansion.cell.trial
        levels = dict(zip(factors, arm_levels(trial, factors), strict=True))
        yield Cell(trial, {**levels, SEED: str(seed)})
