"""The page Factors has the means that the report, the judge and a count by hand have."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.ask.factors import crossed_means
from dashboard.read.database import tracker
from dashboard.read.records import runs_of
from harness.judge.answer import judge
from harness.report.write import report
from harness.store import Home
from harness.study.load import Study
from tests.dashboard.pages import open_page, text_of_page, without_failure
from tests.dashboard.studies import LAYERS, UNBALANCED, two_trials_lost, unequal_images
from tests.made.recorded import fill, scores, study_at

# By batch and style: the mean, and of how many seeds.
Cells = dict[tuple[str, str], tuple[float, int]]


@pytest.fixture
def study(home: Home) -> Study:
    """The unbalanced study, recorded."""
    study = study_at(home, UNBALANCED)
    fill(home, study, unequal_images, state=two_trials_lost)
    return study


def cells_of_the_page() -> Cells:
    """Reads the means off the page Factors."""
    query = {"metric": "dice", "across": "fit.train_on.style", "and": "fit.batch"}
    app = open_page("3_factors", study="unbalanced", **query)
    frames = [frame.value for frame in app.dataframe]
    (table,) = [frame for frame in frames if {"value", "n"} <= set(frame)]
    cells = {}
    for row in table.to_dict("records"):
        batch = row["fit.batch"].removeprefix("batch ")
        cells[batch, row["fit.train_on.style"]] = (row["value"], row["n"])
    return cells


def cells_of_the_report(study: Study, folder: Path) -> Cells:
    """Writes a report and reads the means off its table."""
    report(study, tracker(), folder)
    table = pd.read_csv(folder / "tables.csv", dtype=str)
    cells = {}
    for row in table.to_dict("records"):
        mean = float(row["mean"])
        count = int(row["n"])
        cells[row["row"], row["column"]] = (mean, count)
    return cells


def cells_of_the_judge(study: Study) -> Cells:
    """Returns the means that the declared comparison is judged by."""
    study_runs = runs_of("unbalanced")
    (verdict,) = judge(study, study_runs.runs, study_runs.rows).verdicts
    cells = {}
    for arm in verdict.arms:
        if arm.mean:
            (style,) = arm.stratum
            cells[arm.full, style] = (arm.mean.value, len(arm.sample.units))
    return cells


def cells_by_hand(study: Study) -> Cells:
    """Over images, then over the two patches of a seed, then over the seeds that have both."""
    study_runs = runs_of("unbalanced")
    trials = {cell.trial.key: cell.trial for cell in study.cells}
    mean_of_run = study_runs.rows.groupby("run")["value"].mean()
    seeds_of_cell: dict[tuple[str, str], dict[int, list[float]]] = {}
    finished = study_runs.runs[study_runs.runs["state"] == "finished"]
    for run in finished.to_dict("records"):
        fit = trials[run["trial"]].fit
        cell = (str(fit.batch), str(fit.train_on.options["style"]))
        patches_of_seed = seeds_of_cell.setdefault(cell, {})
        patches_of_seed.setdefault(fit.seed, []).append(mean_of_run[run["run"]])
    cells = {}
    for cell, patches_of_seed in seeds_of_cell.items():
        means = [np.mean(values) for values in patches_of_seed.values() if len(values) == 2]
        cells[cell] = (float(np.mean(means)), len(means))
    return cells


def test_a_heat_map_averages_units_first(at_home: Home) -> None:
    table = crossed_means(runs_of("shifts"), "hellinger", ("layer", "perturb.strength"))
    assert list(dict.fromkeys(table["down"])) == LAYERS
    assert list(dict.fromkeys(table["across"])) == ["0.5", "1", "2"]
    cells = {(row.down, row.across): row.value for row in table.itertuples()}
    assert cells["bottleneck", "2"] == pytest.approx(0.4)
    assert set(table["n"]) == {4}


def test_the_page_the_report_and_the_judge_have_the_same_means(home: Home, study: Study) -> None:
    expected = cells_by_hand(study)
    assert {cell: n for cell, (_, n) in expected.items()} == {
        ("2", "snemi"): 3,
        ("2", "lucchi"): 2,
        ("4", "snemi"): 2,
        ("4", "lucchi"): 3,
    }
    of_judge = cells_of_the_judge(study)
    of_report = cells_of_the_report(study, home.folder / "out")
    of_page = cells_of_the_page()
    for cells in (of_judge, of_report, of_page):
        assert cells.keys() == expected.keys()
        for cell in expected:
            assert cells[cell] == pytest.approx(expected[cell]), cell


def test_without_its_study_file_a_page_averages_what_is_recorded_by_the_same_rule(
    study: Study,
) -> None:
    study.path.unlink()
    cells = cells_of_the_page()
    expected = cells_by_hand(study)
    for cell in (("2", "snemi"), ("4", "snemi"), ("4", "lucchi")):
        assert cells[cell] == pytest.approx(expected[cell])
    # nothing tells that a trial of seed 0 was planned and is missing
    assert cells["2", "lucchi"][1] == 3


def test_a_filter_narrows_the_means_down(study: Study) -> None:
    paths = ("fit.batch", "fit.train_on.style")
    study_runs = runs_of("unbalanced")
    single = crossed_means(study_runs, "dice", paths, {"fit.patch": "64", "fit.seed": "2"})
    assert set(single["n"]) == {1}
    assert len(single) == 4
    small = crossed_means(study_runs, "dice", paths, {"fit.patch": "32"})
    assert sorted(small["n"]) == [2, 3, 3, 3]


ONE_SEED = """
name: one_seed
seeds: 1
base:
  fit: {train_on: {name: phantom, style: snemi}, net: {arch: tiny_unet}}
grid:
  fit.batch: [2, 4]
  fit.train_on.style: [snemi, lucchi]
compare: [{name: batch, metric: dice, by: fit.batch, unit: seed}]
"""


def test_one_seed_is_drawn_without_an_interval(home: Home) -> None:
    fill(home, study_at(home, ONE_SEED), scores(lambda trial: trial.fit.batch / 10))
    app = open_page("3_factors", study="one_seed", across="fit.batch")
    text = text_of_page(without_failure(app))
    assert "There is nothing to draw yet" not in text
    assert text.count("could not be fitted") == 1  # said once, not as answer and details
