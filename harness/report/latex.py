"""Tables of LaTeX that stay on the page: columns that wrap, rows that go on in a next table."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.report.formats import latex_text

# What a document has to load for any of them.
NEEDS = r"% needs \usepackage{array,booktabs}"

LINE = 345.0  # points: the width of the text of LaTeX's own article, the narrowest there is
LETTER = 4.3  # points: a character of \footnotesize, on average
MOST_LINES = 42  # of a table, which then fits on a page with its caption
LONG_WORD = 14  # characters; a longer word may break inside
LONG_STRETCH = 16  # characters after which a word without any sign may break
INTERVAL = re.compile(r"\[.*, .*\]")
SIGNS = "._/=,:(+-−·|"  # after which a long word may break
GAP = r"\setlength{\tabcolsep}{4pt}"


@dataclass(frozen=True)
class Column:
    """A column of a table whose text wraps: its head, and its share of the line's width."""

    head: str
    share: float
    is_number: bool = False

    @property
    def declaration(self) -> str:
        """The column as the head of a tabular declares it."""
        side = r"\raggedleft" if self.is_number else r"\raggedright"
        return rf">{{{side}\arraybackslash}}p{{{self.share:.3f}\linewidth}}"


@dataclass(frozen=True)
class Cell:
    """What stands in a cell, as plain text, and how it is marked."""

    text: str
    is_bold: bool = False
    raised: str = ""  # letters behind it

    def latex(self, room: float) -> str:
        """The cell as LaTeX prints it; an interval stays in one line where there is room for it."""
        text = breakable_latex(self.text)
        interval = INTERVAL.search(self.text)
        if interval and width_of(interval.group()) < room:
            text = text.replace(", ", ",~")
        if self.is_bold:
            text = rf"\textbf{{{text}}}"
        if self.raised:
            text += rf"\textsuperscript{{{latex_text(self.raised)}}}"
        return text


@dataclass(frozen=True)
class Group:
    """The rows of a stratum, below its title."""

    title: str
    rows: Sequence[Sequence[Cell]]


def breakable_latex(text: str) -> str:
    """A text as LaTeX prints it, whose long words may break after a sign inside of them."""
    return " ".join(map(_breakable_word, text.split()))


def _breakable_word(word: str) -> str:
    """A word; where it is long, with the places where a line may end."""
    if len(word) <= LONG_WORD:
        return latex_text(word)
    text = ""
    stretch = 0
    for character in word:
        text += latex_text(character)
        stretch += 1
        if character in SIGNS or stretch == LONG_STRETCH:
            text += r"\allowbreak{}"
            stretch = 0
    return text


def table_floats(caption: str, columns: Sequence[Column], groups: Sequence[Group]) -> Iterator[str]:
    """The groups as a table, or as several where they do not fit on a page."""
    for number, part in enumerate(_pages(columns, groups)):
        text = caption
        if number:
            text = f"{caption.split(':')[0]} (continued)."
        yield table_float(text, [_tabular(columns, part)])


def table_float(caption: str, bodies: Sequence[str]) -> str:
    """Tabulars below each other with a caption above; it takes the width of the page."""
    lines = [
        "",
        r"\begin{table*}",
        r"\centering\small",
        rf"\caption{{{breakable_latex(caption)}}}\smallskip",
        rf"\footnotesize{GAP}",
        "\n\n\\medskip\n".join(bodies),
        r"\end{table*}",
        "",
    ]
    return "\n".join(lines)


def _tabular(columns: Sequence[Column], groups: Sequence[Group]) -> str:
    """A table of booktabs, each group below its title."""
    layout = "".join(column.declaration for column in columns)
    head = " & ".join(breakable_latex(column.head) for column in columns)
    lines = [rf"\begin{{tabular}}{{@{{}}{layout}@{{}}}}", r"\toprule", rf"{head} \\", r"\midrule"]
    for position, group in enumerate(groups):
        if group.title:
            if position:
                lines.append(r"\addlinespace")
            lines.append(_title_row(group.title, len(columns)))
        for row in group.rows:
            cells = []
            for column, cell in zip(columns, row, strict=True):
                cells.append(cell.latex(column.share * LINE))
            lines.append(" & ".join(cells) + r" \\")
    lines += [r"\bottomrule", r"\end{tabular}"]
    return "\n".join(lines)


def _title_row(title: str, count: int) -> str:
    """The title of a group, over all columns."""
    layout = r"@{}>{\raggedright\arraybackslash}p{0.96\linewidth}@{}"
    return rf"\multicolumn{{{count}}}{{{layout}}}{{\itshape {breakable_latex(title)}}} \\"


def _pages(columns: Sequence[Column], groups: Sequence[Group]) -> Iterator[list[Group]]:
    """The groups in parts that fit on a page each; a group may go on in the next part."""
    page: list[Group] = []
    free = MOST_LINES
    for group in groups:
        rows: list[Sequence[Cell]] = []
        free -= 1 + len(group.title) // 80
        for row in group.rows:
            lines = _lines_of(columns, row)
            if lines > free and (rows or page):
                yield [*page, Group(group.title, rows)] if rows else page
                page = []
                rows = []
                free = MOST_LINES - 1
            rows.append(row)
            free -= lines
        page.append(Group(group.title, rows))
    yield page


def _lines_of(columns: Sequence[Column], row: Sequence[Cell]) -> int:
    """How many lines a row takes, by its longest cell."""
    lines = 1
    for column, cell in zip(columns, row, strict=True):
        width = column.share * LINE
        lines = max(lines, math.ceil(width_of(cell.text) / width))
    return lines


def width_of(text: str) -> float:
    """About how many points a text is wide in \\footnotesize."""
    width = 0.0
    for character in text:
        if character in " .,:;()[]|il'":
            width += LETTER * 0.62
        elif character.isupper() or character in "−±mw%<>=+":
            width += LETTER * 1.5
        else:
            width += LETTER
    return width
