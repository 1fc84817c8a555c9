"""What a job carries, read back: values that were checked when they were planned, and are trusted
by their keys.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from harness.spec.catalogue import find_component
from harness.spec.options import NAMED_BY, Option, kind_of, options_of, parts_of
from harness.spec.outside import forget_components, outside_roots
from harness.spec.values import Fit, Part, Trial

Value = TypeVar("Value", Part, Fit, Trial)


def read_trusted_part(kind: str, plain: Mapping[str, Any], key: str) -> Part:
    """A component that a job names; a ValueError where the key is another."""
    owner = f"the {kind}"
    return _with_key(lambda: read_part(kind, plain), key, owner)


def read_trusted_fit(plain: Mapping[str, Any], key: str) -> Fit:
    """The fit of a job; a ValueError where the key is another."""
    return _with_key(lambda: _fit(plain), key, "the fit")


def read_trusted_trial(plain: Mapping[str, Any], key: str) -> Trial:
    """The trial of a job; a ValueError where the key is another."""
    return _with_key(lambda: _trial(plain), key, "the trial")


def _with_key(build: Callable[[], Value], key: str, owner: str) -> Value:
    """The value, if it has the key that it was planned with.

    Files outside the package may have been edited since this process read them, so they are read
    once more before the value is refused.
    """
    value = build()
    if value.key != key and outside_roots()[0]:
        forget_components()
        value = build()
    if value.key != key:
        raise ValueError(
            f"{owner} {key} would be {value.key} now: the code of a component has changed "
            "since the plan was made; start the command again"
        )
    return value


def read_part(kind: str, plain: Mapping[str, Any]) -> Part:
    """A component with the options that a job, or the record of a fit, gives it.

    Options that are components or fits are read as such; the code may have changed since.
    """
    named_by = NAMED_BY.get(kind, "name")
    component = find_component(kind, plain[named_by])
    options: dict[str, Any] = {}
    for name, value in plain.items():
        if name == named_by:
            continue
        if name not in component.options:
            raise ValueError(f"{kind} {component.name} has no setting {name!r} any more")
        options[name] = _value(component.options[name].type, value)
    return Part(kind, component.name, options)


def _fit(plain: Mapping[str, Any]) -> Fit:
    return Fit(**_values(options_of(Fit), plain))


def _trial(plain: Mapping[str, Any]) -> Trial:
    """A trial and, inside it, its fit."""
    settings = dict(plain)
    fit = _fit(settings.pop("fit"))
    return Trial(fit=fit, **_values(options_of(Trial), settings))


def _values(options: Mapping[str, Option], plain: Mapping[str, Any]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, value in plain.items():
        values[name] = _value(options[name].type, value)
    return values


def _value(annotation: Any, plain: Any) -> Any:
    """The value of an option whose plain form was checked before."""
    _, inner = parts_of(annotation)
    kind = kind_of(inner)
    if kind is None or plain is None:
        return plain
    if isinstance(plain, list):
        return [_value(inner, item) for item in plain]
    if kind == "fit":
        return _fit(plain)
    return read_part(kind, plain)
