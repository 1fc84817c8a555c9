"""The pages Runs and Curves: a table of all runs, stars and notes, curves beside each other."""

import pandas as pd
import pytest

from dashboard.ask.curve_table import CurveRun, curve_table, mean_curves, spread_over_levels
from dashboard.ask.run_table import grouped_table, rows_with_text, run_table
from dashboard.read.notes import RunNote, file_of_notes, keep_notes, notes_of
from dashboard.read.records import runs_of
from harness.store import Home
from tests.dashboard.pages import open_page, text_of_page, without_failure
from tests.dashboard.studies import STARTS, better_with_batch
from tests.made.recorded import fill, scores, study_at


def test_the_table_holds_levels_numbers_and_notes(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch))
    trial = study.cells[5].trial
    assert keep_notes("starts", {trial.key: RunNote(star=True, text="looks <odd>")}) is None
    study_runs = runs_of("starts")
    table = run_table(study_runs, study_runs.runs)
    assert len(table) == len(study.cells)
    (starred,) = table[table["★"]].to_dict("records")
    assert starred["fit.seed"] == str(trial.fit.seed)
    assert starred["fit.batch"] == str(trial.fit.batch)
    assert starred["note"] == "looks <odd>"
    rows = study_runs.rows
    own = rows[(rows["run"] == starred["run"]) & (rows["metric"] == "dice")]
    assert starred["dice"] == pytest.approx(own["value"].mean())
    assert list(rows_with_text(table, "ODD")["run"]) == [starred["run"]]
    groups = grouped_table(table, "fit.batch", ["dice", "state"]).set_index("fit.batch")
    assert list(groups["runs"]) == [12, 12, 12]
    of_batch = table[table["fit.batch"] == "4"]["dice"]
    assert groups.loc["4", "dice mean"] == pytest.approx(of_batch.mean())
    assert groups.loc["4", "dice std"] == pytest.approx(of_batch.std())


def test_the_page_filters_and_groups(at_home: Home) -> None:
    app = open_page("9_runs", study="starts")
    assert "36 of 36 runs" in text_of_page(app)
    app.selectbox(key="state").select("failed")
    assert "2 of 36 runs" in text_of_page(without_failure(app.run()))
    app.selectbox(key="state").select("all")
    app.selectbox(key="group").select("fit.batch")
    without_failure(app.run())
    assert list(app.dataframe[0].value["runs"]) == [12, 12, 12]


def test_notes_are_kept_beside_the_records(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch))
    before = home.database.read_bytes()
    app = open_page("6_run", study="starts")
    id = app.selectbox(key="run").value
    app.text_input(key=f"note-{id}").set_value("a good start").run()
    app.toggle(key=f"star-{id}").set_value(True).run()
    assert home.database.read_bytes() == before
    run = next(run for run in runs_of("starts").recorded if run.id == id)
    assert notes_of("starts") == {run.key: RunNote(True, "a good start")}
    app.toggle(key=f"star-{id}").set_value(False).run()
    app.text_input(key=f"note-{id}").set_value("").run()
    assert notes_of("starts") == {}


def test_a_damaged_file_of_notes_ends_nothing(home: Home) -> None:
    fill(home, study_at(home, STARTS), scores(better_with_batch))
    path = file_of_notes("starts")
    path.parent.mkdir(parents=True)
    path.write_text("no notes")
    assert notes_of("starts") == {}
    app = open_page("6_run", study="starts")
    id = app.selectbox(key="run").value
    app.toggle(key=f"star-{id}").set_value(True).run()
    assert "holds no notes. Move it away" in text_of_page(without_failure(app))
    assert path.read_text() == "no notes"


def test_curves_of_many_runs_stand_in_one_table(at_home: Home) -> None:
    study_runs = runs_of("tiny")
    runs = []
    for run in study_runs.recorded:
        runs.append(CurveRun(run.id, run.name, run.levels["fit.method.loss"], False))
    table = curve_table(runs, "loss/net", {"bce_dice": "both", "ce": "cross entropy"})
    assert set(table["level"]) == {"both", "cross entropy"}
    assert table.groupby("run").size().tolist() == [2] * len(runs)
    means = mean_curves(table)
    first = table[(table["level"] == "both") & (table["step"] == 1)]["value"]
    drawn = means[(means["level"] == "both") & (means["step"] == 1)].iloc[0]
    assert drawn["mean"] == pytest.approx(first.mean())
    assert (drawn["low"], drawn["high"], drawn["n"]) == (first.min(), first.max(), len(first))


def test_a_chart_of_few_lines_has_lines_of_every_level() -> None:
    runs = [CurveRun(f"a{i}", "a", "a", False) for i in range(9)]
    runs += [CurveRun("b0", "b", "b", False), CurveRun("b1", "b", "b", True)]
    first = spread_over_levels(runs, 4)
    assert first[0].is_running
    assert sorted(run.level for run in first) == ["a", "a", "b", "b"]
    assert spread_over_levels(runs, 100) != []
    assert len(spread_over_levels(runs, 100)) == len(runs)


def test_the_page_curves_draws_what_a_link_names(at_home: Home) -> None:
    runs = runs_of("tiny").recorded
    app = open_page("10_curves", study="tiny")
    assert f"{len(runs)} of {len(runs)} runs" in text_of_page(app)
    app = open_page(study="tiny")
    app.query_params["runs"] = f"{runs[0].id[:8]},{runs[1].id[:8]}"
    app.switch_page("pages/10_curves.py").run()
    assert "2 of 2 runs" in text_of_page(without_failure(app))


def test_a_level_that_few_have_is_a_group_of_its_own() -> None:
    table = pd.DataFrame({"path": ["a", "b", None], "dice": [0.5, 0.7, 0.1], "★": False})
    groups = grouped_table(table, "path", ["dice"])
    assert list(groups["runs"]) == [1, 1, 1]
