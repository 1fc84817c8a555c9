"""The code behind a component outside the package: its file, and the files beside it that it
imports.
"""

import ast
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path


def code_digest(file: Path, root: Path, module: str) -> str:
    """A digest of the bytes of a file and of its neighbours under `root` that it imports, directly
    or not.

    `module` is the name that the folder `root` is imported as; neighbours may be imported by it.
    """
    files = {file}
    unread = [file]
    while unread:
        for neighbour in _imported_files(unread.pop(), root, module):
            if neighbour not in files:
                files.add(neighbour)
                unread.append(neighbour)
    digest = hashlib.sha256(file.read_bytes())
    for neighbour in sorted(files - {file}):
        digest.update(f"\n{neighbour.name}\n".encode())
        digest.update(neighbour.read_bytes())
    return digest.hexdigest()[:16]


def sibling_imports(file: Path) -> list[str]:
    """The bare names of neighbours that a file imports: `import name`, `from name import ...`."""
    names: dict[str, None] = {}
    for level, steps in _imports(file):
        if level == 0 and _is_bare_neighbour(file, steps[0]):
            names[steps[0]] = None
    return list(names)


def is_sibling(origin: Path, name: str, file: Path) -> bool:
    """Whether a module file is the neighbour of that name: a file beside this one, or a package."""
    return origin in _neighbours(file, name)


def _neighbours(file: Path, name: str) -> tuple[Path, Path]:
    """Where the module of a bare name would stand beside a file: a file, or a package."""
    folder = file.parent
    return folder / f"{name}.py", folder / name / "__init__.py"


def _is_bare_neighbour(file: Path, name: str) -> bool:
    if name in sys.stdlib_module_names:
        return False
    return any(path.is_file() for path in _neighbours(file, name))


def _imported_files(file: Path, root: Path, module: str) -> Iterator[Path]:
    """The neighbours that a file imports: with dots, by their folder's name, or by a bare name."""
    for level, steps in _imports(file):
        if level > 0:
            folder = file.parents[level - 1]
            yield from _files_on_the_way(folder, steps)
        elif ".".join(steps).startswith(f"{module}."):
            below = steps[len(module.split(".")) :]
            yield from _files_on_the_way(root, below)
        elif _is_bare_neighbour(file, steps[0]):
            yield from _files_on_the_way(file.parent, steps)


def _files_on_the_way(folder: Path, steps: tuple[str, ...]) -> Iterator[Path]:
    """The files that run when Python imports these steps from a folder: packages on the way, and
    the module.
    """
    for step in ("", *steps):
        if step and (folder / f"{step}.py").is_file():
            yield folder / f"{step}.py"
            return
        folder = folder / step
        if step and (folder / "__init__.py").is_file():
            yield folder / "__init__.py"


def _imports(file: Path) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Everything that a file imports: how many dots stand before it, and its steps."""
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield 0, tuple(alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            steps = (node.module or "").split(".")
            for alias in node.names:  # a name may be a module of its own
                yield node.level, tuple(filter(None, [*steps, alias.name]))
