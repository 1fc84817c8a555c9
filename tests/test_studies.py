"""The study files that come with harness: each loads, and asks for what its comment says."""

from pathlib import Path

import pytest

from harness.study import load

STUDIES = Path(__file__).parent.parent / "studies"
FILES = sorted(STUDIES.rglob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(STUDIES)))
def test_a_study_that_ships_has_no_mistake_and_answers_something(file: Path) -> None:
    study = load(file)
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
    study = load(STUDIES / "paper" / f"{name}.yaml")
    assert len({cell.trial.fit.key for cell in study.cells}) == 5 * networks
    assert {cell.trial.fit.net.options["slices"] for cell in study.cells} == {3}
