"""The answer of a comparison is a plain sentence: the study's own, or one without a code word."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.verdict_lines import answer_lines
from harness.spec.values import Trial
from tests.judge.two_batches import score, study_of_two
from tests.made.synthetic import Value, results, study_in

NAMES = "names:\n  fit.batch: {2: few windows, 4: many windows}\n"
THREE = """
seeds: 8
grid:
  fit.batch: [2, 3, 4, 5]
compare:
  - {name: a, metric: dice, by: fit.batch, against: '2', unit: seed}
"""


def alike(trial: Trial, rng: np.random.Generator) -> float:
    """A score that tells no batch size from another."""
    network = np.random.default_rng([trial.fit.seed, trial.fit.batch])
    return 0.7 + 0.001 * network.normal()


def answer(folder: Path, options: str = "", *, seeds: int = 8, value: Value = score) -> str:
    study = study_of_two(folder, seeds=seeds, options=options)
    return judge(study, *results(study, value)).headline


def test_a_difference_is_said_with_estimate_interval_n_and_unit(tmp_path: Path) -> None:
    text = answer(tmp_path)
    assert text.startswith("Dice is higher with batch 4 than with batch 2, by 0.0")
    assert "95% interval 0.0" in text
    assert "8 seeds, p = .0" in text
    assert "of 1 contrasts" not in text


@pytest.mark.parametrize(
    ("options", "seeds", "value", "beginning"),
    [
        ("", 8, alike, "It is undecided whether Dice differs between batch 4 and batch 2: batch 4"),
        (", margin: 0.05", 8, alike, "Batch 4 and batch 2 do not differ in Dice by more than 0.05"),
        (", margin: 0.00001", 8, alike, "It is undecided whether batch 4 and batch 2 are alike in"),
        ("", 3, score, "Whether Dice differs between batch 4 and batch 2 cannot be tested with 3"),
    ],
)
def test_each_outcome_has_its_sentence(
    tmp_path: Path, options: str, seeds: int, value: Value, beginning: str
) -> None:
    assert answer(tmp_path, options, seeds=seeds, value=value).startswith(beginning)


def test_the_study_says_it_in_its_own_words(tmp_path: Path) -> None:
    says = ', says: {higher: "More: {a} over {b} ({n} {unit}).", lower: Less., undecided: Open.}'
    assert answer(tmp_path, says) == "More: batch 4 over batch 2 (8 seeds)."
    assert answer(tmp_path, says, value=alike) == "Open."
    untested = answer(tmp_path, says, seeds=3)
    assert untested.startswith("Whether Dice differs")  # what cannot be tested is said by us
    differs = ", says: {differs: It is not the same.}"
    assert answer(tmp_path, differs) == "It is not the same."


def test_own_words_say_at_which_level_they_hold(tmp_path: Path) -> None:
    text = """
seeds: 8
grid:
  fit.batch: [2, 4]
  fit.method.loss: [bce, dice]
compare:
  - {name: a, metric: dice, by: fit.batch, within: [fit.method.loss], unit: seed,
     says: {higher: More.}}
"""
    study = study_in(tmp_path, text)
    assert judge(study, *results(study, score)).headline == "At bce: More. At dice: More."


def test_levels_are_called_as_the_study_calls_them(tmp_path: Path) -> None:
    study = study_of_two(tmp_path)
    text = (tmp_path / "study.yaml").read_text()
    with_names = study_in(tmp_path, text.split("tiny_unet}\n")[1] + NAMES)
    verdicts = judge(with_names, *results(with_names, score))
    assert "with many windows than with few windows" in verdicts.headline
    assert [arm.name for arm in verdicts.verdicts[0].arms] == ["few windows", "many windows"]
    assert with_names.declaration == study.declaration


def test_many_contrasts_are_one_sentence_by_how_they_came_out(tmp_path: Path) -> None:
    study = study_in(tmp_path, THREE)
    verdicts = judge(study, *results(study, score))
    text = verdicts.headline
    assert text.startswith("Dice, compared with batch 2: higher with batch 4 (0.0")
    assert text.count("higher") == 1
    assert text.endswith("undecided with batch 3 (8 seeds).")


def test_primary_answers_come_first(tmp_path: Path) -> None:
    entry = "  - {name: b, primary: true, metric: dice, by: fit.batch, against: '2', unit: seed}\n"
    study = study_in(tmp_path, THREE + entry)
    verdicts = judge(study, *results(study, score))
    first, second = answer_lines(verdicts)
    assert first.text.startswith("b: Dice")
    assert second.text.startswith("a: Dice")
    assert verdicts.headline == verdicts.verdicts[1].plain
    assert first.outcomes == {"differs", "open"}
