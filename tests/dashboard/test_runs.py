"""The pages Runs and Curves: a table of all runs, stars and notes, curves beside each other."""

from typing import Any

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ask.curve_table import CurveRun, curve_table, mean_curves, spread_over_levels
from dashboard.ask.run_table import grouped_table, rows_with_text, run_table
from dashboard.draw.charts import CLICK
from dashboard.draw.colours import LIGHT
from dashboard.draw.overlay_chart import mean_chart, overlay_chart
from dashboard.parts.run_links import runs_with_ids
from dashboard.read.notes import RunNote, file_of_notes, keep_notes, notes_of
from dashboard.read.records import runs_of
from harness.store import Home
from harness.study.load import Study
from tests.dashboard.pages import open_page, text_of_page, without_failure
from tests.dashboard.studies import STARTS, better_with_batch
from tests.made.recorded import fill, scores, study_at


def starts_at(home: Home) -> Study:
    """The study `starts`, recorded in a home of its own."""
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch))
    return study


def table_of_starts() -> pd.DataFrame:
    study_runs = runs_of("starts")
    return run_table(study_runs, study_runs.runs)


def run_that_is_open(app: AppTest) -> str:
    """The id of the run that a page shows."""
    return str(app.selectbox(key="run").value)


def set_star(app: AppTest, value: bool) -> None:
    key = f"star-{run_that_is_open(app)}"
    app.toggle(key=key).set_value(value)
    without_failure(app.run())


def set_note(app: AppTest, text: str) -> None:
    key = f"note-{run_that_is_open(app)}"
    app.text_input(key=key).set_value(text)
    without_failure(app.run())


def test_the_table_holds_levels_numbers_and_notes(home: Home) -> None:
    study = starts_at(home)
    trial = study.cells[5].trial
    note = RunNote(star=True, text="looks <odd>")
    problem = keep_notes("starts", {trial.key: note})
    assert problem is None
    table = table_of_starts()
    assert len(table) == len(study.cells)
    starred = table[table["★"]]
    (row,) = starred.to_dict("records")
    assert row["fit.seed"] == str(trial.fit.seed)
    assert row["fit.batch"] == str(trial.fit.batch)
    assert row["note"] == "looks <odd>"
    rows = runs_of("starts").rows
    of_run = rows[rows["run"] == row["run"]]
    values = of_run[of_run["metric"] == "dice"]["value"]
    assert row["dice"] == pytest.approx(values.mean())
    odd = rows_with_text(table, "ODD")
    assert list(odd["run"]) == [row["run"]]


def test_a_group_has_the_mean_of_its_runs(home: Home) -> None:
    starts_at(home)
    table = table_of_starts()
    groups = grouped_table(table, "fit.batch", ["dice", "state"])
    groups = groups.set_index("fit.batch")
    assert list(groups["runs"]) == [12, 12, 12]
    is_of_batch = table["fit.batch"] == "4"
    values = table[is_of_batch]["dice"]
    group = groups.loc["4"]
    assert group["dice mean"] == pytest.approx(values.mean())
    assert group["dice std"] == pytest.approx(values.std())


def test_the_page_filters_and_groups(at_home: Home) -> None:
    app = open_page("9_runs", study="starts")
    assert "36 of 36 runs" in text_of_page(app)
    app.selectbox(key="state").select("failed")
    without_failure(app.run())
    assert "2 of 36 runs" in text_of_page(app)
    app.selectbox(key="state").select("all")
    app.selectbox(key="group").select("fit.batch")
    without_failure(app.run())
    groups = app.dataframe[0].value
    assert list(groups["runs"]) == [12, 12, 12]
    assert list(groups["batch size"]) == ["2", "4", "8"]
    assert "Dice mean" in groups, "metrics and settings stand by their names"


def test_notes_are_kept_beside_the_records(home: Home) -> None:
    starts_at(home)
    before = home.database.read_bytes()
    app = open_page("6_run", study="starts")
    id = run_that_is_open(app)
    set_note(app, "a good start")
    set_star(app, True)
    keys = {run.id: run.key for run in runs_of("starts").recorded}
    expected = {keys[id]: RunNote(True, "a good start")}
    assert notes_of("starts") == expected
    set_star(app, False)
    set_note(app, "")
    assert notes_of("starts") == {}
    assert home.database.read_bytes() == before


