"""A study's tables and the finished rows -> cells: our mean over the units, and beside it the
published number.
"""

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, groupby

import pandas as pd

from harness.judge.arms import Layout, Levels, lay_out
from harness.judge.measured import Sample, runs_behind
from harness.judge.samples import measured_samples
from harness.judge.table_axes import table_axes
from harness.judge.tallies import count_states
from harness.stats.inputs import constant
from harness.study.comparison import Comparison
from harness.study.load import Study
from harness.study.tables import Published, Table

EMPTY = "–"


@dataclass(frozen=True)
class Entry:
    """One cell of a table: a mean over units with its standard error, and what was published; NaN
    for none.
    """

    mean: float = math.nan
    se: float = math.nan
    n: int = 0
    published: float = math.nan
    published_se: float = math.nan
    written: str = ""  # the published number as it was printed
    best: bool = False  # of ours, in its column and group of rows
    units: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A metric, at one combination of the column settings."""

    metric: str
    levels: Levels


@dataclass(frozen=True)
class Tabulated:
    """A table, filled: a line of entries for each combination of the row settings."""

    table: Table
    rows: tuple[Levels, ...]
    columns: tuple[Column, ...]
    entries: tuple[tuple[Entry, ...], ...]
    notes: tuple[str, ...]
    remark: str = ""  # what the file of published numbers says of them

    @property
    def has_published(self) -> bool:
        """Whether anything was published."""
        return any(entry.written for entry in chain.from_iterable(self.entries))


@dataclass(frozen=True)
class Means:
    """Our own numbers of a table: an entry for each combination of levels that was measured."""

    entries: dict[Levels, Entry]
    notes: tuple[str, ...]


Cell = tuple[Levels, str]  # the levels of the rows and columns, and the metric


def tabulate(
    study: Study,
    runs: pd.DataFrame,
    rows: pd.DataFrame,
    lower: Collection[str] = (),
) -> list[Tabulated]:
    """Every table of a study; of the metrics in `lower` the least is best."""
    tables = []
    for table, published in study.tables:
        tables.append(_fill_table(study, table, published, runs, rows, lower=lower))
    return tables


def means(plan: Layout, question: Comparison, runs: pd.DataFrame, rows: pd.DataFrame) -> Means:
    """The mean over complete units at each combination of the settings in `within`.

    The tables of a report and the heat maps of the dashboard are filled here, with the samples that
    the judge compares.
    """
    metric = question.metrics[0]
    measured = measured_samples(plan, question, metric, runs, rows, with_tallies=False)
    entries = {}
    for sample in measured.samples:
        if sample.values:
            entries[sample.stratum] = _mean_of(sample)
    return Means(entries, tuple(dict.fromkeys(measured.notes)))


def _fill_table(
    study: Study,
    table: Table,
    published: Published,
    runs: pd.DataFrame,
    rows: pd.DataFrame,
    *,
    lower: Collection[str],
) -> Tabulated:
    """A table with our means and the published numbers in its cells."""
    ours: dict[Cell, Entry] = {}
    notes: list[str] = []
    plan = lay_out(study, _question(table, table.metrics[0]))
    for metric in table.metrics:
        of_metric = means(plan, _question(table, metric), runs, rows)
        for levels, entry in of_metric.entries.items():
            ours[levels, metric] = entry
        notes += of_metric.notes
    cells = dict.fromkeys([*published.numbers, *ours])
    row_levels, column_levels = table_axes(study, table, plan, [levels for levels, _ in cells])
    row_levels = row_levels or [(EMPTY,) * len(table.rows)]
    column_levels = column_levels or [(EMPTY,) * len(table.columns)]
    columns = []
    for metric in table.metrics:
        columns += [Column(metric, levels) for levels in column_levels]
    entries = []
    for levels in row_levels:
        line = []
        for column in columns:
            cell = (levels + column.levels, column.metric)
            line.append(_entry(cell, ours, published))
        entries.append(line)
    notes += _doubts(table, plan, runs, entries)
    return Tabulated(
        table,
        rows=tuple(row_levels),
        columns=tuple(columns),
        entries=_with_best(row_levels, columns, entries, lower),
        notes=tuple(dict.fromkeys(notes)),
        remark=published.note,
    )


def _question(table: Table, metric: str) -> Comparison:
    """A table asks as a comparison does, separately in each of its cells."""
    return Comparison(table.name, table.unit, metric, within=table.paths, where=table.where)


def _mean_of(sample: Sample) -> Entry:
    """The mean over the units of a sample, with its standard error."""
    values = sample.array()
    # what rounding leaves of equal values is no spread
    mean = float(values.mean())
    se = math.nan
    if values.size > 1:
        se = 0.0
    if not constant(values):
        deviation = values.std(ddof=1)
        se = float(deviation / math.sqrt(values.size))
    return Entry(mean, se, values.size, units=sample.units, runs=runs_behind([sample]))


def _entry(cell: Cell, ours: Mapping[Cell, Entry], published: Published) -> Entry:
    """Our number, where there is one, and beside it the published."""
    entry = ours.get(cell, Entry())
    number = published.numbers.get(cell)
    if number is None:
        return entry
    return replace(entry, published=number.value, published_se=number.se, written=number.text)


def _with_best(
    rows: Sequence[Levels],
    columns: Sequence[Column],
    entries: Sequence[Sequence[Entry]],
    lower: Collection[str],
) -> tuple[tuple[Entry, ...], ...]:
    """Marks the best of each column in each group of rows; none where one is alone or several share
    it.
    """
    marked = list(map(list, entries))
    for _, group in groupby(range(len(rows)), key=lambda row: rows[row][:-1]):
        numbers = list(group)
        for j, column in enumerate(columns):
            in_column = {i: entries[i][j] for i in numbers}
            best = _best_row(in_column, column.metric in lower)
            if best is not None:
                marked[best][j] = replace(entries[best][j], best=True)
    return tuple(map(tuple, marked))


def _best_row(entries: Mapping[int, Entry], is_lower_better: bool) -> int | None:
    """Which of the entries of a column is best."""
    sign = -1 if is_lower_better else 1
    filled = [number for number, entry in entries.items() if entry.n]
    filled.sort(key=lambda number: -sign * entries[number].mean)
    if len(filled) < 2 or entries[filled[0]].mean == entries[filled[1]].mean:
        return None
    return filled[0]


def _doubts(
    table: Table,
    plan: Layout,
    runs: pd.DataFrame,
    entries: Iterable[Iterable[Entry]],
) -> Iterator[str]:
    """What a reader must know before believing a cell."""
    yield from plan.notes
    if plan.averaged:
        yield f"averaged over {', '.join(plan.averaged)}"
    planned = {trial.trial for trial in plan.trial_places}
    counts = count_states(planned, runs)
    losses = []
    for state in ("diverged", "failed", "missing"):
        if counts[state]:
            losses.append(f"{counts[state]} {state}")
    if losses:
        yield (f"of {len(planned)} trials {', '.join(losses)}: their {table.unit}s are in no cell")
    if counts["diverged"]:
        yield "the means are of the trials that did not diverge, which flatters them"
    is_measured = any(entry.n for entry in chain.from_iterable(entries))
    if table.unit == "image" and is_measured:
        yield (
            "images of one network are pooled: the standard errors say nothing of another training"
        )
