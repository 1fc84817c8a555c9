"""Trials that were run elsewhere: nothing is known of them but what a table of scores says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.spec.keys import digest
from harness.spec.repetitions import FOLD, SEED
from harness.spec.values import Fit, Part, Steps, Trial, Upstream

ELSEWHERE = Part("dataset", "elsewhere", {})  # data that harness has not seen; no component


@dataclass(frozen=True, eq=False)
class ScoredFit(Fit):
    """A network that was trained elsewhere: its seed, its fold, and what a table says of it."""

    train_on: Any = ELSEWHERE
    columns: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def key(self) -> str:
        """Changes with what the table says of the network."""
        return digest(["scored fit", dict(self.columns), self.seed, self.fold])

    @cached_property
    def target(self) -> None:
        """Which images it was adapted to, the table does not say."""

    @cached_property
    def upstream(self) -> Upstream:
        """What it started from, the table does not say."""
        return []

    @cached_property
    def level(self) -> str:
        """What tells the network from others."""
        texts = []
        for name, level in self.columns.items():
            texts.append(f"{name}={level}")
        return ", ".join(texts)

    def counting(self, name: str) -> None:
        """A setting as it counts: harness knows none."""

    def __hash__(self) -> int:
        return hash(self.key)


@dataclass(frozen=True, eq=False)
class ScoredTrial(Trial):
    """A trial of a network that was trained elsewhere; its settings are the columns of a table."""

    test_on: Any = ELSEWHERE
    probes: list[Any] = field(default_factory=list)
    columns: Mapping[str, str] = field(default_factory=dict)
    numbers: str = ""  # a digest of its numbers, so that other numbers are another trial
    metrics: tuple[str, ...] = ()  # of the whole table
    units: tuple[str, ...] = ()  # what the table has columns of: seed, fold, image, patient

    @cached_property
    def key(self) -> str:
        """Changes with the settings and with the numbers."""
        return digest(["scored trial", self.fit.key, self.numbers])

    @property
    def settings(self) -> dict[str, str]:
        """Every setting by its path, with the seed, and the fold where there is one."""
        settings = {**self.columns, SEED: str(self.fit.seed)}
        if self.fit.fold is not None:
            settings[FOLD] = "+".join(map(str, self.fit.fold))
        return settings

    def level_at(self, steps: Steps) -> str:
        """The level of the setting at a path; a LookupError where the table has no such column."""
        return self.settings[".".join(map(str, steps))]

    def counting(self, name: str) -> None:
        """A setting as it counts: harness knows none but those of the table."""

    def __hash__(self) -> int:
        return hash(self.key)
