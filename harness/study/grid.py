"""Axes -> cells -> trials: crossed, zipped, excluded, conditional; an axis without effect on a cell is dropped."""

import gc
import itertools
from dataclasses import dataclass, field

from harness.spec.paths import matches, split
from harness.spec.values import Steps, label
from harness.study.cells import Axis, Cell, Raw, _Grid


@dataclass
class Expansion:
    """The cells of a grid, and everything that fell out of it with the reason."""

    cells: list[Cell] = field(default_factory=list)
    total: int = 0
    excluded: dict[str, int] = field(default_factory=dict)
    inert: dict[str, int] = field(default_factory=dict)
    wrong: list[tuple[Steps, str]] = field(default_factory=list)  # places in the file


def expand(base: Raw, axes: list[Axis], exclude: list[Raw], when: dict[str, Raw]) -> Expansion:
    """Every distinct trial of the grid."""
    grid = _Grid(base, axes, when)
    found = Expansion(total=_size(axes))
    seen: dict[str, Cell] = {}
    gc.disable()  # it would walk 100,000 cells again and again, and none of them is garbage
    rules = [({k: v for k, v in rule.items() if k != "reason"}, _reason(rule)) for rule in exclude]
    for indices in itertools.product(*(range(len(axis.rows)) for axis in axes)):
        made = grid.cell(indices)
        if made is None:
            continue
        trial, levels, inert, off = made
        reason = next(
            (
                why
                for rule, why in rules
                if all(matches(trial, split(p), v) for p, v in rule.items())
            ),
            None,
        )
        if reason is not None:
            found.excluded[reason] = found.excluded.get(reason, 0) + 1
        elif grid.bar(trial, inert):
            continue
        elif trial.key in seen:
            for path in inert + off or ("(equal values)",):
                found.inert[path] = found.inert.get(path, 0) + 1
        else:
            seen[trial.key] = Cell(trial, levels)
    found.cells = list(seen.values())
    gc.enable()
    found.wrong = grid.mistakes()
    return found


def _size(axes: list[Axis]) -> int:
    size = 1
    for axis in axes:
        size *= len(axis.rows)
    return size


def _reason(rule: Raw) -> str:
    named = ", ".join(f"{path}={label(value)}" for path, value in rule.items() if path != "reason")
    return f"{rule['reason']} ({named})" if "reason" in rule else named
