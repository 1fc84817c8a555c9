"""The dashboard shows what is recorded, answers as the command line does, writes nothing and trusts nothing."""

import hashlib
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest
from typer.testing import CliRunner

from dashboard.draw.colours import LIGHT, NIGHT, palette
from dashboard.parts.text import plain
from dashboard.read import records, run_files
from harness.spec.values import Trial
from harness.store import Home, locked, write_json
from harness.study.load import Study
from tests.conftest import TINY
from tests.made.recorded import figures_of, fill, scores, study_at

DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard"
PAGES = [path.stem for path in sorted((DASHBOARD / "pages").glob("*.py"))]

STARTS = """
name: starts
question: Does other tissue pay as a start?
seeds: 6
base:
  fit:
    train_on: {name: phantom, style: snemi}
    net: {arch: tiny_unet}
grid:
  fit.batch: [2, 4, 8]
  fit.train_on.style: [snemi, lucchi]
compare:
  - {name: start, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}
  - {name: per tissue, metric: dice, by: fit.batch, against: '2', unit: seed, within: [fit.train_on.style]}
  - {name: same, metric: iou, by: fit.train_on.style, unit: seed, test: equivalence_paired, margin: 0.05}
  - {name: together, metric: dice, model: "dice ~ fit.batch * fit.train_on.style", unit: seed}
  - {name: pooled, metric: dice, by: fit.batch, unit: image}
  - {name: agree, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch, fit.train_on.style]}}
"""
SHIFTS = """
name: shifts
question: Does overlap follow the shift?
seeds: 4
base:
  fit: {train_on: {name: phantom}, net: {arch: tiny_unet}}
  probes: [segmentation, shift]
grid:
  fit.batch: [2, 4]
  perturb: [brightness, blur]
  perturb.strength: [0.5, 1, 2]
compare:
  - {name: dose, metric: iou, trend: perturb.strength, unit: seed, within: [perturb.name]}
"""
LAYERS = ["encoder 1", "bottleneck", "decoder 1"]
EVIL = "<script>alert(1)</script>"


def better_with_batch(trial: Trial) -> float:
    rng = np.random.default_rng([trial.fit.seed, trial.fit.batch])
    return 0.5 + 0.03 * trial.fit.batch + float(rng.normal(0, 0.01))


def shifted(trial: Trial, rng: np.random.Generator) -> dict[str, Any]:
    strength = float(trial.perturb.options["strength"]) if trial.perturb else 0.0
    found = scores(lambda t: 0.8 - 0.1 * strength + 0.01 * t.fit.seed)(trial, rng)
    count = len(found["value"])
    more = {
        "metric": ["hellinger"] * 3,
        "value": [0.1 * strength * (i + 1) for i in range(3)],
        "layer": LAYERS,
    }
    return {
        "metric": found["metric"] + more["metric"], "value": [*found["value"], *more["value"]],
        "image": found["image"] + [None] * 3, "group": found["group"] + [None] * 3,
        "layer": [None] * count + more["layer"],
    }  # fmt: skip


