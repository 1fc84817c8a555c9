"""A text of a study stays a text in every format of a report."""

import math
from typing import Any

import pandas as pd

from harness.report.formats import (
    csv_of_frame,
    csv_text,
    latex_text,
    markdown_table,
    markdown_text,
    with_capital,
)


def test_only_the_first_letter_becomes_a_capital() -> None:
    assert with_capital("dice is higher with ImageNet") == "Dice is higher with ImageNet"
    assert with_capital("") == ""
    assert with_capital("– is none") == "– is none"


def test_latex_prints_what_was_written() -> None:
    assert latex_text("50 % & a_b\n[−1 ± 2]") == r"50 \% \& a\_b {[}$-$1 $\pm$ 2]"
    assert latex_text('δ ≤ "Ω" × é 中') == r"$\delta$ $\le$ ''$\Omega$'' $\times$ é (U+4E2D)"


def test_markdown_prints_what_was_written() -> None:
    assert markdown_text("a_b | *c*\n<d>") == r"a\_b \| \*c\* &lt;d&gt;"
    assert markdown_table(("a|b", "c"), [("1", "**2**")]) == (
        "| a\\|b | c |\n| --- | --- |\n| 1 | **2** |"
    )


def test_what_is_not_a_number_is_an_empty_cell() -> None:
    assert csv_text(("a", "b"), [(math.nan, 0.1), ("x, y", None)]) == 'a,b\n,0.1\n"x, y",\n'


def test_no_cell_of_csv_is_a_formula() -> None:
    head = ["=name", "value"]
    lines: list[list[Any]] = [
        ["=1+1", -0.5],
        ["-0.5", 1e-3],
        ["@x", 2],
        ["+ more", float("nan")],
        ["a=b", "-x"],
    ]
    text = csv_text(head, lines)
    assert text.splitlines() == [
        "'=name,value",
        "'=1+1,-0.5",
        "-0.5,0.001",
        "'@x,2",
        "'+ more,",
        "a=b,'-x",
    ]
    frame = pd.DataFrame(lines, columns=head)
    assert csv_of_frame(frame.astype(object)) == text
