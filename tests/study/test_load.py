"""A study file, what it extends, and the folders of components that it names."""

import os
from pathlib import Path

import pytest

from harness.study.load import load_study
from tests.made.study_files import BASE, loaded_study, problem_text, problems_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (BASE + "sedes: 3\n", "s.yaml:6:1: sedes: no section 'sedes'; did you mean 'seeds'?"),
        ("extends: nowhere.yaml\n", "s.yaml:1:10: extends: no file"),
        ("extends: s.yaml\n", "s.yaml:1:10: extends: s.yaml leads back to itself"),
        ("extends: 3\n", "s.yaml:1:10: extends: 3 should be the path of a study file"),
        (
            BASE + "search: {}\n",
            "s.yaml:6:9: search: needs `over`: the settings to search, "
            "each with its choices or its range",
        ),
        (BASE + "components: [lab]\n", "s.yaml:6:14: components.0: no folder lab"),
        (BASE + "components: lab\n", "s.yaml:6:13: components: 'lab': should be a valid array"),
    ],
)
def test_a_wrong_section_is_one_sentence_with_its_place(
    tmp_path: Path,
    text: str,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, text)


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    grid = "grid:\n  fit.init: [randm]\n  fit.batch: [0]\n  fit.method.lr: [-1]\n"
    assert len(problems_of(tmp_path, BASE + "sedes: 3\n" + grid)) == 4


def test_extends_merges_and_the_place_is_the_childs(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(BASE + "    init: {name: random}\nseeds: 2\n")
    child = "extends: parent.yaml\nbase:\n  fit:\n    train_on: {style: vnc}\n"
    study = loaded_study(tmp_path, child)
    assert len(study.cells) == 2
    assert study.cells[0].trial.fit.train_on.options["style"] == "vnc"
    assert problems_of(tmp_path, child + "    init: randm\n") == [
        "s.yaml:5:11: fit.init: no init named 'randm'; did you mean 'random'?"
    ]
    (tmp_path / "parent.yaml").write_text(BASE + "    init: randm\n")
    (problem,) = problems_of(tmp_path, "extends: parent.yaml\n")
    assert problem.startswith("parent.yaml:6:11: fit.init:")


def test_another_component_does_not_take_over_options(tmp_path: Path) -> None:
    parent = BASE.replace("arch: tiny_unet", "arch: tiny_unet, width: 3")
    (tmp_path / "parent.yaml").write_text(parent)
    study = loaded_study(tmp_path, "extends: parent.yaml\nbase: {fit: {net: {slices: 3}}}\n")
    net = study.cells[0].trial.fit.net
    assert net.options["width"] == 3
    assert net.options["slices"] == 3
    study = loaded_study(tmp_path, "extends: parent.yaml\nbase: {fit: {net: {arch: unet}}}\n")
    assert study.cells[0].trial.fit.net.name == "unet"


def test_an_axis_replaces_that_of_the_file_below(tmp_path: Path) -> None:
    (tmp_path / "parent.yaml").write_text(BASE + "grid: {fit.batch: [2, 4]}\n")
    study = loaded_study(tmp_path, "extends: parent.yaml\ngrid: {fit.patch: [32, 64]}\n")
    assert [axis.paths for axis in study.axes] == [("fit.patch",)]


@pytest.fixture
def without_components(monkeypatch: pytest.MonkeyPatch) -> None:
    """No folder of components but those of the test, and none after it."""
    monkeypatch.setenv("HARNESS_COMPONENTS", "")


@pytest.mark.usefixtures("without_components")
def test_components_are_folders_beside_the_file_that_names_them(tmp_path: Path) -> None:
    lab = tmp_path / "parent" / "lab"
    lab.mkdir(parents=True)
    parent = tmp_path / "parent" / "study.yaml"
    parent.write_text(BASE + "components: [./lab]\n")
    key = loaded_study(tmp_path, BASE).cells[0].trial.key
    assert load_study(parent).cells[0].trial.key == key  # it is no part of keys
    assert os.environ["HARNESS_COMPONENTS"] == str(lab)


@pytest.mark.usefixtures("without_components")
def test_components_are_inherited(tmp_path: Path) -> None:
    lab = tmp_path / "parent" / "lab"
    lab.mkdir(parents=True)
    (tmp_path / "parent" / "study.yaml").write_text(BASE + "components: [./lab]\n")
    loaded_study(tmp_path, "extends: parent/study.yaml\n")
    assert os.environ["HARNESS_COMPONENTS"] == str(lab)
