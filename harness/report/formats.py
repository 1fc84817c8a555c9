"""Texts and tables in the formats that a report is written in: LaTeX, Markdown and CSV."""

import csv
import io
import math
import unicodedata
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from harness.judge.plain_answer import with_capital as with_capital

if TYPE_CHECKING:
    import pandas as pd

TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "−": "$-$",
    "±": r"$\pm$",
    "×": r"$\times$",
    "·": r"$\cdot$",
    "–": "--",
    "—": "---",
    "…": r"\dots{}",
    "‘": "`",
    "’": "'",
    "“": "``",
    "”": "''",
    '"': "''",
    "\u00a0": "~",
    "∞": r"$\infty$",
    "≤": r"$\le$",
    "≥": r"$\ge$",
    "≠": r"$\ne$",
    "≈": r"$\approx$",
    "→": r"$\to$",
    "←": r"$\gets$",
    "°": r"$^{\circ}$",
    "²": r"$^{2}$",
    "³": r"$^{3}$",
    "[": "{[}",
    "<": r"$<$",
    ">": r"$>$",
    "|": r"$|$",
    "&": r"\&",
    "%": r"\%",
    "$": r"\$",
    "#": r"\#",
    "_": r"\_",
    "{": r"\{",
    "}": r"\}",
}
GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi pi rho sigma tau "
    "upsilon phi chi psi omega"
)
CAPITAL_GREEK = "gamma delta theta lambda xi pi sigma upsilon phi psi omega"
LATIN_END = 0x180  # up to here pdflatex prints letters as they are
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would compute
MARKDOWN = "\\`*_[]|#"  # what Markdown would read as markup


def cut_text(text: str, most: int) -> str:
    """A text of at most so many characters; dots stand for what is cut off."""
    if len(text) <= most:
        return text
    return f"{text[: most - 1]}…"


def latex_text(text: str) -> str:
    """A text as LaTeX prints it."""
    one_line = text.replace("\n", " ")
    return "".join(map(_latex_character, one_line))


def _latex_character(character: str) -> str:
    """A character as pdflatex prints it; one of a script that it has no letters for, by its
    number.
    """
    if character in TEX:
        return TEX[character]
    if ord(character) < LATIN_END:
        return character if character.isprintable() else " "
    name = unicodedata.name(character, "").lower()
    *_, letter = name.split() or [""]
    if name.startswith("greek small letter") and letter in GREEK.split():
        return rf"$\{letter}$"
    if name == f"greek capital letter {letter}" and letter in CAPITAL_GREEK.split():
        return rf"$\{letter.capitalize()}$"
    return f"(U+{ord(character):04X})"


def markdown_text(text: str) -> str:
    """A text that Markdown leaves as it is: no tags, no table bars, no emphasis."""
    escaped = ""
    for character in " ".join(text.split()):
        if character in MARKDOWN:
            escaped += "\\"
        escaped += character
    return escaped.replace("<", "&lt;").replace(">", "&gt;")


def markdown_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown; the cells of its rows are Markdown already."""
    lines = [list(map(markdown_text, head)), ["---"] * len(head), *rows]
    texts = []
    for line in lines:
        cells = " | ".join(line)
        texts.append(f"| {cells} |")
    return "\n".join(texts)


def csv_text(head: Sequence[str], lines: Iterable[Sequence[Any]]) -> str:
    """A table of CSV; what is not a number is an empty cell, and no text is a formula."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(list(map(_csv_cell, head)))
    for line in lines:
        writer.writerow(list(map(_csv_cell, line)))
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    """A value as the writer of CSV takes it."""
    if isinstance(value, float) and math.isnan(value):
        return ""
    if isinstance(value, str) and value.startswith(FORMULA) and not _is_number(value):
        return f"'{value}"
    return value


def csv_of_frame(frame: "pd.DataFrame") -> str:
    """A data frame as CSV, by the same rules."""
    return csv_text(list(map(str, frame.columns)), frame.itertuples(index=False))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
