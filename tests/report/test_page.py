"""A report is one page that needs nothing else, hides nothing and lets nothing in."""

import re
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.tables import Tabulated
from harness.report.comparison_latex import comparisons_latex
from harness.report.comparison_text import comparisons_markdown
from harness.report.heatmap import heat_legend
from harness.report.page import page
from harness.report.provenance import provenance
from harness.study.tables import Table
from tests.made.pages import parse_page
from tests.made.synthetic import recorded_runs, results, study_in
from tests.report.judged import TEXT, judge_study, score

ANSWER = r'\s*<header><h1 class="answer"><a href="#compare-0">Dice is higher with batch 4 than with'


def test_the_page_answers_first_and_every_number_links_to_runs_in_it(tmp_path: Path) -> None:
    judged = judge_study(tmp_path)
    html = judged.html
    parsed_page = parse_page(html)
    main = html.split("<main>")[1]
    assert re.match(ANSWER, main)
    assert "8 seeds, corrected p = " in main.split("</h1>")[0]
    ids = set(parsed_page.ids)
    assert len(parsed_page.ids) == len(ids)
    assert {link.removeprefix("#") for link in parsed_page.links} <= ids
    assert all(link.startswith("#") for link in parsed_page.links)
    assert {f"run-run{i:04}" for i in range(48)} <= ids
    assert "60 images" not in html
    assert "intraclass correlation" in html
    assert "<b>46</b> finished" in html
    assert "<b>2</b> failed" in html
    assert judged.verdicts.verdicts[0].rankings
    assert "critical difference" in html


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    html = judge_study(tmp_path).html
    assert not parse_page(html).tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?://|url\(|@import|<\w[^>]* on\w+=", html)


def test_names_of_a_study_are_text_and_nothing_else(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'&<img src=x onerror=y>"
    study = study_in(tmp_path, TEXT)
    compare = tuple(
        replace(comparison, name=evil + comparison.name) for comparison in study.compare
    )
    study = replace(study, name=evil, question=evil, compare=compare)
    runs, rows = results(study, score)
    evil_runs = []
    for run in recorded_runs(study, runs):
        tags = {**run.tags, "harness.host": evil}
        evil_runs.append(replace(run, name=evil, tags=tags))
    verdicts = judge(study, runs, rows, evil_runs)
    html = page(verdicts, [(evil, evil)], provenance(study, evil_runs))
    assert not parse_page(html).tags & {"script", "img"}
    assert "<script>" not in comparisons_markdown(verdicts, set())


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    verdicts = judge(study, pd.DataFrame(), pd.DataFrame(columns=["run", "metric", "value"]))
    html = page(verdicts, [], provenance(study, []))
    assert "No run is recorded" in html
    assert "<b>48</b> missing" in html
    parse_page(html)
    comparisons_latex(verdicts, set())
    comparisons_markdown(verdicts, set())
    bare = replace(study, compare=())
    assert "declares no comparison" in judge(bare, pd.DataFrame(), pd.DataFrame()).headline


def test_a_metric_of_somebody_elses_table_is_text_in_a_legend(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harness.report.heatmap.value_ranges", lambda table: {"<b>": (0.0, 1.0)})
    table = Tabulated(Table("t", "seed", ["fit.batch"], ["<b>"]), (), (), (), ())
    assert "&lt;b&gt;" in heat_legend(table)
