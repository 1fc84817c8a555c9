"""The tables of a study for a paper (LaTeX, booktabs), for a text (Markdown) and for machines (CSV)."""

from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise

from harness.judge.tables import Entry, Tabulated
from harness.report.comparison_tables import as_csv, grid, plain, tex
from harness.report.paper_tables import (
    blocks,
    column_names,
    corner,
    headings,
    labels,
    legend,
    ours,
    remarks,
    theirs,
)


def latex(tables: Iterable[Tabulated]) -> str:
    """Each table as a float; repeated labels are left blank, and published numbers stand in brackets."""
    return "".join(_float(found) for found in tables)


def _float(found: Tabulated) -> str:
    one = found.table
    said = [
        f"{one.name}: {one.title}" if one.title else one.name,
        legend(found, "in brackets"),
        *found.notes,
    ]
    bodies = "\n\n\\medskip\n".join(_tabular(found, block) for block in blocks(found))
    caption = tex("; ".join(said) + ".")
    return f"\n\\begin{{table}}\n\\centering\\small\n\\caption{{{caption}}}\n{bodies}\n\\end{{table}}\n"


def _tabular(found: Tabulated, block: list[int]) -> str:
    lead, heads = len(found.table.rows), headings(found, block)
    lines = [rf"\begin{{tabular}}{{{'l' * lead}{'r' * len(block)}}}", r"\toprule"]
    for depth, line in enumerate(heads):
        last = depth == len(heads) - 1
        names = [tex(name) if last else "" for name in corner(found)]
        over = [
            tex(text) if span == 1 else rf"\multicolumn{{{span}}}{{c}}{{{tex(text)}}}"
            for text, span in line
        ]
        lines.append(" & ".join([*names, *over]) + r" \\")
        ends = list(accumulate((span for _, span in line), initial=lead))
        rules = [rf"\cmidrule(lr){{{start + 1}-{end}}}" for start, end in pairwise(ends)]
        lines += [] if last else ["".join(rules)]
    lines.append(r"\midrule")
    for i, named in enumerate(labels(found)):
        lines += [r"\addlinespace"] if i and len(named) > 1 and not named[-2][1] else []
        cells = [_tex_cell(found, found.entries[i][j]) for j in block]
        lines.append(
            " & ".join([*("" if again else tex(name) for name, again in named), *cells]) + r" \\"
        )
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"])


def _tex_cell(found: Tabulated, entry: Entry) -> str:
    mine = tex(_counted(entry))
    mine = rf"\textbf{{{mine}}}" if entry.best else mine
    other = theirs(found, entry)
    return f"{mine} {tex(f'[{other}]')}" if other else mine


def _counted(entry: Entry) -> str:
    return f"{ours(entry)} ({entry.n})" if entry.n else ours(entry)


def markdown(tables: Iterable[Tabulated]) -> str:
    """Each table as text; published numbers in italics."""
    return "".join(f"\n{part}\n" for found in tables for part in _markdown(found))


def _markdown(found: Tabulated) -> Iterator[str]:
    one, columns = found.table, column_names(found)
    yield f"## {plain(one.name)}"
    if one.title:
        yield plain(one.title)
    for block in blocks(found):
        rows = []
        for named, line in zip(labels(found), found.entries, strict=True):
            names = ["" if again else plain(name) for name, again in named]
            rows.append((*names, *(_marked(found, line[j]) for j in block)))
        yield grid((*corner(found), *(columns[j] for j in block)), rows)
    yield f"{plain(legend(found, 'in italics'))}."
    if found_remarks := remarks(found):
        yield "\n".join(f"- {plain(text)}" for text in found_remarks)


def _marked(found: Tabulated, entry: Entry) -> str:
    mine = plain(_counted(entry))
    mine = f"**{mine}**" if entry.best else mine
    other = theirs(found, entry)
    return f"{mine} *{plain(other)}*" if other else mine


def tables_csv(tables: Iterable[Tabulated]) -> str:
    """A line for each cell."""
    head = ["table", "rows", "row", "columns", "column", "metric", "unit", "n", "mean", "se", "best", "published",
            "published_se", "units", "runs"]  # fmt: skip
    lines = []
    for found in tables:
        one = found.table
        for row, line in zip(found.rows, found.entries, strict=True):
            for column, entry in zip(found.columns, line, strict=True):
                place = [one.name, " · ".join(one.rows), " · ".join(row), " · ".join(one.columns)]
                about = [
                    *place,
                    " · ".join(column.levels),
                    column.metric,
                    one.unit,
                    entry.n,
                    entry.mean,
                    entry.se,
                ]
                other = [entry.best, entry.published, entry.published_se]
                lines.append([*about, *other, "; ".join(entry.units), " ".join(entry.runs)])
    return as_csv(head, lines)
