"""Which rows and columns a table has."""

from collections.abc import Iterable, Sequence

from harness.judge.arms import Layout, Levels, by_stratum
from harness.study.levels import levels_of
from harness.study.load import Study
from harness.study.tables import Table


def table_axes(
    study: Study,
    table: Table,
    plan: Layout,
    combinations: Sequence[Levels],
) -> tuple[list[Levels], list[Levels]]:
    """The levels of the rows and of the columns, as the grid orders them.

    They are those that the grid plans, and beside them those of numbers that were published or
    measured, which `combinations` lists.
    """
    paths = table.paths
    width = len(table.rows)
    orders = []
    for number, path in enumerate(paths):
        order = levels_of(study.expansion, path)
        if not order:  # a dimension of the rows
            filled = [levels[number] for levels in combinations]
            order = list(dict.fromkeys(filled))
        orders.append(order)
    axes = []
    for part in (slice(width), slice(width, None)):
        levels = [combination[part] for combination in combinations]
        levels += _planned_levels(plan, paths[part])
        axes.append(_in_grid_order(levels, orders[part]))
    return axes[0], axes[1]


def _planned_levels(plan: Layout, paths: Sequence[str]) -> list[Levels]:
    """The combinations that the grid plans; none where a path is a dimension of the rows."""
    settings = [path for path in plan.stratum_paths if path not in plan.dimensions]
    if not set(settings).issuperset(paths):
        return []
    numbers = list(map(settings.index, paths))
    combinations = []
    for stratum in by_stratum(plan.trial_places):
        levels = [stratum[number] for number in numbers]
        combinations.append(tuple(levels))
    return combinations


def _in_grid_order(combinations: Iterable[Levels], orders: Sequence[list[str]]) -> list[Levels]:
    """Combinations of levels as the grid orders them; a level that it does not have comes last."""

    def ranks(levels: Levels) -> list[int]:
        """The rank of each level."""
        numbers = []
        for level, order in zip(levels, orders, strict=True):
            if level in order:
                numbers.append(order.index(level))
            else:
                numbers.append(len(order))
        return numbers

    return sorted(dict.fromkeys(combinations), key=ranks)
