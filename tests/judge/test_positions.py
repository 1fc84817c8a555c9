"""Planned trials of a comparison: a layout that has none is no error."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from harness.judge.arms import Layout
from harness.judge.positions import NETWORK, planned_trials
from harness.study.comparison import Unit
from tests.judge.two_batches import study_of_two


@pytest.mark.parametrize("unit", ["seed", "fold", "patient", "image"])
def test_a_layout_without_trials_has_no_networks(tmp_path: Path, unit: Unit) -> None:
    comparison = replace(study_of_two(tmp_path).compare[0], unit=unit)
    layout = Layout([], [], [], None)
    trials, positions = planned_trials(layout, comparison, pd.DataFrame())
    assert trials[NETWORK].tolist() == []
    assert positions == []
