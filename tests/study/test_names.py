"""What people call metrics, settings and levels: the glossary, and the study's own names."""

import re
from pathlib import Path

import pytest

from harness.spec.catalogue import catalogue
from harness.study.cell_names import earlier_fit_name, fit_name, run_name
from harness.study.glossary import glossary_entry
from harness.study.levels import among
from harness.study.load import load_study
from harness.study.names import Names, display_name, level_display_names
from tests.made.study_files import BASE, loaded_study, problem_text

DOCS = Path(__file__).parents[2] / "docs" / "glossary.md"
STUDIES = Path(__file__).parents[2] / "studies"
GRID = BASE + "seeds: 2\ngrid:\n  fit.batch: [2, 4]\n"


@pytest.mark.parametrize("probe", sorted(catalogue("probe")))
def test_every_metric_and_dimension_has_an_entry_and_stands_in_the_docs(probe: str) -> None:
    text = DOCS.read_text()
    facts = catalogue("probe")[probe].facts
    for word in (*facts.metrics, *facts.dimensions):
        entry = glossary_entry(word)
        assert entry is not None, word
        assert entry.name
        assert entry.text
        assert f"`{word}`" in text


@pytest.mark.parametrize("kind", ["effect", "test", "rank", "interval", "correction"])
def test_every_statistic_has_a_name_for_people(kind: str) -> None:
    for name in catalogue(kind):
        entry = glossary_entry(name)
        assert entry is not None
        assert "_" not in entry.name
        assert entry.name != name


def test_words_are_read_as_people_write_them() -> None:
    assert display_name("set_dice") == "test-set Dice"
    assert display_name("leep_after") == "LEEP after training"
    assert display_name("fit.init, fit.net.arch") == "initialisation and architecture"
    assert display_name("fit.train_on.draw") == "draw of training data"
    assert display_name("fit.method.lr_critics") == "lr critics"
    assert display_name("my_metric") == "my metric"
    assert display_name("dice", Names({"dice": "overlap"})) == "overlap"


def test_a_study_names_its_words_and_levels(tmp_path: Path) -> None:
    text = "names:\n  dice: overlap\n  fit.batch: {name: windows, 2: few, 4: many}\n"
    study = loaded_study(tmp_path, GRID + text)
    assert display_name("dice", study.names) == "overlap"
    assert display_name("fit.batch", study.names) == "windows"
    names = level_display_names(["2", "4"], "fit.batch", study.names)
    assert names == {"2": "few", "4": "many"}


def test_names_enter_no_key_and_no_declaration(tmp_path: Path) -> None:
    entry = "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: seed%s}\n"
    plain = loaded_study(tmp_path, GRID + entry % "")
    says = ', says: {differs: "{a} is not {b}"}'
    with_names = loaded_study(tmp_path, GRID + entry % says + "names: {dice: overlap}\n")
    assert [cell.trial.key for cell in with_names.cells] == [cell.trial.key for cell in plain.cells]
    assert with_names.design == plain.design
    assert with_names.declaration == plain.declaration


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ("{dise: overlap}", "is no metric or setting of this study; did you mean 'dice'?"),
        ("{fit.batch: {3: few}}", "no level '3'; "),
        ("{dice: ''}", "names.dice: is empty; say how people call it"),
        ("{dice: 3}", "names.dice: 3 should be a text"),
        ("[dice]", "names: should be a mapping"),
    ],
)
def test_a_name_of_nothing_is_refused_at_its_place(
    tmp_path: Path, names: str, problem: str
) -> None:
    text = problem_text(tmp_path, GRID + f"names: {names}\n")
    assert problem in text
    assert re.match(r"s\.yaml:9:\d+: names", text)


def test_runs_and_jobs_are_named_by_the_levels_of_the_axes() -> None:
    smoke = load_study(STUDIES / "smoke.yaml")
    cell = smoke.cells[1]
    assert run_name(cell) == "kasthuri · seed 0"
    assert fit_name(cell) == "kasthuri · seed 0"
    (start,) = cell.trial.fit.lineage[1:]
    assert earlier_fit_name(start) == "supervised on phantom kasthuri · seed 0"
    skips = load_study(STUDIES / "skips.yaml")
    assert run_name(skips.cells[0]) == "prune 0 · brightness 0.5 · draw 20 · seed 20"
    assert fit_name(skips.cells[0]) == "prune 0 · draw 20 · seed 20"


def test_runs_of_the_same_levels_are_told_apart_by_what_else_differs() -> None:
    study = load_study(STUDIES / "uda.yaml")
    names = [run_name(cell) for cell in study.cells]
    assert len(set(names)) == len(names) == 323
    assert "lucchi · source only · random · tested on mitoem_h · seed 0" in names
    assert "lucchi · mitoem_h · Y-Net · random · last · seed 0" in names
    confined = among(study.expansion, study.cells, {"fit.method": "HM"})
    assert {run_name(cell) for cell in confined} < set(names)
