"""Seeds, folds, grid, zip -> axes."""

from typing import Any

from harness.spec.options import Count, Whole
from harness.spec.values import Steps
from harness.study.cells import Axis
from harness.study.problems import _Check


def seed_axes(check: _Check) -> list[Axis]:
    axes = []
    raw = check.at(("seeds",))
    if raw is not None:
        seeds = check.typed(("seeds",), Count | list[Whole], [0])
        listed = list(range(seeds)) if isinstance(seeds, int) else seeds
        for i, seed in enumerate(listed):
            if seed in listed[:i]:
                check.complain(("seeds", i), f"the seed {seed} is repeated; each seed runs once")
        if not listed:
            check.complain(("seeds",), "is empty; name at least one seed")
        origin = tuple(
            (("seeds", i) if isinstance(seeds, list) else ("seeds",),) for i in range(len(listed))
        )
        if listed:
            axes.append(Axis(("fit.seed",), tuple((s,) for s in listed), origin))
    folds = check.typed(("folds",), Count, None)
    if folds is not None:
        if folds < 2:
            check.complain(("folds",), "should be at least 2")
        rows = tuple(([i, folds],) for i in range(folds))
        axes.append(Axis(("fit.fold",), rows, ((("folds",),),) * folds))
    return axes


def crossed_axes(check: _Check) -> list[Axis]:
    """`grid`: each key is an axis; a key 'a, b' moves two settings together, a row for each position."""
    axes: list[Axis] = []
    for key, values in check.mapping(("grid",)).items():
        steps: Steps = ("grid", key)
        paths = tuple(path.strip() for path in key.split(","))
        if not isinstance(values, list) or not values:
            check.complain(
                steps,
                "an axis should be a list of at least one value" if values != [] else "is empty",
            )
            continue
        if len(paths) == 1:
            rows: tuple[tuple[Any, ...], ...] = tuple((value,) for value in values)
            origin: tuple[tuple[Steps, ...], ...] = tuple(
                ((*steps, i),) for i in range(len(values))
            )
        else:
            short = [
                i
                for i, row in enumerate(values)
                if not isinstance(row, list) or len(row) != len(paths)
            ]
            for i in short:
                check.complain(
                    (*steps, i),
                    f"should be a list of {len(paths)} values, one for each of {', '.join(paths)}",
                )
            if short:
                continue
            rows = tuple(tuple(row) for row in values)
            origin = tuple(
                tuple((*steps, i, j) for j in range(len(paths))) for i in range(len(values))
            )
        axes.append(Axis(paths, rows, origin))
        _same_values(check, steps, values)
    return axes


def _same_values(check: _Check, steps: Steps, values: list[Any]) -> None:
    for i, value in enumerate(values):
        if any(value == other and type(value) is type(other) for other in values[:i]):
            check.complain((*steps, i), "this value is repeated; each value runs once")


def zipped_axes(check: _Check) -> list[Axis]:
    """`zip`: axes of equal length that move together."""
    columns = check.mapping(("zip",))
    for path, values in columns.items():
        if not isinstance(values, list) or not values:
            check.complain(
                ("zip", path),
                "an axis should be a list of at least one value" if values != [] else "is empty",
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


def check_repeated_axes(check: _Check, axes: list[Axis]) -> None:
    seen: dict[str, Steps] = {}
    for axis in axes:
        for column, path in enumerate(axis.paths):
            place = axis.origin[0][column][:2]
            if path in seen:
                check.complain(place, f"the axis {path} is already set by {seen[path][0]}")
            seen.setdefault(path, place)
