"""`seeds: {until: decided, ...}` is read with its places, and is part of the declared design."""

from pathlib import Path

import pytest

from harness.study.declaration import Declaration
from harness.study.load import load_study
from tests.made.study_files import BASE, problem_text
from tests.made.synthetic import study_in

RULE = "seeds: {until: decided, least: 4, most: 12}\n"
TWO = "grid:\n  fit.batch: [2, 4]\n"
BY = "{name: a, metric: dice, by: fit.batch, unit: seed%s}"
COMPARE = "compare:\n  - " + BY + "\n"


def test_a_rule_is_read_and_its_most_seeds_are_the_cells(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + COMPARE % "")
    assert study.until is not None
    assert (study.until.least, study.until.most) == (4, 12)
    assert sorted({cell.trial.fit.seed for cell in study.cells}) == list(range(12))


def test_seeds_may_begin_elsewhere(tmp_path: Path) -> None:
    rule = "seeds: {until: decided, least: 3, most: 5, first: 20}\n"
    study = study_in(tmp_path, rule + TWO + COMPARE % "")
    assert study.until is not None
    assert study.until.seeds == (20, 21, 22, 23, 24)


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("{until: significant, least: 4, most: 12}", "seeds: needs `until: decided`"),
        ("{until: decided, most: 12}", "seeds: needs `least`"),
        ("{until: decided, least: 2, most: 12}", "a whole number of at least 3"),
        ("{until: decided, least: 4, most: 3}", "a whole number of at least 4"),
        ("{until: decided, least: 4, most: 400}", "400 is too many"),
        ("{until: decided, least: 4, mots: 12}", "no setting 'mots'; did you mean 'most'?"),
    ],
)
def test_a_wrong_rule_is_a_problem_with_its_remedy(tmp_path: Path, rule: str, words: str) -> None:
    text = BASE + f"seeds: {rule}\n" + TWO + COMPARE % ""
    assert words in problem_text(tmp_path, text)


def test_folds_have_no_rule(tmp_path: Path) -> None:
    text = problem_text(tmp_path, BASE + RULE + "folds: 5\n" + TWO + COMPARE % "")
    assert "folds share training images" in text


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ("test: permutation_paired", "take sequential_t or sequential_signs"),
        ("paired: false", "pair by seed"),
        ("interval: bca", "the interval is the repeated one"),
        ("correct: bh", "take holm or bonferroni"),
    ],
)
def test_what_a_decision_seed_by_seed_has_no_room_for(
    tmp_path: Path, option: str, words: str
) -> None:
    assert words in problem_text(tmp_path, BASE + RULE + TWO + COMPARE % f", {option}")


def test_a_study_needs_something_to_decide(tmp_path: Path) -> None:
    text = "compare:\n  - {name: d, metric: dice, trend: fit.batch, unit: seed}\n"
    assert "needs a comparison of arms" in problem_text(tmp_path, BASE + RULE + TWO + text)


def test_the_rule_is_part_of_the_declaration(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + COMPARE % "")
    declaration = Declaration.read(study.declaration.text())
    assert declaration.seeds == "until decided, 4 to 12 seeds from 0 to 11"
    fixed = study_in(tmp_path, "seeds: 12\n" + TWO + COMPARE % "")
    assert "until" not in fixed.declaration.text()
    assert load_study(fixed.path).until is None
