"""A study file -> Study: its question, its cells and what it will compare; every mistake with its place."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness import comparison, document, registry
from harness.comparison import Comparison
from harness.declared import declared
from harness.document import KEY, Document, Mark, Mistakes, Problem, dotted
from harness.grid import Axis, Cell, Expansion, expand
from harness.levels import levels_of
from harness.paths import conditions
from harness.registry import Count
from harness.spec import Part, Steps, Trial, flat, parts_in
from harness.tabled import Tables, tabled

Raw = dict[str, Any]


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


def load(path: Path) -> Study:
    """The study in a file; `Mistakes` lists everything that is wrong with it."""
    found = _with_parents(path, [])
    check = _Check(found)
    raw = found.value
    for name in raw.keys() - set(SECTIONS):
        check.complain((name, KEY), f"no section {name!r}; {registry.did_you_mean(name, SECTIONS)}")
    name = check.typed(("name",), str, path.stem)
    question = check.typed(("question",), str, "")
    base = check.mapping(("base",))
    axes = [*_seeds(check), *_crossed(check), *_zipped(check)]
    _repeated(check, axes)
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


class _Check:
    """A document and the problems found in it so far."""

    def __init__(self, found: Document) -> None:
        self.document = found
        self.problems: list[Problem] = []

    def complain(self, steps: Steps, text: str) -> None:
        shown = steps[1:] if steps[:1] == ("base",) else steps
        if steps[:1] in (("grid",), ("zip",)) and len(steps) > 1:
            inner = steps[2:]
            while inner and isinstance(inner[0], int):  # which row, which column: the mark says it
                inner = inner[1:]
            shown = (steps[1], *inner)
        self.problems.append(Problem(self.document.mark(steps), dotted(shown), text))

    def at(self, steps: Steps) -> Any:
        value = self.document.value
        for step in steps:
            if not isinstance(value, dict) or step not in value:
                return None
            value = value[step]
        return value

    def typed(self, steps: Steps, annotation: Any, default: Any) -> Any:
        raw = self.at(steps)
        if raw is None:
            return default
        try:
            return registry.plain(annotation, raw)
        except ValueError as error:
            self.complain(steps, str(error))
            return default

    def mapping(self, steps: Steps) -> Raw:
        raw = self.at(steps)
        if raw is not None and not isinstance(raw, dict):
            self.complain(steps, "should be a mapping")
        return raw if isinstance(raw, dict) else {}


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


def _merge(below: Any, above: Any, steps: Steps, marks: dict[Steps, Mark], mine: dict[Steps, Mark]) -> Any:
    named = [v.get("name", v.get("arch")) if isinstance(v, dict) else None for v in (below, above)]
    replaced = named[1] is not None and steps != () and named[0] != named[1]  # another component: its own options
    if not isinstance(below, dict) or not isinstance(above, dict) or replaced or steps[:1] in (("grid",), ("zip",)):
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


def _seeds(check: _Check) -> list[Axis]:
    axes = []
    raw = check.at(("seeds",))
    if raw is not None:
        seeds = check.typed(("seeds",), Count | list[registry.Whole], [0])
        listed = list(range(seeds)) if isinstance(seeds, int) else seeds
        for i, seed in enumerate(listed):
            if seed in listed[:i]:
                check.complain(("seeds", i), f"the seed {seed} is repeated; each seed runs once")
        if not listed:
            check.complain(("seeds",), "is empty; name at least one seed")
        origin = tuple((("seeds", i) if isinstance(seeds, list) else ("seeds",),) for i in range(len(listed)))
        if listed:
            axes.append(Axis(("fit.seed",), tuple((s,) for s in listed), origin))
    folds = check.typed(("folds",), Count, None)
    if folds is not None:
        if folds < 2:
            check.complain(("folds",), "should be at least 2")
        rows = tuple(([i, folds],) for i in range(folds))
        axes.append(Axis(("fit.fold",), rows, ((("folds",),),) * folds))
    return axes


def _crossed(check: _Check) -> list[Axis]:
    """`grid`: each key is an axis; a key 'a, b' moves two settings together, a row for each position."""
    axes: list[Axis] = []
    for key, values in check.mapping(("grid",)).items():
        steps: Steps = ("grid", key)
        paths = tuple(path.strip() for path in key.split(","))
        if not isinstance(values, list) or not values:
            check.complain(steps, "an axis should be a list of at least one value" if values != [] else "is empty")
            continue
        if len(paths) == 1:
            rows: tuple[tuple[Any, ...], ...] = tuple((value,) for value in values)
            origin: tuple[tuple[Steps, ...], ...] = tuple(((*steps, i),) for i in range(len(values)))
        else:
            short = [i for i, row in enumerate(values) if not isinstance(row, list) or len(row) != len(paths)]
            for i in short:
                check.complain(
                    (*steps, i), f"should be a list of {len(paths)} values, one for each of {', '.join(paths)}"
                )
            if short:
                continue
            rows = tuple(tuple(row) for row in values)
            origin = tuple(tuple((*steps, i, j) for j in range(len(paths))) for i in range(len(values)))
        axes.append(Axis(paths, rows, origin))
        _same_values(check, steps, values)
    return axes


def _same_values(check: _Check, steps: Steps, values: list[Any]) -> None:
    for i, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in values[:i]):
            check.complain((*steps, i), "this value is repeated; each value runs once")


def _zipped(check: _Check) -> list[Axis]:
    """`zip`: axes of equal length that move together."""
    columns = check.mapping(("zip",))
    for path, values in columns.items():
        if not isinstance(values, list) or not values:
            check.complain(
                ("zip", path), "an axis should be a list of at least one value" if values != [] else "is empty"
            )
            return []
    lengths = {path: len(values) for path, values in columns.items()}
    if len(set(lengths.values())) > 1:
        named = ", ".join(f"{path} has {n}" for path, n in lengths.items())
        check.complain(("zip",), f"zipped axes must be equally long: {named}")
        return []
    if not columns:
        return []
    count = next(iter(lengths.values()))
    rows = tuple(tuple(values[i] for values in columns.values()) for i in range(count))
    origin = tuple(tuple(("zip", path, i) for path in columns) for i in range(count))
    return [Axis(tuple(columns), rows, origin)]


def _repeated(check: _Check, axes: list[Axis]) -> None:
    seen: dict[str, Steps] = {}
    for axis in axes:
        for column, path in enumerate(axis.paths):
            place = axis.origin[0][column][:2]
            if path in seen:
                check.complain(place, f"the axis {path} is already set by {seen[path][0]}")
            seen.setdefault(path, place)


def _rules(check: _Check, axes: list[Axis]) -> tuple[list[Raw], dict[str, Raw]]:
    exclude = check.at(("exclude",)) or []
    if not isinstance(exclude, list) or not all(isinstance(rule, dict) and rule for rule in exclude):
        check.complain(("exclude",), "should be a list of mappings from a setting to the values it excludes")
        exclude = []
    when = check.mapping(("when",))
    paths = [path for axis in axes for path in axis.paths]
    for path, condition in when.items():
        if path not in paths:
            check.complain(("when", path, KEY), f"is not an axis; {registry.did_you_mean(path, paths)}")
        if not isinstance(condition, dict) or not condition:
            check.complain(
                ("when", path), "should be a mapping from a setting to the values under which the axis counts"
            )
    return exclude, {path: c for path, c in when.items() if isinstance(c, dict)}


def _conditions(check: _Check, exclude: list[Raw], grid: Expansion) -> None:
    """A rule on a setting that no trial has excludes nothing: a typing mistake."""
    for i, path in conditions(exclude):
        if grid.cells and not grid.excluded and not levels_of(grid, path):
            known = flat(grid.cells[0].trial)
            check.complain(("exclude", i, path, KEY), f"no trial has it; {registry.did_you_mean(path, known)}")


def _switches(check: _Check, when: dict[str, Raw], grid: Expansion) -> None:
    """An axis that is on in no trial has a wrong condition: a setting that no trial has, or a value that none takes."""
    axes_in_use = {path for cell in grid.cells for path in cell.levels}
    for path, condition in when.items():
        unknown = [setting for setting in condition if grid.cells and not levels_of(grid, setting)]
        for setting in unknown:
            known = flat(grid.cells[0].trial)
            check.complain(("when", path, setting, KEY), f"no trial has it; {registry.did_you_mean(setting, known)}")
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


def mistakes_of(trial: Trial) -> list[tuple[Steps, str]]:
    """What is wrong with a trial as a whole, though each of its settings is right."""
    found: list[tuple[Steps, str]] = []
    fit = trial.fit
    multiple = registry.catalogue("net")[fit.net.name].facts.get("multiple", 1)
    if fit.patch % multiple:
        lower, upper = fit.patch // multiple * multiple, (fit.patch // multiple + 1) * multiple
        nearest = f"{lower} or {upper}" if lower else str(upper)
        found.append(
            (("fit", "patch"), f"{fit.net.name} cannot take {fit.patch} x {fit.patch} patches; {nearest} would do")
        )
    for name in ("method", "pick"):
        part: Part = trial.pick if name == "pick" else fit.method
        if "adapt_to" in registry.catalogue(name)[part.name].facts.get("needs", ()) and fit.adapt_to is None:
            steps: Steps = ("pick",) if name == "pick" else ("fit", "method")
            found.append((steps, f"{part.name} needs fit.adapt_to, the images to adapt to"))
    for part in [p for p in parts_in(fit.init) if p.kind == "init" and "encoder" not in fit.net.options]:
        if "encoder" in registry.catalogue("init")[part.name].facts.get("needs", ()):
            text = f"{part.name} sets an encoder's weights, and {fit.net.name} has no `encoder`; take unet, say"
            found.append((("fit", "init"), text))
    if _overlap(fit.train_on, trial.test_on):
        at: Steps = ("test_on",)
        split_name = trial.test_on.options["split"]
        found.append(
            (at, f"tests on {split_name!r} of {trial.test_on.name}, which it is trained on; take another split")
        )
    return found


def _overlap(trained: Part, tested: Part) -> bool:
    kept = [{k: v for k, v in p.plain.items() if k not in ("split", "fingerprint", "task")} for p in (trained, tested)]
    splits = [p.options["split"] for p in (trained, tested)]
    return kept[0] == kept[1] and (splits[0] == splits[1] or "all" in splits)


def _asked(check: _Check, grid: Expansion) -> tuple[tuple[Comparison, ...], Tables]:
    """What is asked of the finished trials: comparisons, and tables."""
    compare, wrong = declared(check.at(("compare",)) or [], grid)
    tables, more = tabled(check.at(("tables",)) or [], grid, lambda steps: check.document.mark(steps).file)
    for steps, text in [*wrong, *more]:
        check.complain(steps, text)
    return tuple(compare), tables
