"""The page Compare: the numbers of the command line, and questions of one's own."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.read.records import runs_of
from dashboard.read.study_file import study_of
from harness.store import Home
from tests.dashboard.pages import open_page, output_of_command, text_of_page, without_failure


def judged_by_command(home: Home) -> dict[str, Any]:
    file = str(home.folder / "starts.yaml")
    return dict(json.loads(output_of_command("compare", file, "--json")))


def test_every_number_is_that_of_the_command_line(at_home: Home) -> None:
    verdicts = judged_by_command(at_home)["verdicts"]
    app = open_page("2_compare", study="starts")
    for verdict in verdicts:
        name = verdict["comparison"]["name"]
        app.selectbox(key="comparison").select(name)
        assert verdict["sentence"][1:] in text_of_page(without_failure(app.run())), name
        contrasts = verdict["contrasts"]
        if not contrasts:
            continue
        table = app.dataframe[0].value
        assert list(table["verdict"]) == [contrast["outcome"] for contrast in contrasts]
        for corrected, contrast in zip(table["corrected"], contrasts, strict=True):
            sentence = contrast["sentence"]
            assert corrected in sentence or sentence.count("p = 1"), name
    lines = output_of_command("compare", str(at_home.folder / "starts.yaml"))
    single = [verdict for verdict in verdicts if len(verdict["contrasts"]) == 1]
    assert single
    assert all(verdict["sentence"] in lines for verdict in single)


def test_a_question_of_ones_own_is_exploratory_and_has_its_own_family(at_home: Home) -> None:
    from harness.judge.answer import judge
    from harness.study.comparison_checks import read_comparisons

    app = open_page("2_compare", study="starts", ask="your own")
    app.selectbox(key="metric").select("precision")
    app.selectbox(key="against").select("4")
    text = text_of_page(without_failure(app.run()))
    assert "exploratory" in text
    assert "confirmatory" not in text
    study_runs = runs_of("starts")
    study = study_of(study_runs)
    question = {
        "name": "x",
        "metric": "precision",
        "by": "fit.batch",
        "against": "4",
        "unit": "seed",
        "interval": "t",
        "correct": "holm",
    }
    comparisons, problems = read_comparisons([question], study.expansion)
    assert problems == []
    asking_study = replace(study, compare=tuple(comparisons))
    verdicts = judge(asking_study, study_runs.runs, study_runs.rows, study_runs.recorded)
    expected = verdicts.verdicts[0]
    assert expected.sentence[1:] in text
    assert f"{len(expected.contrasts)} p values corrected together" in text
    assert app.query_params["metric"] == "precision"
    assert app.query_params["against"] == "4"


def test_a_question_that_cannot_be_asked_is_refused_in_words(at_home: Home) -> None:
    app = open_page("2_compare", study="starts", ask="your own")
    app.selectbox(key="test").select("kruskal")
    app.selectbox(key="effect").select("cohens_dz")
    text = text_of_page(without_failure(app.run()))
    assert "cannot be asked" in text or "could not be compared" in text
    app.text_input(key="margin").set_value("much")
    assert "a number above 0" in text_of_page(without_failure(app.run()))


def test_scores_from_elsewhere_are_shown_as_any_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = str(Path(__file__).parents[2] / "examples" / "scores.csv")
    line = "dice by init against random, unit seed"
    judged = output_of_command("judge", table, "--compare", line, "--out", str(tmp_path))
    monkeypatch.setenv("HARNESS_HOME", str(tmp_path))
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    text = text_of_page(open_page("2_compare", study="scores"))
    assert "f 2 contrasts 2 differ" in text
    assert "exploratory" in text
    survival = judged.split("one left out: ")[1].split("\n")[0]
    assert survival[1:] in text
