"""A reminder: whoever changes the code of a shipped component says whether its results change.

`component_digests.json` has the version of every component and a digest of its code: of the
function, and of everything in its own file and in harness.components, harness.measure and
harness.stats that it uses. Formatting, comments, docstrings and annotations do not count. `python
-m tests.spec.test_component_versions --update` records what there is.
"""

import ast
import hashlib
import json
import sys
from functools import cache
from pathlib import Path

import pytest

from harness.spec.catalogue import HOMES, Component, catalogue
from harness.spec.signatures import PACKAGE

FILE = Path(__file__).with_name("component_digests.json")
UPDATE = "python -m tests.spec.test_component_versions --update"
FOLLOWED = ("harness.components", "harness.measure", "harness.stats")
ALL: dict[str, Component] = {}
for kind in HOMES:
    for name, component in catalogue(kind).items():
        if not component.digest:  # it ships
            ALL[f"{kind}/{name}"] = component

Definition = tuple[str, str]  # a module, and a name at its top


class Bare(ast.NodeTransformer):
    """Takes docstrings and annotations out of a tree."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        self.generic_visit(node)
        node.returns = None
        return _without_docstring(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        self.generic_visit(node)
        return _without_docstring(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        node.annotation = None
        return node


def _without_docstring(node: ast.FunctionDef | ast.ClassDef) -> ast.AST:
    if ast.get_docstring(node) is not None:
        node.body = node.body[1:] or [ast.Pass()]
    if hasattr(node, "type_params"):  # from Python 3.12 on
        del node.type_params
    return node


@cache
def definitions_of(module: str) -> tuple[dict[str, list[ast.stmt]], dict[str, Definition]]:
    """What a module defines at its top, by name, and where what it imports is defined."""
    tree = Bare().visit(ast.parse(file_of(module).read_text(encoding="utf-8")))
    defined: dict[str, list[ast.stmt]] = {}
    imported: dict[str, Definition] = {}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(FOLLOWED):
            for alias in node.names:
                imported[alias.asname or alias.name] = (str(node.module), alias.name)
        for name in names_bound_by(node):
            defined.setdefault(name, []).append(node)
    return defined, imported


def names_bound_by(node: ast.stmt) -> list[str]:
    """The names that a statement at the top of a module gives a value; imports are followed, not
    counted.
    """
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return []
    names = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            names.append(inner.id)
    return names


def file_of(module: str) -> Path:
    """Where the source of a module would lie."""
    path = PACKAGE.parent.joinpath(*module.split("."))
    if path.is_dir():
        return path / "__init__.py"
    return path.with_suffix(".py")


def is_module(name: str) -> bool:
    return file_of(name).is_file()


def digest_of(component: Component) -> str:
    """A digest of the function and of everything that it uses, directly or not, in the files that
    are followed.
    """
    unread: list[Definition] = [(component.module, component.name)]
    texts: dict[Definition, str] = {}
    while unread:
        module, name = unread.pop()
        if (module, name) in texts:
            continue
        defined, imported = definitions_of(module)
        nodes = defined.get(name, [])
        texts[module, name] = "\n".join(ast.dump(node) for node in nodes)
        for node in nodes:
            unread += names_used_by(node, module, defined, imported)
    code = "\n".join(sorted(texts.values()))
    return hashlib.sha256(code.encode()).hexdigest()[:16]


def names_used_by(
    node: ast.AST,
    module: str,
    defined: dict[str, list[ast.stmt]],
    imported: dict[str, Definition],
) -> list[Definition]:
    """The definitions that a piece of code names: `name`, or `module.name`."""
    used: list[Definition] = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and inner.id in defined:
            used.append((module, inner.id))
        elif isinstance(inner, ast.Name) and inner.id in imported:
            home, name = imported[inner.id]
            if not is_module(f"{home}.{name}"):
                used.append((home, name))
        elif isinstance(inner, ast.Attribute) and isinstance(inner.value, ast.Name):
            home, name = imported.get(inner.value.id, ("", ""))
            if home and is_module(f"{home}.{name}"):
                used.append((f"{home}.{name}", inner.attr))
    return used


def recorded_digests() -> dict[str, tuple[int, str]]:
    recorded: dict[str, tuple[int, str]] = {}
    if FILE.exists():
        for name, (version, digest) in json.loads(FILE.read_text(encoding="utf-8")).items():
            recorded[name] = (version, digest)
    return recorded


def current_digests() -> dict[str, tuple[int, str]]:
    digests: dict[str, tuple[int, str]] = {}
    for name, component in sorted(ALL.items()):
        digests[name] = (component.facts.version, digest_of(component))
    return digests


def reminder(name: str, recorded: tuple[int, str] | None, version: int) -> str:
    """What whoever changed a component should do."""
    if recorded is None:
        return f"{name} is new; record it with `{UPDATE}`"
    if recorded[0] != version:
        return f"{name} has another version; record it with `{UPDATE}`"
    return (
        f"the code of {name} has changed; if that changes any result, raise its version to "
        f"@{name.split('/')[0]}(version={version + 1}), so that old results are not taken for "
        f"new ones; then record it with `{UPDATE}`"
    )


@pytest.mark.parametrize("name", ALL)
def test_a_changed_component_has_another_version_or_the_same_results(name: str) -> None:
    recorded = recorded_digests().get(name)
    component = ALL[name]
    current = (component.facts.version, digest_of(component))
    assert recorded == current, reminder(name, recorded, component.facts.version)


def test_no_digest_is_of_a_component_that_is_gone() -> None:
    gone = sorted(set(recorded_digests()) - set(ALL))
    assert gone == [], f"record what there is with `{UPDATE}`"


def test_a_change_of_a_helper_changes_the_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    component = ALL["probe/segmentation"]
    before = digest_of(component)
    defined, _ = definitions_of("harness.measure.overlap")
    monkeypatch.setitem(defined, "counts", ast.parse("def counts(): return 0").body)
    assert digest_of(component) != before


def test_docstrings_annotations_and_layout_do_not_count() -> None:
    plain = Bare().visit(ast.parse("def f(x, *, y=1):\n    return x + y"))
    dressed = Bare().visit(
        ast.parse('def f(x: int, *, y: "Count" = 1) -> int:\n    """Adds."""\n    return (x\n + y)')
    )
    assert ast.dump(plain) == ast.dump(dressed)


def update() -> None:
    """Records the version and the code of every component that ships."""
    lines = [
        f"  {json.dumps(name)}: {json.dumps(recorded)}"
        for name, recorded in current_digests().items()
    ]
    FILE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__" and "--update" in sys.argv:
    update()
