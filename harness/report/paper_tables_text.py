"""The tables of a study for a text (Markdown) and for machines (CSV)."""

from collections.abc import Iterable, Iterator, Sequence

from harness.judge.tables import Entry, Tabulated
from harness.report import paper_tables
from harness.report.formats import csv_text, markdown_table, markdown_text
from harness.report.paper_tables import Label

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


def _texts_once(labels: Sequence[Label]) -> list[str]:
    """The labels of a row; those that the row above has too are blank."""
    return ["" if label.repeats else label.text for label in labels]


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
