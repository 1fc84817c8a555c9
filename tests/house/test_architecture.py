"""Who may import whom, as a table: the newcomer's map. docs/design.md prints the same one."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "harness"
DASHBOARD = ROOT / "dashboard"
FILES = sorted(PACKAGE.rglob("*.py"))
PAGES = sorted(DASHBOARD.rglob("*.py"))

# A room is a folder or a file right under harness/. A room may import itself and what stands beside
# it here.
FLOORS: dict[int, dict[str, tuple[str, ...]]] = {
    1: {"spec": (), "store": ()},
    2: {"study": ("spec",), "stats": ("spec",), "data": ("spec", "store")},
    3: {"train": ("data", "spec", "store"), "record": ("study", "spec", "store")},
    4: {
        "measure": ("train", "data", "spec", "store"),
        "judge": ("record", "study", "stats", "spec"),
    },
    5: {
        "components": ("measure", "train", "data", "spec", "store"),
        "search": ("judge", "record", "study", "spec", "store"),
    },
    6: {
        "run": ("search", "record", "study", "data", "spec", "store"),
        "report": ("search", "judge", "record", "study", "stats", "spec", "store"),
    },
    7: {
        "apply": ("report", "judge", "measure", "train", "data", "study", "stats", "spec", "store"),
        "dashboard": (
            *("report", "search", "judge", "record", "study", "spec", "store"),
            *("run/progress", "run/fingerprints"),
        ),
    },
    8: {
        "cli": (
            *("apply", "run", "report", "search", "judge"),
            *("record", "study", "data", "spec", "store"),
        ),
    },
}
MAY_IMPORT: dict[str, tuple[str, ...]] = {}
FLOOR_OF: dict[str, int] = {}
for _floor, _rooms in FLOORS.items():
    MAY_IMPORT.update(_rooms)
    FLOOR_OF.update(dict.fromkeys(_rooms, _floor))

WORKER = "run/worker"  # runs inside a process of its own, and alone of its room trains and measures
WORKER_MAY = ("train", "measure")

# A library, and the only files or folders that may import it.
LIBRARIES = {
    "mlflow": ("record",),
    "optuna": ("search",),
    "optunahub": ("search",),
    "captum": ("components/saliency",),
    "segmentation_models_pytorch": ("components/nets",),
    "ray": ("run/engines",),
    "submitit": ("run/engines",),
    "typer": ("cli",),
    "rich": ("cli",),
    "streamlit": ("dashboard",),
    "jinja2": ("report/templates",),
}
WITHOUT_TORCH = ("spec", "study", "record", "judge", "stats", "search", "report", "run")

# What a component may import of another kind: helpers of networks, and losses, which are formulas.
SHARED_COMPONENTS = ("components/nets", "components/losses")


def file_of(path: Path) -> str:
    """The file of a file: `run/plan` for harness/run/plan.py, `dashboard/read/records` for the
    dashboard's.
    """
    if path.is_relative_to(PACKAGE):
        return path.relative_to(PACKAGE).with_suffix("").as_posix()
    return path.relative_to(ROOT).with_suffix("").as_posix()


def room_of(file: str) -> str:
    return file.split("/")[0]


def imported_modules(path: Path) -> list[str]:
    """The modules that a file imports when it runs; imports for types alone do not count."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    only_for_types: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            only_for_types.update(id(inner) for inner in ast.walk(node))
    modules: list[str] = []
    for node in ast.walk(tree):
        if id(node) in only_for_types:
            continue
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules.append(node.module)
            modules += [f"{node.module}.{alias.name}" for alias in node.names]
    return modules


def files_imported(path: Path) -> set[str]:
    """The files of harness that a file imports, as files; a name of a module counts as its
    module.
    """
    files: set[str] = set()
    for module in imported_modules(path):
        if not module.startswith("harness."):
            continue
        file = module.removeprefix("harness.").replace(".", "/")
        is_file = (PACKAGE / f"{file}.py").exists()
        is_folder = (PACKAGE / file / "__init__.py").exists()
        if is_file or is_folder:
            files.add(file)
    return files


def is_allowed(own: str, file: str) -> bool:
    """Whether the file at `own` may import the file at `file`."""
    room = room_of(own)
    if room_of(file) == room:
        return True
    if own == WORKER and room_of(file) in WORKER_MAY:
        return True
    return any(file == allowed or file.startswith(f"{allowed}/") for allowed in MAY_IMPORT[room])


