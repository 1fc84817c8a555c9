"""The levels of a trial, read quickly for 100,000 of them."""

from collections.abc import Collection, Iterable
from typing import Any

from harness.spec.naming import level_name
from harness.spec.paths import steps_of, value_at
from harness.study.cells import Cell


class LevelReader:
    """Reads the levels of trials. Cells share their parts, so that each part is named once."""

    def __init__(self, settings: Collection[str]) -> None:
        self.settings = settings
        self.names: dict[int, tuple[Any, str]] = {}  # the part too, lest its id be given again

    def levels(self, cell: Cell, paths: Iterable[str]) -> tuple[str | None, ...]:
        """The level of each path that is a setting; None where the trial has no such setting."""
        levels = []
        for path in paths:
            if path in self.settings:
                levels.append(self._level(cell, path))
        return tuple(levels)

    def _level(self, cell: Cell, path: str) -> str | None:
        try:
            return self.name(value_at(cell.trial, steps_of(path)))
        except LookupError:
            return None

    def name(self, value: Any) -> str:
        """The level that a value is."""
        if id(value) not in self.names:
            self.names[id(value)] = (value, level_name(value))
        return self.names[id(value)][1]
