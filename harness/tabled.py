"""The `tables:` section of a file -> tables with their published numbers, and whether the study can fill them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness import registry
from harness.declared import Complaints, dimensions_of, read_entry, unknown, where_wrong
from harness.grid import Expansion
from harness.levels import among, levels_of, listed, measured_in, named
from harness.naming import level_of_text
from harness.spec import Steps
from harness.table import Named, Published, Table, read_published

Tables = tuple[tuple[Table, Published], ...]
Says = Callable[[Steps], str]  # the file in which something stands


def tabled(raw: Any, grid: Expansion, says: Says) -> tuple[Tables, Complaints]:
    """The tables of a file, and what is wrong with them; steps start at `tables`."""
    if not isinstance(raw, list):
        return (), [(("tables",), "should be a list of tables")]
    found: list[tuple[Table, Published]] = []
    wrong: Complaints = []
    for i, one in enumerate(raw):
        steps: Steps = ("tables", i)
        before = len(wrong)
        values = read_entry(Table, one, steps, wrong, "a table")
        if len(wrong) > before:
            continue
        table, published = Table(**values), Published()
        problems = [*_shape(table, [earlier.name for earlier, _ in found])]
        if not problems and grid.cells and not grid.wrong:
            problems = [*_fillable(table, grid)]
        if not problems and table.published is not None:
            file = Path(says((*steps, "published"))).parent / table.published
            published, texts = read_published(file, table, _naming(table, grid))
            problems = [(("published",), text) for text in texts]
        found.append((table, published))
        wrong += [((*steps, *inner), text) for inner, text in problems]
    return tuple(found), wrong


def _shape(one: Table, earlier: list[str]) -> Iterator[tuple[Steps, str]]:
    if one.name in earlier:
        yield ("name",), f"{one.name!r} is the name of an earlier table"
    for key in ("rows", "metrics"):
        if not getattr(one, key):
            yield (key,), "is empty; name at least one"
    for key, names in (("rows", one.rows), ("columns", one.paths), ("metrics", one.metrics)):
        if twice := [name for i, name in enumerate(names) if name in names[:i]]:
            yield (key,), f"{twice[0]!r} is named twice"
            return


def _fillable(one: Table, grid: Expansion) -> Iterator[tuple[Steps, str]]:
    """Refuses a metric that no probe measures, and what is neither a setting nor a dimension of every metric."""
    measured = measured_in(grid)
    for i, name in enumerate(one.metrics):
        if name not in measured:
            known = registry.did_you_mean(name, sorted(measured))
            yield ("metrics", i), f"no probe of the study measures {name!r}; {known}"
    dimensions = dimensions_of(measured, one.metrics)
    yield from where_wrong(one.where, dimensions, grid)
    for key in ("rows", "columns"):
        for i, path in enumerate(getattr(one, key)):
            if path not in dimensions and not levels_of(grid, path):
                yield (key, i), unknown(path, dimensions, grid)
    if one.unit == "fold" and all(cell.trial.fit.fold is None for cell in grid.cells):
        yield ("unit",), "the study has no folds; set `folds`, or take another unit"


def _naming(one: Table, grid: Expansion) -> Named:
    """A level of the published file as the study names it; the levels of a dimension are known only once measured."""
    chosen = replace(grid, cells=among(grid, grid.cells, one.where))
    known = {path: levels_of(grid, path) for path in one.paths}
    asked = {path: levels_of(chosen, path) for path in one.paths}

    def name(path: str, level: str) -> str | None:
        if not known[path]:
            found: str | None = level_of_text(level)
            wanted = [level_of_text(other) for other in listed(one.where.get(path, level))]
        else:
            found, wanted = named(level, known[path]), asked[path]
        if found is None:
            raise ValueError(f"the study has no {path} {level!r}; {registry.did_you_mean(level, known[path])}")
        return found if found in wanted else None

    return name
