"""`when`: which axes are switched off at a position of the grid."""

from typing import Any, Protocol

from harness.spec.paths import matches, slot_of, split
from harness.spec.values import Steps


class Settings(Protocol):
    """The settings of every position of a grid, with any of its axes left out."""

    def setting(self, steps: Steps, indices: tuple[int, ...], ignored: tuple[str, ...]) -> Any:
        """The value at a position of the field that a path leads into; a LookupError where it cannot be read."""
        ...

    def deciding(self, steps: Steps) -> tuple[int, ...]:
        """The axes that a setting depends on."""
        ...


class Switches:
    """Which axes are off at a position: those whose condition the trial without the conditional axes does not meet.

    Conditions are judged as those of `exclude` are. Settings without some axes need not be those of any trial, so they
    are read from a grid of their own, whose complaints nobody hears.
    """

    def __init__(self, when: dict[str, dict[str, Any]], settings: Settings) -> None:
        self.settings = settings
        self.conditions = {
            path: [(split(setting), wanted) for setting, wanted in condition.items()]
            for path, condition in when.items()
        }
        deciding: set[int] = set()
        for condition in self.conditions.values():
            for steps, _ in condition:
                deciding.update(settings.deciding(steps))
        self.deciding = sorted(deciding)
        self.answers: dict[tuple[int, ...], tuple[str, ...]] = {}

    def off(self, indices: tuple[int, ...]) -> tuple[str, ...]:
        """The axes that are off; judged once for all positions that differ in nothing that a condition speaks of."""
        position = tuple([indices[axis] for axis in self.deciding])
        if position not in self.answers:
            self.answers[position] = self._judge(indices)
        return self.answers[position]

    def _judge(self, indices: tuple[int, ...]) -> tuple[str, ...]:
        """Starts with every conditional axis off; an axis that comes on may meet the condition of another."""
        off = tuple(self.conditions)
        while True:
            met = next((path for path in off if self._is_met(path, indices, off)), None)
            if met is None:
                return off
            off = tuple(path for path in off if path != met)

    def _is_met(self, path: str, indices: tuple[int, ...], off: tuple[str, ...]) -> bool:
        return all(
            self._holds(steps, wanted, indices, off) for steps, wanted in self.conditions[path]
        )

    def _holds(
        self, steps: Steps, wanted: Any, indices: tuple[int, ...], off: tuple[str, ...]
    ) -> bool:
        inside = steps[len(slot_of(steps)) :]
        for ignored in (
            off,
            (),
        ):  # a perturbation whose strength is an axis cannot be read without that axis
            try:
                return matches(self.settings.setting(steps, indices, ignored), inside, wanted)
            except LookupError:
                continue
        return False
