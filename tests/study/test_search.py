"""The section `search`: what it may say, and each mistake with its place and what to do."""

from pathlib import Path

import pytest

from harness.spec.values import Fit
from harness.study.load import load_study
from harness.study.marks import Mistakes
from harness.study.points import cell_at
from harness.study.search import SeedRule
from tests.made.searches import search_of, study_of, write_search

OVER = "    fit.net.width: {int: [2, 4]}\n"
CONFIRM = "  confirm: {best: 2, seeds: 4}\n"


def mistakes_of(folder: Path, *edits: tuple[str, str]) -> str:
    """What is wrong with the small search after some edits."""
    with pytest.raises(Mistakes) as mistakes:
        load_study(write_search(folder, *edits))
    return str(mistakes.value)


def test_a_search_is_read_with_its_defaults(tmp_path: Path) -> None:
    search = search_of(study_of(tmp_path))
    width, rate, optimiser, momentum = search.dimensions
    assert (width.kind, width.low, width.high) == ("int", 2, 4)
    assert (rate.kind, rate.log) == ("float", True)
    assert optimiser.levels == ("adam", "sgd")
    assert momentum.condition == "fit.method.optimiser=sgd"
    assert search.seeds == SeedRule(race=True, counts=(1, 2, 4, 8))
    assert search.sampler.text == "random(seed=0)"
    assert search.budget.trainings == 20


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("base:\n", "grid: {fit.shots: [1]}\nbase:\n", "grid: a search replaces the grid"),
        ("base:\n", "seeds: 3\nbase:\n", "seeds: a search has its own seeds"),
        ("base:\n", "compare: []\nbase:\n", "needs fresh seeds; declare it by `confirm`"),
        ("sampler: random", "sampler: tpee", "no sampler 'tpee'; did you mean 'tpe'?"),
        ("sampler: random", "sampler: {tpe: {seed: -1}}", "the seed -1 should be a whole number"),
        ("maximise: dice", "maximise: dize", "no probe of the study measures 'dize'"),
        ("  maximise: dice\n", "", "needs `maximise` or `minimise`"),
        ("{trainings: 20}", "20", "needs `budget: {trainings: 60}` or `budget: {hours: 2}`"),
        ("{int: [2, 4]}", "{int: [4, 2]}", "should be two numbers, the lower one first"),
        ("{int: [2, 4]}", "{int: [2, 4], step: 0.5}", "should be a whole number"),
        ("{int: [2, 4]}", "[2, 2]", "an earlier choice is called '2' too"),
        ("{int: [2, 4]}", "[wide]", "fit.net.width"),
        ("fit.net.width", "fit.net.depth", "net tiny_unet has no setting 'depth'"),
        ("fit.net.width", "fit.seed", "is no setting to search"),
        ("[1e-4, 1e-1]", "[0.0, 1e-1]", "a logarithmic range starts above zero"),
        ("budget:", "rungs: 3\n  budget:", "a search has no setting 'rungs'"),
        ("budget:", "seeds: {race: [4, 2]}\n  budget:", "should be rising counts of seeds"),
        ("budget:", "prune: median_\n  budget:", "no prune 'median_'; did you mean 'median'?"),
        ("budget:", "confirm: {best: 0}\n  budget:", "confirm.best"),
        ("budget:", "confirm: {test: nothing}\n  budget:", "no test named 'nothing'"),
        ("budget:", "confirm: {against: {fit.net.arch: x}}\n  budget:", "confirm.against"),
        ("{fit.method.optimiser: sgd}", "{fit.method.optimiser.momentum: 1}", "leads back to"),
    ],
)
def test_a_mistake_says_where_and_what_to_do(
    old: str, new: str, expected: str, tmp_path: Path
) -> None:
    assert expected in mistakes_of(tmp_path, (old, new))


def test_a_point_is_the_trial_that_a_grid_would_have(tmp_path: Path) -> None:
    """The same keys: a search takes up what a grid has trained, and the other way round."""
    study = study_of(tmp_path)
    values = {"fit.net.width": 3, "fit.method.lr": 0.01}
    point = cell_at(study.raw, values, seed=1)
    search_text = write_search(tmp_path).read_text()
    grid = tmp_path / "grid.yaml"
    base = search_text.partition("search:")[0]
    grid.write_text(base + "seeds: 2\ngrid: {fit.net.width: [3], fit.method.lr: [0.01]}\n")
    cells = load_study(grid).cells
    assert point.cell is not None
    assert point.cell.trial.key in [cell.trial.key for cell in cells]
    assert point.cell.levels == cells[1].levels


def test_a_component_with_options_is_a_choice(tmp_path: Path) -> None:
    choices = "fit.method.loss: [ce, {name: bce_dice, label: both}]"
    search = search_of(study_of(tmp_path, (OVER, f"    {choices}\n")))
    assert search.dimensions[0].levels == ("ce", "both")
    losses = set()
    for cell in search.examples:
        assert isinstance(cell.trial.fit, Fit)
        losses.add(cell.trial.fit.method.options["loss"].level)
    assert losses == {"ce", "both"}


def test_a_confirmation_declares_its_comparison_before_anything_ran(tmp_path: Path) -> None:
    study = study_of(tmp_path, ("  maximise: dice\n", "  maximise: dice\n" + CONFIRM))
    [comparison] = study.compare
    assert comparison.factors == ["fit.net.width", "fit.method.lr", "fit.method.optimiser"]
    assert comparison.against == "2 · 0.001 · adam"
    assert comparison.unit == "seed"
    assert comparison.primary
    assert study.design == comparison.key
    assert study.declaration.grounds == {}
