"""Which axes of a study decide each setting of a fit or a trial."""

from collections.abc import Iterator, Sequence
from typing import Any

from harness.spec.enclosing import holds_set_of_trial
from harness.spec.options import options_of
from harness.spec.paths import FIT_OPTIONS, holds_fit, slot_of
from harness.spec.values import Steps, Trial
from harness.study.axes import Axis, Setting, settings_of
from harness.study.problems import Raw

TRIAL_OPTIONS = dict(options_of(Trial))
del TRIAL_OPTIONS["fit"]  # its fields are settings themselves
FIELDS: tuple[Steps, ...] = (
    *(("fit", name) for name in FIT_OPTIONS),
    *((name,) for name in TRIAL_OPTIONS),
)

Indices = tuple[int, ...]  # a row of every axis; or axes by their numbers
Paths = tuple[str, ...]  # of axes
SettingsByField = dict[Steps, list[Setting]]

NET: Steps = ("fit", "net")
SEED: Steps = ("fit", "seed")
TRAINING_SET: Steps = ("fit", "train_on")
TARGET: Steps = ("fit", "adapt_to")

MISSING: Any = object()  # stands for a setting that the base does not write


def varied_fields(axes: Sequence[Axis]) -> SettingsByField:
    """The settings of the axes by their fields, fit.method before fit.method.alpha."""
    varied: SettingsByField = {}
    for setting in settings_of(axes):
        varied.setdefault(slot_of(setting.steps), []).append(setting)
    for settings in varied.values():
        settings.sort(key=lambda setting: len(setting.steps))
    return varied


def axes_by_field(
    base: Raw,
    axes: Sequence[Axis],
    varied: SettingsByField,
) -> dict[Steps, Indices]:
    """The axes that decide each field; a fit inside it takes over the net and the seed."""
    own: dict[Steps, set[int]] = {}
    for field, settings in varied.items():
        own[field] = {setting.axis for setting in settings}
    around = own.get(NET, set()) | own.get(SEED, set())
    sets = own.get(TRAINING_SET, set()) | own.get(TARGET, set())
    decisive: dict[Steps, Indices] = {}
    for field in FIELDS:
        numbers = own.get(field, set())
        written = _all_written(field, base, axes, varied.get(field, []))
        if field not in (TRAINING_SET, SEED) and any(map(holds_fit, written)):
            numbers = numbers | around
        if any(map(holds_set_of_trial, written)):
            numbers = numbers | sets
        decisive[field] = tuple(sorted(numbers))
    return decisive


def names_set_of_trial(base: Raw, axes: Sequence[Axis]) -> Iterator[bool]:
    """Whether the base, or a row of an axis, gives a data set as one of the trial's fit."""
    yield holds_set_of_trial(base)
    for axis in axes:
        for row in axis.rows:
            yield any(map(holds_set_of_trial, row))


def _all_written(
    field: Steps, base: Raw, axes: Sequence[Axis], settings: list[Setting]
) -> list[Any]:
    """All that the file says of a field: in its base, and in its axes."""
    written = [raw_in_base(base, field)]
    for setting in settings:
        written += [row[setting.column] for row in axes[setting.axis].rows]
    return written


def raw_in_base(base: Raw, field: Steps) -> Any:
    """What the base writes for a field; MISSING where it writes nothing."""
    raw: Any = base
    for step in field:
        if not isinstance(raw, dict):
            return MISSING
        raw = raw.get(step, MISSING)
    return raw
