"""The tables of a study for a paper (LaTeX, booktabs): as many columns side by side as there is
room for, the rest below.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from harness.judge.tables import Tabulated
from harness.report import paper_tables
from harness.report.formats import latex_text
from harness.report.latex import breakable_latex, table_float, width_of
from harness.report.paper_tables import Heading
from harness.study.names import NO_NAMES, Names

ROOM = 310.0  # points of a line: less than an article has, as its letters may be larger
GAP = 6.0  # points between two columns
WIDEST_LABEL = 100.0  # points of a column of labels; a longer label takes several lines
WIDEST_HEADING = 60.0  # points of a heading above a column of shorter numbers
MOST_ROWS = 40  # of a table, which then fits on a page


def tables_latex(tables: Iterable[Tabulated], names: Names = NO_NAMES) -> str:
    """Each table as a float; repeated labels are left blank, and published numbers stand in
    brackets.
    """
    text = ""
    for tabulated in tables:
        text += "".join(_floats(tabulated, names))
    return text


def _floats(tabulated: Tabulated, names: Names) -> Iterator[str]:
    """A table with its caption; its blocks of columns, and what does not fit on a page, follow."""
    table = tabulated.table
    title = f"{table.name}: {table.title}" if table.title else table.name
    legend = paper_tables.legend(tabulated, "in brackets")
    caption = "; ".join([title, legend, *tabulated.notes]) + "."
    count = len(tabulated.rows)
    bodies: list[str] = []
    lines = 0
    for block in blocks_in_room(tabulated, names):
        for first in range(0, count, MOST_ROWS):
            rows = range(first, min(count, first + MOST_ROWS))
            if bodies and lines + len(rows) > MOST_ROWS:
                yield table_float(caption, bodies)
                caption = f"{table.name} (continued)."
                bodies = []
                lines = 0
            bodies.append(_tabular(tabulated, block, rows, names))
            lines += len(rows) + 4
    yield table_float(caption, bodies)


def blocks_in_room(tabulated: Tabulated, names: Names = NO_NAMES) -> list[list[int]]:
    """The numbers of the columns that stand side by side on a page, those of a metric together
    where there is room for them.
    """
    room = ROOM - sum(_label_widths(tabulated, names))
    widths = [_column_width(tabulated, j, names) for j in range(len(tabulated.columns))]
    blocks: list[list[int]] = []
    for block in paper_tables.blocks(tabulated):
        by_metric = groupby(block, key=lambda j: tabulated.columns[j].metric)
        groups = [list(columns) for _, columns in by_metric]
        blocks += _filled_blocks(groups, widths, room)
    return blocks


def _filled_blocks(
    groups: Sequence[Sequence[int]], widths: Sequence[float], room: float
) -> Iterator[list[int]]:
    """The columns in blocks that have room; a metric goes on in the next block only where it has
    too many columns for one.
    """
    block: list[int] = []
    free = room
    for group in groups:
        if block and sum(widths[j] for j in group) > free:
            yield block
            block = []
            free = room
        for j in group:
            if block and widths[j] > free:
                yield block
                block = []
                free = room
            block.append(j)
            free -= widths[j]
    yield block


def _label_widths(tabulated: Tabulated, names: Names) -> list[float]:
    """How wide each column of labels is, with the gap behind it."""
    widths = []
    labels_of_rows = paper_tables.row_labels(tabulated)
    for position, head in enumerate(paper_tables.corner(tabulated, names)):
        texts = [head, *(labels[position].text for labels in labels_of_rows)]
        widest = max(map(width_of, texts))
        widths.append(GAP + min(WIDEST_LABEL, widest))
    return widths


def _column_width(tabulated: Tabulated, j: int, names: Names) -> float:
    """How wide a column of numbers is, with the gap behind it."""
    width = 0.0
    for line in tabulated.entries:
        entry = line[j]
        text = paper_tables.our_number_with_count(entry)
        published = paper_tables.published_number(tabulated, entry)
        if published:
            text += f" [{published}]"
        width = max(width, width_of(text))
    *_, headings = paper_tables.headings(tabulated, [j], names)
    heading = min(WIDEST_HEADING, width_of(headings[0].text))
    return GAP + max(width, heading)


def _tabular(
    tabulated: Tabulated, block: Sequence[int], numbers: Sequence[int], names: Names
) -> str:
    """The columns of a block as a table of booktabs."""
    layout = "".join(map(_label_layout, _label_widths(tabulated, names))) + "r" * len(block)
    lines = [rf"\begin{{tabular}}{{@{{}}{layout}@{{}}}}", r"\toprule"]
    lines += _head(tabulated, block, names)
    lines.append(r"\midrule")
    labels_of_rows = paper_tables.row_labels(tabulated)
    for i in numbers:
        labels = labels_of_rows[i]
        is_first = i == numbers[0]
        if not is_first and paper_tables.begins_group(labels):
            lines.append(r"\addlinespace")
        cells = []
        for label in labels:
            is_blank = label.repeats and not is_first
            cells.append("" if is_blank else breakable_latex(label.text))
        cells += [_cell(tabulated, i, j) for j in block]
        lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines)


def _label_layout(width: float) -> str:
    """A column of labels: as wide as they are, or one that takes several lines."""
    if width < WIDEST_LABEL + GAP:
        return "l"
    return rf">{{\raggedright\arraybackslash}}p{{{WIDEST_LABEL:.0f}pt}}"


def _head(tabulated: Tabulated, block: Sequence[int], names: Names) -> Iterator[str]:
    """The lines above the numbers, with rules between them that group the columns."""
    corner = list(map(latex_text, paper_tables.corner(tabulated, names)))
    *upper_lines, last_line = paper_tables.headings(tabulated, block, names)
    for line in upper_lines:
        cells = [""] * len(corner) + list(map(_heading, line))
        yield " & ".join(cells) + r" \\"
        yield _rules(len(corner), line)
    cells = corner + list(map(_heading, last_line))
    yield " & ".join(cells) + r" \\"


def _heading(heading: Heading) -> str:
    """A heading over its columns; a long one above a single column takes several lines."""
    if heading.span > 1:
        return rf"\multicolumn{{{heading.span}}}{{c}}{{{latex_text(heading.text)}}}"
    lines = [""]
    for word in _words(heading.text):
        if lines[-1] and width_of(lines[-1] + word) > WIDEST_HEADING:
            lines.append("")
        lines[-1] += word
    if len(lines) == 1:
        return latex_text(lines[0])
    text = r"\\".join(latex_text(line.strip()) for line in lines)
    return rf"\shortstack[r]{{{text}}}"


def _words(text: str) -> Iterator[str]:
    """The pieces of a heading between which a line may end, with what stands behind each."""
    word = ""
    for character in text:
        word += character
        if character in " _.=,-/":
            yield word
            word = ""
    yield word


def _rules(end: int, headings: Sequence[Heading]) -> str:
    """A rule under each heading; the labels of the rows end at column `end`."""
    rules = ""
    for heading in headings:
        start = end + 1
        end = end + heading.span
        rules += rf"\cmidrule(lr){{{start}-{end}}}"
    return rules


def _cell(tabulated: Tabulated, i: int, j: int) -> str:
    """Our number, and the published one in brackets."""
    entry = tabulated.entries[i][j]
    ours = latex_text(paper_tables.our_number_with_count(entry))
    if entry.best:
        ours = rf"\textbf{{{ours}}}"
    published = paper_tables.published_number(tabulated, entry)
    if not published:
        return ours
    return f"{ours} {latex_text(f'[{published}]')}"
