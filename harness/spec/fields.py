"""The settings of a fit or a trial as fields: their names, their key, and their plain form."""

import dataclasses
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any, ClassVar

from harness.spec.keys import hash_of


class Settings:
    """What fits and trials share: a key and a plain form of all their settings."""

    # settings that came later, at what was so before: no part of a key while they say so
    LATER: ClassVar[Mapping[str, Any]] = {}

    @cached_property
    def key(self) -> str:
        """Changes with every setting that counts, those of a trial's fit included."""
        fields = []
        for name, value in fields_of(self):
            if name not in self.LATER or value != self.LATER[name]:
                fields.append((name, value))
        return hash_of(fields)

    def to_plain(self) -> dict[str, Any]:
        """The settings that count as a study file could have written them."""
        return self._plain

    @cached_property
    def _plain(self) -> dict[str, Any]:
        return {name: to_plain(value) for name, value in fields_of(self)}

    def counting(self, name: str) -> Any:
        """A setting as it counts."""
        return getattr(self, name)


def fields_of(value: Settings) -> list[tuple[str, Any]]:
    """The settings of a fit or trial by name, each as it counts."""
    fields = []
    for name in field_names(value):
        fields.append((name, value.counting(name)))
    return fields


def field_names(value: Settings) -> tuple[str, ...]:
    """The settings of a fit or trial by name; cached properties are none of them."""
    kind: Any = type(value)
    return _names_of(kind)


@cache
def _names_of(kind: Any) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


def to_plain(value: Any) -> Any:
    """A value with its components written out, as a study file could have done."""
    if hasattr(value, "to_plain"):
        return value.to_plain()
    if isinstance(value, list):
        return [to_plain(item) for item in value]
    return value
