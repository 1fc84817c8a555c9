"""A study's tables and the finished rows -> cells: our mean over the units, and beside it the published number."""

import math
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby

import pandas as pd

from harness.judge.arms import Layout, Levels, layout
from harness.judge.samples import Sample, measured_samples
from harness.stats.inputs import constant
from harness.study.comparison import Comparison
from harness.study.levels import levels_of
from harness.study.load import Study
from harness.study.tables import Published, Table

EMPTY = "–"


@dataclass(frozen=True)
class Entry:
    """One place of a table: a mean over units with its standard error, and what was published; NaN for none."""

    mean: float = math.nan
    se: float = math.nan
    n: int = 0
    published: float = math.nan
    published_se: float = math.nan
    written: str = ""  # the published number as it was printed
    best: bool = False  # of ours, in its column and group of rows
    units: Levels = ()
    runs: Levels = ()


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
    def compared(self) -> bool:
        """Whether anything was published."""
        return any(entry.written for line in self.entries for entry in line)


def tabulate(
    study: Study, runs: pd.DataFrame, rows: pd.DataFrame, lower: Collection[str] = ()
) -> list[Tabulated]:
    """Every table of a study; of the metrics in `lower` the least is best."""
    return [_filled(study, one, published, (runs, rows), lower) for one, published in study.tables]


@dataclass(frozen=True)
class Means:
    """Our own numbers of a table: an entry for each combination of levels that was measured."""

    entries: dict[Levels, Entry]
    notes: tuple[str, ...]


def means(laid: Layout, question: Comparison, runs: pd.DataFrame, rows: pd.DataFrame) -> Means:
    """The mean over complete units at each combination of the settings in `within`.

    The tables of a report and the heat maps of the dashboard are filled here, with the samples that the judge compares.
    """
    results = measured_samples(laid, question, question.metrics[0], runs, rows)
    entries = {sample.stratum: _mean_of(sample) for sample in results.samples if sample.values}
    return Means(entries, tuple(dict.fromkeys(results.notes)))


def _filled(
    study: Study,
    one: Table,
    published: Published,
    found: tuple[pd.DataFrame, pd.DataFrame],
    lower: Collection[str],
) -> Tabulated:
    ours: dict[tuple[Levels, str], Entry] = {}
    notes: dict[str, None] = {}
    laid = layout(study, _asked(one, one.metrics[0]))
    for metric in one.metrics:
        of_metric = means(laid, _asked(one, metric), *found)
        for levels, entry in of_metric.entries.items():
            ours[levels, metric] = entry
        notes.update(dict.fromkeys(of_metric.notes))
    rows, columns = _axes(study, one, laid, [*published.numbers, *ours])
    entries = [
        [_entry((row + c.levels, c.metric), ours, published) for c in columns] for row in rows
    ]
    notes |= dict.fromkeys(_doubts(one, laid, found[0], entries))
    return Tabulated(
        one, rows, columns, _marked(rows, columns, entries, lower), tuple(notes), published.note
    )


def _asked(one: Table, metric: str) -> Comparison:
    """A table asks as a comparison does, separately in each of its cells."""
    return Comparison(one.name, one.unit, metric, within=one.paths, where=one.where)


def _axes(
    study: Study, one: Table, laid: Layout, there: Iterable[tuple[Levels, str]]
) -> tuple[tuple[Levels, ...], tuple[Column, ...]]:
    """Rows and columns: what the grid plans, what was published and what was measured; in the order of the grid."""
    known = list(dict.fromkeys(levels for levels, _ in there))
    settings = [path for path in one.paths if path not in laid.dimensions]
    planned = [dict(zip(settings, place.stratum, strict=False)) for place in laid.trial_places]
    order = [
        levels_of(study.expansion, path) or _seen(known, i) for i, path in enumerate(one.paths)
    ]
    ranks = [{level: rank for rank, level in enumerate(levels)} for levels in order]

    def ordered(part: slice) -> list[Levels]:
        found = [levels[part] for levels in known]
        if all(path in settings for path in one.paths[part]):
            found += [tuple(levels[path] for path in one.paths[part]) for levels in planned]
        found = list(dict.fromkeys(found))
        return sorted(
            found, key=lambda c: [r.get(x, len(r)) for r, x in zip(ranks[part], c, strict=True)]
        )

    width = len(one.rows)
    columns = ordered(slice(width, None)) or [(EMPTY,) * len(one.columns)]
    rows = ordered(slice(width)) or [(EMPTY,) * width]
    return tuple(rows), tuple(
        Column(metric, levels) for metric in one.metrics for levels in columns
    )


def _seen(known: list[Levels], i: int) -> list[str]:
    return list(dict.fromkeys(levels[i] for levels in known))


def _mean_of(sample: Sample) -> Entry:
    """The mean over the units of a sample, with its standard error."""
    values = sample.array()
    spread = (
        0.0 if constant(values) else values.std(ddof=1)
    )  # what rounding leaves of equal values is no spread
    se = float(spread / math.sqrt(values.size)) if values.size > 1 else math.nan
    runs = tuple(dict.fromkeys(run for of_unit in sample.runs for run in of_unit))
    return Entry(float(values.mean()), se, values.size, units=sample.units, runs=runs)


def _entry(
    at: tuple[Levels, str], ours: dict[tuple[Levels, str], Entry], published: Published
) -> Entry:
    """Our number, where there is one, and beside it the published."""
    entry = ours.get(at, Entry())
    number = published.numbers.get(at)
    if number is None:
        return entry
    return replace(entry, published=number.value, published_se=number.se, written=number.text)


def _marked(
    rows: tuple[Levels, ...],
    columns: tuple[Column, ...],
    entries: list[list[Entry]],
    lower: Collection[str],
) -> tuple[tuple[Entry, ...], ...]:
    """The best of each column within a group of rows; none where one is alone or several share it."""
    made = [list(line) for line in entries]
    for _, group in groupby(range(len(rows)), key=lambda i: rows[i][:-1]):
        lines = list(group)
        for j, column in enumerate(columns):
            sign = -1 if column.metric in lower else 1
            ranked = sorted(
                (i for i in lines if made[i][j].n), key=lambda i: -sign * made[i][j].mean
            )
            if len(ranked) > 1 and made[ranked[0]][j].mean != made[ranked[1]][j].mean:
                made[ranked[0]][j] = replace(made[ranked[0]][j], best=True)
    return tuple(tuple(line) for line in made)


def _doubts(
    one: Table, laid: Layout, runs: pd.DataFrame, entries: list[list[Entry]]
) -> Iterator[str]:
    """What a reader must know before believing a cell."""
    yield from laid.notes
    if laid.averaged:
        yield f"averaged over {', '.join(laid.averaged)}"
    ended = dict(zip(runs["trial"], runs["state"], strict=True)) if len(runs) else {}
    planned = {place.trial for place in laid.trial_places}
    counts = Counter(ended.get(trial, "missing") for trial in planned)
    if bad := [
        f"{counts[state]} {state}" for state in ("diverged", "failed", "missing") if counts[state]
    ]:
        yield f"of {len(planned)} trials {', '.join(bad)}: their {one.unit}s are in no cell"
    if counts["diverged"]:
        yield "the means are of the trials that did not diverge, which flatters them"
    if one.unit == "image" and any(entry.n for line in entries for entry in line):
        yield "images of one network are pooled: the standard errors say nothing of another training"