def lost(trial: Trial) -> str:
    return "failed" if (trial.fit.seed, trial.fit.batch) == (5, 8) else "finished"


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home with three studies filled by hand, and one that was trained and measured."""
    from harness.record.tracker import Tracker, uri
    from harness.run.carry_out import run
    from harness.run.engines import inline
    from harness.run.plan import plan
    from harness.study.load import load_study

    home = Home(tmp_path_factory.mktemp("shown"))
    study = study_at(home, STARTS, "starts.yaml")
    fill(home, study, scores(better_with_batch), state=lost)
    fill(home, study_at(home, SHIFTS, "shifts.yaml"), shifted)
    evil = study_at(
        home, STARTS.replace("starts", f'"{EVIL}"').replace("seeds: 6", "seeds: 2"), "evil.yaml"
    )
    fill(home, evil, scores(better_with_batch))
    tiny = home.folder / "tiny.yaml"
    tiny.write_text(TINY)
    tracker = Tracker(uri(home, f"sqlite:///{home.database}"), home)
    run(
        plan(load_study(tiny), home, []),
        home,
        tracker,
        inline(home.folder, "cpu"),
        lambda p, o: None,
    )
    return home


@pytest.fixture
def at_home(shown: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    return looking_at(shown, monkeypatch)


def looking_at(home: Home, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("HARNESS_HOME", str(home.folder))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return home


def opened(page: str | None = None, **query: str) -> AppTest:
    app = AppTest.from_file(str(DASHBOARD / "app.py"), default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    app.run()
    if page is not None and page != PAGES[0]:
        app.switch_page(f"pages/{page}.py").run()
    return sound(app)


def sound(app: AppTest) -> AppTest:
    assert not app.exception
    assert not [e.value for e in app.error if "has failed" in e.value]
    return app


def text(app: AppTest) -> str:
    """Everything that a page says, unescaped."""
    parts = [e.value for kind in ("markdown", "caption", "info", "warning", "header", "subheader", "code")
             for e in app.get(kind)]  # fmt: skip
    return re.sub(r"\\(.)", r"\1", "\n".join(parts)).replace("\u2060", "")


def command(*words: str) -> str:
    from harness.cli.main import app

    done = CliRunner().invoke(app, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("study", ["starts", "shifts", "tiny", EVIL])
def test_every_page_draws_every_study(at_home: Home, page: str, study: str) -> None:
    app = opened(page, study=study)
    assert app.selectbox(key="study").value == study
    assert text(app)


def test_the_first_page_answers_the_question(at_home: Home) -> None:
    app = opened(study="starts")
    judged = json.loads(command("compare", str(at_home.folder / "starts.yaml"), "--json"))
    assert judged["headline"][1:] in text(app)
    assert "Does other tissue pay as a start?" in text(app)
    tiles = {metric.label: metric.value for metric in app.metric}
    assert (tiles["state"], tiles["finished"], tiles["failed"]) == ("at rest", "34", "2")
    assert "RuntimeError: no such layer" in text(app)


def test_every_number_is_that_of_the_command_line(at_home: Home) -> None:
    judged = json.loads(command("compare", str(at_home.folder / "starts.yaml"), "--json"))
    app = opened("2_compare", study="starts")
    for verdict in judged["verdicts"]:
        name = verdict["comparison"]["name"]
        app.selectbox(key="comparison").select(name)
        said = text(sound(app.run()))
        assert verdict["sentence"][1:] in said, name
        if verdict["contrasts"]:
            table = app.dataframe[0].value
            assert list(table["verdict"]) == [c["outcome"] for c in verdict["contrasts"]]
            for shown, contrast in zip(table["corrected"], verdict["contrasts"], strict=True):
                assert shown in contrast["sentence"] or contrast["sentence"].count("p = 1"), name
    lines = command("compare", str(at_home.folder / "starts.yaml"))
    assert all(v["sentence"] in lines for v in judged["verdicts"] if len(v["contrasts"]) == 1)


def test_a_question_of_ones_own_is_exploratory_and_has_its_own_family(at_home: Home) -> None:
    from harness.judge.answer import judge
    from harness.study.comparison_checks import declared

    app = opened("2_compare", study="starts", ask="your own")
    app.selectbox(key="metric").select("precision")
    app.selectbox(key="against").select("4")
    said = text(sound(app.run()))
    assert "exploratory" in said
    assert "confirmatory" not in said
    found = records.found("starts")
    study = records.study_of(found)
    one, wrong = declared([{"name": "x", "metric": "precision", "by": "fit.batch", "against": "4", "unit": "seed",
                            "interval": "t", "correct": "holm"}], study.expansion)  # fmt: skip
    assert wrong == []
    expected = judge(
        replace(study, compare=tuple(one)), found.runs, found.rows, found.recorded
    ).verdicts[0]
    assert expected.sentence[1:] in said
    assert f"{len(expected.contrasts)} p values corrected together" in said
    assert app.query_params["metric"] == "precision"
    assert app.query_params["against"] == "4"


def test_a_view_can_be_sent_as_its_address(at_home: Home) -> None:
    app = opened(study="starts")
    app.switch_page("pages/2_compare.py")
    for key, value in {"ask": "your own", "metric": "recall", "by": "fit.train_on.style"}.items():
        app.query_params[key] = value
    sound(app.run())
    assert app.selectbox(key="metric").value == "recall"
    assert app.selectbox(key="by").value == "fit.train_on.style"
    assert "recall" in text(app)


def test_a_question_that_cannot_be_asked_is_refused_in_words(at_home: Home) -> None:
    app = opened("2_compare", study="starts", ask="your own")
    app.selectbox(key="test").select("kruskal")
    app.selectbox(key="effect").select("cohens_dz")
    said = text(sound(app.run()))
    assert "cannot be asked" in said or "could not be compared" in said
    app.text_input(key="margin").set_value("much")
    assert "a number above 0" in text(sound(app.run()))


def test_filters_narrow_down(at_home: Home) -> None:
    app = opened("6_run", study="starts")
    assert "36" in app.selectbox(key="run").label
    app.selectbox(key="fit.batch").select("4")
    sound(app.run())
    assert "12" in app.selectbox(key="run").label
    assert app.query_params["fit.batch"] == "4"


def test_a_run_shows_everything(at_home: Home) -> None:
    app = opened("6_run", study="tiny")
    said = text(app)
    assert "Fits, each standing on those below it" in said
    frames = [frame.value for frame in app.dataframe]
    assert any("loss/net" in set(f["metric"]) for f in frames if "metric" in f) or "loss" in said
    assert any("fit.method.lr" in set(f["setting"]) for f in frames if "setting" in f)
    assert any("rows.parquet" in set(f["file"]) for f in frames if "file" in f)
    assert any("train" in set(f["used to"]) for f in frames if "used to" in f)
    assert app.get("vega_lite_chart") or app.get("arrow_vega_lite_chart")
    failed = next(r for r in records.found("starts").recorded if r.state == "failed")
    app = opened("6_run", study="starts")
    app.selectbox(key="run").select(failed.id)
    sound(app.run())
    assert "no such layer" in app.error[0].value


def test_two_runs_stand_side_by_side(at_home: Home) -> None:
    app = opened("5_images", study="tiny")
    app.segmented_control(key="runs").set_value("two side by side")
    said = text(sound(app.run()))
    assert "Where they differ" in said
    assert app.selectbox(key="run").value != app.selectbox(key="other").value


def test_the_shift_page_draws_layers_and_strengths(at_home: Home) -> None:
    app = opened("4_shift", study="shifts")
    assert app.selectbox(key="score").value == "iou"
    assert app.selectbox(key="distance").value == "hellinger"
    assert "perturb.name × perturb.strength" in app.selectbox(key="crossed").options
    assert "brightness" in text(app)


def test_a_heat_map_averages_units_first(at_home: Home) -> None:
    from dashboard.ask.factors import crossed

    found = records.found("shifts")
    table = crossed(found, "hellinger", ("layer", "perturb.strength"))
    assert list(dict.fromkeys(table["down"])) == LAYERS
    assert list(dict.fromkeys(table["across"])) == ["0.5", "1", "2"]
    cells = {(row.down, row.across): row.value for row in table.itertuples()}
    assert cells["bottleneck", "2"] == pytest.approx(0.4)
    assert set(table["n"]) == {4}


UNBALANCED = """
name: unbalanced
question: Does every page say the same?
seeds: 3
base:
  fit:
    train_on: {name: phantom, style: snemi}
    net: {arch: tiny_unet}
