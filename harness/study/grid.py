"""All positions of a grid -> distinct cells, what was excluded, and what had no effect."""

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from harness.spec.collector import collector_paused
from harness.spec.naming import level_name
from harness.spec.paths import matches, steps_of
from harness.spec.values import Steps, Trial
from harness.study.axes import Axis
from harness.study.cell_names import with_telling_words
from harness.study.cells import Cell, Cells, Position
from harness.study.problems import Finding, Raw


@dataclass
class Expansion:
    """The cells of a grid, and everything that fell out of it with the reason."""

    cells: Sequence[Cell] = field(default_factory=list)
    total: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    inert: dict[str, int] = field(default_factory=dict)
    problems: list[Finding] = field(default_factory=list)  # places in the file


@dataclass(frozen=True)
class Rule:
    """One entry of `exclude`: trials of which all conditions hold are left out."""

    conditions: tuple[tuple[Steps, Any], ...]
    reason: str

    @classmethod
    def read(cls, raw: Raw) -> "Rule":
        """A rule as the file writes it; its reason ends in its conditions."""
        conditions: list[tuple[Steps, Any]] = []
        texts: list[str] = []
        for path, value in raw.items():
            if path != "reason":
                conditions.append((steps_of(path), value))
                texts.append(f"{path}: {_choices(value)}")
        reason = "; ".join(texts)
        if "reason" in raw:
            reason = f"{raw['reason']} ({reason})"
        return cls(tuple(conditions), reason)

    def holds(self, trial: Trial) -> bool:
        """Whether a trial is one that the rule leaves out."""
        conditions = self.conditions
        return all(matches(trial, steps, value) for steps, value in conditions)


def _choices(value: Any) -> str:
    """The levels of a condition: '4 or none'."""
    levels = value if isinstance(value, list) else [value]
    return " or ".join(map(level_name, levels))


def expand(base: Raw, axes: Sequence[Axis], exclude: list[Raw], when: dict[str, Raw]) -> Expansion:
    """Every distinct trial of the grid."""
    rules = [Rule.read(raw) for raw in exclude]
    sizes = [len(axis.rows) for axis in axes]
    rows = [range(size) for size in sizes]
    expansion = Expansion(total=math.prod(sizes))
    distinct: dict[str, Cell] = {}
    with collector_paused():
        cells = Cells(base, axes, when)
        for indices in itertools.product(*rows):
            position = cells.position(indices)
            if position is None:
                continue
            reason = _exclusion(rules, position.trial)
            if reason is not None:
                count = expansion.excluded.get(reason, 0)
                expansion.excluded[reason] = count + 1
            elif cells.refuses(position):
                continue
            elif position.trial.key in distinct:
                _count_inert(expansion, position)
                first = distinct[position.trial.key]
                equal = Cell(position.trial, position.levels)
                distinct[position.trial.key] = first.with_positions_of(equal)
            else:
                distinct[position.trial.key] = Cell(position.trial, position.levels)
    expansion.cells = with_telling_words(list(distinct.values()))
    expansion.problems = cells.problems()
    return expansion


def _exclusion(rules: list[Rule], trial: Trial) -> str | None:
    """The reason of the first rule that excludes a trial."""
    for rule in rules:
        if rule.holds(trial):
            return rule.reason
    return None


def _count_inert(expansion: Expansion, position: Position) -> None:
    """Counts a trial that is equal to an earlier one for each axis that does nothing to it."""
    paths = position.inert + position.switched_off
    for path in paths or ("(equal values)",):
        count = expansion.inert.get(path, 0)
        expansion.inert[path] = count + 1
