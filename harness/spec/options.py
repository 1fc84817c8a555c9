"""The types that signatures are written in; a value checked against one."""

import difflib
import json
import types
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError


@dataclass(frozen=True)
class Of:
    """Marks an option whose value is itself a component, a dataset or another fit."""

    kind: str


# The words of a signature. A component imports those it needs; nothing else is needed to describe an option.
Count = Annotated[int, Field(ge=1)]
Whole = Annotated[int, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Fraction = Annotated[float, Field(ge=0, le=1)]
Dataset = Annotated[Any, Of("dataset")]
Net = Annotated[Any, Of("net")]
Init = Annotated[Any, Of("init")]
Prepare = Annotated[Any, Of("prepare")]
Augment = Annotated[Any, Of("augment")]
Method = Annotated[Any, Of("method")]
Loss = Annotated[Any, Of("loss")]
Optimiser = Annotated[Any, Of("optimiser")]
Schedule = Annotated[Any, Of("schedule")]
Pick = Annotated[Any, Of("pick")]
Perturb = Annotated[Any, Of("perturb")]
Saliency = Annotated[Any, Of("saliency")]
Probe = Annotated[Any, Of("probe")]
Trained = Annotated[Path, Of("fit")]

WORDS = {
    **{
        word: value
        for word, value in globals().items()
        if word[0].isupper() and get_origin(value) is Annotated
    },
    **{"Literal": Literal, "Annotated": Annotated, "Field": Field, "Any": Any, "Path": Path},
    **{kind.__name__: kind for kind in (bool, int, float, str, list, tuple, dict)},
}
REQUIRED: Any = type("Required", (), {"__repr__": lambda self: "required"})()

# What the harness itself adds to every component of a kind, on top of its signature, and the key that names it.
NAMED_BY = {"net": "arch"}


@dataclass(frozen=True)
class Option:
    """One thing that a study file may set on a component."""

    name: str
    type: Any
    default: Any = REQUIRED


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """The end of an error message: the nearest name, or all of them."""
    names = list(choices)
    if close := difflib.get_close_matches(str(word), names, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(names)}" if names else "there is none yet"


def kind_of(annotation: Any) -> str | None:
    """The kind of component that an option takes, None where it takes a plain value."""
    marks = (
        [m for m in get_args(annotation)[1:] if isinstance(m, Of)]
        if get_origin(annotation) is Annotated
        else []
    )
    return marks[0].kind if marks else None


def parts_of(annotation: Any) -> tuple[str | None, Any]:
    """How an annotation is built: ('list' | 'optional' | None, what is inside)."""
    if get_origin(annotation) in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        if len(inner) == 1 and len(get_args(annotation)) == 2:
            return "optional", inner[0]
    if get_origin(annotation) is list and kind_of(get_args(annotation)[0]):
        return "list", get_args(annotation)[0]
    return None, annotation


def plain_value(annotation: Any, value: Any) -> Any:
    """`value` as the type says, in plain JSON form; a ValueError that names the choices where it cannot be."""
    try:
        adapter = _adapter(annotation)
        return adapter.dump_python(
            adapter.validate_json(json.dumps(value), strict=True), mode="json"
        )
    except (ValidationError, TypeError) as error:
        raise ValueError(_complaint(value, error)) from None


def typed_value(annotation: Any, value: Any) -> Any:
    """The Python value (a tuple, a Path) that a function gets for the plain one."""
    return _adapter(annotation).validate_json(json.dumps(value), strict=True)


def readable(annotation: Any) -> str:
    """A type as the catalogue prints it."""
    named = {id(v): k for k, v in WORDS.items()}
    if (mark := kind_of(annotation)) is not None:
        return mark
    if get_origin(annotation) is Literal:
        return " | ".join(shortened([str(choice) for choice in get_args(annotation)]))
    if get_origin(annotation) in (Union, types.UnionType):
        return " | ".join("null" if a is type(None) else readable(a) for a in get_args(annotation))
    if get_origin(annotation) is Annotated:
        return named.get(id(annotation), readable(get_args(annotation)[0])).lower()
    if get_origin(annotation) in (list, tuple):
        inside = ", ".join("..." if a is ... else readable(a) for a in get_args(annotation))
        return f"{get_origin(annotation).__name__} of {inside}"
    return getattr(annotation, "__name__", str(annotation))


def shortened(choices: list[str]) -> list[str]:
    """A list that a line can hold."""
    return choices if len(choices) <= 12 else [*choices[:8], f"... ({len(choices)} in all)"]


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True))


def _complaint(value: Any, error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{value!r} is not a plain value"
    first = max(
        error.errors(include_url=False), key=lambda one: len(one["loc"])
    )  # of a union, what came furthest
    shown = first["input"] if first["type"] != "missing" else value
    if first["type"] == "literal_error":
        expected = first["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        nearest = difflib.get_close_matches(str(shown), expected, n=1, cutoff=0.6)
        meant = f"; did you mean {nearest[0]!r}?" if nearest else ""
        return f"{shown!r} is not one of {', '.join(shortened(expected))}{meant}"
    return f"{shown!r}: {first['msg'].replace('Input should be', 'should be')}"
