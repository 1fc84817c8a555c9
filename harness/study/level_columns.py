"""The levels of all trials of a grid, a column for each setting: each is read once, whoever asks.

A page of the dashboard asks a dozen times about the same ten thousand trials.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from harness.spec.naming import level_name
from harness.spec.paths import steps_of, value_at
from harness.spec.values import Trial
from harness.study.cells import Cell

MOST_GRIDS = 16  # whose columns are remembered

Column = Sequence[str | None]


class LevelColumns:
    """The positions of all cells, source-only beside each target, and their levels."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        """Lists the positions of the cells; levels are read once they are asked for."""
        self.trials: list[Trial] = []
        self.cells: list[Cell] = []  # of each position
        for cell in cells:
            for trial in cell.positions:
                self.trials.append(trial)
                self.cells.append(cell)
        self._columns: dict[str, Column] = {}
        self._names: dict[int, tuple[Any, str]] = {}  # the value too, lest its id be given again

    def levels(self, path: str) -> Column:
        """The level of a setting at each position; None where the trial has no such setting."""
        steps = steps_of(path)

        def level_of(number: int) -> str | None:
            try:
                return self.name(value_at(self.trials[number], steps))
            except LookupError:
                return None

        return self.column(path, level_of)

    def column(self, name: str, value_of: Callable[[int], str | None]) -> Column:
        """A value for each position by its number, made once under this name."""
        if name not in self._columns:
            self._columns[name] = [value_of(number) for number in range(len(self.trials))]
        return self._columns[name]

    def name(self, value: Any) -> str:
        """The level that a value is. Cells share their parts, so that each is named once."""
        if id(value) not in self._names:
            self._names[id(value)] = (value, level_name(value))
        return self._names[id(value)][1]


class _SameCells:
    """Cells as a key: equal to themselves alone, as long as none was added."""

    def __init__(self, cells: Sequence[Cell]) -> None:
        self.cells = cells
        self.size = len(cells)

    def __hash__(self) -> int:
        return hash((id(self.cells), self.size))

    def __eq__(self, key: object) -> bool:
        if not isinstance(key, _SameCells):
            return False
        return self.cells is key.cells and self.size == key.size


def level_columns(cells: Sequence[Cell]) -> LevelColumns:
    """The levels of these cells; the same object for the same cells."""
    return _columns_of(_SameCells(cells))


@lru_cache(maxsize=MOST_GRIDS)
def _columns_of(key: _SameCells) -> LevelColumns:
    return LevelColumns(key.cells)
