"""The study files that come with harness: each loads, and asks for what its comment says."""

import itertools
from pathlib import Path

import pytest

from harness.study.load import load_study

STUDIES = Path(__file__).parents[2] / "studies"
FILES = sorted(STUDIES.rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(STUDIES)))
def test_a_study_that_ships_has_no_mistake_and_answers_something(file: Path) -> None:
    study = load_study(file)
    assert study.question.endswith("?")
    assert study.compare or file.stem == "styles"
    assert len({cell.trial.key for cell in study.cells}) == len(study.cells)


# Table 2 of paper 000: networks of each experiment, times five seeds.
PAPER = {
    "saliency": 9,
    "snemi": 3,
    "lucchi": 3,
    "gf_pa66": 3,
    "mitigation": 7,
    "methods": 4,
    "architectures": 6 + 7 + 6 + 6,
}


@pytest.mark.parametrize(("name", "networks"), PAPER.items())
def test_the_paper_studies_hold_the_cells_of_the_paper(name: str, networks: int) -> None:
    study = load_study(STUDIES / "paper" / f"{name}.yaml")
    fits = [cell.trial.fit for cell in study.cells]
    assert len({fit.key for fit in fits}) == 8 * networks
    assert {fit.net.options["slices"] for fit in fits} == {3}


# Paper 004: two encoders, five prunings, five folds; how many test sets each network meets.
SKIPS = {"skips": 17, "skips_scanners": 5, "skips_vendors": 4}
ENCODERS = ("resnet18", "resnet34")
PRUNINGS = range(5)


@pytest.mark.parametrize(("name", "tests"), SKIPS.items())
def test_the_studies_of_skips_train_each_network_of_table_2_on_five_folds(
    name: str, tests: int
) -> None:
    study = load_study(STUDIES / "paper" / f"{name}.yaml")
    fits = [cell.trial.fit for cell in study.cells]
    options = [fit.net.options for fit in fits]
    nets = {(str(net["encoder"]), net["prune"]) for net in options}
    assert nets == set(itertools.product(ENCODERS, PRUNINGS))
    assert len({fit.key for fit in fits}) == 50
    assert len(study.cells) == 50 * tests


def test_the_six_published_numbers_of_figure_7_stand_in_its_table() -> None:
    study = load_study(STUDIES / "paper" / "skips.yaml")
    table, published = study.tables[0]
    assert table.where == {"perturb.name": "brightness", "perturb.strength": "0.75"}
    values = {levels: number.value for (levels, _), number in published.numbers.items()}
    assert values == {
        ("resnet18", "2"): 0.86,
        ("resnet18", "3"): 0.82,
        ("resnet18", "4"): 0.77,
        ("resnet34", "2"): 0.90,
        ("resnet34", "3"): 0.91,
        ("resnet34", "4"): 0.86,
    }
