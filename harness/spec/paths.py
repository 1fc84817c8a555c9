"""A setting by its dotted path: whether a value has it, what it is there, and a copy with another value."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from harness.spec.catalogue import catalogue
from harness.spec.naming import level_of_text
from harness.spec.options import (
    NAMED_BY,
    did_you_mean,
    kind_of,
    parts_of,
)
from harness.spec.parse import options_of
from harness.spec.values import Fit, Part, Steps, Trial, fields_of, label

Raw = dict[str, Any]


@cache
def split(path: str) -> Steps:
    """'probes.0.maps' as steps."""
    return tuple(int(step) if step.isdigit() else step for step in path.split("."))


def slot_of(steps: Steps) -> Steps:
    """The field of a fit or of a trial that a path leads into."""
    return steps[:2] if steps[0] == "fit" else steps[:1]


def matches(value: Any, steps: Steps, wanted: Any) -> bool:
    """Whether a condition of the file holds for a trial or a setting of it: at `steps` it is `wanted`.

    A list holds where one of its values does. `exclude` and `when` are both judged here.
    """
    try:
        setting = walk(value, steps)
    except LookupError:
        return False
    alternatives = wanted if isinstance(wanted, list) else [wanted]
    return any(_agrees(setting, alternative) for alternative in alternatives)


def _agrees(value: Any, wanted: Any) -> bool:
    if not isinstance(value, Part):
        return label(value) == label(wanted)
    if isinstance(wanted, str):
        return wanted in (value.name, value.label) or level_of_text(wanted) == value.label
    return isinstance(wanted, dict) and all(
        _has(value, option, inner) for option, inner in wanted.items()
    )


def _has(part: Part, option: str, wanted: Any) -> bool:
    """Whether a component has an option, its name or its label as a mapping of the file says."""
    if option == NAMED_BY.get(part.kind, "name"):
        return bool(part.name == wanted)
    if option == "label":
        return bool(part.label == wanted)
    return option in part.options and _agrees(part.options[option], wanted)


def holds_fit(raw: Any) -> bool:
    """Whether a value has a fit of its own somewhere, written out or the default of a component that it names."""
    if isinstance(raw, str):
        return raw in _with_a_fit()
    if isinstance(raw, dict):
        return "train_on" in raw or any(holds_fit(value) for value in raw.values())
    return isinstance(raw, list) and any(holds_fit(item) for item in raw)


@cache
def _with_a_fit() -> set[str]:
    """Components that read a fit which a study need not spell out."""
    kinds = ("init", "prepare", "method", "pick", "probe")
    known = [component for kind in kinds for component in catalogue(kind).values()]
    return {
        c.name
        for c in known
        for o in c.options.values()
        if isinstance(o.default, dict) and "train_on" in o.default
    }


FIT_OPTIONS = options_of(Fit)


def takes(annotation: Any, raw: Any, steps: Steps) -> str | None:
    """Why a value has no setting at `steps`, None where it has."""
    if not steps:
        return None
    shape, inner = parts_of(annotation)
    kind = kind_of(inner)
    if shape == "list" and isinstance(steps[0], int):
        items = raw if isinstance(raw, list) else [raw]
        if steps[0] >= len(items):
            return f"there is no item {steps[0]}; the list has {len(items)}"
        return takes(inner, items[steps[0]], steps[1:])
    if kind == "fit":
        found: Any = FIT_OPTIONS
        owner = "a fit"
    elif kind is not None:
        by = NAMED_BY.get(kind, "name")
        name = raw.get(by) if isinstance(raw, dict) else raw
        if not isinstance(name, str) or name not in catalogue(kind):
            return f"{label(raw)} takes no {steps[0]!r}"
        if steps == (by,):
            return None
        found, owner = catalogue(kind)[name].options, f"{kind} {name}"
        if why := catalogue(kind)[name].without.get(str(steps[0])):
            return why
    else:
        return None if isinstance(raw, dict) else f"{label(raw)} takes no {steps[0]!r}"
    if steps[0] not in found:
        return f"{owner} has no setting {steps[0]!r}; {did_you_mean(steps[0], found)}"
    option = found[steps[0]]
    inside = raw.get(steps[0], option.default) if isinstance(raw, dict) else option.default
    return takes(option.type, inside, steps[1:])


def barred(trial: Trial, path: str) -> str | None:
    """Why the component at a path's end cannot take the setting, where it says so; and how to do without."""
    *around, last = split(path)
    try:
        part = walk(trial, tuple(around))
    except LookupError:
        return None
    why = catalogue(part.kind)[part.name].without.get(str(last)) if isinstance(part, Part) else None
    if why is None:
        return None
    named = ".".join([*map(str, around), NAMED_BY.get(part.kind, "name")])
    return f"{why}; leave it out with `exclude: [{{{named}: {part.name}}}]`, or switch the axis off for it with `when`"


def put(annotation: Any, raw: Any, steps: Steps, piece: Any) -> Any:
    """A copy of `raw` with `piece` at `steps`; a component written as its name becomes a mapping."""
    if not steps:
        return piece
    shape, inner = parts_of(annotation)
    if shape == "list" and isinstance(steps[0], int):
        items = list(raw) if isinstance(raw, list) else [raw]
        items[steps[0]] = put(inner, items[steps[0]], steps[1:], piece)
        return items
    kind = kind_of(inner)
    by = NAMED_BY.get(kind or "", "name")
    whole = {by: raw} if isinstance(raw, str) else dict(raw or {})
    options = FIT_OPTIONS if kind == "fit" else catalogue(kind)[whole[by]].options if kind else {}
    option = options.get(str(steps[0]))
    inside = whole.get(str(steps[0]), option.default if option else None)
    whole[str(steps[0])] = put(option.type if option else Any, inside, steps[1:], piece)
    return whole


def conditions(rules: list[Raw]) -> Iterator[tuple[int, str]]:
    """The paths that a list of rules speaks of."""
    for i, rule in enumerate(rules):
        for path in rule:
            if path != "reason":
                yield i, path


def flat(trial: Trial) -> dict[str, str]:
    """Every setting of a trial by its path in a study file; a component stands as its label, then its options."""
    return dict(_flat(trial, ()))


def _flat(value: Any, steps: Steps) -> Iterator[tuple[str, str]]:
    path = ".".join(map(str, steps))
    if isinstance(value, Trial | Fit):
        if path not in ("", "fit"):
            yield path, label(value)
        for name, inner in fields_of(value):
            yield from _flat(inner, (*steps, name))
    elif isinstance(value, Part):
        yield path, value.label
        if value.kind == "net":
            yield f"{path}.arch", value.name
        for name, option in value.options.items():
            yield from _flat(option, (*steps, name))
    elif isinstance(value, list) and any(isinstance(v, Part) for v in value):
        yield path, label(value)
        for i, item in enumerate(value):
            yield from _flat(item, (*steps, i))
    else:
        yield path, label(value)


def walk(value: Any, steps: Steps) -> Any:
    """The value at a path of a trial; a LookupError where it has none."""
    for step in steps:
        if isinstance(value, Part):
            by = NAMED_BY.get(value.kind, "name")
            value = value.name if step == by else value.options[str(step)]
        elif isinstance(value, Trial | Fit):
            if step not in type(value).__dataclass_fields__:
                raise KeyError(step)
            value = getattr(value, str(step))
        elif isinstance(value, list) and str(step).isdigit():
            value = value[int(step)]
        else:
            raise KeyError(step)
    return value