grid:
  fit.batch: [2, 4]
  fit.train_on.style: [snemi, lucchi]
  fit.patch: [32, 64]
compare:
  - {name: batch, metric: dice, by: fit.batch, unit: seed, within: [fit.train_on.style]}
tables:
  - {name: T, rows: [fit.batch], columns: [fit.train_on.style], metrics: [dice], unit: seed}
"""
Cells = dict[
    tuple[str, str], tuple[float, int]
]  # by batch and style: the mean, and of how many seeds


def unequal(trial: Trial, rng: np.random.Generator) -> dict[str, Any]:
    """More images of a large patch than of a small one, and the more the higher the seed."""
    count = 1 + trial.fit.seed + trial.fit.patch // 16
    values = rng.random(count) + trial.fit.patch / 32
    images = [f"image-{i}" for i in range(count)]
    return {
        "metric": ["dice"] * count,
        "value": values,
        "image": images,
        "group": ["volume"] * count,
    }


def without_a_trial(trial: Trial) -> str:
    where = (trial.fit.batch, trial.fit.train_on.options["style"], trial.fit.patch, trial.fit.seed)
    return {(4, "snemi", 32, 2): "failed", (2, "lucchi", 64, 0): "missing"}.get(where, "finished")


def cells_of_the_page() -> Cells:
    app = opened(
        "3_factors",
        study="unbalanced",
        metric="dice",
        across="fit.train_on.style",
        **{"and": "fit.batch"},
    )
    (table,) = [frame.value for frame in app.dataframe if {"value", "n"} <= set(frame.value)]
    return {
        (row["fit.batch"].removeprefix("batch "), row["fit.train_on.style"]): (
            row["value"],
            row["n"],
        )
        for row in table.to_dict("records")
    }


def cells_of_the_report(study: Study, folder: Path) -> Cells:
    from harness.report.write import report

    report(study, records.tracker(), folder)
    table = pd.read_csv(folder / "tables.csv", dtype=str)
    return {
        (row["row"], row["column"]): (float(row["mean"]), int(row["n"]))
        for row in table.to_dict("records")
    }


def cells_of_the_judge(study: Study) -> Cells:
    from harness.judge.answer import judge

    recorded = records.found("unbalanced")
    (verdict,) = judge(study, recorded.runs, recorded.rows).verdicts
    return {
        (arm.full, *arm.stratum): (arm.mean.value, len(arm.sample.units))
        for arm in verdict.arms
        if arm.mean
    }


def cells_by_hand(study: Study) -> Cells:
    """Over images, then over the two patches of a seed, then over the seeds that have both."""
    recorded = records.found("unbalanced")
    trials = {cell.trial.key: cell.trial for cell in study.cells}
    of_trial = recorded.rows.groupby("run")["value"].mean()
    seeds: dict[tuple[str, str], dict[int, list[float]]] = {}
    for run in recorded.runs[recorded.runs["state"] == "finished"].itertuples():
        fit = trials[run.trial].fit
        cell = (str(fit.batch), str(fit.train_on.options["style"]))
        seeds.setdefault(cell, {}).setdefault(fit.seed, []).append(of_trial[run.run])
    complete = {
        cell: [np.mean(v) for v in of_seed.values() if len(v) == 2]
        for cell, of_seed in seeds.items()
    }
    return {cell: (float(np.mean(values)), len(values)) for cell, values in complete.items()}


def test_the_page_the_report_and_the_judge_have_the_same_means(home: Home) -> None:
    study = study_at(home, UNBALANCED)
    fill(home, study, unequal, state=without_a_trial)
    expected = cells_by_hand(study)
    assert {cell: n for cell, (_, n) in expected.items()} == {
        ("2", "snemi"): 3, ("2", "lucchi"): 2, ("4", "snemi"): 2, ("4", "lucchi"): 3
    }  # fmt: skip
    for cells in (
        cells_of_the_judge(study),
        cells_of_the_report(study, home.folder / "out"),
        cells_of_the_page(),
    ):
        assert cells.keys() == expected.keys()
        for cell, (mean, n) in expected.items():
            assert cells[cell] == (pytest.approx(mean), n), cell


def test_without_its_study_file_a_page_averages_what_is_recorded_by_the_same_rule(
    home: Home,
) -> None:
    study = study_at(home, UNBALANCED)
    fill(home, study, unequal, state=without_a_trial)
    study.path.unlink()
    cells = cells_of_the_page()
    expected = cells_by_hand(study)
    for cell in (("2", "snemi"), ("4", "snemi"), ("4", "lucchi")):
        assert cells[cell] == (pytest.approx(expected[cell][0]), expected[cell][1])
    assert (
        cells["2", "lucchi"][1] == 3
    )  # nothing tells that a trial of seed 0 was planned and is missing


def test_a_filter_narrows_the_means_down(home: Home) -> None:
    from dashboard.ask.factors import crossed

    study = study_at(home, UNBALANCED)
    fill(home, study, unequal, state=without_a_trial)
    paths = ("fit.batch", "fit.train_on.style")
    only = crossed(records.found("unbalanced"), "dice", paths, {"fit.patch": "64", "fit.seed": "2"})
    assert set(only["n"]) == {1}
    assert len(only) == 4
    small = crossed(records.found("unbalanced"), "dice", paths, {"fit.patch": "32"})
    assert sorted(small["n"]) == [2, 3, 3, 3]


def test_names_are_text_and_nothing_else(at_home: Home) -> None:
    app = opened(study=EVIL)
    raw = [e.value for kind in ("markdown", "header", "caption") for e in app.get(kind)]
    assert not any(EVIL in one for one in raw)
    assert EVIL in text(app)
    assert plain("[a](javascript:b) :red[c] **d** $e$ <b>") == (
        "\\[a\\]\\(javascript:\u2060b\\) :\u2060red\\[c\\] \\*\\*d\\*\\* \\$e\\$ \\<b\\>"
    )
    sources = "".join(path.read_text() for path in DASHBOARD.rglob("*.py"))
    assert "unsafe_allow_html" not in sources
    assert sources.count("st.html(") == 1  # the page's own style


def test_nothing_is_written(at_home: Home) -> None:
    def state() -> dict[str, str]:
        files = [p for p in at_home.folder.rglob("*") if p.is_file()]
        return {str(p): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}

    before = state()
    for page in PAGES:
        opened(page, study="tiny")
    assert state() == before
    with records.database() as db, pytest.raises(sqlite3.OperationalError, match="readonly"):
        db.execute("DELETE FROM runs")


def test_runs_are_read_again_only_when_one_has_ended(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = study_at(home, STARTS)
    ids = fill(home, study, scores(better_with_batch), state=lost)
    first = records.found("starts")
    assert records.found("starts") is first
    assert records.in_memory("starts")
    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE runs SET name = 'touched' WHERE run_uuid = ?", (ids[0],))
    assert records.found("starts") is first
    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE runs SET end_time = end_time + 1000000000 WHERE run_uuid = ?", (ids[0],))
    assert not records.in_memory("starts")
    again = records.found("starts")
    assert again is not first
    assert "touched" in set(again.runs["name"])


def test_no_database(home: Home) -> None:
    assert "Nothing has been recorded" in text(opened())
    assert "harness run studies/smoke.yaml" in text(opened("2_compare"))


def test_a_database_without_a_study_and_with_runs_of_others(home: Home) -> None:
    study = study_at(home, STARTS)
    assert "holds no study yet" in text(opened())
    fill(home, study, scores(better_with_batch))
    with sqlite3.connect(home.database) as db:
        db.execute("DELETE FROM experiment_tags")
    assert "none of harness" in text(opened())


def test_an_empty_study(home: Home) -> None:
    fill(home, study_at(home, STARTS), scores(better_with_batch), state=lambda trial: "missing")
    assert "No trial has ended yet" in text(opened())
    assert "No trial of starts has ended yet" in text(opened("2_compare"))


def test_a_running_study(home: Home) -> None:
    fill(home, study_at(home, STARTS), scores(better_with_batch), state=lost)
    jobs = {"a": {"name": "fit a", "kind": "fit", "state": "finished", "seconds": 2.0},
            "b": {"name": "fit b <b>", "kind": "fit", "state": "running", "since": 0.0}}  # fmt: skip
    place = home.hidden / "running" / f"starts.{os.getpid()}"
    place.parent.mkdir(parents=True)
    write_json(place.with_suffix(".json"), {"study": "starts", "path": "x", "pid": os.getpid(), "started": 1.0,
                                            "jobs": jobs, "seconds": None, "slots": 1})  # fmt: skip
    with locked(Path(f"{place}.lock")):
        app = opened()
        assert {m.label: m.value for m in app.metric}["state"] == "running"
        assert "now: fit b <b>: starting" in text(app)
    assert {m.label: m.value for m in opened().metric}["state"] == "at rest"


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (lambda path: path.mkdir(), "is a folder"),
        (
            lambda path: path.write_bytes(b"no database at all, only bytes"),
            "is not an SQLite database",
        ),
        (lambda path: path.write_bytes(b"SQLite format 3\x00" + b"\x00" * 4000), "damaged"),
        (
            lambda path: sqlite3.connect(path).execute("CREATE TABLE runs (run_uuid)"),
            "another version of MLflow",
        ),
    ],
)
def test_what_is_no_database_is_said(home: Home, made: Any, said: str) -> None:
    made(home.database)
    assert said in text(opened())


def test_a_server_is_named(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert "recorded on a server" in text(opened())


def test_a_study_file_that_is_gone_or_wrong(home: Home) -> None:
    study = study_at(home, STARTS)
    fill(home, study, scores(better_with_batch), state=lost)
    study.path.write_text(STARTS + "nonsense: 1\n")
    assert "no section 'nonsense'" in text(opened("2_compare"))
    study.path.write_text(STARTS.replace("name: starts", "name: other"))
    assert "is now the study other" in text(opened("2_compare"))
    study.path.write_text(STARTS.replace("{arch: tiny_unet}", "{arch: tiny_unet, width: 3}"))
    assert "earlier version" in text(opened("2_compare"))
    study.path.unlink()
    for page in PAGES:
        assert "is not here" in text(opened(page)) or page in ("5_images", "6_run")
    assert "36" in opened("6_run").selectbox(key="run").label


def test_what_cannot_be_read_or_lies_elsewhere_is_not_opened(home: Home, tmp_path: Path) -> None:
    study = study_at(home, STARTS)
    ids = fill(home, study, scores(better_with_batch))
    folder = figures_of(home, study, ids[0])
    (folder / "prediction-one.png").write_bytes(b"no picture")
    assert "cannot be read" in text(opened("5_images"))
    (folder / "prediction-one.png").unlink()
    secret = tmp_path / "secret.png"
    Image.new("RGB", (4, 4)).save(secret)
    (folder / "prediction-two.png").symlink_to(secret)
    assert "lies outside of" in text(opened("5_images"))
    run = next(r for r in records.found("starts").recorded if r.id == ids[0])
    assert list(run_files.files_of(run)) == []
    with pytest.raises(records.Unreadable, match="outside"):
        run_files.text_of(run, "../../../../../secret.png")
    with sqlite3.connect(home.database) as db:
        db.execute("UPDATE runs SET artifact_uri = 'file:///etc' WHERE run_uuid = ?", (ids[0],))
    with pytest.raises(records.Unreadable, match="outside"):
        run_files.folder_of(run)
    assert "passwd" not in text(opened("6_run"))


def test_panels_are_cut_apart_and_laid_over() -> None:
    panels = [np.full((6, 5, 3), 40 * i, np.uint8) for i in range(4)]
    gap = np.full((6, 4, 3), 255, np.uint8)
    strip = np.concatenate([part for side in panels for part in (side, gap)][:-1], axis=1)
    cut = run_files.panels("prediction-x", strip)
    assert list(cut) == ["input", "truth", "prediction", "error"]
    assert all((cut[name] == panels[i]).all() for i, name in enumerate(cut))
    assert list(run_files.panels("saliency-x", strip)) == ["saliency-x"]
    first, second = (np.zeros((1, 3, 3), np.uint8) for _ in range(2))
    first[0, :2], second[0, 1:] = run_files.MISSED, run_files.INVENTED
    over = run_files.overlay(np.zeros((1, 3, 3), np.uint8), first, second)
    assert over[0].tolist() == [[230, 159, 0], [204, 121, 167], [86, 180, 233]]


def test_a_level_keeps_its_colour() -> None:
    levels = ["random", "photos", "other tissue"]
    assert palette(levels, LIGHT) == {k: palette([*levels, "more"], LIGHT)[k] for k in levels}
    assert len(set(palette([str(i) for i in range(6)], LIGHT).values())) == 6
    assert palette(levels, NIGHT)["photos"] == palette(levels, LIGHT)["photos"]


def test_everything_can_be_taken_along(at_home: Home) -> None:
    app = opened("7_export", study="starts")
    labels = [button.label for button in app.get("download_button")]
    assert {"LaTeX tables (booktabs)", "All charts as SVG (ZIP)", "All charts as PNG (ZIP)"} <= set(
        labels
    )
    assert "36 runs (CSV)" in labels


def test_charts_are_files(at_home: Home) -> None:
    import importlib.util

    from dashboard.ask.answers import answers
    from dashboard.parts.controls import exported

    pytest.importorskip("vl_convert")
    where = importlib.util.spec_from_file_location("export", DASHBOARD / "pages" / "7_export.py")
    assert where is not None
    assert where.loader is not None
    export = importlib.util.module_from_spec(where)
    opened("7_export", study="starts")
    source = (DASHBOARD / "pages" / "7_export.py").read_text().replace("framed(page)\n", "")
    exec(compile(source, "7_export.py", "exec"), export.__dict__)
    found = records.found("starts")
    charts = dict(export.drawn(found, answers(found)))
    assert {"start", "start-differences", "agree-points"} <= set(charts)
    assert exported(charts["start"], "png")[:8] == b"\x89PNG\r\n\x1a\n"
    svg = exported(charts["start"], "svg").decode()
    assert svg.startswith("<svg")
    assert "batch 8 · n = 5" in svg
    names = zipfile.ZipFile(io.BytesIO(export.zipped(found, answers(found), "svg"))).namelist()
    assert "start.svg" in names


def test_many_runs_are_answered_after_the_page(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark's study at a hundredth of its size: correct, whatever the machine's speed."""
    from benchmarks import dashboard as bench

    study: Study = bench.big(home.folder, 1)
    assert len(study.cells) == 500
    app = opened(study="big")
    assert {m.label: m.value for m in app.metric}["finished"] == "500"
    app = opened("2_compare", study="big", ask="your own")
    app.selectbox(key="by").select("fit.patch")
    said = text(sound(app.run()))
    assert "Of 10 contrasts" in said


