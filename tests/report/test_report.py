"""A report is one page that needs nothing else, hides nothing and lets nothing in."""

import csv
import io
import re
import time
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.sentences import number, p_value
from harness.judge.verdicts import Verdicts
from harness.record.code import Code
from harness.record.table import table
from harness.record.tracker import Tracker, uri
from harness.report.comparison_tables import arms_csv, contrasts_csv, latex, markdown, values_csv
from harness.report.page import page
from harness.report.provenance import provenance
from harness.report.write import lower, report
from harness.spec.values import Trial
from harness.store import Home
from harness.study.load import Study
from tests.made.synthetic import recorded_runs, results, study_in

TEXT = """
seeds: 8
grid:
  fit.batch: [2, 4, 8]
  fit.method.loss: [bce, dice]
compare:
  - {name: start, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}
  - {name: all, metric: dice, by: fit.batch, unit: seed, within: [fit.method.loss]}
  - {name: pooled, metric: dice, by: fit.method.loss, unit: image}
  - {name: agree, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch, fit.method.loss]}}
"""


def score(trial: Trial, rng: np.random.Generator) -> float:
    network = np.random.default_rng([trial.fit.seed, trial.fit.batch]).normal(0, 0.01)
    return 0.6 + 0.03 * trial.fit.batch + network + rng.normal(0, 0.01)


def judged(folder: Path) -> tuple[Study, Verdicts, str]:
    study = study_in(folder, TEXT)
    runs, rows = results(
        study,
        score,
        state=lambda t: "failed" if (t.fit.seed, t.fit.batch) == (3, 8) else "finished",
    )
    verdicts = judge(study, runs, rows, recorded_runs(study, runs))
    return (
        study,
        verdicts,
        page(verdicts, [("axis", "2: a, b")], provenance(study, recorded_runs(study, runs))),
    )


class Balance(HTMLParser):
    """Tags that are open, ids and links."""

    VOID = ("meta", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found["href"])] if "href" in found else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def parsed(html: str) -> Balance:
    found = Balance()
    found.feed(html)
    assert found.open == []
    return found


def test_the_page_answers_first_and_every_number_links_to_runs_in_it(tmp_path: Path) -> None:
    _, verdicts, html = judged(tmp_path)
    found = parsed(html)
    main = html.split("<main>")[1]
    assert re.match(
        r'\s*<header><h1 class="answer">Of 2 contrasts 2 differ; the clearest: dice is higher', main
    )
    assert "n = 8 seed pairs" in main.split("</h1>")[0]
    assert len(found.ids) == len(set(found.ids))
    assert {link.removeprefix("#") for link in found.links} <= set(found.ids)
    assert all(link.startswith("#") for link in found.links)
    assert {f"run-run{i:04}" for i in range(48)} <= set(found.ids)
    assert "60 images" not in html
    assert "intraclass correlation" in html
    assert "<b>46</b> finished" in html
    assert "<b>2</b> failed" in html
    assert verdicts.verdicts[0].rankings
    assert "critical difference" in html


def test_the_page_needs_nothing_from_elsewhere(tmp_path: Path) -> None:
    _, _, html = judged(tmp_path)
    assert not parsed(html).tags & {"script", "link", "img", "iframe", "object"}
    assert not re.search(r"https?://|url\(|@import|<\w[^>]* on\w+=", html)


