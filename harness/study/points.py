"""One point of a search -> a cell, by the same expansion as a position of a grid."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.spec.naming import level_name
from harness.spec.paths import matches, steps_of, value_at
from harness.spec.repetitions import SEED
from harness.spec.values import Steps, Trial
from harness.study.answerable import metric_problem
from harness.study.axes import Axis, Row, RowSteps
from harness.study.cells import Cell, Cells
from harness.study.grid import Expansion, Rule
from harness.study.levels import measured_in
from harness.study.problems import Finding, Problems, Raw
from harness.study.search import Confirm, Dimension, Search
from harness.study.search_space import OVER
from harness.study.trial_checks import trial_problems

SEEDS: Steps = ("search", "seeds")
SHIFTS = 3  # rows of examples are moved against each other so often, so that levels meet others


@dataclass(frozen=True)
class PointCell:
    """The cell of a point, or why there is none: such a point is infeasible, and costs nothing."""

    cell: Cell | None
    problem: str = ""


def cell_at(
    raw: Raw, values: Mapping[str, Any], seed: int, *, transductive: bool = False
) -> PointCell:
    """The trial of the base of a study with these settings and this seed, or why there is none."""
    axes = [Axis((SEED,), ((seed,),), ((SEEDS,),))]
    for path, value in values.items():
        axes.append(Axis((path,), ((value,),), (((*OVER, path, 0),),)))
    cells = Cells(raw.get("base") or {}, axes, {})
    position = cells.position((0,) * len(axes))
    if position is None or cells.refuses(position):
        texts = [f"{_path_of(steps)}{text}" for steps, text in cells.settings.problems]
        return PointCell(None, "; ".join(texts))
    for written in raw.get("exclude") or []:
        rule = Rule.read(written)
        if rule.holds(position.trial):
            return PointCell(None, f"excluded: {rule.reason}")
    problems = trial_problems(position.trial, transductive)
    if problems:
        return PointCell(None, "; ".join(text for _, text in problems))
    return PointCell(Cell(position.trial, position.levels))


def _path_of(steps: Steps) -> str:
    """The setting that a problem is about, to stand before what is wrong; empty for the base."""
    if steps[:2] == OVER and len(steps) > 2:
        return f"{steps[2]}: "
    return ""


def is_on(raw: Raw, dimension: Dimension, values: Mapping[str, Any]) -> bool:
    """Whether a setting counts at a point of which these values are drawn already."""
    if not dimension.when:
        return True
    trial = _trial_at(raw, values)
    if trial is None:
        return False
    conditions = dimension.when.items()
    return all(matches(trial, steps_of(path), raw_value) for path, raw_value in conditions)


def _trial_at(raw: Raw, values: Mapping[str, Any]) -> Trial | None:
    """The trial with these settings, whatever is wrong with it as a whole; None if unreadable."""
    axes = []
    for path, value in values.items():
        axes.append(Axis((path,), ((value,),), (((*OVER, path, 0),),)))
    cells = Cells(raw.get("base") or {}, axes, {})
    position = cells.position((0,) * len(axes))
    return None if position is None else position.trial


def with_examples(problems: Problems, search: Search, transductive: bool) -> Search:
    """The search with trials that have every level of it; what no trial can have is a problem."""
    raw = problems.document.value
    readable: set[tuple[str, int]] = set()
    findings: dict[Finding, None] = {}
    examples: dict[str, Cell] = {}
    impossible: list[Finding] = []
    for row in _rows(search.dimensions):
        numbers = _numbers_that_count(raw, search, row)
        cells = Cells(raw.get("base") or {}, [_axis_of(search, numbers)], {})
        position = cells.position((0,))
        findings.update(dict.fromkeys(_readable_findings(cells)))
        if position is None:
            continue
        readable.update((path, n) for path, n in numbers.items() if path not in position.inert)
        wrong = trial_problems(position.trial, transductive)
        impossible += wrong
        if not wrong:
            examples[position.trial.key] = Cell(position.trial, position.levels)
    _report(problems, search, findings, readable)
    if not examples and not problems.entries:
        for steps, text in dict.fromkeys(impossible):
            problems.add(("base", *steps), text)
    search = replace(search, examples=tuple(examples.values()))
    if not problems.entries:
        _check_metrics(problems, search)
        if search.confirm is not None:
            confirm = _with_baseline(problems, search.confirm, transductive)
            search = replace(search, confirm=confirm)
    return search


def _levels_of(dimension: Dimension) -> list[Any]:
    """What an example may have of a dimension: each choice, the ends and the middle of a range."""
    if dimension.kind == "categorical":
        return list(dimension.choices)
    low, high = dimension.low or 0, dimension.high or 0
    if dimension.kind == "int":
        return [int(low), int(high)]
    return [low, float(f"{(low + high) / 2:.4g}"), high]


def _rows(dimensions: tuple[Dimension, ...]) -> Iterator[dict[str, int]]:
    """Numbers of levels, so that each level is in some row, beside several levels of the others."""
    sizes = {dimension.path: len(_levels_of(dimension)) for dimension in dimensions}
    for shift in range(SHIFTS):
        for number in range(max(sizes.values())):
            row = {}
            for column, (path, size) in enumerate(sizes.items()):
                row[path] = (number + shift * column) % size
            yield row


def _numbers_that_count(raw: Raw, search: Search, row: Mapping[str, int]) -> dict[str, int]:
    """The row without the dimensions whose conditions are not met in it."""
    numbers: dict[str, int] = {}
    values: dict[str, Any] = {}
    for dimension in in_order(search.dimensions):
        if is_on(raw, dimension, values):
            numbers[dimension.path] = row[dimension.path]
            values[dimension.path] = _levels_of(dimension)[row[dimension.path]]
    return numbers


def in_order(dimensions: tuple[Dimension, ...]) -> list[Dimension]:
    """The dimensions, each behind those that its condition speaks of."""
    ordered: list[Dimension] = []
    waiting = list(dimensions)
    paths = {dimension.path for dimension in dimensions}
    while waiting:
        before = {dimension.path for dimension in ordered}
        ready = [item for item in waiting if not (set(item.when) & paths) - before]
        ordered += ready
        waiting = [item for item in waiting if item not in ready]
    return ordered


def _axis_of(search: Search, numbers: Mapping[str, int]) -> Axis:
    """The settings of an example as one axis with one row, each with its place in the file."""
    values: list[Any] = []
    steps: list[Steps] = []
    for dimension in search.dimensions:
        if dimension.path not in numbers:
            continue
        number = numbers[dimension.path]
        values.append(_levels_of(dimension)[number])
        steps.append((*OVER, dimension.path, number))
    row: Row = tuple(values)
    row_steps: RowSteps = tuple(steps)
    return Axis(tuple(path for path in search.paths if path in numbers), (row,), (row_steps,))


def _readable_findings(cells: Cells) -> list[Finding]:
    """What is wrong with an example, and which of its settings no component takes."""
    findings = list(cells.settings.problems)
    for path, refusal in cells.settings.refusals.items():
        if path not in cells.settings.used:
            findings.append(((*OVER, path), refusal.reason))
    return findings


def _report(
    problems: Problems,
    search: Search,
    findings: Mapping[Finding, None],
    readable: set[tuple[str, int]],
) -> None:
    """Adds what is wrong with a level in every example that has it, or with the base itself."""
    paths = {path for path, _ in readable}
    for steps, text in findings:
        if steps[:2] != OVER or (len(steps) == 3 and steps[2] not in paths):
            problems.add(steps, text)
        elif len(steps) > 3 and (steps[2], steps[3]) not in readable:
            problems.add(_place_of_level(search, steps), text)


def _place_of_level(search: Search, steps: Steps) -> Steps:
    """Where the file writes a level: a choice has a place of its own, an end of a range has not."""
    for dimension in search.dimensions:
        if dimension.path == steps[2] and dimension.kind != "categorical":
            return steps[:3]
    return steps


def _check_metrics(problems: Problems, search: Search) -> None:
    """An objective must be a metric that the probes measure at every point."""
    measured = measured_in(Expansion(cells=list(search.examples)))
    for objective in search.objectives:
        if objective.metric not in measured:
            word = "maximise" if objective.maximise else "minimise"
            problems.add(("search", word), metric_problem(objective.metric, measured))


def _with_baseline(problems: Problems, confirm: Confirm, transductive: bool) -> Confirm:
    """The confirmation with a comparison against the levels that the baseline has."""
    raw = problems.document.value
    baseline = cell_at(raw, confirm.against, 0, transductive=transductive)
    if baseline.cell is None:
        problems.add(("search", "confirm", "against"), baseline.problem)
        return confirm
    comparisons = []
    for comparison in confirm.comparisons:
        levels = arm_levels(baseline.cell.trial, comparison.factors)
        comparisons.append(replace(comparison, against=" · ".join(levels)))
    return replace(confirm, comparisons=tuple(comparisons))


def arm_levels(trial: Trial, paths: list[str]) -> list[str]:
    """The level of each setting that tells the arms of a confirmation apart; 'none' where a trial
    has no such setting.
    """
    levels = []
    for path in paths:
        try:
            levels.append(level_name(value_at(trial, steps_of(path))))
        except LookupError:
            levels.append("none")
    return levels
