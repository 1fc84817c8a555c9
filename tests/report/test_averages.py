"""Correlations averaged over targets, beside published averages."""

import statistics
from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.verdicts import Verdict
from harness.report.averages import average_rows, averages_csv, averages_html, averages_markdown
from harness.spec.values import Trial
from harness.study.document import Mistakes
from harness.study.load import Study
from tests.made.synthetic import recorded_runs, results, study_in

TEXT = """
grid:
  fit.batch: [2, 4, 8, 16, 32]
  fit.patch: [32, 64, 96]
compare:
  - {name: agree, unit: seed, published: averages.csv, from: "paper 9, Table 1",
     correlate: {x: dice, y: iou, over: [fit.batch], within: [fit.patch]}}
  - {name: alone, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch, fit.patch]}}
"""
PUBLISHED = """# A note.
study,comparison,average,deviation
other,agree,0.1,0.2
made-up,agree,0.83,0.07
"""


def noise(trial: Trial, rng: np.random.Generator) -> float:
    return float(rng.normal())


def judged_study(folder: Path) -> tuple[Study, tuple[Verdict, ...]]:
    (folder / "averages.csv").write_text(PUBLISHED)
    study = study_in(folder, TEXT)
    runs, rows = results(study, noise)
    return study, judge(study, runs, rows, recorded_runs(study, runs)).verdicts


def test_the_average_is_that_of_the_targets_with_their_sample_deviation(tmp_path: Path) -> None:
    study, verdicts = judged_study(tmp_path)
    (row,) = average_rows(study, verdicts)
    estimates = [contrast.estimate for contrast in verdicts[0].contrasts]
    assert len(estimates) == 3
    assert row.strata == 3
    assert row.measured.value == pytest.approx(statistics.mean(estimates))
    assert row.measured.deviation == pytest.approx(statistics.stdev(estimates))


def test_the_published_average_of_this_study_stands_beside_it(tmp_path: Path) -> None:
    rows = average_rows(*judged_study(tmp_path))
    assert (rows[0].published.value, rows[0].published.deviation) == (0.83, 0.07)
    for text in (averages_html(rows), averages_markdown(rows)):
        assert "0.83 ± 0.07" in text
        assert "paper 9, Table 1" in text
    last = averages_csv(rows).splitlines()[-1]
    assert last.endswith('0.83,0.07,"paper 9, Table 1"')


@pytest.mark.parametrize(
    ("published", "message"),
    [
        ("study,comparison,average\n", "the column 'deviation' is missing"),
        ("study,comparison,average,deviation\nmade-up,agree,much,\n", "should be numbers"),
        ("study,comparison,average,deviation\nmade-up,else,1,0\n", "no row of the study made-up"),
    ],
)
def test_a_file_without_the_number_is_a_mistake_of_the_study(
    published: str, message: str, tmp_path: Path
) -> None:
    (tmp_path / "averages.csv").write_text(published)
    with pytest.raises(Mistakes, match=message):
        study_in(tmp_path, TEXT)


def test_what_was_published_is_no_part_of_a_question(tmp_path: Path) -> None:
    study, _ = judged_study(tmp_path)
    without = TEXT.replace('published: averages.csv, from: "paper 9, Table 1",', "")
    plain = study_in(tmp_path, without)
    assert plain.compare[0].published is None
    assert plain.compare[0].key == study.compare[0].key
