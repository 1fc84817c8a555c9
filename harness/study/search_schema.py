"""The JSON Schema of the section `search` of a study file."""

from typing import Any

from pydantic import TypeAdapter

from harness.study.comparison import Comparison
from harness.study.entries import entry_options
from harness.study.search_confirm import OPTIONS_OF_COMPARISON
from harness.study.search_section import PRUNERS, SAMPLERS

Json = dict[str, Any]

TEXT: Json = {"type": "string"}
CHOICES: Json = {"type": "array", "minItems": 1}
COUNT: Json = {"type": "integer", "minimum": 1}
WHEN: Json = {"type": "object", "minProperties": 1}


def search_schema() -> Json:
    """What a search may say; editors offer its words."""
    properties = {
        "over": _with_text(
            {"type": "object", "minProperties": 1, "additionalProperties": _dimension()},
            "The settings to search: a path, and its choices or its range.",
        ),
        "sampler": _with_text(_by_name(SAMPLERS, may_be_any=True), "Who proposes points; tpe."),
        "maximise": _with_text(_metrics(), "The metrics of which more is better."),
        "minimise": _with_text(_metrics(), "The metrics of which less is better."),
        "budget": _with_text(_budget(), "When the search is over."),
        "seeds": _with_text(_seeds(), "A race over seeds, or a fixed count for every point."),
        "prune": _with_text(_by_name(PRUNERS), "Who stops a training by its curve; nobody."),
        "confirm": _with_text(_confirm(), "Fresh seeds of the best points and of a baseline."),
    }
    return {**_object(properties), "required": ["over", "budget"]}


def _dimension() -> Json:
    """A setting with choices, or with a range of numbers."""
    shared = {"when": _with_text(WHEN, "What must hold for this setting to count.")}
    number = {
        **shared,
        "log": _with_text({"type": "boolean"}, "Whether it is drawn on a logarithmic scale."),
        "step": _with_text({"type": "number", "exclusiveMinimum": 0}, "From value to value."),
    }
    kinds = [CHOICES, _object({"choices": CHOICES, **shared})]
    for kind, values in (("float", "number"), ("int", "integer")):
        ends = {"type": "array", "items": {"type": values}, "minItems": 2, "maxItems": 2}
        kinds.append({**_object({kind: ends, **number}), "required": [kind]})
    return {"anyOf": kinds}


def _by_name(names: tuple[str, ...], *, may_be_any: bool = False) -> Json:
    """A name, or a mapping from a name to its arguments."""
    arguments = {"type": "object", "minProperties": 1, "maxProperties": 1}
    kinds: list[Json] = [{"enum": list(names)}, arguments]
    if may_be_any:
        kinds.append(_with_text(TEXT, "A sampler of OptunaHub that is installed: samplers/NAME."))
    return {"anyOf": kinds}


def _metrics() -> Json:
    return {"anyOf": [TEXT, {"type": "array", "items": TEXT, "minItems": 1}]}


def _budget() -> Json:
    """So many trainings, or so many hours."""
    trainings = _object({"trainings": COUNT})
    hours = _object({"hours": {"type": "number", "exclusiveMinimum": 0}})
    return {"anyOf": [trainings, hours]}


def _seeds() -> Json:
    """A race, its rungs, or a fixed count."""
    rungs = {"type": "array", "items": COUNT, "minItems": 1}
    return {"anyOf": [{"const": "race"}, _object({"race": rungs}), _object({"fixed": COUNT})]}


def _confirm() -> Json:
    """What is compared with what, and how, where a comparison leaves a choice."""
    options = entry_options(Comparison)
    properties: Json = {
        "best": _with_text(COUNT, "How many of the best points; 1."),
        "seeds": _with_text(COUNT, "Fresh seeds of each; 8."),
        "against": _with_text(
            {"anyOf": [TEXT, WHEN]}, "Settings of the baseline, or a word for what `base` says."
        ),
    }
    for name in OPTIONS_OF_COMPARISON:
        if name in options:
            schema = TypeAdapter(options[name].type).json_schema()
            schema.pop("$defs", None)
            properties[name] = schema
    return _object(properties)


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _with_text(schema: Json, text: str) -> Json:
    """A schema with the text that an editor shows beside it."""
    return {**schema, "description": text}
