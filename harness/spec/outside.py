"""Components outside the package: the folders where a person's own lie, the code of each file, and
how it loads.
"""

import importlib
import importlib.metadata
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import _lru_cache_wrapper, cache
from hashlib import sha256
from importlib.machinery import PathFinder
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from harness.spec.code_digest import code_digest, is_sibling, sibling_imports
from harness.spec.signatures import PACKAGE, Source

VARIABLE = "HARNESS_COMPONENTS"  # folders, separated as in PATH
GROUP = "harness.components"  # entry points of installed packages: the name of a module

Answer = TypeVar("Answer")
PACKAGE_PREFIX = "harness_outside_"  # of the modules that such files are imported as
_caches: "list[_lru_cache_wrapper[Any]]" = []
_sibling_names: set[str] = set()  # bare names that files of components have imported


@dataclass(frozen=True)
class Root:
    """A folder (or one file) of components outside the package, and the module that it is imported
    as.
    """

    path: Path
    module: str
    installed: bool = False  # an entry point named it, so Python finds its module by itself

    @property
    def folder(self) -> Path:
        """The folder, that of the file where it is one."""
        return self.path.parent if self.path.is_file() else self.path

    def files(self) -> list[Path]:
        """Every Python file in it, hidden folders and byte code left out."""
        if self.path.is_file():
            return [self.path]
        files = []
        for path in sorted(self.path.rglob("*.py")):
            folders = path.relative_to(self.path).parts
            if not any(name.startswith(".") or name == "__pycache__" for name in folders):
                files.append(path)
        return files

    def module_of(self, file: Path) -> str:
        """The name that a file of this folder is imported under."""
        if file == self.path:
            return self.module
        steps = file.relative_to(self.path).with_suffix("").parts
        return ".".join((self.module, *steps)).removesuffix(".__init__")


def cached_by_folders(function: Callable[..., Answer]) -> "_lru_cache_wrapper[Answer]":
    """Caches a function whose answers depend on the components outside the package."""
    cached = cache(function)
    _caches.append(cached)
    return cached


def forget_components() -> None:
    """Reads components outside the package again, and all that depends on them, when next asked
    for.
    """
    for cached in _caches:
        cached.cache_clear()
    for name in list(sys.modules):
        if name.startswith(PACKAGE_PREFIX) or name.split(".")[0] in _sibling_names:
            del sys.modules[name]


def use_components(folders: Sequence[Path]) -> None:
    """Adds folders of components for this process and for every process that it starts."""
    before = component_folders()
    after = list(before)
    for folder in folders:
        if _absolute(folder) not in after:
            after.append(_absolute(folder))
    if after != before:
        os.environ[VARIABLE] = os.pathsep.join(after)
        forget_components()


def component_folders() -> list[str]:
    """The folders that HARNESS_COMPONENTS names, absolute."""
    names = os.environ.get(VARIABLE, "").split(os.pathsep)
    return [_absolute(Path(name)) for name in names if name]


def _absolute(folder: Path) -> str:
    return str(folder.expanduser().resolve())


@cached_by_folders
def outside_roots() -> tuple[list[Root], list[str]]:
    """Where components outside the package lie, and a sentence for each folder or module that is
    not there.
    """
    roots: dict[Path, Root] = {}
    problems: list[str] = []
    for name in component_folders():
        path = Path(name)
        if path.exists():
            roots.setdefault(path, Root(path, _own_module(path)))
        else:
            problems.append(f"there is no folder {path} ({VARIABLE})")
    for entry in importlib.metadata.entry_points(group=GROUP):
        location = _location_of(entry.value)
        if location is None:
            problems.append(f"the entry point {entry.name} names {entry.value}, which is not there")
        else:
            roots.setdefault(location, Root(location, entry.value, installed=True))
    return list(roots.values()), problems


def outside_sources() -> Iterator[Source]:
    """Every file outside the package that may declare components: those that name the home of a
    decorator.
    """
    listed_files: set[Path] = set()
    for root in outside_roots()[0]:
        for file in root.files():
            if file in listed_files or PACKAGE in file.parents:  # a folder within a folder
                continue
            listed_files.add(file)
            content = file.read_bytes()
            if b"harness.components" in content or b"harness.stats" in content:
                digest = code_digest(file, root.folder, root.module)
                yield Source(file, root.module_of(file), digest)


def load_outside(module: str, file: Path, digest: str) -> ModuleType:
    """Imports a file of components, unless it is no longer the file that the keys speak of."""
    root = _root_of(file)
    if code_digest(file, root.folder, root.module) != digest:
        raise ValueError(f"{file} has changed since harness read it; start the command again")
    if root.installed:
        return importlib.import_module(module)
    loaded = sys.modules.get(module)
    if loaded is not None and getattr(loaded, "__harness_digest__", "") == digest:
        return loaded
    _make_importable(root.folder, file)
    _check_siblings(file)
    return _execute(module, file, digest)


def _own_module(path: Path) -> str:
    """The name that a folder (or a file) of components is imported under: no other can have it."""
    if path.is_file():
        return f"{_own_module(path.parent)}.{path.stem}"
    return PACKAGE_PREFIX + sha256(str(path).encode()).hexdigest()[:10]


def _location_of(module: str) -> Path | None:
    """The folder or file of an installed module, without importing it or what stands around it."""
    first, *rest = module.split(".")
    try:
        spec = importlib.util.find_spec(first)
        for depth in range(len(rest)):
            if spec is None:
                return None
            name = ".".join([first, *rest[: depth + 1]])
            spec = PathFinder.find_spec(name, list(spec.submodule_search_locations or ()))
    except (ImportError, ValueError):
        return None
    if spec is None:
        return None
    folders = list(spec.submodule_search_locations or ())
    location = folders[0] if folders else spec.origin
    return Path(location).resolve() if location else None


def _root_of(file: Path) -> Root:
    for root in outside_roots()[0]:
        if file == root.path or root.path in file.parents:
            return root
    raise LookupError(f"{file} stands in no folder of components; set {VARIABLE}")


def _make_importable(folder: Path, file: Path) -> None:
    """Neighbours of a file can be imported: `from . import name`, or by their bare name where no
    module has it.
    """
    package = ModuleType(_own_module(folder))
    package.__path__ = [str(folder)]
    sys.modules.setdefault(package.__name__, package)
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))  # last, so that it hides no module from others
    importlib.invalidate_caches()


def _check_siblings(file: Path) -> None:
    """Refuses a bare import that would give another module than the file beside it."""
    for name in sibling_imports(file):
        spec = importlib.util.find_spec(name)
        origin = spec.origin if spec is not None else None
        if origin is not None and not is_sibling(Path(origin).resolve(), name, file):
            raise ValueError(
                f"{file} imports {name!r}, which is {origin} here and not the file beside it; "
                f"write `from . import {name}`, or give the file another name"
            )
        _sibling_names.add(name)


def _execute(module: str, file: Path, digest: str) -> ModuleType:
    """Runs a file as a module of its own, and leaves no byte code beside it."""
    spec = importlib.util.spec_from_file_location(module, file)
    if spec is None or spec.loader is None:
        raise ValueError(f"{file} is no Python file")
    loaded = importlib.util.module_from_spec(spec)
    loaded.__harness_digest__ = digest  # type: ignore[attr-defined]
    sys.modules[module] = loaded
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # an edit within the same second would find the old byte code
    try:
        spec.loader.exec_module(loaded)
    except BaseException:
        del sys.modules[module]
        raise
    finally:
        sys.dont_write_bytecode = before
    return loaded
