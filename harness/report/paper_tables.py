"""The tables of a study as a paper prints them, ours beside what was published: what stands where."""

import math
from collections.abc import Sequence
from itertools import groupby

from harness.judge.sentences import number
from harness.judge.tables import EMPTY, Entry, Tabulated
from harness.spec.naming import as_list, short_names

WIDEST = 8  # columns; beyond that each metric has a block of its own
Head = tuple[str, int]  # a heading and how many columns it spans


def blocks(found: Tabulated) -> list[list[int]]:
    """The columns that stand side by side."""
    everything = range(len(found.columns))
    if len(found.columns) <= WIDEST:
        return [list(everything)]
    return [list(js) for _, js in groupby(everything, key=lambda j: found.columns[j].metric)]


def headings(found: Tabulated, block: Sequence[int]) -> list[list[Head]]:
    """The lines above the numbers: the metric, then each setting of the columns, equal neighbours under one heading."""
    called = [
        short_names((c.levels[i] for c in found.columns), path)
        for i, path in enumerate(found.table.columns)
    ]
    columns = [found.columns[j] for j in block]
    names = [
        (c.metric, *(of[level] for of, level in zip(called, c.levels, strict=True)))
        for c in columns
    ]
    depths = range(1, 2 + len(called))
    return [
        [(key[-1], len(list(group))) for key, group in groupby(n[:d] for n in names)]
        for d in depths
    ]


def labels(found: Tabulated) -> list[list[tuple[str, bool]]]:
    """The names of each row, and whether the row above has the same."""
    called = [short_names(levels) for levels in zip(*found.rows, strict=True)]
    lines = [[of[level] for of, level in zip(called, row, strict=True)] for row in found.rows]
    return [
        [(name, i > 0 and lines[i - 1][: k + 1] == line[: k + 1]) for k, name in enumerate(line)]
        for i, line in enumerate(lines)
    ]


def row_names(found: Tabulated) -> list[str]:
    return [" · ".join(name for name, _ in line) for line in labels(found)]


def column_names(found: Tabulated) -> list[str]:
    """The full name of each column: 'swd · Foreground'."""
    heads = headings(found, range(len(found.columns)))
    spread = [[text for text, span in line for _ in range(span)] for line in heads]
    return [" · ".join(parts) for parts in zip(*spread, strict=True)]


def corner(found: Tabulated) -> list[str]:
    """What the row labels are levels of."""
    return [path.split(".")[-1].replace("_", " ") for path in found.table.rows]


def ours(entry: Entry) -> str:
    """'0.71 ± 0.02'; one unit has no standard error."""
    if not entry.n:
        return EMPTY
    mean = number(entry.mean, 2 * entry.se)
    return mean if math.isnan(entry.se) else f"{mean} ± {number(entry.se, 2 * entry.se)}"


def theirs(found: Tabulated, entry: Entry) -> str:
    return entry.written or (EMPTY if found.has_published else "")


def legend(found: Tabulated, published: str) -> str:
    """How to read it; `published` says how the published numbers are set."""
    one = found.table
    only = [
        f"only where {path} is {' or '.join(as_list(level))}" for path, level in one.where.items()
    ]
    said = [
        f"mean ± standard error over {one.unit}s (how many)",
        "bold: the best of ours in its column and group",
    ]
    said += (
        [f"{published}: as published" + (f" ({one.from_})" if one.from_ else "")]
        if found.has_published
        else []
    )
    return "; ".join([*said, *only])


def remarks(found: Tabulated) -> list[str]:
    """What to know before believing it."""
    return [*found.notes, *([f"the published numbers: {found.remark}"] if found.remark else [])]
