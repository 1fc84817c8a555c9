"""Names in a study file -> functions. Signatures are read from the source, never run, and are the schemas."""

import ast
import importlib
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from harness.spec.facts import Facts
from harness.spec.options import REQUIRED, WORDS, Count, Option, did_you_mean

PACKAGE = Path(__file__).parent.parent  # harness/

# Where the functions of each kind live: a folder of files, or one file, under harness/.
HOMES = {
    "dataset": "components/datasets",
    "net": "components/nets",
    "init": "components/inits",
    "prepare": "components/prepare",
    "augment": "components/augment",
    "method": "components/methods",
    "loss": "components/losses",
    "optimiser": "components/optimisers",
    "schedule": "components/schedules",
    "pick": "components/picks",
    "perturb": "components/perturb",
    "saliency": "components/saliency",
    "probe": "components/probes",
    "test": "stats",
    "effect": "stats",
    "interval": "stats",
    "correction": "stats",
    "rank": "stats",
}


COMMON: dict[str, tuple[Option, ...]] = {
    "dataset": (
        Option("split", Literal["train", "validation", "test", "all"] | None, None),
        Option(
            "fingerprint", str | None, None
        ),  # of the bytes; written in by the harness, or pinned by the study
    ),
    "net": (
        Option("slices", Literal[1, 3, 5, 7], 1),
        Option("classes", Count | None, None),
        Option(
            "tied", Literal["none", "mirrored", "all"], "none"
        ),  # kernels of the first convolution, across slices
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
    facts: Facts = Facts()

    @property
    def without(self) -> dict[str, str]:
        """Options that it lacks for a reason, which a study may well ask for: a sentence each."""
        return {option: f"{self.name} {why}" for option, why in self.facts.without.items()}


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
        module = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts)
        words = _Words(tree)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and (facts := _facts(node, kind)) is not None:
                try:
                    read_facts = Facts.read(facts)
                    options = {o.name: o for o in (*COMMON.get(kind, ()), *_options(node, words))}
                except (NameError, TypeError, ValueError) as error:
                    raise BadSignature(
                        f"{path}:{node.lineno}: {kind} {node.name}: {error}"
                    ) from None
                sentence = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
                found[node.name] = Component(kind, node.name, module, sentence, options, read_facts)
    return dict(sorted(found.items()))


def load_component(kind: str, name: str) -> Callable[..., Any]:
    """The function itself; this is what imports torch and the like."""
    function: Callable[..., Any] = getattr(
        importlib.import_module(catalogue(kind)[name].module), name
    )
    return function


def _sources(home: str) -> list[Path]:
    file = PACKAGE / f"{home}.py"
    return [file] if file.exists() else sorted((PACKAGE / home).rglob("*.py"))


def _facts(node: ast.FunctionDef, kind: str) -> dict[str, Any] | None:
    for decorator in node.decorator_list:
        call = decorator if isinstance(decorator, ast.Call) else None
        target = call.func if call else decorator
        if isinstance(target, ast.Name) and target.id == kind:
            return (
                {k.arg: ast.literal_eval(k.value) for k in call.keywords if k.arg} if call else {}
            )
    return None


def _options(node: ast.FunctionDef, words: "_Words") -> Iterable[Option]:
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        value = REQUIRED if default is None else _default(default)
        if argument.annotation is None:
            raise TypeError(f"the option {argument.arg} has no type; the signature is the schema")
        yield Option(
            argument.arg, eval(ast.unparse(argument.annotation), {"__builtins__": {}}, words), value
        )


def _default(node: ast.expr) -> Any:
    value = ast.literal_eval(node)
    return json.loads(json.dumps(value))  # tuples become lists, as in a study file


class _Words(dict[str, Any]):
    """The vocabulary of signatures, then the file's own aliases, read where they are asked for."""

    def __init__(self, tree: ast.Module) -> None:
        super().__init__(WORDS)
        pairs = [(n.targets[0], n.value) for n in tree.body if isinstance(n, ast.Assign)]
        self.aliases = {target.id: value for target, value in pairs if isinstance(target, ast.Name)}
        taken = [
            n
            for n in tree.body
            if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("harness.")
        ]
        self.imports = {alias.name: str(n.module) for n in taken for alias in n.names}

    def __missing__(self, word: str) -> Any:
        if word in self.aliases:
            return eval(ast.unparse(self.aliases[word]), {"__builtins__": {}}, self)
        if word in self.imports:
            path = PACKAGE.parent.joinpath(*self.imports[word].split(".")).with_suffix(".py")
            if path.is_file():
                return _Words(ast.parse(path.read_text(encoding="utf-8")))[word]
        raise NameError(
            f"{word} is no word of registry.py, and no alias of this file or of one that it imports"
        )
