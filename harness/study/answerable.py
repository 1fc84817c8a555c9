"""Whether the trials of a study can answer a comparison or fill a table."""

import dataclasses

from harness.spec.naming import as_list, is_number, level_meant
from harness.spec.options import NAMED_BY, did_you_mean
from harness.spec.values import Steps
from harness.study.comparison import Comparison, Unit, Where
from harness.study.grid import Expansion
from harness.study.levels import (
    among,
    grid_paths,
    level_at,
    levels_of,
    measured_in,
    units_of_table,
)
from harness.study.marks import KEY
from harness.study.problems import Findings

Mentions = list[tuple[Steps, str]]  # where a comparison names a metric or a path, and its name


def answer_problems(comparison: Comparison, grid: Expansion) -> Findings:
    """Finds metrics that no probe measures, and factors whose levels cannot be compared."""
    measured = measured_in(grid)
    for steps, name in _metrics_named(comparison):
        if name not in measured:
            yield steps, metric_problem(name, measured)
    dimensions = dimensions_of(measured, comparison.metrics)
    if comparison.correlate:
        # A score of a network stands beside each strength of an estimator.
        for metric in comparison.metrics:
            dimensions |= measured.get(metric, set())
    problems = list(where_problems(comparison.where, dimensions, grid))
    yield from problems
    confined = grid
    if not problems:
        cells = among(grid, grid.cells, comparison.where)
        confined = dataclasses.replace(grid, cells=cells)
    for steps, path in _factors_named(comparison):
        levels = levels_of(confined, path)
        if levels:
            yield from _level_problems(comparison, steps, path, levels)
        elif path not in dimensions:
            yield steps, path_problem(path, dimensions, grid)
    if not problems:
        yield from _mixed_kinds(comparison, confined)
    yield from fold_problems(comparison.unit, grid)


def _mixed_kinds(comparison: Comparison, grid: Expansion) -> Findings:
    """Finds a trend along an option that components of several names have, each with a meaning of
    its own: noise of 0.1 and a brightness of 0.6 are no points of one curve.
    """
    trend = comparison.trend
    if trend is None or "." not in trend:
        return
    owner = trend.rpartition(".")[0]
    curves: dict[tuple[str | None, ...], dict[str, None]] = {}
    for cell in grid.cells:
        kind = level_at(cell.trial, f"{owner}.{_name_of_kind(owner)}")
        if kind is None or level_at(cell.trial, trend) is None:
            continue
        separating = [*comparison.factors, *comparison.within]
        curve = tuple([level_at(cell.trial, path) for path in separating])
        curves.setdefault(curve, {})[kind] = None
    for kinds in curves.values():
        if len(kinds) > 1:
            text = (
                f"{trend} is that of {' and of '.join(kinds)}, which have no common scale; "
                f"say `within: [{owner}.{_name_of_kind(owner)}]`, or take one of them by `where`"
            )
            yield ("trend",), text
            return


def _name_of_kind(owner: str) -> str:
    """The key that names a component at a path."""
    return NAMED_BY.get(owner.rpartition(".")[2], "name")


def _level_problems(comparison: Comparison, steps: Steps, path: str, levels: list[str]) -> Findings:
    """Finds levels that are too few, make no trend, or lack the one to compare with."""
    key = steps[0]
    if key not in ("by", "trend"):
        return
    against = comparison.against
    words = [level for level in levels if not is_number(level)]
    if len(levels) < 2:
        yield steps, f"{path} has only the level {levels[0]!r}; there is nothing to compare"
    elif key == "trend" and words:
        yield steps, f"a trend needs numbers, and {path} has the level {words[0]!r}"
    elif key == "by" and against is not None and level_meant(against, levels) is None:
        yield ("against",), level_problem(path, against, levels)


def where_problems(where: Where, dimensions: set[str], grid: Expansion) -> Findings:
    """Finds paths and levels of `where` that the study does not have, or never has together."""
    has_all_levels = True
    for path, names in where.items():
        levels = levels_of(grid, path)
        if not levels:
            if path not in dimensions:
                yield ("where", path, KEY), path_problem(path, dimensions, grid)
            continue
        for level in as_list(names):
            if level_meant(level, levels) is None:
                has_all_levels = False
                yield ("where", path), level_problem(path, level, levels)
    if has_all_levels and not among(grid, grid.cells, where):
        yield ("where",), "no trial has all of these"


def fold_problems(unit: Unit, grid: Expansion) -> Findings:
    """Finds a unit of folds in a study without folds, and any that a table of scores lacks."""
    columns = units_of_table(grid)
    if columns is not None:
        if unit not in columns:
            yield ("unit",), f"the table has no column {unit!r}; add it, or take another unit"
        return
    fits = [cell.trial.fit for cell in grid.cells]
    if unit == "fold" and all(fit.fold is None for fit in fits):
        yield ("unit",), "the study has no folds; set `folds`, or take another unit"


def dimensions_of(measured: dict[str, set[str]], metrics: list[str]) -> set[str]:
    """The dimensions that the rows of all these metrics have; of all rows if none is measured."""
    dimensions = [measured[metric] for metric in metrics if metric in measured]
    if dimensions:
        return set.intersection(*dimensions)
    return set().union(*measured.values())


def metric_problem(metric: str, measured: dict[str, set[str]]) -> str:
    """Says that no probe measures a metric."""
    hint = did_you_mean(metric, sorted(measured))
    return f"no probe of the study measures {metric!r}; {hint}"


def level_problem(path: str, level: str, levels: list[str]) -> str:
    """Says that a setting has no such level."""
    hint = did_you_mean(level, levels)
    return f"{path} has no level {level!r}; {hint}"


def path_problem(path: str, dimensions: set[str], grid: Expansion) -> str:
    """Says that a path is neither an axis of the study nor a dimension of its rows."""
    paths = [*grid_paths(grid), *sorted(dimensions)]
    hint = did_you_mean(path, paths)
    return f"no setting {path!r} in the study; {hint}"


def _metrics_named(comparison: Comparison) -> Mentions:
    """Each metric that a comparison names, and where."""
    if comparison.correlate:
        correlate = comparison.correlate
        x: tuple[Steps, str] = (("correlate", "x"), correlate.x)
        y: tuple[Steps, str] = (("correlate", "y"), correlate.y)
        return [x, y]
    key = "model" if comparison.model else "metric"
    return [((key,), metric) for metric in comparison.metrics]


def _factors_named(comparison: Comparison) -> Mentions:
    """Each setting that a comparison names, and where."""
    mentions: Mentions = []
    for key, path in (("by", comparison.by), ("trend", comparison.trend)):
        if path is not None:
            mentions.append(((key,), path))
    for path in comparison.within:
        mentions.append((("within",), path))
    if comparison.model:
        for path in comparison.factors:
            mentions.append((("model",), path))
    if comparison.correlate:
        for path in comparison.correlate.over:
            mentions.append((("correlate", "over"), path))
        for path in comparison.correlate.within:
            mentions.append((("correlate", "within"), path))
    return mentions
