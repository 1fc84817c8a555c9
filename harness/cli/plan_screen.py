"""A plan as tables and lines of a terminal."""

from collections import Counter
from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from harness.run.changed_code import changed_code_lines
from harness.run.plan import Plan
from harness.run.progress import duration
from harness.spec.repetitions import SEED
from harness.spec.states import State
from harness.study.axes import Axis
from harness.study.cell_names import LISTS
from harness.study.cells import NO_USER
from harness.study.levels import idle_targets
from harness.study.load import Study
from harness.study.names import display_name, level_display_names

MANY = 12  # levels of an axis, and lines of a list, before they are summed up
FEW_NUMBERS = 5  # whole numbers in a row before they are written as a range


def axes_table(study: Study) -> Table:
    """The axes of a study with their levels; settings that move together share a row."""
    columns = ("axis", "setting", "levels")
    table = Table(*columns, title=None, box=None, pad_edge=False, header_style="bold")
    for axis in study.axes:
        names = [display_name(path, study.names) for path in axis.paths]
        text = " and ".join(dict.fromkeys(names))
        paths = "\n".join(axis.paths)
        levels = _levels_of_axis(study, axis)
        table.add_row(Text(text), Text(paths, style="dim"), Text(levels))
    return table


def _levels_of_axis(study: Study, axis: Axis) -> str:
    """The levels of an axis: of several settings, the combinations that they move through."""
    rows: dict[tuple[str, ...], None] = {}
    for cell in study.cells:
        levels_of_cell = [cell.levels.get(path, "") for path in axis.paths]
        rows[tuple(levels_of_cell)] = None
    names = _names_of_levels(study, axis, list(rows))
    texts: dict[str, None] = {}
    for levels in rows:
        words = []
        for path, level in zip(axis.paths, levels, strict=True):
            if level and not (path in LISTS and level == "none"):
                words.append(names[path][level])
        texts[" · ".join(dict.fromkeys(words))] = None
    texts.pop("", None)  # of cells that the axis does not reach
    together = " together" if len(axis.paths) > 1 else ""
    return f"{len(texts)}{together}: {_list_of(list(texts))}"


def _names_of_levels(
    study: Study, axis: Axis, rows: list[tuple[str, ...]]
) -> dict[str, dict[str, str]]:
    """What the levels of each setting of an axis are called; numbers that all settings of an axis
    share, as a seed and the draw of its data, by themselves.
    """
    are_shared = all(len(set(row)) == 1 for row in rows)
    names: dict[str, dict[str, str]] = {}
    for column, path in enumerate(axis.paths):
        levels = [row[column] for row in rows]
        names[path] = level_display_names(levels, path, study.names)
        if path == SEED or (len(axis.paths) > 1 and are_shared):
            names[path] = {level: level for level in levels}
    return names


def _list_of(texts: list[str]) -> str:
    """A list of levels; whole numbers in a row are a range, and the last of many are counted."""
    if len(texts) >= FEW_NUMBERS and _are_in_a_row(texts):
        return f"{texts[0]} to {texts[-1]}"
    line = ", ".join(texts[:MANY])
    if len(texts) > MANY:
        line += f" and {len(texts) - MANY} more"
    return line


def _are_in_a_row(texts: list[str]) -> bool:
    """Whether texts are whole numbers of which each follows the one before."""
    if not all(text.isdigit() for text in texts):
        return False
    numbers = list(map(int, texts))
    first = numbers[0]
    last = first + len(numbers)
    return numbers == list(range(first, last))


def plan_lines(plan: Plan) -> Iterator[str]:
    """The plan in sentences, the numbers first."""
    yield from _grid_lines(plan)
    cached = len(plan.fits) - len(plan.training)
    yield f"fits:   {len(plan.training):,} to train, {cached:,} there"
    actions = Counter(trial.action for trial in plan.trials)
    line = f"trials: {actions['run']:,} to run, {actions['done']:,} done"
    if actions["record"]:
        line += f", {actions['record']:,} measured and to record"
    yield line
    reasons = Counter(trial.reason for trial in plan.todo)
    for reason, count in reasons.most_common(MANY):
        yield f"  {count:,} because: {reason}"
    finished = [trial for trial in plan.trials if trial.action == "done"]
    diverged = sum(trial.reason == State.DIVERGED for trial in finished)
    if diverged:
        yield f"  {diverged:,} diverged, kept as they are (--retry diverged runs them again)"
    yield from changed_code_lines(trial.changed for trial in plan.trials)
    if plan.todo:
        yield f"time:   {estimate(plan)}"


def _grid_lines(plan: Plan) -> Iterator[str]:
    """How many cells the grid has, and what fell out of it with the reason."""
    grid = plan.study.expansion
    noun = "cell" if grid.total == 1 else "cells"
    line = f"{grid.total:,} {noun}, {len(plan.trials):,} trials"
    excluded = sum(grid.excluded.values())
    if excluded:
        line += f", {excluded:,} excluded"
    equal = sum(grid.inert.values())
    if equal:
        line += f", {equal:,} equal to another"
    yield line
    for reason, count in grid.excluded.items():
        yield f"  {count:,} excluded: {reason}"
    for path, count in grid.inert.items():
        yield f"  inert: {path} has no effect on {count:,} cells, which equal others"
    for name in idle_targets(plan.study.cells):
        yield f"  unused: {name} changes nothing: {NO_USER}"


def estimate(plan: Plan, slots: int = 1) -> str:
    """Hours from past durations, as far as there are any."""
    if plan.seconds is None:
        return "unknown: nothing like it has run here yet (harness run FILE --pilot times it)"
    text = f"about {duration(plan.seconds / slots)}"
    text += f" on {slots} slots" if slots > 1 else " of one slot's work"
    if plan.unknown:
        text += f", and {plan.unknown:,} jobs whose like has not run here yet"
    return text