@pytest.mark.parametrize("path", [*FILES, *PAGES], ids=file_of)
def test_a_room_imports_only_what_the_table_allows(path: Path) -> None:
    own = file_of(path)
    if own == "__init__":
        return
    assert room_of(own) in MAY_IMPORT, f"{own} stands in no room of the table"
    refused = [file for file in files_imported(path) if not is_allowed(own, file)]
    assert refused == [], f"{own} imports {', '.join(refused)}"


def test_a_room_stands_above_what_it_imports() -> None:
    for room, allowed in MAY_IMPORT.items():
        for file in allowed:
            assert FLOOR_OF[room_of(file)] < FLOOR_OF[room], f"{room} stands no higher than {file}"


@pytest.mark.parametrize(
    "path", [path for path in FILES if "components" in path.parts], ids=file_of
)
def test_a_component_imports_no_component_of_another_kind(path: Path) -> None:
    own = file_of(path)
    kind = "/".join(own.split("/")[:2])
    for file in files_imported(path):
        if room_of(file) != "components" or file == "components":
            continue
        is_own_kind = file == kind or file.startswith(f"{kind}/")
        is_shared = file.startswith(SHARED_COMPONENTS)
        assert is_own_kind or is_shared, f"{own} imports {file}"


@pytest.mark.parametrize(("library", "homes"), LIBRARIES.items(), ids=list(LIBRARIES))
def test_a_library_has_one_home(library: str, homes: tuple[str, ...]) -> None:
    for path in [*FILES, *PAGES]:
        libraries = {module.split(".")[0] for module in imported_modules(path)}
        if library in libraries:
            own = file_of(path)
            assert own.startswith(homes), f"{own} imports {library}"


@pytest.mark.parametrize("path", PAGES, ids=file_of)
def test_the_dashboard_only_reads(path: Path) -> None:
    libraries = {module.split(".")[0] for module in imported_modules(path)}
    assert not libraries & {"torch", "mlflow", "optuna", "captum"}


def test_no_import_goes_round_in_a_circle() -> None:
    """Files, not only rooms: a circle of two files of one room is refused as well."""
    arrows = {file_of(path): files_imported(path) for path in FILES}
    finished: set[str] = set()

    def follow(file: str, trail: tuple[str, ...]) -> None:
        assert file not in trail, f"a circle: {' -> '.join([*trail, file])}"
        if file in finished:
            return
        for target in arrows.get(file, ()):
            if target != file:
                follow(target, (*trail, file))
        finished.add(file)

    for file in arrows:
        follow(file, ())


@pytest.mark.parametrize("room", WITHOUT_TORCH)
def test_no_torch_and_no_mlflow_before_there_is_work(room: str) -> None:
    """Help, plans, mistakes, comparisons and reports do not pay for torch."""
    files = [
        path
        for path in FILES
        if room_of(file_of(path)) == room and path.stem not in ("worker", "preload")
    ]
    modules = [
        "harness." + file_of(path).removesuffix("/__init__").replace("/", ".") for path in files
    ]
    imports = "; ".join(f"import {module}" for module in modules)
    check = "set(sys.modules) & {'torch', 'mlflow', 'optuna'}"
    code = f"import sys; {imports}; sys.exit(', '.join({check}) or None)"
    outcome = subprocess.run(
        [sys.executable, "-c", code], check=False, capture_output=True, text=True
    )
    assert outcome.returncode == 0, outcome.stderr


def test_nothing_prints_but_the_command_line() -> None:
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            is_print = (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "print"
            )
            assert not is_print or room_of(file_of(path)) == "cli", file_of(path)


def table_of_the_docs() -> dict[int, dict[str, tuple[str, ...]]]:
    """The import table that docs/design.md prints, read back."""
    floors: dict[int, dict[str, tuple[str, ...]]] = {}
    for line in (ROOT / "docs" / "design.md").read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 or not cells[0].isdigit():
            continue
        allowed = tuple(
            name.strip(" `") for name in cells[2].split(",") if name.strip(" `") != "nothing"
        )
        for room in cells[1].split(","):
            floors.setdefault(int(cells[0]), {})[room.strip(" `")] = allowed
    return floors


def test_the_docs_print_the_same_table() -> None:
    assert table_of_the_docs() == FLOORS
