"""Names in a study file -> functions. Signatures are read from the source, never run, and are the schemas."""

import ast
import difflib
import importlib
import json
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

# Where the functions of each kind live: a folder of files, or one file, under harness/.
HOMES = {
    "dataset": "data",
    "net": "models",
    "init": "inits",
    "prepare": "prepare",
    "augment": "augment",
    "method": "methods",
    "loss": "losses",
    "optimiser": "optimisers",
    "schedule": "schedules",
    "pick": "picks",
    "perturb": "perturb",
    "saliency": "saliency",
    "probe": "probes",
    "test": "stats",
    "effect": "stats",
    "interval": "stats",
    "correction": "stats",
    "rank": "stats",
}


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
    **{word: value for word, value in globals().items() if word[0].isupper() and get_origin(value) is Annotated},
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


COMMON: dict[str, tuple[Option, ...]] = {
    "dataset": (
        Option("split", Literal["train", "validation", "test", "all"] | None, None),
        Option("fingerprint", str | None, None),  # of the bytes; written in by the harness, or pinned by the study
    ),
    "net": (
        Option("slices", Literal[1, 3, 5, 7], 1),
        Option("classes", Count | None, None),
        Option("tied", Literal["none", "mirrored", "all"], "none"),  # kernels of the first convolution, across slices
    ),
    "perturb": (Option("strength", float),),
}


@dataclass(frozen=True)
class Component:
    """A registered function as its source describes it."""

    kind: str
    name: str
    module: str
    sentence: str
    options: dict[str, Option]
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def version(self) -> int:
        """Raised by hand when a change of the code changes results."""
        return int(self.facts.get("version", 1))

    @property
    def without(self) -> dict[str, str]:
        """Options that it lacks for a reason, which a study may well ask for: a sentence each."""
        return {option: f"{self.name} {why}" for option, why in self.facts.get("without", {}).items()}


class BadSignature(Exception):
    """A component whose signature is no schema."""


def register(kind: str) -> Callable[..., Any]:
    """The decorator that makes a function a component of `kind`; keywords are literal facts about it."""
    if kind not in HOMES:
        raise ValueError(f"no kind of component is called {kind!r}; {did_you_mean(kind, HOMES)}")

    def decorate(function: Callable[..., Any] | None = None, /, **facts: Any) -> Any:
        return function if function is not None else lambda decorated: decorated

    return decorate


@cache
def catalogue(kind: str) -> dict[str, Component]:
    """Every component of `kind`, by name, without importing one of them."""
    found: dict[str, Component] = {}
    for path in _sources(HOMES[kind]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        module = ".".join(path.relative_to(Path(__file__).parent.parent).with_suffix("").parts)
        words = _Words(tree)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (facts := _facts(node, kind)) is not None:
                try:
                    options = {o.name: o for o in (*COMMON.get(kind, ()), *_options(node, words))}
                except (NameError, TypeError, ValueError) as error:
                    raise BadSignature(f"{path}:{node.lineno}: {kind} {node.name}: {error}") from None
                sentence = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
                found[node.name] = Component(kind, node.name, module, sentence, options, facts)
    return dict(sorted(found.items()))


def load(kind: str, name: str) -> Callable[..., Any]:
    """The function itself; this is what imports torch and the like."""
    function: Callable[..., Any] = getattr(importlib.import_module(catalogue(kind)[name].module), name)
    return function


def did_you_mean(word: object, choices: Iterable[str]) -> str:
    """The end of an error message: the nearest name, or all of them."""
    names = list(choices)
    if close := difflib.get_close_matches(str(word), names, n=1, cutoff=0.6):
        return f"did you mean {close[0]!r}?"
    return f"there is {', '.join(names)}" if names else "there is none yet"


def kind_of(annotation: Any) -> str | None:
    """The kind of component that an option takes, None where it takes a plain value."""
    marks = [m for m in get_args(annotation)[1:] if isinstance(m, Of)] if get_origin(annotation) is Annotated else []
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


def plain(annotation: Any, value: Any) -> Any:
    """`value` as the type says, in plain JSON form; a ValueError that names the choices where it cannot be."""
    try:
        adapter = _adapter(annotation)
        return adapter.dump_python(adapter.validate_json(json.dumps(value), strict=True), mode="json")
    except (ValidationError, TypeError) as error:
        raise ValueError(_complaint(value, error)) from None


def typed(annotation: Any, value: Any) -> Any:
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


def _sources(home: str) -> list[Path]:
    root = Path(__file__).parent
    return [root / f"{home}.py"] if (root / f"{home}.py").exists() else sorted((root / home).glob("*.py"))


def _facts(node: ast.FunctionDef, kind: str) -> dict[str, Any] | None:
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        if isinstance(target, ast.Name) and target.id == kind:
            return {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg} if call else {}
    return None


def _options(node: ast.FunctionDef, words: "_Words") -> Iterable[Option]:
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        value = REQUIRED if default is None else _default(default)
        if argument.annotation is None:
            raise TypeError(f"the option {argument.arg} has no type; the signature is the schema")
        yield Option(argument.arg, eval(ast.unparse(argument.annotation), {"__builtins__": {}}, words), value)


def _default(node: ast.expr) -> Any:
    value = ast.literal_eval(node)
    return json.loads(json.dumps(value))  # tuples become lists, as in a study file


class _Words(dict[str, Any]):
    """The vocabulary of signatures, then the file's own aliases, read where they are asked for."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(WORDS)
        pairs = [(n.targets[0], n.value) for n in tree.body if isinstance(n, ast.Assign)]
        self.aliases = {target.id: value for target, value in pairs if isinstance(target, ast.Name)}
        taken = [n for n in tree.body if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("harness.")]
        self.imports = {alias.name: str(n.module) for n in taken for alias in n.names}

    def __missing__(self, word: str) -> Any:
        if word in self.aliases:
            return eval(ast.unparse(self.aliases[word]), {"__builtins__": {}}, self)
        if word in self.imports:
            path = Path(__file__).parent.parent.joinpath(*self.imports[word].split(".")).with_suffix(".py")
            if path.is_file():
                return _Words(ast.parse(path.read_text(encoding="utf-8")))[word]
        raise NameError(f"{word} is no word of registry.py, and no alias of this file or of one that it imports")


@cache
def _adapter(annotation: Any) -> TypeAdapter[Any]:
    return TypeAdapter(annotation, config=ConfigDict(strict=True))


def _complaint(value: Any, error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return f"{value!r} is not a plain value"
    first = max(error.errors(include_url=False), key=lambda one: len(one["loc"]))  # of a union, what came furthest
    shown = first["input"] if first["type"] != "missing" else value
    if first["type"] == "literal_error":
        expected = first["ctx"]["expected"].replace("'", "").replace(" or ", ", ").split(", ")
        nearest = difflib.get_close_matches(str(shown), expected, n=1, cutoff=0.6)
        meant = f"; did you mean {nearest[0]!r}?" if nearest else ""
        return f"{shown!r} is not one of {', '.join(shortened(expected))}{meant}"
    return f"{shown!r}: {first['msg'].replace('Input should be', 'should be')}"
