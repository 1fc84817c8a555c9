"""Settings that a grid names and that neither a fit nor a trial has."""

from harness.spec.options import did_you_mean
from harness.spec.paths import FIT_OPTIONS, slot_of
from harness.study.axes import settings_of
from harness.study.deciding_axes import FIELDS, TRIAL_OPTIONS
from harness.study.marks import KEY
from harness.study.problems import Findings
from harness.study.settings import Settings


def unknown_settings(settings: Settings) -> Findings:
    """Finds every axis and every key of the base that is no setting of a fit or a trial."""
    yield from _unknown_axes(settings)
    yield from _unknown_of_trial(settings)
    yield from _unknown_of_fit(settings)


def _unknown_axes(settings: Settings) -> Findings:
    """Finds the axes that vary no setting of a fit or a trial."""
    names = [".".join(map(str, field)) for field in FIELDS]
    for setting in settings_of(settings.axes):
        field = slot_of(setting.steps)
        if field in FIELDS:
            continue
        axis = settings.axes[setting.axis]
        first_value = axis.steps[0][setting.column]
        hint = did_you_mean(".".join(map(str, field)), names)
        yield first_value[:-1], f"no setting {setting.path!r}; {hint}"


def _unknown_of_trial(settings: Settings) -> Findings:
    names = [*TRIAL_OPTIONS, "fit"]
    for name in settings.base:
        if name not in names:
            hint = did_you_mean(name, names)
            yield ("base", name, KEY), f"no setting {name!r}; {hint}"


def _unknown_of_fit(settings: Settings) -> Findings:
    """Finds the keys of the base's fit that no fit has."""
    raw = settings.base.get("fit")
    if raw is None:
        return
    if not isinstance(raw, dict):
        yield ("base", "fit"), f"{raw!r} should be a mapping of a fit's settings"
        return
    for name in raw:
        if name not in FIT_OPTIONS:
            hint = did_you_mean(name, FIT_OPTIONS)
            yield ("base", "fit", name, KEY), f"a fit has no setting {name!r}; {hint}"
