"""The JSON Schema of a study file, made from the catalogue, for editors that check and complete.

It is more lenient than `harness plan`: a file that extends another may leave out what the other
says, and an axis may give an option that a component needs. So no option is required.
"""

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from harness.spec.catalogue import Component, catalogue
from harness.spec.enclosing import SETS_OF_TRIAL
from harness.spec.options import NAMED_BY, REQUIRED, Count, Option, Whole, kind_of, parts_of
from harness.spec.parse import options_of
from harness.spec.paths import FIT_OPTIONS
from harness.spec.values import Fit, Trial
from harness.study.comparison import Comparison, Correlate
from harness.study.deciding_axes import FIELDS
from harness.study.entries import SET_ELSEWHERE, STATISTICS, entry_options
from harness.study.schema_texts import comments, docstring
from harness.study.search_schema import search_schema
from harness.study.settings import field_option
from harness.study.tables import Table
from harness.study.until_decided import SCHEMA_OF_RULE

Json = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
COMPONENTS = (
    *("dataset", "net", "init", "prepare", "augment", "method", "loss", "weight"),
    *("optimiser", "schedule", "pick", "perturb", "saliency", "probe"),
)
SET_OF_TRIAL = "That of the trial's fit, wherever in the trial it stands."

# The options of comparisons that name a statistic, and its kinds in the catalogue.
NAMES_OF = {**STATISTICS, "correct": ("correction",)}

TEXT: Json = {"type": "string"}
FOLDERS: Json = {"type": "array", "items": TEXT}
AXIS: Json = {"type": "array", "minItems": 1}
VALUES: Json = {"type": "object", "minProperties": 1}  # settings by their paths
NULL: Json = {"type": "null"}


def study_schema() -> Json:
    """The schema of a study file; what several places share stands under `$defs`."""
    definitions: Json = {
        "fit": _object_of_options(FIT_OPTIONS, comments(Fit), docstring(Fit)),
        "trial": _trial(),
        "comparison": _entry(Comparison),
        "correlate": _entry(Correlate),
        "table": _entry(Table),
    }
    for kind in COMPONENTS:
        definitions[kind] = _component(kind)
        for component in catalogue(kind).values():
            definitions[_reference_name(component)] = _options_of_component(component)
    return {
        "$schema": DRAFT,
        "title": "A study of harness",
        **_object(_sections(), "One question, the trials that answer it, and what is compared."),
        "$defs": definitions,
    }


def _sections() -> Json:
    """The sections of a study file, each with what it is."""
    seeds = {"anyOf": [_plain(Count), {**AXIS, "items": _plain(Whole)}, SCHEMA_OF_RULE]}
    rules = {"type": "array", "items": VALUES}
    comparisons = {"type": "array", "items": _reference("comparison")}
    tables = {"type": "array", "items": _reference("table")}
    columns = {"type": "object", "additionalProperties": AXIS}
    conditions = {"type": "object", "additionalProperties": VALUES}
    folds = {"type": "integer", "minimum": 2}
    return {
        "name": _with_text(TEXT, "What the study is called, in MLflow too."),
        "question": _with_text(TEXT, "What the study asks, as a sentence."),
        "extends": _with_text(TEXT, "Another study file, of which this one changes a few things."),
        "components": _with_text(FOLDERS, "Folders of components, relative to this file."),
        "seeds": _with_text(seeds, "How many seeds, a list of them, or until decided."),
        "folds": _with_text(folds, "Cross-validation: in how many folds."),
        "base": _with_text(_reference("trial"), "The trial, where no axis says otherwise."),
        "grid": _with_text(_grid(), "Axes, crossed: a path of a setting, and its values."),
        "zip": _with_text(columns, "Axes of equal length that move together."),
        "exclude": _with_text(rules, "Cells that are left out, with a reason."),
        "when": _with_text(conditions, "Axes that count only under a condition."),
        "search": _with_text(search_schema(), "A search instead of a grid, by Optuna."),
        "transductive": _with_text(
            {"type": "boolean", "default": False}, "Whether it adapts to images that it tests on."
        ),
        "compare": _with_text(comparisons, "The comparisons, declared before the run."),
        "tables": _with_text(tables, "Tables as a paper prints them."),
        "names": _with_text(_names(), "What people call metrics, settings and levels."),
        "scores": _with_text(TEXT, "A CSV file of what was trained and measured elsewhere."),
    }


def _names() -> Json:
    """A name for each metric or setting, or names for its levels too."""
    of_levels = {"type": "object", "additionalProperties": TEXT}
    return {"type": "object", "additionalProperties": {"anyOf": [TEXT, of_levels]}}


def _grid() -> Json:
    """Axes: the values of a whole field are checked; any other path may have any values."""
    properties: Json = {}
    for field in FIELDS:
        values = _option(field_option(field))
        values.pop("default", None)
        properties[".".join(map(str, field))] = {**AXIS, "items": values}
    return {"type": "object", "properties": properties, "additionalProperties": AXIS}


