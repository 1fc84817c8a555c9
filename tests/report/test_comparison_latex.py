"""The LaTeX of a report compiles, and says in print what the page says."""

import re
from dataclasses import replace
from pathlib import Path

from harness.judge.answer import judge, lower_metrics
from harness.report.comparison_latex import comparisons_latex
from tests.made.synthetic import results, study_in
from tests.report.judged import TEXT, judge_study, score


def test_latex_is_balanced_and_marks_what_differs(tmp_path: Path) -> None:
    judged = judge_study(tmp_path)
    text = comparisons_latex(judged.verdicts, lower_metrics(judged.study))
    for name in ("table", "tabular"):
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
