"""A study file -> Study: its question, its cells and what it will compare; every mistake with its place."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.spec.options import did_you_mean
from harness.spec.paths import conditions, flat
from harness.spec.values import Steps
from harness.study import comparison, document
from harness.study.axes import check_repeated_axes, crossed_axes, seed_axes, zipped_axes
from harness.study.cells import Axis, Cell
from harness.study.comparison import Comparison
from harness.study.comparison_checks import declared
from harness.study.document import KEY, Document, Mark, Mistakes, Problem, dotted
from harness.study.grid import Expansion, expand
from harness.study.levels import levels_of
from harness.study.problems import Raw, _Check
from harness.study.tables import Tables, tabled
from harness.study.trial_checks import mistakes_of


@dataclass(frozen=True)
class Study:
    """A study file, expanded."""

    name: str
    question: str
    path: Path
    cells: tuple[Cell, ...]
    axes: tuple[Axis, ...]
    expansion: Expansion
    compare: tuple[Comparison, ...] = ()
    tables: Tables = ()
    raw: Raw = field(default_factory=dict)

    @property
    def design(self) -> str:
        """A hash of the declared comparisons: what was confirmatory when the first trial ran."""
        return comparison.design(self.compare)


SECTIONS = ("name", "question", "extends", "seeds", "folds", "base", "grid", "zip", "exclude", "when", "search",
            "compare", "tables")  # fmt: skip


def load_study(path: Path) -> Study:
    """The study in a file; `Mistakes` lists everything that is wrong with it."""
    found = _with_parents(path, [])
    check = _Check(found)
    raw = found.value
    for name in raw.keys() - set(SECTIONS):
        check.complain((name, KEY), f"no section {name!r}; {did_you_mean(name, SECTIONS)}")
    name = check.typed(("name",), str, path.stem)
    question = check.typed(("question",), str, "")
    base = check.mapping(("base",))
    axes = [*seed_axes(check), *crossed_axes(check), *zipped_axes(check)]
    check_repeated_axes(check, axes)
    exclude, when = _rules(check, axes)
    grid = expand(base, axes, exclude, when)
    for steps, text in grid.wrong:
        check.complain(steps, text)
    if not check.problems:
        _conditions(check, exclude, grid)
        _switches(check, when, grid)
        _trials(check, grid)
    compare, tables = _asked(check, grid)
    if "search" in raw:
        check.complain(("search", KEY), "searches are not built yet; list the values under grid")
    if not check.problems and not grid.cells:
        check.complain((), "the grid is empty: every cell is excluded")
    if check.problems:
        raise Mistakes(check.problems)
    return Study(name, question, path, tuple(grid.cells), tuple(axes), grid, compare, tables, raw)


def _with_parents(path: Path, children: list[Path]) -> Document:
    """The document with what it `extends` merged in below it."""
    found = document.read(path)
    parent = found.value.get("extends")
    if parent is None:
        return found
    at = found.mark(("extends",))
    if not isinstance(parent, str):
        raise Mistakes([Problem(at, "extends", f"{parent!r} should be the path of a study file")])
    target = path.parent / parent
    if target.resolve() in [c.resolve() for c in [*children, path]]:
        raise Mistakes([Problem(at, "extends", f"{parent} leads back to itself")])
    if not target.is_file():
        raise Mistakes([Problem(at, "extends", f"no file {target}")])
    below = _with_parents(target, [*children, path])
    merged = Document({}, dict(below.marks))
    merged.value = _merge(below.value, found.value, (), merged.marks, found.marks)
    return merged


def _merge(
    below: Any, above: Any, steps: Steps, marks: dict[Steps, Mark], mine: dict[Steps, Mark]
) -> Any:
    named = [v.get("name", v.get("arch")) if isinstance(v, dict) else None for v in (below, above)]
    replaced = (
        named[1] is not None and steps != () and named[0] != named[1]
    )  # another component: its own options
    if (
        not isinstance(below, dict)
        or not isinstance(above, dict)
        or replaced
        or steps[:1] in (("grid",), ("zip",))
    ):
        for old in [k for k in marks if k[: len(steps)] == steps]:
            del marks[old]
        marks.update({k: m for k, m in mine.items() if k[: len(steps)] == steps})
        return above
    marks.update({k: m for k, m in mine.items() if k[:-1] == steps or k == steps})
    merged = dict(below)
    for key, value in above.items():
        inner = (*steps, key)
        merged[key] = _merge(below.get(key), value, inner, marks, mine)
        marks.update({k: m for k, m in mine.items() if k == (*inner, KEY)})
    return merged


def _rules(check: _Check, axes: list[Axis]) -> tuple[list[Raw], dict[str, Raw]]:
    exclude = check.at(("exclude",)) or []
    if not isinstance(exclude, list) or not all(
        isinstance(rule, dict) and rule for rule in exclude
    ):
        check.complain(
            ("exclude",), "should be a list of mappings from a setting to the values it excludes"
        )
        exclude = []
    when = check.mapping(("when",))
    paths = [path for axis in axes for path in axis.paths]
    for path, condition in when.items():
        if path not in paths:
            check.complain(("when", path, KEY), f"is not an axis; {did_you_mean(path, paths)}")
        if not isinstance(condition, dict) or not condition:
            check.complain(
                ("when", path),
                "should be a mapping from a setting to the values under which the axis counts",
            )
    return exclude, {path: c for path, c in when.items() if isinstance(c, dict)}


def _conditions(check: _Check, exclude: list[Raw], grid: Expansion) -> None:
    """A rule on a setting that no trial has excludes nothing: a typing mistake."""
    for i, path in conditions(exclude):
        if grid.cells and not grid.excluded and not levels_of(grid, path):
            known = flat(grid.cells[0].trial)
            check.complain(
                ("exclude", i, path, KEY), f"no trial has it; {did_you_mean(path, known)}"
            )


def _switches(check: _Check, when: dict[str, Raw], grid: Expansion) -> None:
    """An axis that is on in no trial has a wrong condition: a setting that no trial has, or a value that none takes."""
    axes_in_use = {path for cell in grid.cells for path in cell.levels}
    for path, condition in when.items():
        unknown = [setting for setting in condition if grid.cells and not levels_of(grid, setting)]
        for setting in unknown:
            known = flat(grid.cells[0].trial)
            check.complain(
                ("when", path, setting, KEY), f"no trial has it; {did_you_mean(setting, known)}"
            )
        if not unknown and grid.cells and not grid.excluded and path not in axes_in_use:
            check.complain(("when", path), "no trial meets this, so the axis never counts")


def _trials(check: _Check, grid: Expansion) -> None:
    """Mistakes that show only in a whole trial; each is reported once, where the file says it."""
    seen: set[str] = set()
    for cell in grid.cells:
        for steps, text in mistakes_of(cell.trial):
            if text not in seen:
                seen.add(text)
                check.complain(_origin(check, steps), text)


def _origin(check: _Check, steps: Steps) -> Steps:
    """Where the file sets a path: an axis, the base, or the nearest thing around it."""
    for length in range(len(steps), 0, -1):
        path = dotted(steps[:length])
        for section in ("grid", "zip"):
            for key in check.mapping((section,)):
                if path in [p.strip() for p in key.split(",")]:
                    return (section, key, KEY)
    return ("base", *steps)


def _asked(check: _Check, grid: Expansion) -> tuple[tuple[Comparison, ...], Tables]:
    """What is asked of the finished trials: comparisons, and tables."""
    compare, wrong = declared(check.at(("compare",)) or [], grid)
    tables, more = tabled(
        check.at(("tables",)) or [], grid, lambda steps: check.document.mark(steps).file
    )
    for steps, text in [*wrong, *more]:
        check.complain(steps, text)
    return tuple(compare), tables
