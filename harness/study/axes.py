"""Seeds, folds, grid, zip -> axes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.spec.options import Count, Whole
from harness.spec.paths import steps_of
from harness.spec.repetitions import FOLD, SEED
from harness.spec.values import Steps
from harness.study.problems import Problems
from harness.study.until_decided import UntilDecided

MOST_POSITIONS = 200_000  # of a grid: a plan of so many takes half a minute

Row = tuple[Any, ...]  # a value for each path
RowSteps = tuple[Steps, ...]  # where in the file each value of a row stands


@dataclass(frozen=True)
class Axis:
    """Paths that move together, and a row of values for each position."""

    paths: tuple[str, ...]
    rows: tuple[Row, ...]
    steps: tuple[RowSteps, ...]  # where in the file each value stands


@dataclass(frozen=True)
class Setting:
    """A setting that an axis varies: one column of its rows."""

    axis: int
    column: int
    path: str
    steps: Steps


def read_axes(problems: Problems, until: UntilDecided | None = None) -> list[Axis]:
    """All axes of a study, the outermost first; of seeds until decided, all that may be needed."""
    axes = [
        *_seed_axis(problems, until),
        *_fold_axis(problems),
        *_grid_axes(problems),
        *_zip_axis(problems),
    ]
    _check_repeated_paths(problems, axes)
    return axes


def settings_of(axes: Sequence[Axis]) -> list[Setting]:
    """The settings that the axes vary, in the order of the file."""
    settings: list[Setting] = []
    for number, axis in enumerate(axes):
        for column, path in enumerate(axis.paths):
            settings.append(Setting(number, column, path, steps_of(path)))
    return settings


def axis_paths(key: str) -> tuple[str, ...]:
    """The paths that a key of `grid` names: 'a, b' moves two settings together."""
    paths = key.split(",")
    return tuple(path.strip() for path in paths)


def _seed_axis(problems: Problems, until: UntilDecided | None) -> list[Axis]:
    """The axis of `seeds`: a count, a list or a rule; none where the study says nothing."""
    raw = problems.raw_at(("seeds",))
    if raw is None or (isinstance(raw, dict) and until is None):
        return []
    steps: list[Steps]
    if until is not None:
        seeds = list(until.seeds)
        steps = [("seeds",)] * len(seeds)
    else:
        written = problems.read(("seeds",), Count | list[Whole], [0])
        if _is_too_many(problems, ("seeds",), written):
            return []
        seeds = list(range(written)) if isinstance(written, int) else written
        steps = [("seeds",)] * len(seeds)
        if not isinstance(written, int):
            steps = [("seeds", i) for i in range(len(seeds))]
    if not seeds:
        problems.add(("seeds",), "is empty; name at least one seed")
        return []
    earlier: set[int] = set()
    for seed, seed_steps in zip(seeds, steps, strict=True):
        if seed in earlier:
            problems.add(seed_steps, f"the seed {seed} is repeated; each seed runs once")
        earlier.add(seed)
    rows = tuple((seed,) for seed in seeds)
    row_steps = tuple((seed_steps,) for seed_steps in steps)
    return [Axis((SEED,), rows, row_steps)]


def _fold_axis(problems: Problems) -> list[Axis]:
    """The axis of `folds`; none where the study says nothing."""
    folds = problems.read(("folds",), Count, None)
    if folds is None or _is_too_many(problems, ("folds",), folds):
        return []
    if folds < 2:
        problems.add(("folds",), "should be at least 2")
    rows = tuple(([fold, folds],) for fold in range(folds))
    steps: tuple[Steps, ...] = (("folds",),)
    return [Axis((FOLD,), rows, (steps,) * folds)]


def _is_too_many(problems: Problems, steps: Steps, count: Any) -> bool:
    """Whether no grid is so large; a problem where that is so."""
    if not isinstance(count, int) or count <= MOST_POSITIONS:
        return False
    problems.add(steps, f"{count:,} is too many; a grid has at most {MOST_POSITIONS:,} positions")
    return True


def is_too_large(problems: Problems, axes: Sequence[Axis]) -> bool:
    """Whether the axes cross to more positions than a plan can hold; a problem where they do."""
    sizes = [len(axis.rows) for axis in axes]
    total = math.prod(sizes)
    if total <= MOST_POSITIONS:
        return False
    largest = axes[sizes.index(max(sizes))]
    text = (
        f"the grid has {total:,} positions, of which this axis has {max(sizes):,}; "
        f"shorten it, or split the study: at most {MOST_POSITIONS:,} are planned"
    )
    problems.add(largest.steps[0][0][:2], text)
    return True


def _grid_axes(problems: Problems) -> list[Axis]:
    """The axes of `grid`, one for each of its keys."""
    axes: list[Axis] = []
    for key, values in problems.read_mapping(("grid",)).items():
        steps: Steps = ("grid", key)
        if not _is_list_of_values(problems, steps, values):
            continue
        paths = axis_paths(key)
        if len(paths) == 1:
            rows = tuple((value,) for value in values)
            row_steps = _steps_of_rows([steps], len(values))
            axes.append(Axis(paths, rows, row_steps))
        elif _has_equal_rows(problems, steps, paths, values):
            axes.append(_axis_of_rows(steps, paths, values))
        else:
            continue
        _check_repeated_values(problems, steps, values)
    return axes


def _axis_of_rows(steps: Steps, paths: tuple[str, ...], values: list[list[Any]]) -> Axis:
    """The axis of a key that moves several settings together, a row of values for each position."""
    rows: list[Row] = []
    row_steps: list[RowSteps] = []
    for i, row in enumerate(values):
        rows.append(tuple(row))
        columns = range(len(row))
        row_steps.append(tuple((*steps, i, column) for column in columns))
    return Axis(paths, tuple(rows), tuple(row_steps))


def _zip_axis(problems: Problems) -> list[Axis]:
    """The axis of `zip`, whose settings move together; none where it is missing or wrong."""
    columns = problems.read_mapping(("zip",))
    for path, values in columns.items():
        if not _is_list_of_values(problems, ("zip", path), values):
            return []
    if not columns:
        return []
    lengths = {len(values) for values in columns.values()}
    if len(lengths) > 1:
        counts = [f"{path} has {len(values)}" for path, values in columns.items()]
        text = f"zipped axes must be equally long: {', '.join(counts)}"
        problems.add(("zip",), text)
        return []
    rows = tuple(zip(*columns.values(), strict=True))
    starts: list[Steps] = [("zip", path) for path in columns]
    row_steps = _steps_of_rows(starts, len(rows))
    return [Axis(tuple(columns), rows, row_steps)]


def _steps_of_rows(columns: list[Steps], count: int) -> tuple[RowSteps, ...]:
    """Where the values of each row stand, when each column of an axis is a list of the file."""
    rows: list[RowSteps] = []
    for i in range(count):
        row = [(*steps, i) for steps in columns]
        rows.append(tuple(row))
    return tuple(rows)


def _is_list_of_values(problems: Problems, steps: Steps, values: Any) -> bool:
    """Whether an axis has values; a problem where it has none."""
    if isinstance(values, list) and values:
        return True
    is_empty = values == []
    text = "is empty" if is_empty else "an axis should be a list of at least one value"
    problems.add(steps, text)
    return False


def _has_equal_rows(
    problems: Problems,
    steps: Steps,
    paths: tuple[str, ...],
    rows: list[Any],
) -> bool:
    """Whether every row has a value for each path; a problem for every row that has not."""
    names = ", ".join(paths)
    text = f"should be a list of {len(paths)} values, one for each of {names}"
    are_equal = True
    for i, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != len(paths):
            problems.add((*steps, i), text)
            are_equal = False
    return are_equal


def _check_repeated_values(problems: Problems, steps: Steps, values: list[Any]) -> None:
    """Adds a problem for every value that an earlier one equals; 1 and true are not equal."""
    earlier: set[Any] = set()
    for i, value in enumerate(values):
        key = (type(value), _as_hashable(value))
        if key in earlier:
            text = "this value is repeated; each value runs once"
            problems.add((*steps, i), text)
        earlier.add(key)


def _as_hashable(value: Any) -> Any:
    """A value of a file as one that a set can hold; equal values stay equal."""
    if isinstance(value, list):
        return tuple(map(_as_hashable, value))
    if isinstance(value, dict):
        return frozenset((key, _as_hashable(inner)) for key, inner in value.items())
    return value


def _check_repeated_paths(problems: Problems, axes: list[Axis]) -> None:
    """Adds a problem for every setting that two axes set."""
    first: dict[str, Steps] = {}
    for axis in axes:
        for path, value_steps in zip(axis.paths, axis.steps[0], strict=True):
            steps = value_steps[:2]
            if path in first:
                section = first[path][0]
                problems.add(steps, f"the axis {path} is already set by {section}")
            first.setdefault(path, steps)
