"""Seeds, folds, grid and zip become axes, or a problem where the file says them."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text, problems_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "grid:\n  fit.batch: [few]\n",
            "s.yaml:7:15: fit.batch: 'few': should be a valid integer",
        ),
        (
            "grid:\n  fit.batch: [0]\n",
            "s.yaml:7:15: fit.batch: 0: should be greater than or equal to 1",
        ),
        ("grid:\n  fit.batch: []\n", "s.yaml:7:14: fit.batch: is empty"),
        (
            "grid:\n  fit.batch: 3\n",
            "s.yaml:7:14: fit.batch: an axis should be a list of at least one value",
        ),
        (
            "grid:\n  fit.batch: [4, 4]\n",
            "s.yaml:7:18: fit.batch: this value is repeated; each value runs once",
        ),
        (
            "grid:\n  fit.bach: [4]\n",
            "s.yaml:7:13: fit.bach: no setting 'fit.bach'; did you mean 'fit.batch'?",
        ),
        ("seeds: [1, 2, 1]\n", "s.yaml:6:15: seeds.2: the seed 1 is repeated; each seed runs once"),
        ("seeds: []\n", "s.yaml:6:8: seeds: is empty; name at least one seed"),
        ("folds: 1\n", "s.yaml:6:8: folds: should be at least 2"),
        (
            "zip:\n  fit.batch: [1, 2]\n  fit.patch: [8]\n",
            "s.yaml:7:3: zip: zipped axes must be equally long: fit.batch has 2, fit.patch has 1",
        ),
        (
            "grid:\n  'fit.batch, fit.patch': [[1, 8], [2]]\n",
            "s.yaml:7:36: fit.batch, fit.patch: should be a list of 2 values, "
            "one for each of fit.batch, fit.patch",
        ),
        (
            "seeds: 2\ngrid:\n  fit.seed: [3, 4]\n",
            "s.yaml:8:13: fit.seed: the axis fit.seed is already set by seeds",
        ),
    ],
)
def test_a_wrong_axis_is_a_problem_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


def test_values_that_are_equal_but_of_two_types_are_two_values(tmp_path: Path) -> None:
    text = BASE + "grid:\n  fit.channels_last: [false, 0]\n"
    assert "should be a valid boolean" in problems_of(tmp_path, text)[0]


def test_axes_cross_and_zip(tmp_path: Path) -> None:
    grid = "  fit.batch: [2, 4]\n  'fit.patch, fit.steps': [[32, 1], [64, 2]]\n"
    cells = loaded_study(tmp_path, f"{BASE}seeds: 3\ngrid:\n{grid}").cells
    assert len(cells) == 12
    fits = [cell.trial.fit for cell in cells]
    assert {(fit.patch, fit.steps) for fit in fits} == {(32, 1), (64, 2)}


def test_zip_moves_settings_together(tmp_path: Path) -> None:
    text = BASE + "zip:\n  fit.patch: [32, 64]\n  fit.batch: [8, 2]\n"
    fits = [cell.trial.fit for cell in loaded_study(tmp_path, text).cells]
    assert [(fit.patch, fit.batch) for fit in fits] == [(32, 8), (64, 2)]


def test_folds_are_an_axis_of_their_own(tmp_path: Path) -> None:
    cells = loaded_study(tmp_path, BASE + "folds: 3\n").cells
    folds = [list(cell.trial.fit.fold or ()) for cell in cells]
    assert folds == [[0, 3], [1, 3], [2, 3]]
    assert cells[1].levels == {"fit.fold": "1+3"}
