"""The LaTeX of a report compiles, and says in print what the page says."""

import re
from dataclasses import replace
from pathlib import Path

from harness.judge.answer import judge, lower_metrics
from harness.report.comparison_latex import comparisons_latex
from harness.report.latex import Cell, Column, Group, breakable_latex, table_floats
from harness.study.names import Names
from tests.made.latex import complaints
from tests.made.synthetic import results, study_in
from tests.report.judged import TEXT, judge_study, score


def test_latex_is_balanced_and_marks_what_differs(tmp_path: Path) -> None:
    judged = judge_study(tmp_path)
    text = comparisons_latex(judged.verdicts, lower_metrics(judged.study))
    for name in ("table*", "tabular"):
        begins = text.count(rf"\begin{{{name}}}")
        ends = text.count(rf"\end{{{name}}}")
        assert begins == ends
        assert begins > 0
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == text.count(r"\midrule")
    stripped = text.replace(r"\{", "").replace(r"\}", "")
    assert stripped.count("{") == stripped.count("}")
    first_body = text.split(r"\midrule")[1].split(r"\bottomrule")[0]
    body = first_body.strip().splitlines()
    for line in body:
        assert line.count(" & ") == 3
        assert line.endswith(r"\\")
    assert r"batch 8\textsuperscript{(c)} & \textbf{0.8" in body[2]
    assert r"}\textsuperscript{a} &" in body[2]
    assert r"batch 2\textsuperscript{(a)}" in body[0]
    assert not re.search(r"(?<!\\)[_#%](?!.*needs|.*made-up)", text.replace("% ", ""))


def test_bold_follows_the_better_end(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    runs, rows = results(study, score)
    comparison = replace(study.compare[0], better="lower")
    study = replace(study, compare=(comparison,))
    text = comparisons_latex(judge(study, runs, rows), set())
    assert r"batch 2\textsuperscript{(a)} & \textbf" in text


EQUIVALENCE = """
seeds: 12
grid:
  fit.method.loss: [bce, {name: dice, label: "overlap_of 100 % & #1 {x} ~ ^ δ ≤ 中"}]
  fit.batch: [2, 4]
compare:
  - {name: no cost, metric: dice, by: fit.method.loss, against: bce, unit: seed, margin: 0.1,
     test: equivalence_paired, within: [fit.batch]}
"""


def test_a_table_of_contrasts_says_what_was_tested_and_how(tmp_path: Path) -> None:
    judged = judge_study(tmp_path)
    text = comparisons_latex(judged.verdicts, lower_metrics(judged.study))
    table = text.split(r"\begin{table*}")[2]
    assert "contrast & difference & n & p & effect & verdict" in table
    assert (
        r"batch 4 $-$ batch 2 & 0.058 {[}0.043,~0.073] & 8 & .016 & 1.00 {[}0.25,~1.00] & differs"
        in table
    )
    assert "permutation test of pairs, exact; p is two-sided, corrected by Holm among 2" in table
    assert "n counts pairs of one seed each" in table
    assert "rank-biserial correlation" in table
    assert "fit.batch" not in text
    assert "batch size & Dice & interval & n" in text


def test_what_is_equivalent_differs_nowhere(tmp_path: Path) -> None:
    study = study_in(tmp_path, EQUIVALENCE)
    runs, rows = results(study, lambda trial, rng: 0.8 + float(rng.normal(0, 0.01)))
    text = comparisons_latex(judge(study, runs, rows), set(), Names({"dice": "overlap"}))
    assert "differs" not in text
    assert text.count("& equivalent") == 2
    assert "arms are equivalent where it lies within $\\pm$0.1" in text
    assert "p of two one-sided tests" in text
    assert "90\\% intervals" in text
    assert "no cost: overlap" in text
    assert complaints(text, tmp_path) == []


def test_no_table_runs_off_the_page(tmp_path: Path) -> None:
    judged = judge_study(tmp_path)
    text = comparisons_latex(judged.verdicts, lower_metrics(judged.study))
    for options in ("", "[twocolumn]", "[12pt]"):
        assert complaints(text, tmp_path, options) == []


def test_long_names_wrap_and_long_tables_go_on(tmp_path: Path) -> None:
    name = "unet(encoder=tu-test_resnet,weights=/data/some/where/0123456789abcdef0123456789)"
    rows = [(Cell(f"{name} {number}"), Cell("−0.0123 [−0.4567, 0.0012]")) for number in range(60)]
    columns = (Column("a long head of a column", 0.24), Column("difference", 0.21, is_number=True))
    floats = list(table_floats("many: of them.", columns, [Group("at a level", rows)]))
    assert len(floats) > 2
    assert sum(text.count(name[:5]) for text in floats) == 60
    assert "many (continued)." in floats[1]
    assert complaints("".join(floats), tmp_path) == []


def test_words_break_after_signs_alone() -> None:
    assert breakable_latex("a short_one") == r"a short\_one"
    assert breakable_latex("fit.method.learning_rate") == (
        r"fit.\allowbreak{}method.\allowbreak{}learning\_\allowbreak{}rate"
    )
