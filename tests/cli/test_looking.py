"""The commands that look at what is here: runs, doctor, and results without their data."""

import json
import re
from pathlib import Path
from zipfile import ZipFile

import pytest

from harness.store import Home
from tests.cli.test_cli import call, call_json
from tests.made.own_study import write_own_study
from tests.made.studies import edit


def test_runs_are_listed_sorted_confined_and_cut_to_columns(home: Home, tiny: Path) -> None:
    call("run", str(tiny), "--on", "inline")
    code, out, _ = call("runs", "tiny")
    assert code == 0
    head = out.split("\n")[0].split()
    assert head[:5] == ["run", "state", "dice", "loss", "seed"]  # compared, varied, repeated
    assert call("runs", str(tiny))[1] == out
    rows = call_json("runs", "--columns", "fit.method.loss,dice", "--sort", "-dice")
    assert len(rows) == 4
    assert [row["dice"] for row in rows] == sorted([row["dice"] for row in rows], reverse=True)
    lines = call("runs", "--where", "fit.method.loss=ce", "--csv")[1].splitlines()
    assert len(lines) == 3
    code, _, err = call("runs", "--sort", "dise")
    assert code == 2
    assert "no column 'dise'; did you mean 'dice'?" in err
    err = call("runs", "tinny")[2]
    assert "no runs of the study 'tinny'" in err
    assert "did you mean 'tiny'?" in err


def test_a_log_gets_a_line_for_each_job_that_ends(home: Home, tiny: Path) -> None:
    out = call("run", str(tiny), "--on", "inline")[1]
    assert "fits:   4 to train, 0 there" in out
    assert re.search(r"\d\d:\d\d:\d\d 1/8 finished: fit .*; about .* to go", out)
    assert re.search(r"\d\d:\d\d:\d\d 8/8 finished: ", out)


def test_the_doctor_says_what_is_here_and_what_is_not(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("harness.cli.doctor._is_installed", lambda module: module != "ray")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    findings = {finding["name"]: finding for finding in call_json("doctor")}
    assert findings["torch"]["state"] == "ok"
    assert findings["GPU"]["text"] == "none is visible: studies train on the processor"
    assert findings["ray"]["remedy"] == 'pip install "harness[ray]"'
    assert findings["streamlit"]["state"] == "ok"
    home.database.write_text("no database")
    code, out, _ = call("doctor")
    assert code == 0
    assert "bad" in out


def test_the_version_is_said() -> None:
    assert re.fullmatch(r"harness \d+\.\d+\.\d+\n", call("--version")[1])


def test_results_are_compared_from_another_folder_without_the_data(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_own_study(folder)
    edit(folder / "own.yaml", "question: Does it run?", COMPARED)
    code, _, err = call("run", "own.yaml", "--on", "inline")
    assert code == 0, err
    expected = call("compare", "own.yaml")
    for path in folder.glob("*.npy"):
        path.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert call("compare", str(folder / "own.yaml")) == expected
    assert call("compare", "own") == expected  # by the name that its runs have
    code, out, err = call("report", "own", "--crate", "crate.zip")
    assert code == 0, err
    assert "crate: crate.zip" in out
    with ZipFile("crate.zip") as crate:
        assert {"report.html", "rows.csv", "study.resolved.yaml"} <= set(crate.namelist())
        page = crate.read("report.html").decode()
        assert "fingerprint of the bytes" in page
        assert len(json.loads(crate.read("trials.json"))) == 6


def test_a_name_that_is_neither_a_file_nor_a_study_ends_in_a_sentence(
    home: Home, tiny: Path
) -> None:
    expected = "no file 'tiny', and nothing has been run here; name a study file"
    assert call("compare", "tiny") == (2, "", f"{expected}\n")
    assert not home.database.exists()
    call("run", str(tiny), "--on", "inline")
    (home.folder / "tiny").mkdir()  # a folder of that name is no study file
    assert call("compare", "tiny") == call("compare", str(tiny))
    assert "did you mean 'tiny'?" in call("compare", "tinny")[2]
    edit(tiny, "name: tiny", "name: other")
    assert "is now the study other; put back the file of tiny" in call("compare", "tiny")[2]
    tiny.unlink()
    code, _, err = call("report", "tiny")
    assert code == 2
    assert "tiny.yaml of tiny is not here; put it back, or name it" in err


COMPARED = """question: Does it run?
seeds: 3
grid:
  fit.batch: [1, 2]
compare:
  - {name: batch, metric: dice, by: fit.batch, unit: seed}"""
