"""A table of scores from elsewhere: what its columns are, and each mistake with its line."""

import math
from pathlib import Path

import pytest

from harness.study.bounded_files import Unreadable
from harness.study.document import Mistakes
from harness.study.load import load_study
from harness.study.scores import ScoredGrid, read_scores

WIDE = "init,seed,dice,hd95\nrandom,0,.8,7\nrandom,1,.7,\nphotos,0,.9,6\n"
LONG = "init,seed,image,metric,value\nrandom,0,a,dice,.8\nrandom,0,b,dice,.7\nphotos,0,a,iou,.5\n"


def table_of(folder: Path, text: str, compare: object = None) -> ScoredGrid:
    file = folder / "scores.csv"
    file.write_text(text)
    return read_scores(file, compare)


def test_a_wide_table_has_a_column_for_each_metric(tmp_path: Path) -> None:
    scored = table_of(tmp_path, WIDE)
    assert scored.scores.metrics == ("dice", "hd95")
    assert scored.scores.columns.settings == ("init",)
    levels = [cell.levels for cell in scored.grid.cells]
    assert levels[0] == {"init": "random", "fit.seed": "0"}
    assert len(levels) == 3
    second = scored.scores.of_trial[scored.grid.cells[1].trial.key]
    assert second[0].value == 0.7
    assert math.isnan(second[1].value)  # an empty field is no number


def test_a_long_table_names_metrics_and_images_in_its_rows(tmp_path: Path) -> None:
    scored = table_of(tmp_path, LONG)
    assert scored.scores.metrics == ("dice", "iou")
    assert len(scored.grid.cells) == 2
    images = [score.image for score in scored.scores.of_trial[scored.grid.cells[0].trial.key]]
    assert images == ["a", "b"]


def test_a_column_of_numbers_is_a_setting_where_a_comparison_names_it_so(tmp_path: Path) -> None:
    text = "shots,seed,dice\n5,0,.6\n10,0,.7\n"
    with pytest.raises(Unreadable, match="a setting where a comparison names it as one"):
        table_of(tmp_path, text)
    compare = [{"metric": "dice", "by": "shots", "unit": "seed"}]
    scored = table_of(tmp_path, text, compare)
    assert scored.scores.metrics == ("dice",)
    assert [cell.levels["shots"] for cell in scored.grid.cells] == ["5", "10"]


def test_other_numbers_are_other_trials(tmp_path: Path) -> None:
    first = table_of(tmp_path, WIDE).grid.cells
    second = table_of(tmp_path, WIDE.replace(".9", ".95")).grid.cells
    assert first[0].trial.key == second[0].trial.key
    assert first[2].trial.key != second[2].trial.key
    assert first[2].trial.fit.key == second[2].trial.fit.key


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("init;seed;dice\na;0;.5\n", "1: fewer than two columns; separate columns by commas"),
        ("# a note\ninit,,dice\n", "2: column 2 has no name"),
        ("init,init,dice\n", "1: two columns are called 'init'; rename one"),
        ("init,Seed,dice\na,0,.5\n", "1: the column 'Seed' is written 'seed'"),
        ("init,value\na,.5\n", "1: the column `value` needs a column `metric` beside it"),
        ("init,seed,note\na,0,good\n", "1: no column of numbers; a long table has"),
        ("init,seed,dice\na,0\na,1,.5\n", "2: 2 values for 3 columns; quote a value"),
        ("init,seed,dice\na,zero,.5\n", "2: seed 'zero' should be a whole number, from 0 on"),
        ("init,fold,dice\na,-1,.5\n", "2: fold '-1' should be a whole number, from 0 on"),
        ("init,metric,value\na,dice,high\n", "2: dice 'high' should be a number; leave it empty"),
        ("init,metric,value\na,,.5\n", "2: no metric is named"),
        ("init,image,dice\na,,.5\n", "2: no image is named, though the table has a column"),
        (
            "init,seed,dice\na,0,.5\n\na,0,.6\n",
            "4: dice stands in line 2 already, with the same settings and units; add a column",
        ),
    ],
)
def test_a_mistake_has_its_line(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as error:
        table_of(tmp_path, text)
    assert str(error.value).startswith(f"{tmp_path / 'scores.csv'}:{problem}")


def test_a_table_without_rows_has_nothing_to_judge(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="has a head but no rows"):
        table_of(tmp_path, "init,metric,value\n")


@pytest.mark.parametrize(
    ("section", "problem"),
    [
        ("seeds: 3", "seeds: means nothing beside `scores`, whose trainings are done"),
        ("compare: [{name: a, metric: dice, by: init, unit: fold}]", "no column 'fold'; add it"),
        ("compare: [{name: a, metric: dise, by: init, unit: seed}]", "did you mean 'dice'?"),
        ("compare: [{name: a, metric: dice, by: inti, unit: seed}]", "did you mean 'init'?"),
    ],
)
def test_a_study_file_may_name_a_table(section: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "scores.csv").write_text(WIDE)
    file = tmp_path / "study.yaml"
    file.write_text("scores: scores.csv\n")
    assert len(load_study(file).cells) == 3
    file.write_text(f"scores: scores.csv\n{section}\n")
    with pytest.raises(Mistakes) as mistakes:
        load_study(file)
    assert problem in str(mistakes.value)


def test_a_table_that_is_not_there_is_a_mistake_of_the_study(tmp_path: Path) -> None:
    file = tmp_path / "study.yaml"
    file.write_text("scores: nothing.csv\n")
    with pytest.raises(
        Mistakes, match=r"study.yaml:1:9: scores: .*nothing.csv cannot be read"
    ) as mistakes:
        load_study(file)
    assert len(mistakes.value.problems) == 1  # what is not read needs no trainings beside it
