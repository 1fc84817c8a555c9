"""The tables of a study for a paper (LaTeX, booktabs), for a text (Markdown) and for machines
(CSV).
"""

from collections.abc import Iterable, Iterator, Sequence

from harness.judge.tables import Entry, Tabulated
from harness.report import paper_tables
from harness.report.formats import csv_text, latex_text, markdown_table, markdown_text
from harness.report.paper_tables import Heading, Label

CSV_HEAD = (
    "table",
    "rows",
    "row",
    "columns",
    "column",
    "metric",
    "unit",
    "n",
    "mean",
    "se",
    "best",
    "published",
    "published_se",
    "units",
    "runs",
)


def tables_latex(tables: Iterable[Tabulated]) -> str:
    """Each table as a float; repeated labels are left blank, and published numbers stand in
    brackets.
    """
    return "".join(map(_float, tables))


def _float(tabulated: Tabulated) -> str:
    """A table with its caption."""
    table = tabulated.table
    title = f"{table.name}: {table.title}" if table.title else table.name
    legend = paper_tables.legend(tabulated, "in brackets")
    caption = "; ".join([title, legend, *tabulated.notes]) + "."
    bodies = [_tabular(tabulated, block) for block in paper_tables.blocks(tabulated)]
    lines = [
        "",
        r"\begin{table}",
        r"\centering\small",
        rf"\caption{{{latex_text(caption)}}}",
        "\n\n\\medskip\n".join(bodies),
        r"\end{table}",
        "",
    ]
    return "\n".join(lines)


def _tabular(tabulated: Tabulated, block: list[int]) -> str:
    """The columns of a block as a table of booktabs."""
    columns = "l" * len(tabulated.table.rows) + "r" * len(block)
    lines = [rf"\begin{{tabular}}{{{columns}}}", r"\toprule"]
    lines += _tex_head(tabulated, block)
    lines.append(r"\midrule")
    for i, labels in enumerate(paper_tables.row_labels(tabulated)):
        if i and paper_tables.begins_group(labels):
            lines.append(r"\addlinespace")
        cells = list(map(latex_text, _texts_once(labels)))
        cells += [_tex_cell(tabulated, tabulated.entries[i][j]) for j in block]
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines)


def _tex_head(tabulated: Tabulated, block: list[int]) -> Iterator[str]:
    """The lines above the numbers, with rules between them that group the columns."""
    corner = list(map(latex_text, paper_tables.corner(tabulated)))
    *upper_lines, last_line = paper_tables.headings(tabulated, block)
    for line in upper_lines:
        cells = [""] * len(corner) + list(map(_tex_heading, line))
        yield " & ".join(cells) + r" \\"
        yield _rules(len(corner), line)
    cells = corner + list(map(_tex_heading, last_line))
    yield " & ".join(cells) + r" \\"


def _tex_heading(heading: Heading) -> str:
    text = latex_text(heading.text)
    if heading.span == 1:
        return text
    return rf"\multicolumn{{{heading.span}}}{{c}}{{{text}}}"


def _rules(end: int, headings: Sequence[Heading]) -> str:
    """A rule under each heading; the labels of the rows end at column `end`."""
    rules = ""
    for heading in headings:
        start = end + 1
        end = end + heading.span
        rules += rf"\cmidrule(lr){{{start}-{end}}}"
    return rules


def _texts_once(labels: Sequence[Label]) -> list[str]:
    """The labels of a row; those that the row above has too are blank."""
    return ["" if label.repeats else label.text for label in labels]


def _tex_cell(tabulated: Tabulated, entry: Entry) -> str:
    """Our number, and the published one in brackets."""
    ours = latex_text(paper_tables.our_number_with_count(entry))
    if entry.best:
        ours = rf"\textbf{{{ours}}}"
    published = paper_tables.published_number(tabulated, entry)
    if not published:
        return ours
    return f"{ours} {latex_text(f'[{published}]')}"


def tables_markdown(tables: Iterable[Tabulated]) -> str:
    """Each table as text; published numbers in italics."""
    text = ""
    for tabulated in tables:
        for part in _markdown_parts(tabulated):
            text += f"\n{part}\n"
    return text


def _markdown_parts(tabulated: Tabulated) -> Iterator[str]:
    """The heading of a table, its blocks, and how to read it."""
    table = tabulated.table
    yield f"## {markdown_text(table.name)}"
    if table.title:
        yield markdown_text(table.title)
    for block in paper_tables.blocks(tabulated):
        yield _markdown_block(tabulated, block)
    legend = paper_tables.legend(tabulated, "in italics")
    yield f"{markdown_text(legend)}."
    remarks = [f"- {markdown_text(text)}" for text in paper_tables.remarks(tabulated)]
    if remarks:
        yield "\n".join(remarks)


def _markdown_block(tabulated: Tabulated, block: list[int]) -> str:
    """The columns of a block as a table."""
    names = paper_tables.column_names(tabulated)
    labels = paper_tables.row_labels(tabulated)
    rows = []
    for row_labels, line in zip(labels, tabulated.entries, strict=True):
        cells = list(map(markdown_text, _texts_once(row_labels)))
        cells += [_markdown_cell(tabulated, line[j]) for j in block]
        rows.append(cells)
    head = paper_tables.corner(tabulated) + [names[j] for j in block]
    return markdown_table(head, rows)


def _markdown_cell(tabulated: Tabulated, entry: Entry) -> str:
    """Our number, and the published one in italics."""
    ours = markdown_text(paper_tables.our_number_with_count(entry))
    if entry.best:
        ours = f"**{ours}**"
    published = paper_tables.published_number(tabulated, entry)
    if not published:
        return ours
    return f"{ours} *{markdown_text(published)}*"


def tables_csv(tables: Iterable[Tabulated]) -> str:
    """A line for each cell."""
    lines: list[list[object]] = []
    for tabulated in tables:
        lines += _csv_lines(tabulated)
    return csv_text(CSV_HEAD, lines)


def _csv_lines(tabulated: Tabulated) -> Iterator[list[object]]:
    """The cells of a table, row by row."""
    table = tabulated.table
    for row, line in zip(tabulated.rows, tabulated.entries, strict=True):
        for column, entry in zip(tabulated.columns, line, strict=True):
            yield [
                table.name,
                " · ".join(table.rows),
                " · ".join(row),
                " · ".join(table.columns),
                " · ".join(column.levels),
                column.metric,
                table.unit,
                entry.n,
                entry.mean,
                entry.se,
                entry.best,
                entry.published,
                entry.published_se,
                "; ".join(entry.units),
                " ".join(entry.runs),
            ]
