"""The types that signatures are written in; a value checked against one."""

import dataclasses
import difflib
import json
import types
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import Field, ValidationError

from harness.spec.adapters import adapter_of


@dataclass(frozen=True)
class Of:
    """Marks an option whose value is itself a component, a dataset or another fit."""

    kind: str
    ready: bool = False  # of a fit: its network, built and with its weights, rather than their file


# The words of a signature. A component imports those it needs; nothing else describes an option.
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
Weight = Annotated[Any, Of("weight")]
Pick = Annotated[Any, Of("pick")]
Perturb = Annotated[Any, Of("perturb")]
Saliency = Annotated[Any, Of("saliency")]
Probe = Annotated[Any, Of("probe")]
Trained = Annotated[Path, Of("fit")]
Network = Annotated[Any, Of("fit", ready=True)]

WORDS: dict[str, Any] = {
    "Count": Count,
    "Whole": Whole,
    "Positive": Positive,
    "NonNegative": NonNegative,
    "Fraction": Fraction,
    "Dataset": Dataset,
    "Net": Net,
    "Init": Init,
    "Prepare": Prepare,
    "Augment": Augment,
    "Method": Method,
    "Loss": Loss,
    "Optimiser": Optimiser,
    "Schedule": Schedule,
    "Weight": Weight,
    "Pick": Pick,
    "Perturb": Perturb,
    "Saliency": Saliency,
    "Probe": Probe,
    "Trained": Trained,
    "Network": Network,
    "Literal": Literal,
    "Annotated": Annotated,
    "Field": Field,
    "Any": Any,
    "Path": Path,
    "bool": bool,
    "int": int,
    "float": float,
    "str": str,
    "list": list,
    "tuple": tuple,
    "dict": dict,
}


class Required:
    """Stands where an option has no default."""

    def __repr__(self) -> str:
        return "required"


REQUIRED: Any = Required()

# The key that names a component in a study file, where it is another than `name`.
NAMED_BY = {"net": "arch"}


@dataclass(frozen=True)
class Option:
    """One thing that a study file may set on a component."""

    name: str
    type: Any
    default: Any = REQUIRED


@cache
def options_of(schema: type) -> Mapping[str, Option]:
    """The fields of a frozen dataclass as options, like those of a component.

    Fits, trials, comparisons and tables are read with it. An option is called by the word that a
    file writes; a field whose word Python has a use for, like `from_`, ends with an underscore, and
    `Option.name` is that of the field.
    """
    hints = get_type_hints(schema, include_extras=True)
    options: dict[str, Option] = {}
    for field in dataclasses.fields(schema):
        word = field.name.removesuffix("_")
        options[word] = Option(field.name, hints[field.name], _default_of(field))
    return types.MappingProxyType(options)  # one for all who ask: nobody may change it


def _default_of(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    if field.default is dataclasses.MISSING:
        return REQUIRED
    return field.default


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """The end of an error message: the nearest name, or all of them."""
    names = list(choices)
    if close := difflib.get_close_matches(str(word), names, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(names) or 'none yet'}"


def kind_of(annotation: Any) -> str | None:
    """The kind of component that an option takes, None where it takes a plain value."""
    mark = mark_of(annotation)
    return None if mark is None else mark.kind


def mark_of(annotation: Any) -> Of | None:
    """What an option takes that is a component, a dataset or another fit; None else."""
    if get_origin(annotation) is Annotated:
        for mark in get_args(annotation)[1:]:
            if isinstance(mark, Of):
                return mark
    return None


def parts_of(annotation: Any) -> tuple[str | None, Any]:
    """How an annotation is built: ('list' | 'optional' | None, what is inside)."""
    arguments = get_args(annotation)
    if _is_union(annotation):
        alternatives = [argument for argument in arguments if argument is not type(None)]
        if len(alternatives) == 1 and len(arguments) == 2:
            return "optional", alternatives[0]
    if get_origin(annotation) is list and kind_of(arguments[0]):
        return "list", arguments[0]
    return None, annotation


def _is_union(annotation: Any) -> bool:
    return get_origin(annotation) in (Union, types.UnionType)


def plain_value(annotation: Any, value: Any) -> Any:
    """`value` as the type says, in plain JSON form; a ValueError that names the choices where it
    cannot be.
    """
    try:
        adapter = adapter_of(annotation)
        checked = adapter.validate_json(json.dumps(value), strict=True)
        return adapter.dump_python(checked, mode="json")
    except (ValidationError, TypeError) as error:
        raise ValueError(_problem_with(value, error)) from None


def typed_value(annotation: Any, value: Any) -> Any:
    """The Python value (a tuple, a Path) that a function gets for the plain one."""
    return adapter_of(annotation).validate_json(json.dumps(value), strict=True)


def readable(annotation: Any) -> str:
    """A type as the catalogue prints it."""
    mark = kind_of(annotation)
    if mark is not None:
        return mark
    origin = get_origin(annotation)
    arguments = get_args(annotation)
    if origin is Literal:
        return " | ".join(shorten([str(choice) for choice in arguments]))
    if _is_union(annotation):
        return " | ".join(map(readable, arguments))
    if origin is Annotated:
        return _word_of(annotation) or readable(arguments[0]).lower()
    if origin in (list, tuple):
        return f"{origin.__name__} of {', '.join(map(readable, arguments))}"
    if annotation is type(None):
        return "null"
    if annotation is ...:
        return "..."
    return getattr(annotation, "__name__", str(annotation))


def _word_of(annotation: Any) -> str | None:
    """The word of a signature that stands for a type, in small letters."""
    for word, value in WORDS.items():
        if value is annotation:
            return word.lower()
    return None


def shorten(choices: list[str]) -> list[str]:
    """A list that a line can hold."""
    if len(choices) <= 12:
        return choices
    return [*choices[:8], f"... ({len(choices)} in all)"]


def _problem_with(value: Any, error: Exception) -> str:
    """Why a value is refused, in one sentence; of a union, what its nearest alternative says."""
    if not isinstance(error, ValidationError):
        return f"{value!r} is not a plain value"
    details = max(error.errors(include_url=False), key=lambda detail: len(detail["loc"]))
    refused = value if details["type"] == "missing" else details["input"]
    if details["type"] == "literal_error":
        return _problem_with_choice(refused, details["ctx"]["expected"])
    return f"{refused!r}: {details['msg'].replace('Input should be', 'should be')}"


def _problem_with_choice(refused: Any, expected: str) -> str:
    """Why a value is refused that is none of the choices, which pydantic lists as `expected`."""
    listing = expected.replace("'", "").replace(" or ", ", ")
    choices = listing.split(", ")
    text = f"{refused!r} is not one of {', '.join(shorten(choices))}"
    nearest = difflib.get_close_matches(str(refused), choices, n=1, cutoff=0.6)
    if nearest:
        text = f"{text}; did you mean {nearest[0]!r}?"
    return text
