"""A table is filled by its study and beside published numbers, or each problem has its place."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text, problems_of

GRID = BASE + "seeds: 2\ngrid:\n  fit.batch: [2, 4]\n  fit.method.loss: [bce, dice]\n"
ENTRY = "tables:\n  - {name: t, unit: seed, %s}\n"

PROBLEMS = [
    ("rows: [], metrics: [dice]", "tables.0.rows: is empty; name at least one"),
    ("rows: [fit.batch, fit.batch], metrics: [dice]", "'fit.batch' is named twice"),
    ("rows: [fit.batch], columns: [fit.batch], metrics: [dice]", "'fit.batch' is named twice"),
    ("rows: [fit.bach], metrics: [dice]", "tables.0.rows.0: no setting 'fit.bach' in the study"),
    ("rows: [fit.batch], metrics: [dise]", "tables.0.metrics.0: no probe of the study measures"),
    ("rows: [fit.batch]", "a table needs `metrics`"),
    ("rows: 3, metrics: [dice]", "tables.0.rows: 3: should be a valid array"),
    ("rows: [fit.batch], metrics: [dice], from_: x", "a table has no setting 'from_'"),
    ("rows: [fit.batch], metrics: [dice], where: {fit.batch: 3}", "fit.batch has no level '3'"),
    ("rows: [fit.batch], metrics: [dice], published: no.csv", "cannot be read: No such file"),
]


@pytest.mark.parametrize(("entry", "expected"), PROBLEMS)
def test_a_table_that_cannot_be_filled_is_a_mistake(
    tmp_path: Path,
    entry: str,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, GRID + ENTRY % entry)


def test_a_table_knows_where_its_numbers_were_published(tmp_path: Path) -> None:
    entry = "rows: [fit.batch], metrics: [dice], from: a paper, published: numbers.csv"
    lines = ["# Mean of", "# five.", "fit.batch,metric,value,se", "2,dice,0.5,0.1", "4,dice,,"]
    (tmp_path / "numbers.csv").write_text("\n".join(lines))
    ((table, published),) = loaded_study(tmp_path, GRID + ENTRY % entry).tables
    assert table.from_ == "a paper"
    assert published.note == "Mean of five."
    (number,) = published.numbers.values()
    assert list(published.numbers) == [(("2",), "dice")]
    assert number.value == 0.5
    assert number.se == 0.1
    assert number.text == "0.5 ± 0.1"


def test_each_wrong_line_of_published_numbers_is_a_problem(tmp_path: Path) -> None:
    entry = "rows: [fit.batch], metrics: [dice], published: numbers.csv"
    lines = ["fit.batch,metric,value", "2,dice,1", "2,dice,2", "4,dice,many", "8,dice,1", "4,dice"]
    (tmp_path / "numbers.csv").write_text("\n".join(lines))
    problems = problems_of(tmp_path, GRID + ENTRY % entry)
    assert [problem.split("numbers.csv:")[-1] for problem in problems] == [
        "3: 2, dice stands here twice",
        "4: many should be a number",
        "5: the study has no fit.batch '8'; there is 2, 4",
        "6: 2 values for 3 columns",
    ]


@pytest.mark.parametrize(
    ("heading", "expected"),
    [
        ("fit.batch,metric", "numbers.csv:1: the column 'value' is missing"),
        ("fit.bach,metric,value", "numbers.csv:1: no column 'fit.bach' here; did you mean"),
    ],
)
def test_published_numbers_have_the_columns_of_their_table(
    tmp_path: Path,
    heading: str,
    expected: str,
) -> None:
    (tmp_path / "numbers.csv").write_text(f"{heading}\n")
    entry = "rows: [fit.batch], metrics: [dice], published: numbers.csv"
    assert expected in problem_text(tmp_path, GRID + ENTRY % entry)
