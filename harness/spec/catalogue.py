"""Names in a study file -> functions: the package's own components, and those outside it."""

import importlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.spec.options import did_you_mean
from harness.spec.outside import cached_by_folders, load_outside, outside_roots, outside_sources
from harness.spec.signatures import (
    COMMON,
    PACKAGE,
    Component,
    Refusal,
    Source,
    read_components,
)

__all__ = ["COMMON", "HOMES", "PACKAGE", "Component", "catalogue", "load_component", "register"]

# Where the functions of each kind live: a folder of files, or one file, under harness/.
HOMES = {
    "dataset": "components/datasets",
    "net": "components/nets",
    "init": "components/inits",
    "prepare": "components/prepare",
    "augment": "components/augment",
    "method": "components/methods",
    "loss": "components/losses",
    "weight": "components/weights",
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


class BadSignature(LookupError):
    """A component that cannot be used: its signature is no schema, or its name is taken."""


@dataclass
class _Shelf:
    """The components of one kind: those that can be used, and why the others cannot."""

    components: dict[str, Component] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)  # name -> the sentence that says why

    def add_own(self, declaration: Component | Refusal) -> None:
        """Takes in a component of the package."""
        if isinstance(declaration, Refusal):
            self.refusals[declaration.name] = declaration.sentence
        else:
            self.components[declaration.name] = declaration

    def add_outside(self, declaration: Component | Refusal) -> None:
        """Takes in a component of a person's own, unless its name is taken."""
        if isinstance(declaration, Refusal):
            self.refusals[declaration.name] = declaration.sentence
            return
        earlier = self.components.setdefault(declaration.name, declaration)
        if earlier is declaration:
            return
        owner = "one of harness's own"
        if earlier.digest:
            owner = "another of yours"
        self.refusals[declaration.name] = (
            f"{declaration.defined_at}: the {declaration.kind} {declaration.name} has the name of "
            f"{owner}, {earlier.defined_at}; rename yours"
        )


def register(kind: str) -> Callable[..., Any]:
    """The decorator that makes a function a component of `kind`; keywords are literal facts about
    it.
    """
    if kind not in HOMES:
        raise ValueError(f"no kind of component is called {kind!r}; {did_you_mean(kind, HOMES)}")

    def decorate(function: Callable[..., Any] | None = None, /, **facts: Any) -> Any:
        if function is not None:
            return function
        return lambda decorated: decorated

    return decorate


@cached_by_folders
def catalogue(kind: str) -> dict[str, Component]:
    """Every component of `kind`, by name, without importing one of them."""
    components = _shelf(kind).components
    return dict(sorted(components.items()))


@cached_by_folders
def refused_components(kind: str) -> dict[str, str]:
    """The components of `kind` that a study may not name, each with the sentence that says where
    and why.
    """
    refusals = _shelf(kind).refusals
    return dict(sorted(refusals.items()))


def why_unknown(kind: str, name: object) -> str | None:
    """Why a study cannot name this component, None where it can.

    Files that could not be read are told with a name that nobody has: it may stand in one of them.
    """
    components = catalogue(kind)
    if isinstance(name, str):
        if name in refused_components(kind):
            return refused_components(kind)[name]
        if name in components:
            return None
    sentences = [f"no {kind} named {name!r}", did_you_mean(name, components), *unreadable_files()]
    return "; ".join(sentences)


def unreadable_files() -> list[str]:
    """A sentence for each file or folder outside the package that could not be read."""
    return [*outside_roots()[1], *_outside()[1]]


def find_component(kind: str, name: str) -> Component:
    """The component of a name; a LookupError with the reason where there is none."""
    component = catalogue(kind).get(name)
    if component is None:
        raise BadSignature(why_unknown(kind, name))
    return component


def load_component(kind: str, name: str) -> Callable[..., Any]:
    """The function itself; this is what imports torch and the like."""
    component = find_component(kind, name)
    if component.digest:
        file, _, _ = component.defined_at.rpartition(":")
        module = load_outside(component.module, Path(file), component.digest)
    else:
        module = importlib.import_module(component.module)
    function: Callable[..., Any] = getattr(module, name)
    return function


@cached_by_folders
def _shelf(kind: str) -> _Shelf:
    """Reads the files where components of a kind may stand, the package's own first."""
    shelf = _Shelf()
    for path in _own_files(HOMES[kind]):
        steps = path.relative_to(PACKAGE.parent).with_suffix("").parts
        module = ".".join(steps)
        for declaration in read_components(Source(path, module), {kind: kind}):
            shelf.add_own(declaration)
    for declaration in _outside()[0]:
        if declaration.kind == kind:
            shelf.add_outside(declaration)
    return shelf


def _own_files(home: str) -> list[Path]:
    file = PACKAGE / f"{home}.py"
    if file.exists():
        return [file]
    return sorted((PACKAGE / home).rglob("*.py"))


@cached_by_folders
def _outside() -> tuple[list[Component | Refusal], list[str]]:
    """What the files outside the package declare, and a sentence for each unreadable one."""
    declarations: list[Component | Refusal] = []
    problems: list[str] = []
    for source in outside_sources():
        try:
            declarations += read_components(source)
        except SyntaxError as error:
            problems.append(f"{source.path} could not be read: line {error.lineno}: {error.msg}")
        except UnicodeDecodeError:
            problems.append(f"{source.path} could not be read: it is not UTF-8")
    return declarations, problems