def test_a_damaged_file_of_notes_ends_nothing(home: Home) -> None:
    starts_at(home)
    path = file_of_notes("starts")
    path.parent.mkdir(parents=True)
    path.write_text("no notes")
    assert notes_of("starts") == {}
    app = open_page("6_run", study="starts")
    set_star(app, True)
    assert "holds no notes. Move it away" in text_of_page(app)
    assert path.read_text() == "no notes"


def test_curves_of_many_runs_stand_in_one_table(at_home: Home) -> None:
    runs = []
    for run in runs_of("tiny").recorded:
        level = run.levels["fit.method.loss"]
        runs.append(CurveRun(run.id, run.name, level, False))
    names = {"bce_dice": "both", "ce": "cross entropy"}
    table = curve_table(runs, "loss/net", names)
    assert set(table["level"]) == {"both", "cross entropy"}
    lengths = table.groupby("run").size()
    assert list(lengths) == [2] * len(runs)
    means = point_of(mean_curves(table)).iloc[0]
    values = point_of(table)["value"]
    assert means["mean"] == pytest.approx(values.mean())
    assert means["low"] == values.min()
    assert means["high"] == values.max()
    assert means["n"] == len(values)


def point_of(table: pd.DataFrame) -> Any:
    """The first epoch of one level."""
    is_first = table["step"] == 1
    is_level = table["level"] == "both"
    return table[is_first & is_level]


def test_a_chart_of_few_lines_has_lines_of_every_level() -> None:
    runs = []
    for number in range(9):
        runs.append(CurveRun(f"a{number}", "a", "a", False))
    runs.append(CurveRun("b0", "b", "b", False))
    runs.append(CurveRun("b1", "b", "b", True))
    first = spread_over_levels(runs, 4)
    assert first[0].is_running
    levels = sorted(run.level for run in first)
    assert levels == ["a", "a", "b", "b"]
    everything = spread_over_levels(runs, 100)
    assert set(everything) == set(runs)
    assert len(everything) == len(runs)


@pytest.mark.parametrize(("epochs", "mark"), [(1, "circle"), (2, "line")])
def test_trainings_of_one_epoch_are_dots(epochs: int, mark: str) -> None:
    """Of a single point no line can be drawn, and the chart would be empty."""
    steps = list(range(1, epochs + 1))
    runs = []
    for run in ("a", "b"):
        columns = {"run": run, "step": steps, "value": 0.5, "level": "x", "name": run}
        runs.append(pd.DataFrame(columns))
    table = pd.concat(runs).assign(runs="a")
    chart = overlay_chart(table, ("loss", "init"), {"x": "#0072b2"}, LIGHT, is_log=False)
    (layer,) = chart.to_dict(validate=False)["layer"]
    assert layer["mark"]["type"] == mark
    means = mean_chart(mean_curves(table), ("loss", "init"), {"x": "#0072b2"}, LIGHT, is_log=False)
    (_, layer) = means.to_dict(validate=False)["layer"]
    assert layer["mark"]["type"] == {"circle": "point"}.get(mark, mark)


def test_the_page_curves_draws_what_a_link_names(at_home: Home) -> None:
    runs = runs_of("tiny").recorded
    app = open_page("10_curves", study="tiny")
    count = len(runs)
    assert f"{count} of {count} runs" in text_of_page(app)
    ids = [run.id[:8] for run in runs[:2]]
    app = open_page(study="tiny")
    app.switch_page("pages/10_curves.py")
    app.query_params["runs"] = ",".join(ids)
    without_failure(app.run())
    assert "2 of 2 runs" in text_of_page(app)


def test_runs_without_a_level_are_a_group_of_their_own() -> None:
    columns = {"path": ["a", "b", None], "dice": [0.5, 0.7, 0.1]}
    groups = grouped_table(pd.DataFrame(columns), "path", ["dice"])
    assert list(groups["runs"]) == [1, 1, 1]


def test_a_mark_that_is_clicked_says_which_runs_are_behind_it(at_home: Home) -> None:
    columns = {"run": ["a", "a"], "step": [1, 2], "value": [0.5, 0.4], "level": "x", "name": "one"}
    table = pd.DataFrame(columns).assign(runs="a")
    chart = overlay_chart(table, ("loss", "factor"), {"x": "#000000"}, LIGHT, is_log=False)
    (parameter,) = chart.to_dict()["params"]
    assert parameter["name"] == CLICK
    assert parameter["select"] == {"type": "point", "fields": ["runs"]}
    study_runs = runs_of("starts")
    first, second = study_runs.recorded[:2]
    ids = [first.id[:8], second.id]
    assert runs_with_ids(study_runs, ids) == [first, second]
