"""`when`: an axis counts where its condition holds, judged as a condition of `exclude` is."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text, problems_of

BIG = "{arch: unet, encoder: resnet34, label: big}"
NETS = (
    "seeds: 2\ngrid:\n"
    f"  fit.net: [tiny_unet, {{arch: unet, encoder: resnet18}}, {BIG}]\n"
    "  fit.method.loss: [bce, dice]\n  fit.batch: [2, 4]\n"
)

CONDITIONS = [
    ("{fit.method: supervised}", 24),  # left at its default
    ("{fit.method: {name: supervised}}", 24),
    ("{fit.net: unet}", 16),
    ("{fit.net: {arch: unet}}", 16),
    ("{fit.net: {arch: unet, encoder: resnet34}}", 8),
    ("{fit.net: [tiny_unet, big]}", 16),
    ("{fit.net: big}", 8),  # a label
    ("{fit.net: {label: big}}", 8),
    ("{fit.net.arch: unet}", 16),
    ("{fit.net.arch: [unet, tiny_unet]}", 24),
    ("{fit.net.encoder: resnet18}", 8),
    ("{fit.net.arch: unet, fit.method.loss: dice}", 8),
    ("{fit.method.loss.name: dice}", 12),
    ("{fit.seed: 1}", 12),
    ("{perturb: null}", 24),
    ("{fit.channels_last: false}", 24),
    ("{fit.method.lr: 0.001}", 24),  # a default
    ("{test_on.style: lucchi}", 24),  # the test set that a trial has which names none
    ("{fit.train_on: phantom}", 24),
]


@pytest.mark.parametrize(("condition", "count"), CONDITIONS)
def test_when_and_exclude_judge_a_condition_alike(
    tmp_path: Path,
    condition: str,
    count: int,
) -> None:
    text = BASE + NETS
    cells = loaded_study(tmp_path, text).cells
    excluded = {cell.trial.key for cell in cells}
    if count < len(cells):
        left = loaded_study(tmp_path, text + f"exclude:\n  - {condition}\n").cells
        excluded -= {cell.trial.key for cell in left}
    assert len(excluded) == count
    conditional = loaded_study(tmp_path, text + f"when:\n  fit.batch: {condition}\n").cells
    switched_on = {cell.trial.key for cell in conditional if "fit.batch" in cell.levels}
    assert switched_on == excluded
    assert len(conditional) == count + (len(cells) - count) // 2


def test_a_condition_may_speak_of_the_component_of_its_own_axis(tmp_path: Path) -> None:
    grid = "grid:\n  fit.method.epochs: [1, 2]\n"
    when = "when:\n  fit.method.epochs: {fit.method: supervised}\n"
    study = loaded_study(tmp_path, BASE + grid + when)
    levels = [cell.levels for cell in study.cells]
    assert levels == [{"fit.method.epochs": "1"}, {"fit.method.epochs": "2"}]
    assert study.expansion.inert == {}


def test_an_axis_may_give_what_its_component_cannot_be_read_without(tmp_path: Path) -> None:
    text = BASE + (
        "grid:\n  perturb: [null, {name: brightness, strength: 1}, contrast]\n"
        "  perturb.strength: [0.25, 0.75]\n"
        "when:\n  perturb.strength: {perturb: contrast}\n"
    )
    cells = loaded_study(tmp_path, text).cells
    strengths = [cell.levels.get("perturb.strength") for cell in cells]
    assert strengths == [None, None, "0.25", "0.75"]


@pytest.mark.parametrize("order", [("fit.patch", "fit.batch"), ("fit.batch", "fit.patch")])
def test_a_condition_on_a_conditional_axis_counts_where_that_axis_does(
    tmp_path: Path, order: tuple[str, str]
) -> None:
    conditions = {"fit.patch": "{fit.batch: 2}", "fit.batch": "{fit.method.loss: bce}"}
    when = "".join(f"  {path}: {conditions[path]}\n" for path in order)
    grid = "grid:\n  fit.method.loss: [bce, dice]\n  fit.batch: [2, 4]\n  fit.patch: [32, 64]\n"
    cells = loaded_study(tmp_path, BASE + grid + f"when:\n{when}").cells
    pairs = [(cell.trial.fit.batch, cell.trial.fit.patch) for cell in cells]
    assert pairs == [(2, 32), (2, 64), (4, 128), (8, 128)]


def test_a_condition_that_nothing_meets_is_a_mistake(tmp_path: Path) -> None:
    grid = BASE + "grid:\n  fit.batch: [2, 4]\n"
    assert problems_of(tmp_path, grid + "when:\n  fit.batch: {fit.metod: supervised}\n") == [
        "s.yaml:9:15: when.fit.batch.fit.metod: no trial has it; did you mean 'fit.method'?"
    ]
    assert problems_of(tmp_path, grid + "when:\n  fit.batch: {fit.net: unet}\n") == [
        "s.yaml:9:14: when.fit.batch: no trial meets this, so the axis never counts"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("when:\n  fit.bach: {fit.net: unet}\n", "is not an axis; did you mean 'fit.batch'?"),
        ("when:\n  fit.batch: {}\n", "should be a mapping from a setting to the values under"),
        ("when:\n  fit.batch: 3\n", "should be a mapping from a setting to the values under"),
        ("exclude: [{}]\n", "should be a list of mappings from a setting to the values"),
        ("exclude: 3\n", "should be a list of mappings from a setting to the values"),
        (
            "exclude: [{fit.bach: 2}]\n",
            "exclude.0.fit.bach: no trial has it; did you mean 'fit.batch'?",
        ),
    ],
)
def test_a_rule_that_is_none_is_a_problem(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problem_text(tmp_path, BASE + "grid:\n  fit.batch: [2, 4]\n" + text)
