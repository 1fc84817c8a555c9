"""`harness judge`: results from elsewhere, judged, reported and opened in the dashboard."""

import csv
import json
import shutil
from pathlib import Path

import pytest

from harness.spec.catalogue import load_component
from harness.store import Home
from tests.cli.test_cli import call

EXAMPLES = Path(__file__).parents[2] / "examples"
LINE = "dice by init against random, unit seed"


@pytest.fixture
def table(home: Home) -> str:
    """The example's scores in a home of their own."""
    return str(shutil.copy(EXAMPLES / "scores.csv", home.folder))


def test_the_numbers_are_those_of_the_table(table: str) -> None:
    code, out, _ = call("judge", table, "--compare", LINE, "--json")
    assert code == 0
    verdicts = json.loads(out)
    (verdict,) = verdicts["verdicts"]
    with open(table, newline="") as file:
        rows = list(csv.DictReader(file))
    dice = {}
    for init in ("photos", "random"):
        dice[init] = [float(row["dice"]) for row in rows if row["init"] == init]
    contrast = next(c for c in verdict["contrasts"] if c["first"] == "photos")
    differences = [a - b for a, b in zip(dice["photos"], dice["random"], strict=True)]
    assert contrast["estimate"] == pytest.approx(sum(differences) / len(differences))
    test = load_component("test", "permutation_paired")
    assert contrast["p"] == test(dice["photos"], dice["random"]).p
    assert verdict["confirmatory"] is False
    assert "whether a comparison was declared before" in verdicts["changed"]


def test_without_a_comparison_it_says_what_the_table_holds(table: str) -> None:
    code, out, _ = call("judge", table)
    assert code == 0
    assert "settings: init (3): random, photos, uniform; fit.seed (8): 0, 1" in out
    assert "metrics: dice, hd95" in out
    assert LINE in out


def test_the_example_writes_a_folder_that_other_commands_read(
    table: str, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home.folder / "judged"
    file = str(EXAMPLES / "comparisons.yaml")
    code, out, _ = call("judge", table, "--compare", file, "--out", str(folder))
    assert code == 0
    assert "starts (primary, exploratory, unit seed)" in out
    page = (folder / "report.html").read_text()
    assert "arness has seen no code, data or machine behind these results" in page
    assert "one of 8 seeds" in page
    monkeypatch.setenv("HARNESS_HOME", str(folder))
    again = call("compare", str(folder / "study.yaml"))[1]
    assert out.startswith(again)
    code, _, problem = call("run", str(folder / "study.yaml"))
    assert code == 2
    assert "so there is nothing to train; `harness judge scores.csv" in problem


def test_other_numbers_are_judged_anew_in_the_same_folder(table: str, home: Home) -> None:
    folder = str(home.folder / "judged")
    words = ["judge", table, "--compare", LINE, "--out", folder, "--json"]
    before = json.loads(call(*words)[1])
    text = Path(table).read_text()
    Path(table).write_text(text.replace("photos,0,0.8139", "photos,0,0.9139"))
    after = json.loads(call(*words)[1])
    change = [verdicts["verdicts"][0]["contrasts"][0]["estimate"] for verdicts in (before, after)]
    assert change[1] - change[0] == pytest.approx(0.1 / 8)
    assert after["states"]["finished"] == 24
    assert after["states"]["of earlier versions"] == 1


@pytest.mark.parametrize(
    ("compare", "problem"),
    [
        (["bla"], "'bla' should read like"),
        (["dice by inti, unit seed"], "no setting 'inti' in the study; did you mean 'init'?"),
        (["dice by init, unit image"], "the table has no column 'image'"),
        ([LINE, "a.yaml"], "--compare takes one file, or lines"),
        (["nothing.yaml"], "nothing.yaml:1:1: cannot be read"),
    ],
)
def test_a_wrong_comparison_is_one_sentence(compare: list[str], problem: str, table: str) -> None:
    words = []
    for text in compare:
        words += ["--compare", text]
    code, _, printed = call("judge", table, *words)
    assert code == 2
    assert problem in printed
    assert printed.count("\n") == 1


def test_a_wrong_table_is_one_sentence_with_its_line(home: Home) -> None:
    file = home.folder / "bad.csv"
    file.write_text("init,seed,dice\nrandom,0,.5\nrandom,1,high\n")
    code, _, printed = call("judge", str(file), "--compare", LINE)
    assert code == 2
    assert f"{file}:3: dice 'high' should be a number" in printed
    assert call("judge", str(home.folder / "no.csv"))[2].count("cannot be read") == 1


def test_a_file_of_comparisons_says_nothing_of_trainings(table: str, home: Home) -> None:
    file = home.folder / "more.yaml"
    file.write_text("seeds: 3\ncompare: []\n")
    code, _, printed = call("judge", table, "--compare", str(file))
    assert code == 2
    assert "more.yaml:1:8: seeds: no place beside a table of scores" in printed


def test_a_mistake_in_the_table_is_one_line_with_its_place_there(table: str) -> None:
    text = Path(table).read_text()
    Path(table).write_text(text.replace("0.8024", "80%"))
    code, _, err = call("judge", table, "--compare", LINE)
    assert code == 2
    remedy = "dice '80%' should be a number; leave it empty where there is no value"
    assert err.split("\n")[0] == f"{table}:2: {remedy}"
    assert len(err.strip().split("\n")) == 1
