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
from harness.spec.values import Trial
from harness.store import Home
from harness.study.load import load_study
from tests.made.recorded import fill, scores, study_at
from tests.made.studies import edit

ROOT = Path(__file__).parents[2]
STUDIES = sorted(ROOT.glob("studies/**/*.yaml"))


def call(*words: str) -> tuple[int, str, str]:
    """The exit code of a command, and what it printed on stdout and on stderr."""
    result = CliRunner().invoke(app, list(words))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


def call_json(*words: str) -> Any:
    """What a command prints for machines."""
    return json.loads(call(*words, "--json")[1])


def test_plan_says_what_would_be_done_and_writes_nothing(home: Home, tiny: Path) -> None:
    code, out, _ = call("plan", str(tiny))
    assert code == 0
    assert "4 cells, 4 trials" in out
    assert "fits:   4 to train, 0 there" in out
    assert "4 because: new" in out
    assert [path.name for path in home.folder.iterdir()] == ["tiny.yaml"]
    plan = call_json("plan", str(tiny))
    assert plan["cells"] == 4
    assert len(plan["fits"]) == 4
    assert len(plan["trials"]) == 4


def test_mistakes_are_lines_on_stderr_and_exit_code_2(home: Home, tiny: Path) -> None:
    edit(tiny, "seeds: 2", "sedes: 2")
    edit(tiny, "bce_dice, ce", "bce_dise, ce")
    code, out, err = call("run", str(tiny))
    assert code == 2
    assert out == ""
    assert "no section 'sedes'; did you mean 'seeds'?" in err
    assert "no loss named 'bce_dise'; did you mean 'bce_dice'?" in err
    assert [path.name for path in home.folder.iterdir()] == ["tiny.yaml"]


def test_a_missing_file_is_one_line(home: Home) -> None:
    line = "nowhere.yaml:1:1: cannot be read: No such file or directory\n"
    assert call("plan", "nowhere.yaml") == (2, "", line)


def test_run_show_trace_status_and_gc(home: Home, tiny: Path) -> None:
    code, out, _ = call("run", str(tiny), "--on", "inline")
    assert code == 0
    assert "4 fits trained; trials: 4 finished; 4 recorded" in out
    assert f"mlflow ui --backend-store-uri sqlite:///{home.database}" in out
    assert "every trial is done" in call("run", str(tiny))[1]

    key = call_json("plan", str(tiny))["trials"][0]["key"]
    run = call_json("show", key)
    assert run["state"] == "finished"
    assert "dice" in run["metrics"]
    assert "rows.parquet" in run["artifacts"]
    assert "fit.net.width" in call("show", run["id"][:8])[1]
    assert call("show", "nothing")[0] == 2

    code, out, _ = call("trace", key)
    assert code == 0
    assert "trains on: phantom" in out
    assert "ended" in call("status")[1]
    (progress,) = call_json("status")
    assert progress["alive"] is False
    assert {job["state"] for job in progress["jobs"].values()} == {"finished"}

    assert "0 folders" in call("gc", str(tiny))[1]
    edit(tiny, "seeds: 2", "seeds: 1")
    before = len(fits_of(home))
    assert "4 folders" in call("gc", str(tiny), "--yes")[1]  # two fits, two trials
    assert len(fits_of(home)) == before - 2


def fits_of(home: Home) -> list[Path]:
    return list(home.store("fits").root.glob("*/fit.json"))


def test_trace_tells_the_fits_and_the_data_to_machines(home: Home, tiny: Path) -> None:
    call("run", str(tiny), "--on", "inline")
    key = call_json("plan", str(tiny))["trials"][0]["key"]
    traced = call_json("trace", key)
    assert traced["trial"] == key
    (fit,) = traced["fits"]
    assert fit.keys() == {"key", "label", "depth", "state", "data"}
    assert fit["state"].startswith("finished in ")
    assert fit["data"] == [["trains on", "phantom(slices=4, size=48)"]]


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


def better_with_batch(trial: Trial) -> float:
    return 0.1 * trial.fit.batch


def test_a_run_judges_its_study_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    study = study_at(home, JUDGED)
    fill(home, study, scores(better_with_batch))
    judgements: list[Verdicts] = []

    def judge_and_note(*arguments: Any, **options: Any) -> Verdicts:
        judgements.append(judge(*arguments, **options))
        return judgements[-1]

    monkeypatch.setattr("harness.judge.answer.judge", judge_and_note)
    monkeypatch.setattr("harness.report.write.judge", judge_and_note)
    code, out, _ = call("run", "study.yaml")
    assert code == 0
    assert "nothing to do: every trial is done" in out
    (verdicts,) = judgements
    page = home.folder / "reports" / "study" / "report.html"
    assert f"answer: {verdicts.headline}\nreport: {page}\n" in out
    assert verdicts.headline[1:] in unescape(page.read_text())  # there it begins a sentence


def test_the_catalogue_lists_every_kind(home: Home) -> None:
    assert "noise" in call("list", "augment")[1]
    assert call_json("list")["schedule"][0]["name"] == "constant"
    code, _, err = call("list", "metod")
    assert code == 2
    assert "did you mean 'method'?" in err


def test_a_preview_is_a_picture(home: Home) -> None:
    code, _, _ = call("data", "preview", "{name: phantom, size: 48, slices: 2}", "--to", "p.png")
    assert code == 0
    assert (home.folder / "p.png").read_bytes().startswith(b"\x89PNG")
    _, _, err = call("data", "preview", "{name: phantom, sise: 48}")
    assert "no setting 'sise'; did you mean 'size'?" in err


def test_an_unknown_dataset_that_is_not_there_says_what_to_do(home: Home, tiny: Path) -> None:
    edit(tiny, "{name: phantom, slices: 4, size: 48}", "lucchi")
    code, _, err = call("plan", str(tiny))
    assert code == 2
    assert "harness data fetch lucchi" in err


@pytest.mark.parametrize("words", [["list"], ["--help"]])
def test_a_closed_pipe_and_no_color_are_fine(words: list[str]) -> None:
    command = f"NO_COLOR=1 {sys.executable} -m harness.cli.main {' '.join(words)} | head -1"
    shell = ["bash", "-c", command]
    process = subprocess.run(shell, capture_output=True, text=True, check=False)
    assert process.stderr == ""
    assert "\x1b" not in process.stdout


def test_an_output_that_is_full_is_told_from_a_full_home() -> None:
    with open("/dev/full", "w") as full:
        process = subprocess.run(
            [sys.executable, "-m", "harness.cli.main", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert process.returncode == 1
    assert process.stderr == "no space left where the output is written to; nothing else was lost\n"


def name_of(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("file", STUDIES, ids=name_of)
def test_every_study_of_the_project_plans(file: Path) -> None:
    study = load_study(file)
    assert study.cells or study.search is not None
