"""The positions of a grid become distinct cells; what is excluded or without effect is counted."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text, problems_of


def test_an_axis_without_effect_is_dropped(tmp_path: Path) -> None:
    text = BASE + "grid:\n  fit.method.loss: [bce, dice]\n  fit.method.loss.smooth: [1.0, 2.0]\n"
    study = loaded_study(tmp_path, text)
    assert len(study.cells) == 3  # bce once, dice twice
    assert sum(study.expansion.inert.values()) == 1
    assert "fit.method.loss.smooth" not in study.cells[0].levels


def test_an_axis_that_no_cell_takes_is_a_mistake(tmp_path: Path) -> None:
    text = BASE + "grid:\n  fit.method.alpha: [0.5]\n"
    assert "method supervised has no setting 'alpha'" in problems_of(tmp_path, text)[0]


def test_a_name_is_promoted_when_an_axis_sets_its_option(tmp_path: Path) -> None:
    text = BASE + "    method: supervised\ngrid:\n  fit.method.epochs: [1, 2]\n"
    methods = [cell.trial.fit.method for cell in loaded_study(tmp_path, text).cells]
    assert [method.options["epochs"] for method in methods] == [1, 2]


def test_exclude_and_when(tmp_path: Path) -> None:
    text = BASE + (
        "grid:\n  fit.batch: [2, 4]\n  fit.method.loss: [bce, ce]\n  fit.patch: [32, 64]\n"
        "exclude:\n  - {fit.batch: 4, fit.method.loss: ce, reason: no need}\n"
        "when:\n  fit.patch: {fit.method.loss: bce}\n"
    )
    study = loaded_study(tmp_path, text)
    assert study.expansion.excluded == {"no need (fit.batch: 4; fit.method.loss: ce)": 2}
    # bce: 2 batches x 2 patches; ce: batch 2 only, at the base's patch
    assert len(study.cells) == 5
    fits = [cell.trial.fit for cell in study.cells]
    assert {fit.patch for fit in fits if fit.method.options["loss"].name == "ce"} == {128}


def test_a_study_of_which_everything_is_excluded_is_refused(tmp_path: Path) -> None:
    text = BASE + "exclude:\n  - {fit.net: tiny_unet}\n"
    assert problems_of(tmp_path, text) == ["s.yaml:2:1: the grid is empty: every cell is excluded"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("base: {fit: {}}\n", ["s.yaml:1:13: fit: fit.train_on is missing"]),
        ("base: {}\n", ["s.yaml:1:7: fit: fit.train_on is missing"]),
        ("seeds: 2\n", ["s.yaml:1:1: fit: fit.train_on is missing"]),
        (
            "base: {fit: abc}\n",
            [
                "s.yaml:1:13: fit: 'abc' should be a mapping of a fit's settings",
                "s.yaml:1:13: fit: fit.train_on is missing",
            ],
        ),
        (
            "base: [1]\n",
            [
                "s.yaml:1:7: should be a mapping",
                "s.yaml:1:7: fit: fit.train_on is missing",
            ],
        ),
    ],
)
def test_a_base_without_a_fit_is_a_mistake(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert problems_of(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "    bathc: 3\n",
            "s.yaml:6:5: fit.bathc: a fit has no setting 'bathc'; did you mean 'batch'?",
        ),
        ("  pik: last\n", "s.yaml:6:3: pik: no setting 'pik'; did you mean 'pick'?"),
        (
            "grid:\n  fit.init: [randm]\n",
            "s.yaml:7:14: fit.init: no init named 'randm'; did you mean 'random'?",
        ),
        (
            "grid:\n  fit.method.loss: [{name: dice, smoth: 1}]\n",
            "s.yaml:7:34: fit.method.loss.smoth: loss dice has no setting 'smoth'",
        ),
    ],
)
def test_an_unknown_setting_is_a_problem_where_the_file_says_it(
    tmp_path: Path,
    text: str,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


def test_keys_know_values_and_nothing_else(tmp_path: Path) -> None:
    first = loaded_study(tmp_path, BASE + "    batch: 4\n    patch: 32\n").cells[0].trial
    text = "# a comment\n" + BASE + "    patch: 32\n    batch: 4\n    method: supervised\n"
    second = loaded_study(tmp_path, text).cells[0].trial
    changed_text = text.replace("supervised", "{name: supervised, lr: 2e-3}")
    changed = loaded_study(tmp_path, changed_text).cells[0].trial
    assert first.key == second.key
    assert first.fit.key == second.fit.key
    assert first.fit.key != changed.fit.key
    method = BASE + "    method: {name: supervised, lr: %s}\n"
    whole = loaded_study(tmp_path, method % "1").cells[0].trial
    with_point = loaded_study(tmp_path, method % "1.0").cells[0].trial
    assert whole.key == with_point.key


def test_a_nested_fit_takes_the_net_around_it_and_its_own_seed(tmp_path: Path) -> None:
    nested = "{name: trained, fit: {train_on: {name: phantom, style: vnc}%s}}"
    inits = ", ".join((nested % "", nested % ", seed: trial"))
    cells = loaded_study(tmp_path, f"{BASE}seeds: 2\ngrid:\n  fit.init: [{inits}]\n").cells
    upstream = [cell.trial.fit.init.options["fit"] for cell in cells]
    assert {fit.net.name for fit in upstream} == {"tiny_unet"}
    # at seed 0 both inits are the same, and one cell
    assert [fit.seed for fit in upstream] == [0, 0, 1]
    assert len({fit.key for fit in upstream}) == 2