def _trial() -> Json:
    """The settings of a trial, with those of its fit inside."""
    options = dict(options_of(Trial))
    del options["fit"]
    trial = _object_of_options(options, comments(Trial), docstring(Trial))
    trial["properties"]["fit"] = _reference("fit")
    return trial


def _component(kind: str) -> Json:
    """A component: its name alone, or a mapping with its name and its options."""
    by = NAMED_BY.get(kind, "name")
    names: list[Json] = []
    options: list[Json] = []
    for component in catalogue(kind).values():
        names.append({"const": component.name, "description": component.sentence})
        is_named = {"properties": {by: {"const": component.name}}, "required": [by]}
        options.append({"if": is_named, "then": _reference(_reference_name(component))})
    mapping = {"type": "object", "properties": {by: {"oneOf": names}}, "allOf": options}
    if kind == "dataset":
        names += [{"const": word, "description": SET_OF_TRIAL} for word in SETS_OF_TRIAL]
    return {"description": f"The name of a {kind}, or its options.", "anyOf": [*names, mapping]}


def _options_of_component(component: Component) -> Json:
    """The options of one component, beside its name and its label."""
    schema = _object_of_options(component.options, {}, component.sentence)
    by = NAMED_BY.get(component.kind, "name")
    schema["properties"][by] = {"const": component.name}
    schema["properties"]["label"] = _with_text(TEXT, "What tables and figures call it.")
    return schema


def _reference_name(component: Component) -> str:
    return f"{component.kind}.{component.name}"


def _entry(kind: Any) -> Json:
    """An entry of `compare` or `tables`, which needs the options that have no default."""
    options = entry_options(kind)
    schema = _object_of_options(options, comments(kind), docstring(kind))
    properties = schema["properties"]
    for name, components in NAMES_OF.items():
        if name in properties:
            properties[name].update(_names_of(components))
            if name in STATISTICS:
                properties[name]["anyOf"] += _with_options(components)
    if "against" in properties:  # a level, which may be written as the value that it stands for
        properties["against"].pop("anyOf")
    if "where" in properties:
        properties["where"].pop("additionalProperties")
    if "correlate" in properties:
        properties["correlate"].update(anyOf=[_reference("correlate"), NULL])
    needed = [name for name, option in options.items() if option.default is REQUIRED]
    return {**schema, "required": needed}


def _names_of(kinds: tuple[str, ...]) -> Json:
    """The names of all components of some kinds, or null."""
    names: list[str] = []
    for kind in kinds:
        names.extend(catalogue(kind))
    return {"anyOf": [{"enum": names}, NULL]}


def _with_options(kinds: tuple[str, ...]) -> list[Json]:
    """The components of some kinds that have options, as mappings with their names."""
    schemas: list[Json] = []
    for kind in kinds:
        for component in catalogue(kind).values():
            schema = _object_of_options(component.options, {}, component.sentence)
            schema["properties"]["name"] = {"const": component.name}
            for option in SET_ELSEWHERE:
                schema["properties"].pop(option, None)
            schemas.append({**schema, "required": ["name"]})
    return schemas


def _object_of_options(options: Mapping[str, Option], comments: dict[str, str], text: str) -> Json:
    """A mapping of options; `comments` says what each is."""
    properties: Json = {}
    for name, option in options.items():
        properties[name] = _with_text(_option(option), comments.get(option.name, ""))
    return _object(properties, text)


def _object(properties: Json, text: str) -> Json:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return _with_text(schema, text)


def _option(option: Option) -> Json:
    """The values that an option takes, and its default."""
    schema = _values(option.type)
    if option.name == "seed":
        schema = {"anyOf": [schema, {"const": "trial"}]}  # a nested fit takes that of its trial
    if option.default is not REQUIRED:
        schema["default"] = option.default
    return schema


def _values(annotation: Any) -> Json:
    """The values of a type: components by reference, plain values as pydantic describes them."""
    shape, inner = parts_of(annotation)
    kind = kind_of(inner)
    if kind is None:
        return _plain(annotation)
    if shape == "optional":
        return {"anyOf": [_reference(kind), NULL]}
    if shape == "list":
        items = {"type": "array", "items": _reference(kind)}
        return {"anyOf": [items, _reference(kind)]}
    return _reference(kind)


def _plain(annotation: Any) -> Json:
    schema = TypeAdapter(annotation).json_schema()
    schema.pop("$defs", None)  # a dataclass inside has a definition of its own
    return schema


def _reference(name: str) -> Json:
    return {"$ref": f"#/$defs/{name}"}


def _with_text(schema: Json, text: str) -> Json:
    """A schema with the text that an editor shows beside it."""
    return {**schema, "description": text} if text else schema
