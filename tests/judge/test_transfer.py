"""Negative transfer is named with its gain and interval, and shots are enough only where shown."""

from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.verdict_lines import lines
from harness.judge.verdicts import Verdicts
from harness.report.comparison_text import comparisons_markdown
from harness.report.page import page
from harness.report.provenance import provenance
from harness.spec.values import Trial
from tests.made.study_files import problem_text
from tests.made.synthetic import results, study_in

STARTS = """
seeds: 8
grid:
  fit.init:
    - {name: random, label: scratch}
    - {name: trained, label: near, fit: {train_on: {name: phantom, style: vnc}}}
    - {name: trained, label: far, fit: {train_on: {name: phantom, style: snemi}}}
    - {name: trained, label: alike, fit: {train_on: {name: phantom, style: kasthuri}}}
compare:
  - {name: transfer, metric: METRIC, by: fit.init, against: scratch, unit: seed, transfer: true}
"""
GAINS = {"scratch": 0.0, "near": 0.1, "far": -0.05, "alike": 0.0}
SHOTS = """
seeds: 8
grid:
  fit.shots: [10, 40, 20, null]
compare:
  - {name: curve, metric: dice, by: fit.shots, against: none, unit: seedOPTIONS}
"""


def score_of_start(trial: Trial, rng: np.random.Generator) -> float:
    """A Dice of 0.5 from scratch, more from near and less from far."""
    label = str(trial.fit.init.level)
    noise = np.random.default_rng([trial.fit.seed, len(label)]).normal(0, 0.01)
    if label == "alike":
        noise = 0.02 if trial.fit.seed % 2 else -0.02
    return 0.5 + GAINS[label] + float(noise)


def score_of_shots(trial: Trial, rng: np.random.Generator) -> float:
    """A Dice that rises up to twenty images, and stays there."""
    shots = trial.fit.shots or 1000
    pattern = {10: 1, 20: 1, 40: 2, 1000: 4}[shots]  # in balance over eight seeds
    is_odd = trial.fit.seed // pattern % 2
    mean = 0.5 if shots < 20 else 0.6
    return mean + 0.004 * is_odd


def judge_starts(folder: Path, metric: str = "dice") -> Verdicts:
    study = study_in(folder, STARTS.replace("METRIC", metric))
    runs, rows = results(study, score_of_start)
    if metric != "dice":
        rows["metric"] = metric
    return judge(study, runs, rows)


def answers_of_shots(folder: Path, options: str) -> list[str]:
    study = study_in(folder, SHOTS.replace("OPTIONS", options))
    runs, rows = results(study, score_of_shots)
    return list(judge(study, runs, rows).answers)


def test_negative_transfer_is_a_verdict_with_gains_and_intervals(tmp_path: Path) -> None:
    (verdict,) = judge_starts(tmp_path).verdicts
    near, far, alike = verdict.contrasts
    assert (near.transfer, far.transfer, alike.transfer) == (
        "positive transfer",
        "negative transfer",
        "",
    )
    assert alike.outcome == "open"
    reference = np.mean(verdict.arms[0].sample.values)
    assert far.reference == pytest.approx(reference)
    (answer,) = verdict.answers
    assert answer.startswith("negative transfer: far − scratch on Dice: gain −0.0")
    assert "absolute" in answer
    share = far.estimate / reference
    assert f"−{-100 * share:.2f} [" in answer
    assert "% relative to 0.5" in answer
    assert "negative transfer, gain −0.0" in far.sentence


def test_of_a_loss_more_is_negative(tmp_path: Path) -> None:
    (verdict,) = judge_starts(tmp_path, "loss").verdicts
    near, far, _ = verdict.contrasts
    assert near.transfer == "negative transfer"
    assert far.transfer == "positive transfer"


def test_the_report_lists_each_negative_transfer(tmp_path: Path) -> None:
    verdicts = judge_starts(tmp_path)
    (answer,) = verdicts.answers
    study = study_in(tmp_path, STARTS.replace("METRIC", "dice"))
    html = page(verdicts, [], provenance(study, []))
    assert "<h2>Transfer and shots</h2>" in html
    assert html.count("negative transfer: far − scratch on Dice") == 1
    assert "differs: negative transfer" in html
    assert answer.removeprefix("transfer: ") in "\n".join(lines(verdicts))
    assert "negative transfer: far" in comparisons_markdown(verdicts, set())


def test_where_none_is_shown_it_is_not_excluded(tmp_path: Path) -> None:
    study = study_in(tmp_path, STARTS.replace("METRIC", "dice"))
    runs, rows = results(study, lambda trial, rng: 0.5 + 0.01 * float(rng.normal()))
    (answer,) = judge(study, runs, rows).answers
    expected = "no negative transfer is shown in 3 tested contrasts, which does not exclude it"
    assert answer == f"transfer: {expected}"


def test_a_comparison_that_does_not_ask_has_no_answers(tmp_path: Path) -> None:
    text = STARTS.replace("METRIC", "dice").replace(", transfer: true", "")
    study = study_in(tmp_path, text)
    runs, rows = results(study, score_of_start)
    verdicts = judge(study, runs, rows)
    assert list(verdicts.answers) == []
    assert "negative" not in "\n".join(lines(verdicts))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("pairs: all", "needs `by` and `against`, what the transfer is compared with"),
        ("against: '2', margin: 0.1", "`margin` for equivalence; make them two comparisons"),
    ],
)
def test_transfer_needs_a_reference_and_no_margin(
    tmp_path: Path, options: str, expected: str
) -> None:
    text = (
        "base:\n  fit:\n    train_on: {name: phantom}\nseeds: 6\ngrid:\n  fit.batch: [2, 4]\n"
        f"compare:\n  - {{name: a, metric: dice, by: fit.batch, unit: seed, {options}, "
        "transfer: true}\n"
    )
    assert expected in problem_text(tmp_path, text)


def test_the_fewest_shots_from_which_on_no_difference_is_shown(tmp_path: Path) -> None:
    (answer,) = answers_of_shots(tmp_path, "")
    assert answer == (
        "curve: a difference in Dice from all images is no longer shown from 20 shots on, "
        "which does not make them equal"
    )


@pytest.mark.parametrize(
    ("margin", "expected"),
    [
        (0.02, "equivalence with all images on Dice within ±0.02 is shown from 20 shots on"),
        (0.2, "equivalence with all images on Dice within ±0.2 is shown from 10 shots on"),
        (0.0001, "equivalence with all images on Dice within ±0.0001 is shown at no number"),
    ],
)
def test_the_fewest_shots_that_are_equivalent(tmp_path: Path, margin: float, expected: str) -> None:
    (answer,) = answers_of_shots(tmp_path, f", margin: {margin}")
    assert answer.startswith(f"curve: {expected}")


def test_the_learning_curve_is_drawn_with_its_intervals(tmp_path: Path) -> None:
    study = study_in(tmp_path, SHOTS.replace("OPTIONS", ""))
    runs, rows = results(study, score_of_shots)
    html = page(judge(study, runs, rows), [], provenance(study, []))
    start = html.index("Dice by labelled images")
    figure = html[start : html.index("</svg>", start)]
    names = [">10<", ">20<", ">40<", ">all<"]
    positions = [figure.index(name) for name in names]
    assert positions == sorted(positions)
    assert figure.count('class="mean"') == 4
