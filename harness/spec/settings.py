"""Every setting of a trial as a flat mapping: what a run records, and what a plan compares."""

from collections.abc import Iterator
from typing import Any

from harness.spec.fields import fields_of
from harness.spec.naming import level_name
from harness.spec.scored import ScoredTrial
from harness.spec.values import Fit, Part, Steps, Trial

CODE = "code"  # what the settings of a trial call the code of a component outside the package


def settings(trial: Trial) -> dict[str, str]:
    """Every setting of a trial by its path in a study file; a component stands as its level, then
    its options.

    The code of a component outside the package counts as a setting of it.
    """
    if isinstance(trial, ScoredTrial):
        return trial.settings
    return dict(_settings_below(trial, ()))


def _settings_below(value: Any, steps: Steps) -> Iterator[tuple[str, str]]:
    """The settings of a value that stands at `steps` of a trial, its own first."""
    path = ".".join(map(str, steps))
    if isinstance(value, Trial | Fit):
        if path not in ("", "fit"):
            yield path, level_name(value)
        for name, inner in fields_of(value):
            yield from _settings_below(inner, (*steps, name))
    elif isinstance(value, Part):
        yield path, value.level
        if value.kind == "net":
            yield f"{path}.arch", value.name
        if value.component.digest:
            yield f"{path}.{CODE}", value.component.digest
        for name, option in value.options.items():
            yield from _settings_below(option, (*steps, name))
    else:
        yield path, level_name(value)
        if isinstance(value, list) and any(isinstance(item, Part) for item in value):
            for index, item in enumerate(value):
                yield from _settings_below(item, (*steps, index))
