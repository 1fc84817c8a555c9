"""Who may import whom, as a table: the newcomer's map. And the house rules that a reader would not check."""

import ast
from pathlib import Path

import pytest

from harness import registry

ROOT = Path(registry.__file__).parent
FILES = sorted(p for p in ROOT.rglob("*.py") if p.name != "__init__.py")

# Each row may import what stands in it, and the rows above. `harness.` is left out.
LAYERS: tuple[tuple[str, ...], ...] = (
    ("naming", "registry", "document", "stats", "measures", "rows"),
    ("spec", "reading", "paths"),
    ("store", "switches", "grid", "phases"),
    ("losses", "optimisers", "schedules", "data", "models"),
    ("inits", "prepare", "augment", "methods", "picks", "perturb", "saliency", "probes"),
    ("bind",),
    ("state", "batches", "update", "train", "measure"),
    ("comparison", "levels", "declared", "table", "tabled", "study", "execute", "work", "preload"),
    ("identity", "ledger", "track", "progress", "search"),
    ("plan",),
    ("run", "compare"),
    ("report",),
    ("screen",),
    ("cli",),
)
COMPONENTS = ("inits", "prepare", "augment", "methods", "picks", "perturb", "saliency", "probes")

# A library and the only places that may import it.
HOMES = {
    "mlflow": {"track"},
    "optuna": {"search"},
    "captum": {"saliency"},
    "segmentation_models_pytorch": {"models"},
    "ray": {"execute"},
    "submitit": {"execute"},
    "typer": {"cli"},
    "streamlit": set(),
}


def house(path: Path) -> str:
    """The top-level name under harness/ that a file belongs to."""
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def imported(path: Path) -> list[str]:
    tree = ast.parse(path.read_text())
    guards = [n for n in ast.walk(tree) if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.unparse(n.test)]
    checked = {id(inner) for guard in guards for inner in ast.walk(guard)}
    found = []
    for node in ast.walk(tree):
        if id(node) in checked:
            continue
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"harness.{a.name}" for a in node.names] if node.module == "harness" else [node.module]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_upwards(path: Path) -> None:
    rank = {name: i for i, row in enumerate(LAYERS) for name in row}
    mine = house(path)
    assert mine in rank, f"{mine} has no place in the table"
    for name in imported(path):
        if not name.startswith("harness."):
            continue
        other = name.split(".")[1]
        if mine == "run" and other == "work":  # the worker's side, imported in the worker
            continue
        assert rank[other] <= rank[mine], f"{path.name} imports {name}"
        if mine in COMPONENTS and other in COMPONENTS:
            assert other == mine, f"a component of {mine} imports one of {other}"


@pytest.mark.parametrize(("library", "homes"), HOMES.items(), ids=list(HOMES))
def test_a_library_has_one_home(library: str, homes: set[str]) -> None:
    users = {house(p) for p in FILES if any(n.split(".")[0] == library for n in imported(p))}
    assert users <= homes


@pytest.mark.parametrize("name", ["cli.main", "plan", "study", "track", "run", "compare.judge", "report.write"])
def test_no_torch_and_no_mlflow_before_there_is_work(name: str) -> None:
    """Help, plans, mistakes, comparisons and reports do not pay for torch."""
    import subprocess
    import sys

    code = f"import sys, harness.{name}; sys.exit(any(m in sys.modules for m in ('torch', 'mlflow', 'optuna')))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def functions() -> list[tuple[Path, ast.FunctionDef]]:
    return [
        (path, node)
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef)
    ]


def length(node: ast.FunctionDef) -> int:
    """Lines of code: without the docstring, blank lines and comments."""
    body = node.body[1:] if ast.get_docstring(node) else node.body
    lines = {line for statement in body for inner in ast.walk(statement) if hasattr(inner, "lineno")
             for line in range(inner.lineno, (inner.end_lineno or inner.lineno) + 1)}  # fmt: skip
    return len(lines)


def test_a_function_fits_in_the_eye() -> None:
    sizes = {f"{path.name}:{node.name}": length(node) for path, node in functions()}
    assert {name: size for name, size in sizes.items() if size > 60} == {}
    assert sum(size > 30 for size in sizes.values()) <= len(sizes) / 10


def test_a_file_is_read_in_one_sitting() -> None:
    long = {p.name: n for p in FILES if (n := len(p.read_text().splitlines())) > 340}
    assert long == {}


def command(node: ast.FunctionDef) -> bool:
    """A command of the command line, whose options typer reads off its arguments."""
    return any("app.command" in ast.unparse(decorator) for decorator in node.decorator_list)


def test_at_most_five_positional_arguments() -> None:
    many = {
        f"{path.name}:{node.name}": count
        for path, node in functions()
        if (count := len([a for a in node.args.args if a.arg not in ("self", "cls")])) > 5 and not command(node)
    }
    assert many == {}


def test_no_empty_names_and_no_inheritance_for_variants() -> None:
    bad = ("Manager", "Handler", "Base", "utils", "helpers", "common")
    names = [node.name for p in FILES for node in ast.walk(ast.parse(p.read_text())) if isinstance(node, ast.ClassDef)]
    assert [n for n in [*names, *(p.stem for p in FILES)] if any(word in n for word in bad)] == []


def test_nothing_prints_but_the_command_line() -> None:
    for path in FILES:
        calls = [n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.Call)]
        printing = [c for c in calls if isinstance(c.func, ast.Name) and c.func.id == "print"]
        assert not printing or house(path) == "cli", path


# What the dashboard reads: records, the study file, and what judges and reports. Never what trains or writes.
DASHBOARD = ROOT.parent / "dashboard"
READS = {
    "track", "ledger", "store", "progress", "study", "document", "identity", "plan", "compare", "comparison",
    "declared", "levels", "naming", "report", "stats", "registry", "spec", "reading", "paths",
}  # fmt: skip


def test_the_dashboard_only_reads() -> None:
    for path in DASHBOARD.rglob("*.py"):
        names = [name for name in imported(path) if name.split(".")[0] == "harness"]
        assert {name.split(".")[1] for name in names} <= READS, path
        assert not {name.split(".")[0] for name in imported(path)} & {"torch", "mlflow", "optuna", "captum"}, path


def test_the_dashboard_keeps_the_house_rules() -> None:
    files = sorted(DASHBOARD.rglob("*.py"))
    found = [(p, n) for p in files for n in ast.walk(ast.parse(p.read_text())) if isinstance(n, ast.FunctionDef)]
    sizes = {f"{path.name}:{node.name}": length(node) for path, node in found}
    assert {name: size for name, size in sizes.items() if size > 60} == {}
    assert sum(size > 30 for size in sizes.values()) <= len(sizes) / 10
    assert {n.name: len(n.args.args) for _, n in found if len(n.args.args) > 5} == {}
    assert {p.name: len(p.read_text().splitlines()) for p in files if len(p.read_text().splitlines()) > 340} == {}
