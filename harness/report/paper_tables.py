"""The tables of a study as a paper prints them, ours beside what was published: what stands
where.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.judge.sentences import number
from harness.judge.tables import EMPTY, Entry, Tabulated
from harness.spec.naming import as_list, short_names
from harness.study.names import NO_NAMES, Names, display_name, level_display_names

WIDEST = 8  # columns; beyond that each metric has a block of its own


@dataclass(frozen=True)
class Heading:
    """A text above one or several columns."""

    text: str
    span: int


@dataclass(frozen=True)
class Label:
    """A text before a row; `repeats` where the row above has the same."""

    text: str
    repeats: bool


def blocks(tabulated: Tabulated) -> list[list[int]]:
    """The numbers of the columns that stand side by side, in one block or several."""
    columns = tabulated.columns
    numbers = list(range(len(columns)))
    if len(columns) <= WIDEST:
        return [numbers]
    by_metric = groupby(numbers, key=lambda j: columns[j].metric)
    return [list(block) for _, block in by_metric]


def headings(
    tabulated: Tabulated, block: Sequence[int], names: Names = NO_NAMES
) -> list[list[Heading]]:
    """The lines above the numbers: the metric, then each setting of the columns, equal
    neighbours under one heading.
    """
    names_of_levels = _names_of_column_levels(tabulated, names)
    texts = []
    for j in block:
        column = tabulated.columns[j]
        metric = display_name(column.metric, names)
        levels = zip(names_of_levels, column.levels, strict=True)
        texts.append((metric, *(name_of[level] for name_of, level in levels)))
    lines = []
    for depth in range(1, 2 + len(names_of_levels)):
        spans = groupby([text[:depth] for text in texts])
        lines.append([Heading(heading[-1], len(list(group))) for heading, group in spans])
    return lines


def _names_of_column_levels(tabulated: Tabulated, names: Names) -> list[dict[str, str]]:
    """For each setting of the columns its levels by their names for people."""
    names_of_levels = []
    for i, path in enumerate(tabulated.table.columns):
        levels = [column.levels[i] for column in tabulated.columns]
        names_of_levels.append(level_display_names(levels, path, names))
    return names_of_levels


def row_labels(tabulated: Tabulated) -> list[list[Label]]:
    """The labels before each row; one repeats where those left of it repeat too."""
    names_of_columns = [short_names(levels) for levels in zip(*tabulated.rows, strict=True)]
    rows: list[list[Label]] = []
    above: list[str] = []
    for row in tabulated.rows:
        names = [name_of[level] for name_of, level in zip(names_of_columns, row, strict=True)]
        labels = []
        for depth, name in enumerate(names, start=1):
            labels.append(Label(name, above[:depth] == names[:depth]))
        rows.append(labels)
        above = names
    return rows


def begins_group(labels: Sequence[Label]) -> bool:
    """Whether a row is the first with its labels left of the last one."""
    if len(labels) < 2:
        return False
    return not labels[-2].repeats


def row_names(tabulated: Tabulated) -> list[str]:
    """The full name of each row: 'SNEMI · ImageNet'."""
    names = []
    for labels in row_labels(tabulated):
        names.append(" · ".join(label.text for label in labels))
    return names


def column_names(tabulated: Tabulated) -> list[str]:
    """The full name of each column: 'SWd · Foreground'."""
    lines = []
    for heading_line in headings(tabulated, range(len(tabulated.columns))):
        texts = []
        for heading in heading_line:
            texts += [heading.text] * heading.span
        lines.append(texts)
    return list(map(" · ".join, zip(*lines, strict=True)))


def corner(tabulated: Tabulated, names: Names = NO_NAMES) -> list[str]:
    """What the row labels are levels of."""
    return [display_name(path, names) for path in tabulated.table.rows]


def our_number(entry: Entry) -> str:
    """'0.71 ± 0.02'; one unit has no standard error."""
    if not entry.n:
        return EMPTY
    mean = number(entry.mean, 2 * entry.se)
    if math.isnan(entry.se):
        return mean
    return f"{mean} ± {number(entry.se, 2 * entry.se)}"


def our_number_with_count(entry: Entry) -> str:
    """'0.71 ± 0.02 (5)': our number and how many units it is the mean of."""
    if not entry.n:
        return our_number(entry)
    return f"{our_number(entry)} ({entry.n})"


def published_number(tabulated: Tabulated, entry: Entry) -> str:
    """The published number of a cell as it was printed; nothing where the whole table has none."""
    if entry.written or not tabulated.has_published:
        return entry.written
    return EMPTY


def legend(tabulated: Tabulated, setting: str) -> str:
    """How to read a table; `setting` says how the published numbers are set."""
    table = tabulated.table
    parts = [
        f"mean ± standard error over {table.unit}s (how many)",
        "bold: the best of ours in its column and group",
    ]
    if tabulated.has_published:
        source = f" ({table.from_})" if table.from_ else ""
        parts.append(f"{setting}: as published{source}")
    for path, levels in table.where.items():
        parts.append(f"only where {path} is {' or '.join(as_list(levels))}")
    return "; ".join(parts)


def remarks(tabulated: Tabulated) -> list[str]:
    """What to know before believing it."""
    texts = list(tabulated.notes)
    if tabulated.remark:
        texts.append(f"the published numbers: {tabulated.remark}")
    return texts
