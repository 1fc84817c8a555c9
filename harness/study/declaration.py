"""What a study declared: for each comparison the trials that it stands on, and the levels of every
axis; written with each run, so that a later change shows as such.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass, field
from typing import Any

from harness.spec.values import digest
from harness.study.cells import Cell
from harness.study.comparison import Comparison
from harness.study.grid import Expansion
from harness.study.levels import among

SHORT = 8  # letters of a hash: they tell the designs of one study apart


@dataclass(frozen=True)
class Ground:
    """The trials that a comparison stands on."""

    levels: str  # a hash of their levels
    trials: str  # a hash of their keys
    cells: int
    seeds: int
    folds: int

    def is_as(self, earlier: "Ground") -> bool:
        """Whether these are the trials of an earlier design: the same values, whatever their levels
        are called, or the same levels, whatever became of the code and the data behind them.
        """
        return self.levels == earlier.levels or self.trials == earlier.trials


@dataclass(frozen=True)
class Declaration:
    """The design of a study."""

    grounds: Mapping[str, Ground] = field(default_factory=dict)  # by the key of a comparison
    axes: Mapping[str, list[str]] = field(default_factory=dict)  # a hash of each level
    seeds: str = ""  # the rule by which seeds are trained until decided; empty: all of them are

    def text(self) -> str:
        """The declaration as it is written with a run."""
        grounds = {}
        for key, ground in self.grounds.items():
            grounds[key] = astuple(ground)
        plain: dict[str, Any] = {"grounds": grounds, "axes": dict(self.axes)}
        if self.seeds:
            plain["seeds"] = self.seeds
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> "Declaration":
        """A declaration as a run holds it."""
        plain = json.loads(text)
        grounds = {key: Ground(*values) for key, values in plain["grounds"].items()}
        return cls(grounds, plain["axes"], plain.get("seeds", ""))


def declare(compare: Iterable[Comparison], expansion: Expansion, seeds: str = "") -> Declaration:
    """The declaration of these comparisons over the cells of a grid, and of the rule of seeds.

    A comparison that stands on no trial yet, as that of a search that is not over, has no ground.
    """
    grounds = {}
    confined: dict[str, Ground] = {}  # most comparisons stand on the same trials
    for comparison in compare:
        where = json.dumps(comparison.where)
        if where not in confined:
            confined[where] = _trials_behind(among(expansion, expansion.cells, comparison.where))
        if confined[where].cells:
            grounds[comparison.key] = confined[where]
    axes = {path: list(map(level_hash, names)) for path, names in level_names(expansion).items()}
    return Declaration(grounds, axes, seeds)


def level_names(expansion: Expansion) -> dict[str, list[str]]:
    """The levels of every axis that some cell has."""
    names: dict[str, dict[str, None]] = {}
    for cell in expansion.cells:
        for path, level in cell.levels.items():
            names.setdefault(path, {})[level] = None
    return {path: list(levels) for path, levels in names.items()}


def level_hash(name: str) -> str:
    """A level as a declaration holds it, for names can be long."""
    return digest(name)[:SHORT]


def _trials_behind(cells: Iterable[Cell]) -> Ground:
    """What these cells are, in any order."""
    levels = []
    trials = []
    seeds = set()
    folds = set()
    for cell in cells:
        levels.append(sorted(cell.levels.items()))
        trials.append(cell.trial.key)
        seeds.add(cell.trial.fit.seed)
        if cell.trial.fit.fold is not None:
            folds.add(tuple(cell.trial.fit.fold))
    return Ground(
        levels=digest(sorted(levels))[:SHORT],
        trials=digest(sorted(trials))[:SHORT],
        cells=len(trials),
        seeds=len(seeds),
        folds=len(folds),
    )
