"""The tables of a study as sections of the page: the paper's layout, every number with its runs."""

from collections.abc import Iterable, Iterator, Sequence
from html import escape

from harness.judge.tables import Entry, Tabulated
from harness.report import paper_tables
from harness.report.formats import with_capital
from harness.report.heatmap import cell_style, heat_legend, value_ranges
from harness.report.paper_tables import Label

Anchors = dict[tuple[int, tuple[str, ...]], str]  # row, runs -> where the page lists them


def sections_of_tables(tables: Iterable[Tabulated]) -> Iterator[str]:
    """A section for each table."""
    for number, tabulated in enumerate(tables):
        parts = _parts_of_section(number, tabulated)
        yield "\n".join(part for part in parts if part)


def _parts_of_section(number: int, tabulated: Tabulated) -> Iterator[str]:
    """The parts of a section from top to bottom; those that a table lacks are empty."""
    table = tabulated.table
    anchors = _anchors(number, tabulated)
    unit = f'<span class="badge">unit: {escape(table.unit)}</span>'
    yield f'<section id="table-{number}"><h2>{escape(table.name)} {unit}</h2>'
    if table.title:
        yield f'<p class="verdict">{escape(table.title)}</p>'
    for block in paper_tables.blocks(tabulated):
        yield _table(tabulated, block, anchors)
    yield heat_legend(tabulated)
    legend = paper_tables.legend(tabulated, "in grey")
    yield f'<p class="legend">{escape(with_capital(legend))}.</p>'
    yield _remarks(tabulated)
    yield _runs(tabulated, anchors)
    yield "</section>"


def _remarks(tabulated: Tabulated) -> str:
    """What to know before believing the table, as a list."""
    items = []
    for text in paper_tables.remarks(tabulated):
        items.append(f"<li>{escape(with_capital(text))}</li>")
    if not items:
        return ""
    return f"<ul>{''.join(items)}</ul>"


def _table(tabulated: Tabulated, block: list[int], anchors: Anchors) -> str:
    """The columns of a block as a table."""
    rows = []
    for i, labels in enumerate(paper_tables.row_labels(tabulated)):
        fresh = ' class="fresh"' if i and paper_tables.begins_group(labels) else ""
        names = _label_cells(labels)
        cells = _cells(tabulated, block, i, anchors)
        rows.append(f"<tr{fresh}>{names}{cells}</tr>")
    head = f"<thead>{_head(tabulated, block)}</thead>"
    body = f"<tbody>{''.join(rows)}</tbody>"
    return f'<div class="across"><table class="cards paper">{head}{body}</table></div>'


def _head(tabulated: Tabulated, block: list[int]) -> str:
    """The lines above the numbers; what the row labels are levels of stands in the last."""
    lines = paper_tables.headings(tabulated, block)
    rows = []
    for line in lines:
        cells = []
        for name in paper_tables.corner(tabulated):
            text = escape(name) if line is lines[-1] else ""
            cells.append(f'<th class="label">{text}</th>')
        for heading in line:
            text = escape(heading.text)
            cells.append(f'<th colspan="{heading.span}" scope="colgroup">{text}</th>')
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return "".join(rows)


def _label_cells(labels: Sequence[Label]) -> str:
    """The labels of a row; the style sheet hides those that repeat."""
    cells = []
    for label in labels:
        again = " again" if label.repeats else ""
        cells.append(f'<th class="label{again}" scope="row">{escape(label.text)}</th>')
    return "".join(cells)


def _cells(tabulated: Tabulated, block: list[int], i: int, anchors: Anchors) -> str:
    """The numbers of a row in a block."""
    names = paper_tables.column_names(tabulated)
    ranges = value_ranges(tabulated)
    cells = []
    for j in block:
        entry = tabulated.entries[i][j]
        style = cell_style(entry.mean, ranges.get(tabulated.columns[j].metric))
        content = _cell(tabulated, entry, anchors.get((i, entry.runs)))
        cells.append(f'<td data-k="{escape(names[j])}"{style}>{content}</td>')
    return "".join(cells)


def _cell(tabulated: Tabulated, entry: Entry, anchor: str | None) -> str:
    """Our number, which leads to its runs, and below it the published one."""
    ours = escape(paper_tables.our_number(entry))
    if entry.best:
        ours = f"<b>{ours}</b>"
    if anchor:
        ours = f'<a href="#{anchor}">{ours}</a> <small>({entry.n})</small>'
    published = paper_tables.published_number(tabulated, entry)
    if not published:
        return f"<span>{ours}</span>"
    return f'<span>{ours}</span><span class="theirs">{escape(published)}</span>'


def _anchors(number: int, tabulated: Tabulated) -> Anchors:
    """One list of runs serves all the cells of a row that were measured in the same runs."""
    anchors: Anchors = {}
    for i, line in enumerate(tabulated.entries):
        for entry in line:
            if entry.runs and (i, entry.runs) not in anchors:
                anchors[i, entry.runs] = f"table-{number}-runs-{len(anchors)}"
    return anchors


def _runs(tabulated: Tabulated, anchors: Anchors) -> str:
    """The runs behind the numbers, folded away."""
    rows = paper_tables.row_names(tabulated)
    columns = paper_tables.column_names(tabulated)
    lines = []
    for (i, runs), anchor in anchors.items():
        entries = zip(columns, tabulated.entries[i], strict=True)
        names = [name for name, entry in entries if entry.runs == runs]
        name = rows[i]
        if len(names) < len(columns):
            name = f"{name}: {', '.join(names)}"
        links = " ".join(map(_link_to_run, runs))
        lines.append(f'<tr id="{anchor}"><td>{escape(name)}</td><td>{links}</td></tr>')
    if not lines:
        return ""
    summary = "<summary>Runs behind each number</summary>"
    return f"<details>{summary}<table>{''.join(lines)}</table></details>"


def _link_to_run(run: str) -> str:
    return f'<a href="#run-{escape(run)}">{escape(run[:8])}</a>'
