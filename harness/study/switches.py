"""`when`: which axes are switched off at a position of the grid."""

from dataclasses import dataclass
from typing import Any

from harness.spec.paths import matches, slot_of, steps_of
from harness.spec.values import Steps
from harness.study.deciding_axes import Indices, Paths
from harness.study.problems import Raw
from harness.study.settings import Settings


@dataclass(frozen=True)
class Condition:
    """What a setting must be for an axis to count."""

    steps: Steps
    raw: Any  # a value, or a list of which one must be met

    @property
    def inside(self) -> Steps:
        """The rest of the path, inside the field of the fit or trial that it leads into."""
        return self.steps[len(slot_of(self.steps)) :]


class Switches:
    """Says which axes are off at a position: those whose conditions are not met without them.

    Conditions are judged as those of `exclude` are. Settings without some axes need not be those of
    any trial, so they are read from settings of their own, whose problems nobody is told.
    """

    def __init__(self, when: dict[str, Raw], settings: Settings) -> None:
        """Finds the conditions of every axis, and the axes that decide whether they are met."""
        self.settings = settings
        self.conditions: dict[str, list[Condition]] = {}
        deciding: set[int] = set()
        for path, conditions in when.items():
            self.conditions[path] = []
            for key, raw in conditions.items():
                condition = Condition(steps_of(key), raw)
                self.conditions[path].append(condition)
                deciding.update(settings.deciding(condition.steps))
        self.deciding = sorted(deciding)
        self._answers: dict[Indices, Paths] = {}

    def off(self, indices: Indices) -> Paths:
        """The axes that are off; judged once for all positions that are alike to the conditions."""
        position = tuple([indices[axis] for axis in self.deciding])
        if position not in self._answers:
            self._answers[position] = self._switched_off(indices)
        return self._answers[position]

    def _switched_off(self, indices: Indices) -> Paths:
        """Starts with all conditional axes off; one that comes on may meet another's condition."""
        off = tuple(self.conditions)
        while True:
            met = next((path for path in off if self._is_met(path, indices, off)), None)
            if met is None:
                return off
            off = tuple(path for path in off if path != met)

    def _is_met(self, path: str, indices: Indices, off: Paths) -> bool:
        """Whether all conditions of an axis hold with some axes off."""
        conditions = self.conditions[path]
        return all(self._holds(condition, indices, off) for condition in conditions)

    def _holds(self, condition: Condition, indices: Indices, off: Paths) -> bool:
        """Whether a condition holds with some axes off; with all on, if nothing can be read else.

        A perturbation whose strength is an axis, say, cannot be read without that axis.
        """
        for without in (off, ()):
            try:
                value = self.settings.value_at(condition.steps, indices, without)
            except LookupError:
                continue
            return matches(value, condition.inside, condition.raw)
        return False
