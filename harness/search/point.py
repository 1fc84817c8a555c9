"""A point of a search, with all that is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from harness.spec.naming import level_name

Values = tuple[float, ...]
End = Literal["rejected", "incumbent", "infeasible", "failed", "complete"]


@dataclass(frozen=True)
class Point:
    """A point of a search, with what is known of it."""

    number: int
    values: Mapping[str, Any]  # what is written into the trial, by path
    levels: Mapping[str, str] = field(default_factory=dict)
    scores: tuple[tuple[int, Values], ...] = ()
    trial_keys: tuple[str, ...] = ()
    first_key: str = ""  # of its trial on the first seed: equal points have an equal one
    trainings: int = 0  # that it has cost, with those that failed or were stopped
    trainings_before: int = 0
    end: End | None = None  # None while it is raced
    reason: str = ""
    known_as: int | None = None  # an earlier point that is the same trial
    is_pruned: bool = False  # its training was stopped by its intermediate values
    began: float | None = None
    is_told: bool = False  # whether the sampler has been told its end

    @property
    def means(self) -> Values | None:
        """The mean over its seeds, for each objective; None without a score."""
        if not self.scores:
            return None
        columns = zip(*(values for _, values in self.scores), strict=True)
        return tuple(sum(column) / len(column) for column in columns)

    def note(self) -> dict[str, Any]:
        """What is kept with it beside the values that the sampler drew."""
        return {
            "levels": dict(self.levels),
            "scores": [[seed, list(values)] for seed, values in self.scores],
            "trial_keys": list(self.trial_keys),
            "first_key": self.first_key,
            "trainings": self.trainings,
            "trainings_before": self.trainings_before,
            "end": self.end,
            "reason": self.reason,
            "known_as": self.known_as,
            "is_pruned": self.is_pruned,
        }


def levels_of(values: Mapping[str, Any]) -> dict[str, str]:
    """The settings of a point as people read them."""
    levels = {}
    for path, value in values.items():
        levels[path] = level_name(value)
    return levels
