"""One position of the grid -> a trial and its levels; positions with the same fit share it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.spec.keys import with_keys
from harness.spec.naming import level_name
from harness.spec.paths import FIT_OPTIONS, value_at, why_component_refuses
from harness.spec.values import Fit, Trial
from harness.study.axes import Axis, settings_of
from harness.study.deciding_axes import TARGET, TRIAL_OPTIONS, Indices, Paths
from harness.study.problems import Finding, Findings, Raw
from harness.study.settings import UNREADABLE, Reading, Settings
from harness.study.switches import Switches
from harness.study.unknown_settings import unknown_settings

NO_USER = "no method, init, prepare or augment of the study uses images to adapt to"


@dataclass(frozen=True)
class Cell:
    """A trial and its place in the grid; an axis that has no effect on it has no level.

    Its twins are the same trial at other positions, which differ in a target that nobody looks at.
    """

    trial: Trial
    levels: dict[str, str]
    twins: tuple[Trial, ...] = ()
    words: tuple[str, ...] = ()  # that tell it in its name from cells of the same levels

    @property
    def positions(self) -> tuple[Trial, ...]:
        """The trial as it stands at each of its positions in the grid."""
        return (self.trial, *self.twins)

    def with_positions_of(self, equal: "Cell") -> "Cell":
        """The cell at the positions of an equal trial too, where only its target tells them apart.

        A trial that looks at its target stands at one position.
        """
        if self.trial.fit.target is not None:
            return self
        targets = [trial.fit.adapt_to for trial in self.positions]
        twins = list(self.twins)
        for trial in equal.positions:
            if trial.fit.adapt_to not in targets:
                targets.append(trial.fit.adapt_to)
                twins.append(trial)
        return replace(self, twins=tuple(twins))


@dataclass(frozen=True)
class Position:
    """The cell at one position of the grid, and the axes that do nothing there."""

    trial: Trial
    levels: dict[str, str]
    inert: Paths  # the trial does not take them
    switched_off: Paths  # `when` says so


class Cells:
    """Makes the trial at each position of a grid, and remembers what positions share."""

    def __init__(self, base: Raw, axes: Sequence[Axis], when: dict[str, Raw]) -> None:
        """Finds the settings that no trial has, and reads those that no axis varies."""
        self.settings = Settings(base, axes)
        self.switches = Switches(when, Settings(base, axes)) if when else None
        self.names = LevelNames(axes)
        unknown = list(unknown_settings(self.settings))
        for steps, text in unknown:
            self.settings.add_problem(steps, text)
        self.has_unknown = bool(unknown)
        first = (0,) * len(axes)
        self._of_target = self.settings.varied.get(TARGET, [])
        self._axes_of_target = tuple([setting.path for setting in self._of_target])
        self._looks_at_target: set[bool] = set()  # of the trials so far

        self.fit_axes = _axes_of_fit(self.settings)
        self.varying_of_fit: list[str] = []
        self.fixed_of_fit: Raw = {}
        for name in FIT_OPTIONS:
            if self.settings.axes_of["fit", name]:
                self.varying_of_fit.append(name)
            else:
                reading = self.settings.setting(("fit", name), first, ())
                self.fixed_of_fit[name] = reading.value
        self._fits: dict[tuple[Indices, Paths], Reading] = {}

        self.varying_settings: list[str] = []
        self.fixed_settings: Raw = {}
        for name in TRIAL_OPTIONS:
            if name == "test_on" and not self.settings.names_test_set:
                continue
            if self.settings.axes_of[(name,)]:
                self.varying_settings.append(name)
            else:
                reading = self.settings.setting((name,), first, ())
                self.fixed_settings[name] = reading.value

    def position(self, indices: Indices) -> Position | None:
        """The cell at a position of the grid; None where a setting of it has a problem."""
        switched_off = self.switches.off(indices) if self.switches else ()
        fit = self._fit(indices, switched_off)
        inert = fit.inert
        values = dict(self.fixed_settings)
        for name in self.varying_settings:
            reading = self.settings.setting((name,), indices, switched_off)
            values[name] = reading.value
            inert += reading.inert
        if self.has_unknown or fit.value is UNREADABLE or UNREADABLE in values.values():
            return None
        if "test_on" not in values:
            values["test_on"] = self.settings.default_test_set(fit.value.train_on)
        trial = Trial(fit=fit.value, **values)
        looks_at_target = trial.fit.target is not None
        self._looks_at_target.add(looks_at_target)
        if not looks_at_target:
            inert += self._axes_of_target
        levels = self.names.levels(trial, indices, inert + switched_off)
        return Position(trial, levels, inert, switched_off)

    def refuses(self, position: Position) -> bool:
        """Whether an axis sets what a component says that it cannot take, which is a problem."""
        has_refusal = False
        for path in position.inert:
            reason = why_component_refuses(position.trial, path)
            if reason:
                has_refusal = True
                self.settings.add_problem(self.settings.refusals[path].steps, reason)
                self.settings.used.add(path)
        return has_refusal

    def problems(self) -> list[Finding]:
        """Places in the file and what is wrong there; an axis that no cell takes is one of them."""
        problems = [*self.settings.problems, *self.names.problems]
        for path, refusal in self.settings.refusals.items():
            if path not in self.settings.used:
                problems.append((refusal.steps, refusal.reason))
        return [*problems, *self._idle_targets()]

    def _idle_targets(self) -> Findings:
        """Finds axes of images to adapt to where no trial looks at any."""
        if self._looks_at_target != {False} or self.settings.names_set_of_trial:
            return
        for setting in self._of_target:
            axis = self.settings.axes[setting.axis]
            first_value = axis.steps[0][setting.column]
            yield first_value[:-1], f"varies what nothing looks at: {NO_USER}"

    def _fit(self, indices: Indices, off: Paths) -> Reading:
        """The fit at a position, made once for all positions that are alike to a fit."""
        key = (tuple([indices[axis] for axis in self.fit_axes]), off)
        if key not in self._fits:
            values = dict(self.fixed_of_fit)
            inert: Paths = ()
            for name in self.varying_of_fit:
                reading = self.settings.setting(("fit", name), indices, off)
                values[name] = reading.value
                inert += reading.inert
            is_readable = UNREADABLE not in values.values()
            fit = Fit(**values) if is_readable else UNREADABLE
            self._fits[key] = Reading(fit, inert)
        return self._fits[key]


def _axes_of_fit(settings: Settings) -> Indices:
    axes: set[int] = set()
    for name in FIT_OPTIONS:
        axes.update(settings.axes_of["fit", name])
    return tuple(sorted(axes))


@dataclass(frozen=True)
class Level:
    """A level of an axis: what the file says, and the value that a trial has."""

    raw: Any
    value: Any


class LevelNames:
    """Names the levels of each position, and finds levels of one axis that have one name."""

    def __init__(self, axes: Sequence[Axis]) -> None:
        self.axes = axes
        self.settings = settings_of(axes)
        self.problems: list[Finding] = []
        self._names: list[dict[int, str]] = [{} for _ in self.settings]  # by the row of the axis
        self._levels: dict[tuple[str, str], Level] = {}  # by path and name

    def levels(self, trial: Trial, indices: Indices, without: Paths) -> dict[str, str]:
        """The name of the level of each axis that counts for a trial."""
        levels: dict[str, str] = {}
        for number, setting in enumerate(self.settings):
            if setting.path in without:
                continue
            names = self._names[number]
            row = indices[setting.axis]
            if row not in names:
                names[row] = self._name(trial, number, row)
            levels[setting.path] = names[row]
        return levels

    def _name(self, trial: Trial, number: int, row: int) -> str:
        """A level by its value; by what the file says if another axis changes a part of it."""
        setting = self.settings[number]
        axis = self.axes[setting.axis]
        raw = axis.rows[row][setting.column]
        level = Level(raw, value_at(trial, setting.steps))
        is_changed_inside = any(
            deeper.path.startswith(f"{setting.path}.") for deeper in self.settings
        )
        name = level_name(level.raw if is_changed_inside else level.value)
        first = self._levels.setdefault((setting.path, name), level)
        is_same_value = repr(with_keys(level.value)) == repr(with_keys(first.value))
        if level.raw != first.raw and not is_same_value:
            # two levels of one name would be one in every comparison and table
            text = (
                f"an earlier level of this axis is called {name!r} too; "
                "tell them apart with a `label`"
            )
            steps = axis.steps[row][setting.column]
            self.problems.append((steps, text))
        return name