def test_names_of_a_study_are_text_and_nothing_else(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>\"'&<img src=x onerror=y>"
    study = study_in(tmp_path, TEXT)
    compare = tuple(replace(c, name=evil + c.name) for c in study.compare)
    study = replace(study, name=evil, question=evil, compare=compare)
    runs, rows = results(study, score)
    listed = [
        replace(r, name=evil, tags={**r.tags, "harness.host": evil})
        for r in recorded_runs(study, runs)
    ]
    verdicts = judge(study, runs, rows, listed)
    found = parsed(page(verdicts, [(evil, evil)], provenance(study, listed)))
    assert not found.tags & {"script", "img"}
    assert "<script>" not in markdown(verdicts, set())


def test_latex_is_balanced_and_marks_what_differs(tmp_path: Path) -> None:
    study, verdicts, _ = judged(tmp_path)
    text = latex(verdicts, lower(study))
    for name in ("table", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") > 0
    assert text.count(r"\toprule") == text.count(r"\bottomrule") == text.count(r"\midrule")
    stripped = text.replace(r"\{", "").replace(r"\}", "")
    assert stripped.count("{") == stripped.count("}")
    body = text.split(r"\midrule")[1].split(r"\bottomrule")[0].strip().splitlines()
    assert all(line.count(" & ") == 3 and line.endswith(r"\\") for line in body)
    assert r"batch 8\textsuperscript{(c)} & \textbf{0.8" in body[2]
    assert r"}\textsuperscript{a} &" in body[2]
    assert r"batch 2\textsuperscript{(a)}" in body[0]
    assert not re.search(r"(?<!\\)[_#%](?!.*needs|.*made-up)", text.replace("% ", ""))


def test_bold_follows_the_better_end(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    runs, rows = results(study, score)
    one = replace(study.compare[0], better="lower")
    text = latex(judge(replace(study, compare=(one,)), runs, rows), set())
    assert r"batch 2\textsuperscript{(a)} & \textbf" in text


def test_csv_round_trips(tmp_path: Path) -> None:
    _, verdicts, _ = judged(tmp_path)
    contrasts = pd.read_csv(io.StringIO(contrasts_csv(verdicts)))
    made_of = [c for v in verdicts.verdicts for c in v.contrasts]
    assert contrasts["p"].tolist() == [c.p for c in made_of]
    assert contrasts["sentence"].tolist() == [c.sentence for c in made_of]
    values = pd.read_csv(io.StringIO(values_csv(verdicts)))
    arms = pd.read_csv(io.StringIO(arms_csv(verdicts)))
    first = values[(values.comparison == "start")].groupby("arm")["value"].mean()
    assert first.to_numpy() == pytest.approx(
        arms[arms.comparison == "start"].sort_values("arm")["mean"].to_numpy()
    )
    assert arms["failed"].sum() > 0
    assert len(list(csv.reader(io.StringIO(contrasts_csv(verdicts))))) == len(made_of) + 1


def test_a_report_of_nothing_is_a_report(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    verdicts = judge(study, pd.DataFrame(), pd.DataFrame(columns=["run", "metric", "value"]))
    html = page(verdicts, [], provenance(study, []))
    assert "No run is recorded" in html
    assert "<b>48</b> missing" in html
    parsed(html)
    latex(verdicts, set())
    markdown(verdicts, set())
    bare = replace(study, compare=())
    assert "declares no comparison" in judge(bare, pd.DataFrame(), pd.DataFrame()).headline


@pytest.mark.parametrize(
    ("value", "width", "expected"),
    [
        (0.71234, 0.04, "0.712"),
        (-0.0004, 0.01, "−0.0004"),
        (float("nan"), 1, "–"),
        (float("inf"), 1, "∞"),
        (1234.5, 100, "1234"),
        (0.0, 0.1, "0.000"),
    ],
)
def test_numbers_have_the_digits_that_they_deserve(
    value: float, width: float, expected: str
) -> None:
    assert number(value, width) == expected


def test_p_values_are_never_zero() -> None:
    assert [p_value(p) for p in (0.0, 0.0123, 0.5, 1.0, float("nan"))] == [
        "p < .001",
        "p = .012",
        "p = .50",
        "p = 1",
        "no p",
    ]


def test_mixed_versions_are_warned_of(tmp_path: Path) -> None:
    study = study_in(tmp_path, TEXT)
    runs, _ = results(study, score)
    listed = recorded_runs(study, runs)
    listed[0] = replace(
        listed[0],
        tags={**listed[0].tags, "mlflow.source.git.commit": "d" * 40, "harness.dirty": "true"},
    )
    warnings = provenance(study, listed).warnings
    assert "the runs come from 2 versions of the code" in warnings[0]
    assert "1 of 48 runs come from code with uncommitted changes" in warnings[1]


def test_a_report_from_the_database(home: Home) -> None:
    study = study_in(home.folder, "seeds: 2\ngrid:\n  fit.batch: [2, 4]\n" + (
        "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: seed}\n"
    ))  # fmt: skip
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    _, rows = results(study, score)
    for i, cell in enumerate(study.cells):
        with home.store("trials").making(cell.trial.key) as folder:
            assert folder is not None
            rows[rows.run == f"run{i:04}"].drop(columns="run").to_parquet(
                folder / "rows.parquet", index=False
            )
        more = {"name": f"run {i}", "state": "finished"}
        tracker.record(study, cell, home.store("trials").path(cell.trial.key), Code("abc"), more)
    began = time.monotonic()
    written = report(study, tracker, home.folder / "report")
    html = written.page.read_text()
    assert time.monotonic() - began < 10
    assert all(run.id in html for run in tracker.runs("made-up"))
    assert written.verdicts == judge(study, *table(tracker, study.name), tracker.runs(study.name))
    assert sorted(p.name for p in (home.folder / "report").iterdir()) == [
        "arms.csv", "contrasts.csv", "report.html", "report.md", "report.tex", "values.csv"
    ]  # fmt: skip
