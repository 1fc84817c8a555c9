"""The code behind a component that ships: its function, and everything of the package that it uses.

Formatting, comments, docstrings and annotations do not count, so that a digest changes only where
the code may do something else.
"""

import ast
import hashlib
from functools import cache
from pathlib import Path

from harness.spec.signatures import PACKAGE, Component

# What is followed from a component; the training loop and the reading of files are all components'.
FOLLOWED = ("harness.components", "harness.measure", "harness.stats")

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
    """Whether a dotted name is that of a module, not of something in one."""
    return file_of(name).is_file()


def source_digest(component: Component) -> str:
    """A digest of a component's code: of all that it uses for one that ships, of its files for one
    that stands outside the package.
    """
    return component.digest or _digest_of(component.module, component.name)


@cache
def _digest_of(module: str, name: str) -> str:
    """A digest of a function and of everything that it uses, directly or not."""
    unread: list[Definition] = [(module, name)]
    texts: dict[Definition, str] = {}
    while unread:
        module, name = unread.pop()
        if (module, name) in texts:
            continue
        defined, imported = definitions_of(module)
        nodes = defined.get(name, [])
        texts[module, name] = "\n".join(ast.unparse(node) for node in nodes)
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


@cache
def digest_of_code() -> str:
    """A digest of every file of the package, by which two machines, or two days, know that they
    agree.
    """
    digest = hashlib.sha256()
    for path in sorted(PACKAGE.rglob("*.py")):
        digest.update(path.relative_to(PACKAGE).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()
