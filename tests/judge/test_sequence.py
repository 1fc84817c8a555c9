"""Studies whose seeds are trained until decided: verdicts, families, and which seeds come next."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge, states
from harness.judge.next_seeds import cells_of_look, undecided_trials
from harness.judge.sequence import BIASED
from harness.judge.verdicts import Verdicts
from harness.spec.values import Trial
from harness.study.load import Study
from harness.study.until_decided import UntilDecided
from tests.made.synthetic import recorded_runs, results, study_in

RULE = "seeds: {until: decided, least: 4, most: 10}\n"
TWO = "grid:\n  fit.batch: [2, 4]\n"
THREE = "grid:\n  fit.batch: [2, 4, 8]\n"
BY = "compare:\n  - {name: a, metric: dice, by: fit.batch, against: '2', unit: seed%s}\n"

# what the larger batch brings, and how that differs between the seeds
NOISE = (0.3, -0.8, 0.1, 0.5, -0.4, 0.9, -0.2, 0.6, -0.7, 0.2)


def score_with(effects: dict[int, float], spread: float = 1.0):  # type: ignore[no-untyped-def]
    """Scores in which each batch size brings its effect, with a noise of the seed."""

    def value(trial: Trial, rng: np.random.Generator) -> float:
        batch = trial.fit.batch
        seed = trial.fit.seed
        if batch == 2:
            return seed
        noise = NOISE[(seed + batch) % 10]
        effect = effects.get(batch, 0.0)
        return seed + effect + spread * noise

    return value


def verdicts_after(study: Study, value, seeds: int) -> Verdicts:  # type: ignore[no-untyped-def]
    """The verdicts after so many seeds."""
    cells = []
    for cell in study.cells:
        if cell.trial.fit.seed < seeds:
            cells.append(cell)
    part = replace(study, cells=tuple(cells))
    runs, rows = results(part, value)
    recorded = recorded_runs(study, runs)
    return judge(study, runs, rows, recorded)


def test_a_clear_difference_is_decided_at_the_first_look(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    verdicts = verdicts_after(study, score_with({4: 9.0}), seeds=4)
    (verdict,) = verdicts.verdicts
    (contrast,) = verdict.contrasts
    assert contrast.test == "sequential_t"
    assert contrast.outcome == "differs"
    assert contrast.decided_after == 4
    assert "decided after 4 of at most 10 seeds" in contrast.sentence
    assert contrast.low > 0
    assert verdict.confirmatory
    assert BIASED in verdict.notes


def test_a_decision_stands_however_many_seeds_follow(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    verdicts = verdicts_after(study, score_with({4: 9.0}), seeds=10)
    (verdict,) = verdicts.verdicts
    (contrast,) = verdict.contrasts
    assert contrast.decided_after == 4
    assert contrast.n == (10, 10)


def test_who_stops_before_the_decision_has_explored(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    verdicts = verdicts_after(study, score_with({}), seeds=6)
    (verdict,) = verdicts.verdicts
    (contrast,) = verdict.contrasts
    assert "undecided after 6 of at most 10 seeds" in contrast.sentence
    assert not verdict.confirmatory
    assert "before" in verdict.exploratory_because[0]
    (verdict,) = verdicts_after(study, score_with({}), seeds=10).verdicts
    assert "undecided after 10 of at most 10 seeds" in verdict.sentence
    assert verdict.confirmatory
    assert BIASED not in verdict.notes  # only what ended by what it showed is biased so


def test_seeds_that_were_not_needed_are_not_missing(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    verdicts = verdicts_after(study, score_with({4: 9.0}), seeds=4)
    assert verdicts.states["planned"] == 8
    assert verdicts.states["missing"] == 0
    assert not any("missing" in note for note in verdicts.verdicts[0].notes)


def test_states_of_a_study_count_the_seeds_that_were_asked_for(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    first_look = cells_of_look(study, UntilDecided(4, 10), 4, None)
    part = replace(study, cells=first_look)
    runs, _ = results(part, score_with({}))
    counts = states(study, runs)
    assert counts["planned"] == 8
    assert counts["missing"] == 0


def test_fewer_seeds_than_the_first_look_have_no_test(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    verdicts = verdicts_after(study, score_with({4: 9.0}), seeds=3)
    (verdict,) = verdicts.verdicts
    assert verdict.contrasts[0].outcome == "no test"
    assert "the first look is after 4" in verdict.sentence


def test_a_margin_is_decided_either_way(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % ", margin: 3.0")
    (same,) = verdicts_after(study, score_with({}), seeds=8).verdicts
    assert same.contrasts[0].outcome == "equivalent"
    assert "are equivalent on Dice within ±3" in same.sentence
    (apart,) = verdicts_after(study, score_with({4: 9.0}), seeds=4).verdicts
    assert apart.contrasts[0].outcome == "differs"


def test_seeds_are_in_their_order_whichever_ended_first(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + TWO + BY % "")
    value = score_with({4: 1.2})
    runs, rows = results(study, value)
    forward = judge(study, runs, rows).verdicts[0].contrasts[0]
    backward = judge(study, runs[::-1], rows[::-1]).verdicts[0].contrasts[0]
    assert forward.looked == backward.looked


def test_the_share_of_a_decided_contrast_is_passed_on(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + THREE + BY % "")
    (verdict,) = verdicts_after(study, score_with({4: 9.0, 8: 0.9}), seeds=10).verdicts
    first, second = verdict.contrasts
    assert first.decided_after == 4
    assert second.corrected == pytest.approx(second.p)
    assert first.corrected == pytest.approx(2 * first.p)
    equal = study_in(tmp_path, RULE + THREE + BY % ", margin: 0.01")
    (verdict,) = verdicts_after(equal, score_with({4: 9.0, 8: 0.9}), seeds=10).verdicts
    first, second = verdict.contrasts
    assert second.corrected == pytest.approx(2 * second.p)  # of two claims one may still be false


def test_only_undecided_arms_get_further_seeds(tmp_path: Path) -> None:
    study = study_in(tmp_path, RULE + THREE + BY % "")
    assert study.until is not None
    first_cells = cells_of_look(study, study.until, 4, None)
    assert len(first_cells) == 12
    verdicts = verdicts_after(study, score_with({4: 9.0}), seeds=4)
    undecided = undecided_trials(study, verdicts)
    cells = cells_of_look(study, study.until, 5, undecided)
    batches = []
    for cell in cells:
        if cell.trial.fit.seed == 4:
            batches.append(cell.trial.fit.batch)
    assert batches == [2, 8]


def test_other_questions_of_such_a_study_are_exploratory(tmp_path: Path) -> None:
    trend = "  - {name: t, metric: dice, trend: fit.batch, unit: seed}\n"
    study = study_in(tmp_path, RULE + THREE + BY % "" + trend)
    _, verdict = verdicts_after(study, score_with({4: 9.0, 8: 9.0}), seeds=4).verdicts
    assert not verdict.confirmatory
    assert "decided by other comparisons" in verdict.exploratory_because[0]


def test_a_rule_that_changes_after_results_explores(tmp_path: Path) -> None:
    fixed = study_in(tmp_path, "seeds: 10\n" + TWO + BY % "")
    runs, rows = results(fixed, score_with({4: 9.0}))
    recorded = recorded_runs(fixed, runs)
    study = study_in(tmp_path, RULE + TWO + BY % "")
    verdicts = judge(study, runs, rows, recorded)
    assert not verdicts.verdicts[0].confirmatory
    assert "a fixed number of seeds became until decided" in verdicts.changed
