"""The tables of a study as sections of the page: the paper's layout, every number with its runs."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from harness.judge.tables import Tabulated
from harness.report import paper_tables
from harness.report.heatmap import cell_style, heat_legend, value_ranges
from harness.report.paper_tables import Heading, Label
from harness.report.templates import render

Anchors = dict[tuple[int, tuple[str, ...]], str]  # row, runs -> where the page lists them


@dataclass(frozen=True)
class HeadLine:
    """A line above the numbers; what the row labels are levels of stands in the last."""

    headings: Sequence[Heading]
    is_last: bool


@dataclass(frozen=True)
class TableCell:
    """Our number, which leads to its runs, and below it the published one."""

    column: str
    style: Markup
    ours: str
    is_best: bool
    n: int
    anchor: str
    published: str


@dataclass(frozen=True)
class TableRow:
    """A row of a block; the style sheet hides labels that repeat."""

    labels: Sequence[Label]
    begins_group: bool
    cells: Sequence[TableCell]


@dataclass(frozen=True)
class Block:
    """As many columns as stand side by side."""

    headings: Sequence[HeadLine]
    rows: Sequence[TableRow]


@dataclass(frozen=True)
class RunsRow:
    """The runs behind the numbers of a row that were measured in the same ones."""

    anchor: str
    name: str
    runs: Sequence[str]


def sections_of_tables(tables: Iterable[Tabulated]) -> Iterator[Markup]:
    """A section for each table."""
    for number, tabulated in enumerate(tables):
        anchors = _anchors(number, tabulated)
        blocks = paper_tables.blocks(tabulated)
        yield render(
            "paper_table.html",
            number=number,
            table=tabulated.table,
            corner=paper_tables.corner(tabulated),
            blocks=[_block(tabulated, block, anchors) for block in blocks],
            heat_legend=Markup(heat_legend(tabulated)),
            legend=paper_tables.legend(tabulated, "in grey"),
            remarks=list(paper_tables.remarks(tabulated)),
            runs=list(_runs(tabulated, anchors)),
        )


def _block(tabulated: Tabulated, block: list[int], anchors: Anchors) -> Block:
    """The columns of a block as a table."""
    lines = paper_tables.headings(tabulated, block)
    headings = [HeadLine(line, line is lines[-1]) for line in lines]
    rows = []
    for i, labels in enumerate(paper_tables.row_labels(tabulated)):
        begins_group = bool(i) and paper_tables.begins_group(labels)
        rows.append(TableRow(labels, begins_group, _cells(tabulated, block, i, anchors)))
    return Block(headings, rows)


def _cells(tabulated: Tabulated, block: list[int], i: int, anchors: Anchors) -> list[TableCell]:
    """The numbers of a row in a block."""
    names = paper_tables.column_names(tabulated)
    ranges = value_ranges(tabulated)
    cells = []
    for j in block:
        entry = tabulated.entries[i][j]
        style = cell_style(entry.mean, ranges.get(tabulated.columns[j].metric))
        cells.append(
            TableCell(
                names[j],
                Markup(style),
                paper_tables.our_number(entry),
                is_best=entry.best,
                n=entry.n,
                anchor=anchors.get((i, entry.runs), ""),
                published=paper_tables.published_number(tabulated, entry),
            )
        )
    return cells


def _anchors(number: int, tabulated: Tabulated) -> Anchors:
    """One list of runs serves all the cells of a row that were measured in the same runs."""
    anchors: Anchors = {}
    for i, line in enumerate(tabulated.entries):
        for entry in line:
            if entry.runs and (i, entry.runs) not in anchors:
                anchors[i, entry.runs] = f"table-{number}-runs-{len(anchors)}"
    return anchors


def _runs(tabulated: Tabulated, anchors: Anchors) -> Iterator[RunsRow]:
    """The runs behind the numbers."""
    rows = paper_tables.row_names(tabulated)
    columns = paper_tables.column_names(tabulated)
    for (i, runs), anchor in anchors.items():
        entries = zip(columns, tabulated.entries[i], strict=True)
        names = [name for name, entry in entries if entry.runs == runs]
        name = rows[i]
        if len(names) < len(columns):
            name = f"{name}: {', '.join(names)}"
        yield RunsRow(anchor, name, runs)
