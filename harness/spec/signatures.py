"""The source of a file -> the components that it declares. Signatures are read, never run, and are
the schemas.
"""

import ast
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from harness.spec.facts import Facts
from harness.spec.naming import why_hides_oracle
from harness.spec.options import REQUIRED, WORDS, Count, Option

PACKAGE = Path(__file__).parent.parent  # harness/

# What harness itself adds to every component of a kind, on top of its signature.
COMMON: dict[str, tuple[Option, ...]] = {
    "dataset": (
        Option("split", Literal["train", "validation", "test", "all"] | None, None),
        # of the bytes: written in by harness, or pinned by the study
        Option("fingerprint", str | None, None),
    ),
    "net": (
        Option("slices", Literal[1, 3, 5, 7], 1),
        Option("classes", Count | None, None),
        # kernels of the first convolution, across slices
        Option("tied", Literal["none", "mirrored", "all"], "none"),
    ),
    # which images of a fit it changes; test images are treated as those of the target
    "prepare": (Option("to", Literal["source", "target", "all"], "all"),),
    "perturb": (Option("strength", float),),
}

# What reading a signature may raise; each becomes the sentence that refuses the component.
UNREADABLE = (NameError, TypeError, ValueError, LookupError, AttributeError, SyntaxError)


@dataclass(frozen=True)
class Component:
    """A registered function as its source describes it."""

    kind: str
    name: str
    module: str
    sentence: str
    options: dict[str, Option]
    facts: Facts = field(default_factory=Facts)
    digest: str = ""  # of its code, where it stands outside the package; "" for shipped ones
    defined_at: str = ""  # file:line
    arguments: tuple[str, ...] = ()  # what harness gives it: its positional arguments

    @property
    def reasons_without(self) -> dict[str, str]:
        """Options that it lacks for a reason, which a study may well ask for: a sentence each."""
        reasons = self.facts.without.items()
        return {option: f"{self.name} {reason}" for option, reason in reasons}


@dataclass(frozen=True)
class Refusal:
    """A component that cannot be used, and the sentence that says where it stands and why."""

    kind: str
    name: str
    sentence: str


@dataclass(frozen=True)
class Source:
    """A file of components: where it lies, the module that it is imported as, and a digest of its
    code.
    """

    path: Path
    module: str
    digest: str = ""


def read_components(
    source: Source, decorators: Mapping[str, str] | None = None
) -> list[Component | Refusal]:
    """Reads the components that a file declares, one for each decorated function.

    `decorators` says of which kind a decorator is; where it is left out, the imports of the file
    say it. A signature that is no schema refuses its own component and no other. A SyntaxError is
    the caller's.
    """
    tree = ast.parse(source.path.read_text(encoding="utf-8"), filename=str(source.path))
    kinds = imported_decorators(tree) if decorators is None else decorators
    words = _Words(tree)
    declarations: list[Component | Refusal] = []
    for node in tree.body:
        if not isinstance(node, ast.FunctionDef):
            continue
        for decorator in node.decorator_list:
            kind = kinds.get(_decorator_name(decorator))
            if kind is not None:
                declarations.append(_read_component(kind, node, decorator, source, words))
    return declarations


def imported_decorators(tree: ast.Module) -> dict[str, str]:
    """The decorators that a file imports from where harness has its own components, each with its
    kind.
    """
    decorators: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and is_home(node.module or ""):
            for alias in node.names:
                decorators[alias.asname or alias.name] = alias.name
    return decorators


def is_home(module: str) -> bool:
    """Whether components, or statistics, of the package live in a module."""
    return module == "harness.stats" or module.startswith(("harness.components", "harness.stats."))


def _decorator_name(decorator: ast.expr) -> str:
    """The name of a decorator that is written as `@name` or `@name(...)`; "" for any other."""
    if isinstance(decorator, ast.Call):
        decorator = decorator.func
    return decorator.id if isinstance(decorator, ast.Name) else ""


def _read_component(
    kind: str,
    node: ast.FunctionDef,
    decorator: ast.expr,
    source: Source,
    words: "_Words",
) -> Component | Refusal:
    """The component that a decorated function is, or why its source is no schema."""
    defined_at = f"{source.path}:{node.lineno}"
    try:
        facts = Facts.read(_keywords(decorator))
        reason = why_hides_oracle(node.name) if facts.oracle else None
        if reason is not None:
            raise ValueError(reason)
        options = {option.name: option for option in COMMON.get(kind, ())}
        for option in _options(node, words):
            options[option.name] = option
    except UNREADABLE as error:
        return Refusal(kind, node.name, f"{defined_at}: {kind} {node.name}: {error}")
    docstring = ast.get_docstring(node) or ""
    sentence = docstring.split("\n\n")[0].replace("\n", " ")
    return Component(
        kind,
        node.name,
        source.module,
        sentence,
        options,
        facts,
        source.digest,
        defined_at,
        tuple(argument.arg for argument in node.args.args),
    )


def _keywords(decorator: ast.expr) -> dict[str, Any]:
    """The facts that a decorator states, which are literals."""
    keywords: dict[str, Any] = {}
    if not isinstance(decorator, ast.Call):
        return keywords
    for keyword in decorator.keywords:
        keywords[str(keyword.arg)] = _literal(keyword.value, f"the fact {keyword.arg}")
    return keywords


def _options(node: ast.FunctionDef, words: "_Words") -> Iterator[Option]:
    """The keyword-only arguments of a function as options; every one of them needs a type."""
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        if argument.annotation is None:
            raise TypeError(f"the option {argument.arg} has no type; the signature is the schema")
        annotation = words.evaluate(argument.annotation)
        value = REQUIRED
        if default is not None:
            literal = _literal(default, f"the default of {argument.arg}")
            value = json.loads(json.dumps(literal))  # tuples become lists, as in a study file
        yield Option(argument.arg, annotation, value)


def _literal(node: ast.expr, owner: str) -> Any:
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise ValueError(f"{owner} should be a literal, not {ast.unparse(node)}") from None


class _Words(dict[str, Any]):
    """The vocabulary of signatures, then the file's own aliases, read where they are asked for."""

    def __init__(self, tree: ast.Module) -> None:
        """Notes what a file calls by names of its own, and what it imports from harness."""
        super().__init__(WORDS)
        self.aliases: dict[str, ast.expr] = {}
        self.modules: dict[str, str] = {}  # a name that is imported from harness -> its module
        for node in tree.body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                self.aliases[node.targets[0].id] = node.value
            elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("harness."):
                for alias in node.names:
                    self.modules[alias.name] = str(node.module)

    def evaluate(self, annotation: ast.expr) -> Any:
        """The type that an annotation stands for, with no word but those of signatures."""
        return eval(ast.unparse(annotation), {"__builtins__": {}}, self)

    def __missing__(self, word: str) -> Any:
        """A word of the file itself, or of the file that it is imported from."""
        if word in self.aliases:
            return self.evaluate(self.aliases[word])
        if word in self.modules:
            folder = PACKAGE.parent.joinpath(*self.modules[word].split("."))
            for path in (folder.with_suffix(".py"), folder / "__init__.py"):
                if path.is_file():
                    return _Words(ast.parse(path.read_text(encoding="utf-8")))[word]
        raise NameError(
            f"{word} is no word of harness.spec.options, "
            "and no alias of this file or of one that it imports from harness"
        )
