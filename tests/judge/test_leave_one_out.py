"""Whether a verdict would survive without any one of its units, by hand and by the judge."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.sentences import p_number, p_value
from harness.judge.verdict_lines import lines
from harness.judge.verdicts import Verdict
from harness.record.scored import table_of_scores
from harness.spec.catalogue import load_component
from harness.spec.values import Trial
from harness.stats.sequential import Looks, p_of_difference
from harness.study.load import load_study
from tests.made.synthetic import results, study_in

STEADY = (0.02, 0.022, 0.019, 0.021, 0.018, 0.023, 0.02, 0.02)
SHAKY = (0.02, 0.022, 0.019, 0.021, 0.018, 0.023, -0.002, -0.004)


def verdicts_of(
    folder: Path, differences: Mapping[str, tuple[float, ...]], compare: str
) -> tuple[Verdict, ...]:
    """Verdicts on arms that differ from the arm `base` by so much in each seed."""
    table = ["arm,seed,dice"]
    for seed in range(len(STEADY)):
        base = 0.7 + 0.01 * seed
        table.append(f"base,{seed},{base}")
        for arm, of_arm in differences.items():
            table.append(f"{arm},{seed},{base + of_arm[seed]}")
    (folder / "scores.csv").write_text("\n".join(table))
    (folder / "study.yaml").write_text(f"scores: scores.csv\ncompare:\n{compare}\n")
    study = load_study(folder / "study.yaml")
    return judge(study, *table_of_scores(study), leaving_out=True).verdicts


ONE = "  - {name: a, metric: dice, by: arm, against: base, unit: seed}"


def test_a_verdict_that_no_seed_carries_stays(tmp_path: Path) -> None:
    (verdict,) = verdicts_of(tmp_path, {"new": STEADY}, ONE)
    assert verdict.contrasts[0].outcome == "differs"
    assert verdict.survival == "the verdict stays without any one of 8 seeds, p = .016"


def test_a_verdict_that_needs_a_seed_names_it(tmp_path: Path) -> None:
    (verdict,) = verdicts_of(tmp_path, {"new": SHAKY}, ONE)
    assert verdict.contrasts[0].outcome == "differs"
    test = load_component("test", "permutation_paired")
    base = np.array([0.7 + 0.01 * seed for seed in range(8)])
    new = base + np.array(SHAKY)
    p_values = []
    for seed in range(8):
        p_values.append(test(np.delete(new, seed), np.delete(base, seed)).p)
    fragile = [f"seed {seed}" for seed, p in enumerate(p_values) if p > 0.05]
    assert 0 < len(fragile) < 8
    assert "the verdict hangs on single seeds: new − base is open without" in verdict.survival
    assert fragile[0] in verdict.survival
    span = f"{p_number(min(p_values))} to {p_number(max(p_values))} without one of 8"
    assert span in verdict.survival


def test_the_family_is_corrected_without_the_seed_too(tmp_path: Path) -> None:
    arms = {"new": STEADY, "newer": STEADY}
    (verdict,) = verdicts_of(tmp_path, arms, ONE)
    assert verdict.survival == (
        "all 2 verdicts stay without any one of 8 seeds; nearest to alpha new − base, p = .031"
    )
    (bare,) = verdicts_of(tmp_path, arms, ONE.replace("}", ", correct: null}"))
    assert "p = .016" in bare.survival


def test_where_one_seed_fewer_could_never_pass_it_is_said(tmp_path: Path) -> None:
    where = ", where: {fit.seed: ['0', '1', '2', '3', '4', '5']}}"
    (verdict,) = verdicts_of(tmp_path, {"new": STEADY}, ONE.replace("}", where))
    assert verdict.contrasts[0].outcome == "differs"
    assert verdict.survival == (
        "without one of 6 seeds the design could not reach alpha, so every verdict needs all of "
        "them; p = .062 without one"
    )


def test_trends_and_correlations_are_asked_too_and_models_say_why_not(tmp_path: Path) -> None:
    scores = ["step,seed,dice,loss"]
    rng = np.random.default_rng(2)
    for seed in range(6):
        for step in range(4):
            scores.append(f"{step},{seed},{step + rng.normal()},{-step + rng.normal()}")
    (tmp_path / "scores.csv").write_text("\n".join(scores))
    (tmp_path / "study.yaml").write_text(
        "scores: scores.csv\ncompare:\n"
        "  - {name: t, metric: dice, trend: step, unit: seed}\n"
        "  - {name: c, correlate: {x: dice, y: loss, over: [step]}, unit: seed}\n"
        "  - {name: m, model: 'dice ~ step', unit: seed}\n"
    )
    study = load_study(tmp_path / "study.yaml")
    verdicts = judge(study, *table_of_scores(study), leaving_out=True)
    trend, correlation, model = verdicts.verdicts
    assert trend.survival.startswith("the verdict stays without any one of 6 seeds, p")
    assert "6 seeds" in correlation.survival
    assert model.survival == (
        "not asked without single units: a model is not fitted again without each unit"
    )
    printed = "\n".join(lines(verdicts))
    assert f"one left out: {trend.survival}" in printed


def test_it_is_asked_only_where_it_is_wanted(tmp_path: Path) -> None:
    verdicts_of(tmp_path, {"new": STEADY}, ONE)
    study = load_study(tmp_path / "study.yaml")
    (verdict,) = judge(study, *table_of_scores(study)).verdicts
    assert verdict.survival == ""


def test_a_large_comparison_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.judge.leave_one_out.MOST", 7)
    (verdict,) = verdicts_of(tmp_path, {"new": STEADY}, ONE)
    assert verdict.survival == (
        "not asked without single units: 8 contrasts would have to be made again"
    )


ADDED = (
    "seeds: {until: decided, least: 4, most: %d}\ngrid:\n  fit.batch: %s\ncompare:\n"
    "  - {name: a, metric: dice, by: fit.batch, against: '2', unit: seed%s}\n"
)


def verdict_in_looks(
    folder: Path, differences: Mapping[int, tuple[float, ...]], most: int = 10, options: str = ""
) -> Verdict:
    """The verdict on batches that differ from a batch of two by so much in each seed there is."""
    batches = [2, *differences]
    study = study_in(folder, ADDED % (most, batches, options))
    cells = []
    longest = max(map(len, differences.values()))
    for cell in study.cells:
        seeds = len(differences.get(cell.trial.fit.batch, ())) or longest
        if cell.trial.fit.seed < seeds:
            cells.append(cell)

    def value(trial: Trial, rng: np.random.Generator) -> float:
        """A score that only the batch and the seed say."""
        of_batch = differences.get(trial.fit.batch)
        return 0.5 + (of_batch[trial.fit.seed] if of_batch else 0.0)

    runs, rows = results(replace(study, cells=tuple(cells)), value)
    (verdict,) = judge(study, runs, rows, leaving_out=True).verdicts
    return verdict


def test_without_a_seed_the_others_are_looked_at_in_their_order(tmp_path: Path) -> None:
    differences = (0.3, 0.28, 0.33, 0.29, 0.31, 0.27, 0.3, 0.32)
    verdict = verdict_in_looks(tmp_path, {4: differences})
    p_values = []
    for seed in range(8):
        others = np.delete(np.array(differences), seed)
        p_values.append(p_of_difference(others, Looks(4, 10))[-1])
    span = f"{p_value(min(p_values))}"
    assert verdict.contrasts[0].decided_after == 4
    assert verdict.survival == f"the verdict stays without any one of 8 seeds, {span}"


def test_a_decision_that_needs_a_seed_would_have_waited_for_another(tmp_path: Path) -> None:
    differences = (0.1, 0.5, 0.3, 0.2, 0.4, 0.3)
    verdict = verdict_in_looks(tmp_path, {4: differences})
    assert verdict.contrasts[0].decided_after == 6
    p_values = []
    for seed in range(6):
        others = np.delete(np.array(differences), seed)
        p_values.append(p_of_difference(others, Looks(4, 10))[-1])
    fragile = [f"seed {seed}" for seed, p in enumerate(p_values) if p > 0.05]
    assert 0 < len(fragile) < 6
    assert f"4 − batch 2 is undecided without {fragile[0]}" in verdict.survival
    span = f"{p_value(min(p_values))} to {p_number(max(p_values))} without one of 6"
    assert f"({span}), so that another seed would have been trained" in verdict.survival


def test_at_the_first_look_every_seed_is_needed(tmp_path: Path) -> None:
    verdict = verdict_in_looks(tmp_path, {4: (0.3, 0.31, 0.29, 0.3)})
    assert verdict.contrasts[0].decided_after == 4
    assert verdict.survival == (
        "every verdict ended at the first look, after 4 seeds; without one of them another would "
        "have been trained before anybody looked"
    )


def test_what_was_not_looked_at_keeps_its_share_of_alpha(tmp_path: Path) -> None:
    late = (0.1, 0.5, 0.3, 0.2, 0.4, 0.3, 0.1)
    verdict = verdict_in_looks(tmp_path, {4: (0.3, 0.31, 0.29, 0.3), 8: late})
    assert "; 1 ended at the first look, after 4 seeds, which needs all" in verdict.survival
    others = np.delete(np.array(late), 1)
    alone = p_of_difference(others, Looks(4, 10))[-1]
    assert alone <= 0.05 < 2 * alone  # decided, had the first passed its share on
    assert "8 − batch 2 is undecided without seed 1" in verdict.survival


def test_what_is_undecided_at_the_last_look_can_be_decided_without_a_seed(tmp_path: Path) -> None:
    differences = (0.3, 0.28, 0.33, 0.29, 0.31, -0.9)
    verdict = verdict_in_looks(tmp_path, {4: differences[::-1]}, most=6)
    assert verdict.contrasts[0].decided_after == 0
    assert "batch 4 − batch 2 differs without seed 0" in verdict.survival
    assert "another seed" not in verdict.survival


def test_signs_are_not_listed_again_for_long(tmp_path: Path) -> None:
    signs = ", test: sequential_signs"
    differences = (0.3, -0.28, 0.33, -0.29, 0.31, 0.2, 0.1)
    verdict = verdict_in_looks(tmp_path, {4: differences}, options=signs)
    assert verdict.survival.startswith("the verdict stays without any one of 7 seeds, p")
    verdict = verdict_in_looks(tmp_path, {4: (0.1, -0.1) * 6 + (0.1,)}, most=13, options=signs)
    assert verdict.survival == (
        "not asked without single units: the signs of 13 seeds would have to be listed again"
    )
