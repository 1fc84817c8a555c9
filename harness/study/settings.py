"""The settings of each position of a grid: each is read once for all positions that share it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec.enclosing import Enclosing
from harness.spec.options import REQUIRED, Option
from harness.spec.parse import Problems, default_test_set, read_value
from harness.spec.paths import FIT_OPTIONS, slot_of, why_not, with_setting
from harness.spec.values import Part, Steps
from harness.study.axes import Axis
from harness.study.deciding_axes import (
    MISSING,
    NET,
    SEED,
    TARGET,
    TRAINING_SET,
    TRIAL_OPTIONS,
    Indices,
    Paths,
    axes_by_field,
    names_set_of_trial,
    raw_in_base,
    varied_fields,
)
from harness.study.problems import Finding, Raw

TEST_SET: Steps = ("test_on",)

UNREADABLE: Any = object()  # stands for a setting that has a problem


@dataclass(frozen=True)
class Reading:
    """What a setting is at a position, and the axes that it does not take there."""

    value: Any
    inert: Paths


@dataclass(frozen=True)
class Assignment:
    """What the file says of a setting at a position, and where the pieces from axes stand."""

    raw: Any
    pieces: dict[Steps, Steps]  # path -> place in the file
    inert: Paths


@dataclass(frozen=True)
class Refusal:
    """Why a setting does not take an axis, and where the axis stands."""

    steps: Steps
    reason: str


class Settings:
    """Reads the settings of a grid, once for every combination of the axes that decide each."""

    def __init__(self, base: Raw, axes: Sequence[Axis]) -> None:
        """Finds which axes decide each field; nothing is read yet."""
        self.base = base
        self.axes = axes
        self.varied = varied_fields(axes)
        self.axes_of = axes_by_field(base, axes, self.varied)
        self.names_set_of_trial = any(names_set_of_trial(base, axes))
        self.names_test_set = TEST_SET in self.varied or base.get("test_on") is not None
        self.problems: dict[Finding, None] = {}
        self.used: set[str] = set()  # paths of axes that some setting takes
        self.refusals: dict[str, Refusal] = {}  # by the path of the axis
        self._readings: dict[tuple[Steps, Indices, Paths], Reading] = {}
        self._test_sets: dict[str, Part | None] = {}

    def setting(self, field: Steps, indices: Indices, off: Paths) -> Reading:
        """A field of the fit or the trial at a position, without the axes that are off."""
        position = tuple([indices[axis] for axis in self.axes_of[field]])
        key = (field, position, off)
        if key not in self._readings:
            self._readings[key] = self._read(field, indices, off)
        return self._readings[key]

    def value_at(self, steps: Steps, indices: Indices, off: Paths) -> Any:
        """The value of the field that a path leads into; a LookupError where it cannot be read."""
        field = self._deciding_field(steps)
        value = self.setting(field, indices, off).value
        if value is UNREADABLE:
            raise LookupError(steps)
        return value if field == slot_of(steps) else self.default_test_set(value)

    def deciding(self, steps: Steps) -> Indices:
        """The axes that a setting depends on."""
        return self.axes_of.get(self._deciding_field(steps), ())

    def default_test_set(self, train_on: Part) -> Part | None:
        """The test set of a trial that names none; None where it cannot be read."""
        if train_on.key not in self._test_sets:
            complaints: Problems = []
            raw = default_test_set(train_on)
            annotation = TRIAL_OPTIONS["test_on"].type
            test_on = read_value(annotation, raw, TEST_SET, complaints, role="test")
            self._test_sets[train_on.key] = None if complaints else test_on
        return self._test_sets[train_on.key]

    def add_problem(self, steps: Steps, text: str) -> None:
        """Notes what is wrong at a place of the file, once however many positions share it."""
        self.problems[steps, text] = None

    def _deciding_field(self, steps: Steps) -> Steps:
        """The field that decides a setting: of a test set that no trial names, the training set."""
        field = slot_of(steps)
        if field == TEST_SET and not self.names_test_set:
            return TRAINING_SET
        return field

    def _read(self, field: Steps, indices: Indices, off: Paths) -> Reading:
        """Reads a field; whatever is wrong with it becomes a problem where the file says it."""
        option = field_option(field)
        assignment = self._assignment(field, indices, off)
        if assignment.raw is REQUIRED:
            name = ".".join(map(str, field))
            steps = ("base", *field[:-1])
            self.add_problem(steps, f"{name} is missing")
            return Reading(UNREADABLE, assignment.inert)
        around = Enclosing(
            self._raw_net(indices, off),
            self._raw_seed(indices),
            self._raw_field(TRAINING_SET, indices, off),
            self._raw_field(TARGET, indices, off),
        )
        role = "train" if field in (TRAINING_SET, TARGET) else "test"
        complaints: Problems = []
        value = read_value(option.type, assignment.raw, field, complaints, around, role=role)
        for steps, text in complaints:
            self.add_problem(_place_in_file(steps, assignment.pieces), text)
        return Reading(UNREADABLE if complaints else value, assignment.inert)

    def _assignment(self, field: Steps, indices: Indices, off: Paths) -> Assignment:
        """Puts the values of axes into what the base says of a field, the shortest path first."""
        annotation = field_option(field).type
        raw = raw_in_base(self.base, field)
        if raw is MISSING:
            raw = field_option(field).default
        pieces: dict[Steps, Steps] = {}
        inert: list[str] = []
        for setting in self.varied.get(field, ()):
            if setting.path in off:
                continue
            axis = self.axes[setting.axis]
            row = indices[setting.axis]
            steps = axis.steps[row][setting.column]
            inside = setting.steps[len(field) :]
            reason = why_not(annotation, raw, inside)
            if reason is not None:
                inert.append(setting.path)
                self.refusals.setdefault(setting.path, Refusal(steps[:-1], reason))
                continue
            raw = with_setting(annotation, raw, inside, axis.rows[row][setting.column])
            pieces[setting.steps] = steps
            self.used.add(setting.path)
        return Assignment(raw, pieces, tuple(inert))

    def _raw_net(self, indices: Indices, off: Paths) -> Any:
        """The net that the file writes for a position; a fit inside a setting takes it over."""
        return self._raw_field(NET, indices, off)

    def _raw_field(self, field: Steps, indices: Indices, off: Paths) -> Any:
        """What the file writes of a field for a position; None where it writes nothing."""
        if field in self.varied:
            raw = self._assignment(field, indices, off).raw
        else:
            raw = raw_in_base(self.base, field)
        return None if raw is MISSING or raw is REQUIRED else raw

    def _raw_seed(self, indices: Indices) -> Any:
        """The seed that the file writes for a position."""
        if SEED in self.varied:
            setting = self.varied[SEED][0]
            axis = self.axes[setting.axis]
            row = indices[setting.axis]
            raw = axis.rows[row][setting.column]
        else:
            raw = raw_in_base(self.base, SEED)
        return 0 if raw is MISSING or raw is None else raw


def field_option(field: Steps) -> Option:
    """The option of a fit or a trial that a field of the base sets."""
    options = FIT_OPTIONS if field[0] == "fit" else TRIAL_OPTIONS
    return options[str(field[-1])]


def _place_in_file(steps: Steps, pieces: dict[Steps, Steps]) -> Steps:
    """Where the file says what a path leads to: in the piece of an axis, or in the base."""
    for length in range(len(steps), 0, -1):
        start = pieces.get(steps[:length])
        if start is not None:
            return (*start, *steps[length:])
    return ("base", *steps)
