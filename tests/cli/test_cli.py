"""The commands as a person or a script uses them."""

import json
import subprocess
import sys
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from harness.cli.main import app
from harness.judge.answer import judge
from harness.judge.verdicts import Verdicts
from harness.store import Home
from tests.made.recorded import fill, scores, study_at

ROOT = Path(__file__).parents[2]
STUDIES = sorted(ROOT.glob("studies/**/*.yaml"))


def called(*words: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def test_plan_says_what_would_be_done_and_writes_nothing(home: Home, tiny: Path) -> None:
    code, out, _ = called("plan", str(tiny))
    assert code == 0
    assert "4 cells, 4 trials" in out
    assert "fits:   4 to train, 0 there" in out
    assert "4 because: new" in out
    assert [p.name for p in home.folder.iterdir()] == ["tiny.yaml"]
    code, out, _ = called("plan", str(tiny), "--json")
    value = json.loads(out)
    assert (value["cells"], len(value["fits"]), len(value["trials"])) == (4, 4, 4)


def test_mistakes_are_lines_on_stderr_and_exit_code_2(home: Home, tiny: Path) -> None:
    tiny.write_text(
        tiny.read_text().replace("seeds: 2", "sedes: 2").replace("bce_dice, ce", "bce_dise, ce")
    )
    code, out, err = called("run", str(tiny))
    assert code == 2
    assert out == ""
    assert "no section 'sedes'; did you mean 'seeds'?" in err
    assert "no loss named 'bce_dise'; did you mean 'bce_dice'?" in err
    assert [p.name for p in home.folder.iterdir()] == ["tiny.yaml"]


def test_a_missing_file_is_one_line(home: Home) -> None:
    assert called("plan", "nowhere.yaml") == (
        2,
        "",
        "nowhere.yaml:1:1: cannot be read: No such file or directory\n",
    )


def test_run_show_trace_status_and_gc(home: Home, tiny: Path) -> None:
    code, out, _ = called("run", str(tiny), "--on", "inline")
    assert code == 0
    assert "4 fits trained; trials: 4 finished; 4 recorded" in out
    assert f"mlflow ui --backend-store-uri sqlite:///{home.database}" in out
    assert "every trial is done" in called("run", str(tiny))[1]
    runs = json.loads(called("plan", str(tiny), "--json")[1])["trials"]
    key = runs[0]["key"]
    code, out, _ = called("show", key, "--json")
    shown = json.loads(out)
    assert shown["state"] == "finished"
    assert "dice" in shown["metrics"]
    assert "rows.parquet" in shown["artifacts"]
    assert "fit.net.width" in called("show", shown["id"][:8])[1]
    code, out, _ = called("trace", key)
    assert code == 0
    assert "trains on: phantom" in out
    assert "ended" in called("status")[1]
    assert json.loads(called("status", "--json")[1])[0]["alive"] is False
    assert called("show", "nothing")[0] == 2
    assert "0 folders" in called("gc", str(tiny))[1]
    tiny.write_text(tiny.read_text().replace("seeds: 2", "seeds: 1"))
    kept = len(list(home.store("fits").root.glob("*/fit.json")))
    assert "4 folders" in called("gc", str(tiny), "--yes")[1]  # two fits, two trials
    assert len(list(home.store("fits").root.glob("*/fit.json"))) == kept - 2


JUDGED = """
name: judged
question: Is it so?
seeds: 3
base:
  fit: {train_on: {name: phantom}, net: {arch: tiny_unet}}
grid:
  fit.batch: [2, 4]
compare:
  - {name: batch, metric: dice, by: fit.batch, unit: seed}
"""


def test_a_run_judges_its_study_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_at(home, JUDGED)
    fill(home, study, scores(lambda trial: 0.1 * trial.fit.batch))
    judgements: list[Verdicts] = []

    def counted(*arguments: Any) -> Verdicts:
        judgements.append(judge(*arguments))
        return judgements[-1]

    monkeypatch.setattr("harness.compare.judge.judge", counted)
    monkeypatch.setattr("harness.report.write.judge", counted)
    code, out, _ = called("run", "study.yaml")
    assert code == 0
    assert "nothing to do: every trial is done" in out
    (verdicts,) = judgements
    page = home.folder / "reports" / "study" / "report.html"
    assert f"answer: {verdicts.headline}\nreport: {page}\n" in out
    assert verdicts.headline[1:] in unescape(page.read_text())  # there it begins a sentence


def test_the_catalogue_lists_every_kind(home: Home) -> None:
    assert "noise" in called("list", "augment")[1]
    everything = json.loads(called("list", "--json")[1])
    assert everything["schedule"][0]["name"] == "constant"
    code, _, err = called("list", "metod")
    assert code == 2
    assert "did you mean 'method'?" in err


def test_a_preview_is_a_picture(home: Home) -> None:
    code, _, _ = called("data", "preview", "{name: phantom, size: 48, slices: 2}", "--to", "p.png")
    assert code == 0
    assert (home.folder / "p.png").read_bytes().startswith(b"\x89PNG")
    assert (
        "no setting 'sise'; did you mean 'size'?"
        in called("data", "preview", "{name: phantom, sise: 48}")[2]
    )


def test_an_unknown_dataset_that_is_not_there_says_what_to_do(home: Home, tiny: Path) -> None:
    tiny.write_text(tiny.read_text().replace("{name: phantom, slices: 4, size: 48}", "lucchi"))
    code, _, err = called("plan", str(tiny))
    assert code == 2
    assert "harness data fetch lucchi" in err


@pytest.mark.parametrize("words", [["list"], ["--help"], ["data", "list"]])
def test_a_closed_pipe_and_no_color_are_fine(words: list[str]) -> None:
    command = f"NO_COLOR=1 {sys.executable} -m harness.cli.main {' '.join(words)} | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize("file", STUDIES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_study_of_the_project_plans(file: Path) -> None:
    from harness.study.load import load_study

    assert load_study(file).cells
