"""The ranking studies: banks as large as the paper's, its numbers, and a bank of its own."""

from collections import Counter
from pathlib import Path

import pytest

from harness.study.load import Study, load_study
from harness.study.published_averages import read_averages

STUDIES = Path(__file__).parents[2] / "studies"
PUBLISHED = STUDIES / "paper" / "published"
SEEDS = 10  # fewer could not show that orders agree in each


def paper_study(name: str) -> Study:
    return load_study(STUDIES / "paper" / f"ranking_{name}.yaml")


def banks(study: Study) -> Counter[str]:
    """How many networks each target is met by, of each of ten seeds."""
    networks = Counter(cell.trial.test_on.level for cell in study.cells)
    seeds = {cell.trial.fit.seed for cell in study.cells}
    assert len(seeds) == SEEDS
    assert all(count % SEEDS == 0 for count in networks.values())
    return Counter({target: count // SEEDS for target, count in networks.items()})


def test_three_networks_rank_at_each_of_four_volumes_of_mitochondria() -> None:
    study = paper_study("mitochondria")
    assert banks(study) == {"EPFL": 3, "Hmito": 3, "Rmito": 3, "VNC": 3}
    for cell in study.cells:
        trial = cell.trial
        assert trial.test_on.level != trial.fit.train_on.level
        assert trial.test_on.options["nonempty"] == "masks"
        assert trial.fit.net.options["levels"] == 4


def test_seven_and_five_networks_rank_at_five_sets_of_nuclei() -> None:
    study = paper_study("nuclei")
    sizes = banks(study)
    names = ("BBBC039", "DSB2018", "Hoechst", "S-BIAD634", "S-BIAD895")
    # S-BIAD895 trains and tests on one folder, so that its own network is left out there.
    own = {"S-BIAD895": 1}
    for name in names:
        assert sizes[name] == 7 - own.get(name, 0)
        assert sizes[f"{name} objects"] == 5 - own.get(name, 0)
    assert len({cell.trial.fit.key for cell in study.cells}) == 7 * SEEDS
    for cell in study.cells:
        trial = cell.trial
        is_of_three_levels = trial.fit.train_on.level in (*names, "HeLaCytoNuc")
        assert trial.fit.net.options["levels"] == (3 if is_of_three_levels else 4)
        if trial.test_on.level.endswith("objects"):
            assert trial.fit.train_on.level not in ("Go-Nuclear", "SELMA3D")


def test_three_of_five_networks_rank_at_three_tissues() -> None:
    study = paper_study("cells")
    assert banks(study) == {"FlyWing": 3, "Ovules": 3, "PNAS": 3}


@pytest.mark.parametrize(
    ("table", "study", "comparison", "average", "deviation"),
    [
        (1, "paper-ranking-mitochondria", "CTE-NHD (Feat), Kendall", 1.00, 0.00),
        (1, "paper-ranking-mitochondria", "CCFV, Pearson", 0.36, 0.68),
        (1, "paper-ranking-nuclei", "CTE-NHD (Input), Pearson", 0.96, 0.04),
        (1, "paper-ranking-nuclei", "CTE-EI (Feat), Spearman", 0.88, 0.07),
        (2, "paper-ranking-cells", "CTE-VRand (Input), Kendall", 0.54, 0.22),
        (2, "paper-ranking-nuclei", "CTE-VRand (Feat), Pearson", 0.85, 0.06),
    ],
)
def test_the_printed_averages_are_transcribed(
    table: int, study: str, comparison: str, average: float, deviation: float
) -> None:
    published = read_averages(PUBLISHED / f"ranking-table-{table}.csv", study)
    assert published[comparison].value == average
    assert published[comparison].deviation == deviation


@pytest.mark.parametrize(("name", "count"), [("mitochondria", 12), ("nuclei", 18), ("cells", 6)])
def test_every_correlation_of_the_tables_stands_beside_its_average(name: str, count: int) -> None:
    published = [entry for entry in paper_study(name).compare if entry.published]
    assert len(published) == count


def test_the_bank_of_the_laptop_has_networks_that_no_target_trained() -> None:
    study = load_study(STUDIES / "ranking.yaml")
    assert len({cell.trial.fit.key for cell in study.cells}) == 27
    for cell in study.cells:
        trained = cell.trial.fit.train_on
        tested = cell.trial.test_on
        same_style = trained.options["style"] == tested.options["style"]
        assert not (same_style and trained.name == tested.name)
