"""Rows are averaged to the declared unit, and what is left out is counted."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from tests.judge.two_batches import TWO, score, study_of_two
from tests.made.synthetic import results, study_in


def test_undefined_values_are_counted_and_left_out(tmp_path: Path) -> None:
    study = study_of_two(tmp_path)
    runs, rows = results(study, score)
    rows.loc[
        (rows.run == "run0000") & (rows.metric == "dice") & (rows.image == "image 1"), "value"
    ] = np.nan
    (verdict,) = judge(study, runs, rows).verdicts
    assert sum(arm.tally.undefined for arm in verdict.arms) == 1
    assert any("1 undefined values were left out" in note for note in verdict.notes)
    assert verdict.contrasts[0].n == (8, 8)


def test_patients_are_averaged_over_networks(tmp_path: Path) -> None:
    study = study_of_two(tmp_path, seeds=3)
    study = replace(study, compare=(replace(study.compare[0], unit="patient"),))
    runs, rows = results(study, score, images=12)
    assert judge(study, runs, rows).verdicts[0].contrasts[0].n == (6, 6)


@pytest.mark.parametrize("unit", ["image", "patient"])
def test_rows_that_belong_to_no_unit_are_left_out_and_a_note_says_so(
    tmp_path: Path, unit: str
) -> None:
    text = TWO.format(seeds=2, options="").replace("unit: seed", f"unit: {unit}")
    study = study_in(tmp_path, text)
    runs, rows = results(study, score)
    (verdict,) = judge(study, runs, rows.assign(image=None, group=None)).verdicts
    assert verdict.notes[0] == f"16 rows of dice belong to no {unit} and were left out"
    assert verdict.contrasts[0].outcome == "no test"
