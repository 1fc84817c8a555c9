"""A report on seeds that were trained until decided calls intervals and p values what they are."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from harness.judge.answer import judge
from harness.judge.verdicts import Verdicts
from harness.report.comparison_latex import comparisons_latex
from harness.report.comparison_tables import contrasts_csv
from harness.report.methods.statistics import statistics_text
from harness.report.page import page
from harness.report.provenance import provenance
from harness.spec.values import Trial
from harness.study.load import Study
from tests.made.latex import complaints
from tests.made.synthetic import recorded_runs, results, study_in
from tests.report.test_comparison_tables import read_csv

TEXT = """
seeds: {until: decided, least: 4, most: 9}
grid:
  fit.batch: [2, 4, 8, 16]
compare:
  - {name: start, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}
  - {name: no cost, metric: iou, by: fit.batch, against: '2', unit: seed, margin: 0.1,
     where: {fit.batch: ['2', '4']}}
"""
SEEDS = {2: 9, 4: 4, 8: 6, 16: 9}  # how many each batch has
GAINS = {2: 0.0, 4: 0.3, 8: 0.07, 16: 0.0}


def judged_study(folder: Path) -> tuple[Study, Verdicts, str]:
    """A study of which one arm is decided at the first look, one later and one never."""
    study = study_in(folder, TEXT)
    cells = []
    for cell in study.cells:
        fit = cell.trial.fit
        if fit.seed < SEEDS[fit.batch]:
            cells.append(cell)

    def score(trial: Trial, rng: np.random.Generator) -> float:
        """A score that a batch of eight raises a little, and one of four a lot."""
        batch = trial.fit.batch
        of_network = np.random.default_rng([trial.fit.seed, batch])
        noise = float(of_network.normal(0, 0.02))
        return 0.5 + GAINS[batch] + noise

    runs, rows = results(replace(study, cells=tuple(cells)), score)
    run_list = recorded_runs(study, runs)
    verdicts = judge(study, runs, rows, run_list, leaving_out=True)
    html = page(verdicts, [("axis", "2: a, b")], provenance(study, run_list))
    return study, verdicts, html


def test_captions_say_what_intervals_and_p_values_are(tmp_path: Path) -> None:
    _, verdicts, html = judged_study(tmp_path)
    text = comparisons_latex(verdicts, set())
    assert r"with repeated 95\% intervals, which are not corrected" in text
    assert r"with repeated 90\% intervals" in text
    assert "p is the two-sided repeated one, which holds at every look at once" in text
    assert "of whichever shows first: a difference, or equivalence within" in text
    assert "two one-sided" not in text
    stopped = "eeds were trained until it was decided, which intervals of single arms do not"
    assert stopped in text
    assert complaints(text, tmp_path) == []
    assert "each difference has its repeated 95% interval" in html
    assert "with its repeated 90% interval" in html
    assert stopped in html


def test_the_methods_and_the_answer_say_so_too(tmp_path: Path) -> None:
    study, verdicts, _ = judged_study(tmp_path)
    methods = statistics_text(study, verdicts)
    assert "repeated 95% interval of differences, 95% interval of arms (t interval)" in methods
    assert "seeds were trained until they were decided (until decided, 4 to 9 seeds" in methods
    start, no_cost = verdicts.verdicts
    looks = "decided after 4 to 6, undecided after 9 of at most 9 seeds; repeated 95% intervals"
    assert looks in start.plain
    assert any(note.startswith("not in every contrast") for note in start.notes)
    assert "repeated 90% interval" in no_cost.plain


def test_tables_of_numbers_say_when_it_was_decided(tmp_path: Path) -> None:
    _, verdicts, _ = judged_study(tmp_path)
    table = read_csv(contrasts_csv(verdicts))
    assert table["most"].tolist() == [9, 9, 9, 9]
    assert table["decided_after"].fillna(0).tolist()[:3] == [4, 6, 0]
