"""A report is written from the database into a folder."""

from harness.judge.answer import judge
from harness.record.code import Code
from harness.record.result import TrialResult
from harness.record.table import table
from harness.record.tracker import Tracker, uri
from harness.report.write import report
from harness.spec.states import State
from harness.store import Home
from tests.made.synthetic import results, study_in
from tests.report.judged import score

TEXT = """
seeds: 2
grid:
  fit.batch: [2, 4]
compare:
  - {name: a, metric: dice, by: fit.batch, unit: seed}
"""
FILES = [
    "arms.csv",
    "contrasts.csv",
    "references.bib",
    "report.html",
    "report.md",
    "report.tex",
    "values.csv",
]


def test_a_report_from_the_database(home: Home) -> None:
    study = study_in(home.folder, TEXT)
    tracker = Tracker(uri(home), home)
    tracker.prepare()
    _, rows = results(study, score)
    trials = home.store("trials")
    for i, cell in enumerate(study.cells):
        key = cell.trial.key
        rows_of_run = rows[rows.run == f"run{i:04}"].drop(columns="run")
        with trials.making(key) as folder:
            assert folder is not None
            rows_of_run.to_parquet(folder / "rows.parquet", index=False)
        result = TrialResult(State.FINISHED, trials.path(key))
        tracker.record(study, cell, result, Code("abc"), reason="new", start_over=False)
    written = report(study, tracker, home.folder / "report")
    html = written.page.read_text()
    runs = tracker.runs("made-up")
    assert len(runs) == 4
    assert all(run.id in html for run in runs)
    measured = table(tracker, study.name)
    runs = tracker.runs(study.name)
    assert written.verdicts == judge(study, *measured, runs)
    names = sorted(path.name for path in (home.folder / "report").iterdir())
    assert names == FILES
