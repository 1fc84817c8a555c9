"""A setting by its dotted path: whether a value has it, what it is there, and a copy with another
value.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from harness.spec.catalogue import catalogue
from harness.spec.naming import level_name, level_of_text
from harness.spec.options import NAMED_BY, Option, did_you_mean, kind_of, options_of, parts_of
from harness.spec.outside import cached_by_folders
from harness.spec.scored import ScoredTrial
from harness.spec.settings import CODE, settings
from harness.spec.values import Fit, Part, Steps, Trial

Raw = dict[str, Any]
FIT_OPTIONS = options_of(Fit)
POSITION = re.compile("[0-9]{1,6}")  # of an item of a list; isdigit() holds for a superscript too


@cache
def steps_of(path: str) -> Steps:
    """'probes.0.maps' as steps."""
    steps: list[str | int] = []
    for step in path.split("."):
        steps.append(int(step) if POSITION.fullmatch(step) else step)
    return tuple(steps)


def slot_of(steps: Steps) -> Steps:
    """The field of a fit or of a trial that a path leads into."""
    if steps[0] == "fit":
        return steps[:2]
    return steps[:1]


def matches(value: Any, steps: Steps, condition: Any) -> bool:
    """Whether a condition of the file holds for a trial or a setting of it: what it names stands at
    `steps`.

    A list holds where one of its values does. `exclude` and `when` are both judged here.
    """
    try:
        setting = value_at(value, steps)
    except LookupError:
        return False
    if isinstance(condition, list):
        return any(agrees(setting, alternative) for alternative in condition)
    return agrees(setting, condition)


def agrees(setting: Any, condition: Any) -> bool:
    """Whether a setting is what a file writes: its level, the name of a component, or some of its
    options.
    """
    if not isinstance(setting, Part):
        return level_name(setting) == level_name(condition)
    if isinstance(condition, str):
        is_name = condition in (setting.name, setting.level)
        return is_name or level_of_text(condition) == setting.level
    if not isinstance(condition, dict):
        return False
    return all(_option_agrees(setting, option, inner) for option, inner in condition.items())


def _option_agrees(part: Part, option: str, condition: Any) -> bool:
    """Whether a component has an option, its name or its label as a mapping of the file says."""
    if option == NAMED_BY.get(part.kind, "name"):
        return bool(part.name == condition)
    if option == "label":
        return bool(part.level == condition)
    return option in part.options and agrees(part.options[option], condition)


def holds_fit(raw: Any) -> bool:
    """Whether a value has a fit of its own somewhere, written out or the default of a component
    that it names.
    """
    if isinstance(raw, str):
        return raw in _components_with_a_fit()
    if isinstance(raw, dict):
        return "train_on" in raw or any(map(holds_fit, raw.values()))
    return isinstance(raw, list) and any(map(holds_fit, raw))


@cached_by_folders
def _components_with_a_fit() -> set[str]:
    """Components that read a fit which a study need not spell out."""
    names: set[str] = set()
    for kind in ("init", "prepare", "method", "pick", "perturb", "probe"):
        for component in catalogue(kind).values():
            for option in component.options.values():
                if isinstance(option.default, dict) and "train_on" in option.default:
                    names.add(component.name)
    return names


@dataclass(frozen=True)
class _Owner:
    """What has the settings at a step of a path: a fit, or a component."""

    text: str
    options: Mapping[str, Option]
    without: Mapping[str, str]  # settings that it lacks for a reason


def why_not(annotation: Any, raw: Any, steps: Steps) -> str | None:
    """Returns why this value cannot be given the setting at `steps`, or None if it can."""
    if not steps:
        return None
    shape, inner = parts_of(annotation)
    if shape == "list" and isinstance(steps[0], int):
        return _why_not_in_list(inner, raw, steps[0], steps[1:])
    kind = kind_of(inner)
    if kind is None:
        return None if isinstance(raw, dict) else f"{level_name(raw)} takes no {steps[0]!r}"
    owner = _owner_of(kind, raw)
    if owner is None:
        return f"{level_name(raw)} takes no {steps[0]!r}"
    if kind != "fit" and steps == (NAMED_BY.get(kind, "name"),):
        return None
    step = str(steps[0])
    if step in owner.without:
        return owner.without[step]
    if steps[0] not in owner.options:
        return f"{owner.text} has no setting {steps[0]!r}; {did_you_mean(step, owner.options)}"
    option = owner.options[step]
    value = option.default
    if isinstance(raw, dict):
        value = raw.get(step, value)
    return why_not(option.type, value, steps[1:])


def _why_not_in_list(annotation: Any, raw: Any, position: int, steps: Steps) -> str | None:
    """The same for an item of a list; a value without brackets is a list of one."""
    items = raw if isinstance(raw, list) else [raw]
    if position >= len(items):
        return f"there is no item {position}; the list has {len(items)}"
    return why_not(annotation, items[position], steps)


def _owner_of(kind: str, raw: Any) -> _Owner | None:
    """The fit or the component that a value stands for, None where it names no component."""
    if kind == "fit":
        return _Owner("a fit", FIT_OPTIONS, {})
    name = raw
    if isinstance(raw, dict):
        name = raw.get(NAMED_BY.get(kind, "name"))
    if not isinstance(name, str) or name not in catalogue(kind):
        return None
    component = catalogue(kind)[name]
    return _Owner(f"{kind} {name}", component.options, component.reasons_without)


def options_at(kind: str, raw: Any) -> list[str]:
    """The options of the component that a value names, by their names; none where it names none."""
    owner = _owner_of(kind, raw)
    return [] if owner is None else list(owner.options)


def why_component_refuses(trial: Trial, path: str) -> str | None:
    """Why the component at a path's end cannot take the setting, where it says so; and how to do
    without.
    """
    *owner_steps, last = steps_of(path)
    try:
        part = value_at(trial, tuple(owner_steps))
    except LookupError:
        return None
    if not isinstance(part, Part):
        return None
    reason = part.component.reasons_without.get(str(last))
    if reason is None:
        return None
    setting = ".".join([*map(str, owner_steps), NAMED_BY.get(part.kind, "name")])
    return (
        f"{reason}; leave it out with `exclude: [{{{setting}: {part.name}}}]`, "
        "or switch the axis off for it with `when`"
    )


def with_setting(annotation: Any, raw: Any, steps: Steps, setting: Any) -> Any:
    """A copy of `raw` with a setting at `steps`; a component written by name becomes a mapping."""
    if not steps:
        return setting
    shape, inner = parts_of(annotation)
    if shape == "list" and isinstance(steps[0], int):
        items = list(raw) if isinstance(raw, list) else [raw]
        items[steps[0]] = with_setting(inner, items[steps[0]], steps[1:], setting)
        return items
    kind = kind_of(inner)
    if isinstance(raw, str):
        raw = {NAMED_BY.get(kind or "", "name"): raw}
    whole = dict(raw or {})
    step = str(steps[0])
    owner = _owner_of(kind, whole) if kind else None
    option = Option(step, Any, None)
    if owner is not None:
        option = owner.options.get(step, option)
    value = whole.get(step, option.default)
    whole[step] = with_setting(option.type, value, steps[1:], setting)
    return whole


def paths_of_rules(rules: list[Raw]) -> Iterator[tuple[int, str]]:
    """The paths that a list of rules speaks of, each with the number of its rule."""
    for index, rule in enumerate(rules):
        for path in rule:
            if path != "reason":
                yield index, path


def changed_code(trial: Trial, recorded: Mapping[str, str]) -> list[str]:
    """The components outside the package whose code is another than that of a recorded run's
    settings.
    """
    names: dict[str, None] = {}
    for path, digest in settings(trial).items():
        owner, _, last = path.rpartition(".")
        if last == CODE and recorded.get(path) not in (None, digest):
            part = value_at(trial, steps_of(owner))
            if isinstance(part, Part) and part.component.digest == digest:
                names[part.name] = None
    return list(names)


def value_at(value: Any, steps: Steps) -> Any:
    """The value at a path of a trial; a LookupError where it has none."""
    if isinstance(value, ScoredTrial):
        return value.level_at(steps)
    for step in steps:
        if isinstance(value, Part):
            is_name = step == NAMED_BY.get(value.kind, "name")
            value = value.name if is_name else value.options[str(step)]
        elif isinstance(value, Trial | Fit):
            if step not in type(value).__dataclass_fields__:
                raise KeyError(step)
            value = getattr(value, str(step))
        elif isinstance(value, list) and POSITION.fullmatch(str(step)):
            value = value[int(step)]
        else:
            raise KeyError(step)
    return value