def test_no_torch_and_no_mlflow(at_home: Home) -> None:
    code = f"""
import sys
from streamlit.testing.v1 import AppTest
app = AppTest.from_file({str(DASHBOARD / "app.py")!r}, default_timeout=60)
app.query_params["study"] = "tiny"
app.run()
for page in {PAGES!r}:
    app.switch_page(f"pages/{{page}}.py").run()
    assert not app.exception and not app.error, page
heavy = ("torch", "mlflow", "optuna", "captum", "segmentation_models_pytorch")
loaded = [name for name in heavy if name in sys.modules]
sys.exit(", ".join(loaded) or 0)
"""
    done = subprocess.run([sys.executable, "-c", code], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]


def test_the_shipped_configuration_keeps_to_itself() -> None:
    import tomllib

    told = tomllib.loads((DASHBOARD.parent / ".streamlit" / "config.toml").read_text())
    assert told["server"]["address"] == "127.0.0.1"
    assert told["browser"]["gatherUsageStats"] is False
    assert told["client"]["showErrorDetails"] == "none"
    assert {"light", "dark"} <= told["theme"].keys()


@pytest.fixture(autouse=True)
def _own_process_state() -> Iterator[None]:
    """What one test has read is not read again by the next."""
    import streamlit as st

    yield
    st.cache_resource.clear()
