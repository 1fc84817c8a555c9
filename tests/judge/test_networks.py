"""The network is a level of every design: several values of one are not several networks."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.judge.answer import judge
from harness.judge.contrasts import Contrast
from harness.judge.preview import previews
from harness.judge.verdicts import Verdict
from harness.spec.values import Trial
from harness.study.load import Study
from tests.judge.two_batches import score, study_of_two
from tests.made.synthetic import BASE, results, study_in

STRENGTHS = "  perturb.strength: [0.2, 0.4, 0.6, 0.8, 1.0, 1.2]\n"
BRIGHTNESS = "  perturb: {name: brightness}\n"


def study_of_units(folder: Path, unit: str, seeds: int) -> Study:
    """Two arms, compared by a unit."""
    study = study_of_two(folder, seeds=seeds)
    text = (folder / "study.yaml").read_text().replace("unit: seed", f"unit: {unit}")
    return study_in(folder, text.removeprefix(BASE)) if study else study


def verdict_of(study: Study, **options: object) -> Verdict:
    runs, rows = results(study, score, images=12, **options)  # type: ignore[arg-type]
    (verdict,) = judge(study, runs, rows).verdicts
    return verdict


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_enough_networks_are_compared_by_their_means(tmp_path: Path, unit: str) -> None:
    of_units = verdict_of(study_of_units(tmp_path, unit, seeds=8))
    of_seeds = verdict_of(study_of_units(tmp_path, "seed", seeds=8))
    contrast, of_seed = of_units.contrasts[0], of_seeds.contrasts[0]
    assert contrast.n == (8, 8)
    assert contrast.p == pytest.approx(of_seed.p)
    assert contrast.low == pytest.approx(of_seed.low)
    assert "8 seed pairs" in contrast.sentence
    assert of_units.confirmatory
    assert any("averaged within each network" in note for note in of_units.notes)
    assert "the test takes the mean of each network instead" in of_units.pooled[0].sentence


@pytest.mark.parametrize("unit", ["patient", "image"])
def test_too_few_networks_give_a_verdict_of_these_networks_only(tmp_path: Path, unit: str) -> None:
    study = study_of_units(tmp_path, unit, seeds=3)
    verdict = verdict_of(study)
    (contrast,) = verdict.contrasts
    assert contrast.p < 0.05
    assert contrast.outcome == "only in these networks"
    assert contrast.sentence.startswith("of these networks only, Dice is higher")
    assert not verdict.confirmatory
    assert verdict.exploratory_because == ("too few networks to speak of another training",)
    (planned,) = previews(study)
    assert "3 networks an arm are too few" in planned.note


def test_a_failed_seed_leaves_both_arms_of_patients(tmp_path: Path) -> None:
    def is_lost(trial: Trial) -> bool:
        return trial.fit.seed == 0 and trial.fit.batch == 4

    study = study_of_units(tmp_path, "patient", seeds=3)
    lost = verdict_of(study, state=lambda trial: "failed" if is_lost(trial) else "finished")
    values = lost.arms[0].sample
    assert all(len(runs) == 2 for runs in values.runs)
    assert any("left out of every arm, for one lacks it: seed 0" in note for note in lost.notes)


def test_images_without_groups_do_not_pass_for_patients_in_silence(tmp_path: Path) -> None:
    study = study_of_units(tmp_path, "patient", seeds=3)
    runs, rows = results(study, score)
    (verdict,) = judge(study, runs, rows.assign(group=rows["image"])).verdicts
    assert any("images pass for patients" in note for note in verdict.notes)


def test_a_model_gives_each_network_an_intercept(tmp_path: Path) -> None:
    model = 'compare:\n  - {name: m, unit: seed, model: "dice ~ fit.batch * perturb.strength"}\n'
    text = BRIGHTNESS + "seeds: 6\ngrid:\n  fit.batch: [2, 4]\n" + STRENGTHS + model
    study = study_in(tmp_path, text)
    (verdict,) = judge(study, *results(study, score)).verdicts
    (batch,) = [contrast for contrast in verdict.contrasts if contrast.first == "fit.batch"]
    assert "networks" in batch.why
    assert batch.note.startswith("F(1, 5)")  # six pairs of networks, however many strengths


def correlation_over(folder: Path, seeds: int, over: str) -> Contrast:
    text = BRIGHTNESS + f"seeds: {seeds}\ngrid:\n" + STRENGTHS
    text += (
        f"compare:\n  - {{name: r, unit: seed, correlate: {{x: dice, y: iou, over: [{over}]}}}}\n"
    )
    study = study_in(folder, text)
    runs, rows = results(study, lambda trial, rng: float(rng.normal()))
    noise = np.random.default_rng(0).normal(size=len(rows))
    rows = rows.assign(value=rows["value"].where(rows["metric"] == "dice", pd.Series(noise)))
    return judge(study, runs, rows).verdicts[0].contrasts[0]


def test_points_of_the_same_networks_are_correlated_within_each(tmp_path: Path) -> None:
    contrast = correlation_over(tmp_path, 8, "perturb.strength")
    assert contrast.n == (8,)
    assert "n = 8 networks" in contrast.sentence
    assert correlation_over(tmp_path, 3, "perturb.strength").only_these_networks


def test_whole_networks_are_permuted_where_each_has_several_points(tmp_path: Path) -> None:
    contrast = correlation_over(tmp_path, 5, "fit.seed, perturb.strength")
    assert contrast.n == (5,)
    assert contrast.exact
    assert "whole networks permuted: 6 points of each of 5" in contrast.note
    assert round(contrast.p * 120) == pytest.approx(contrast.p * 120)  # of 5! orders
    assert correlation_over(tmp_path, 3, "fit.seed, perturb.strength").only_these_networks


@pytest.mark.parametrize(
    ("seeds", "over", "least"),
    [
        (3, "perturb.strength", 2 / 2**3),
        (8, "perturb.strength", 2 / 2**8),
        (3, "fit.seed, perturb.strength", 1 / 6),
        (5, "fit.seed, perturb.strength", 1 / 120),
    ],
)
def test_a_plan_knows_what_so_many_networks_can_show(
    tmp_path: Path, seeds: int, over: str, least: float
) -> None:
    text = BRIGHTNESS + f"seeds: {seeds}\ngrid:\n" + STRENGTHS
    text += (
        f"compare:\n  - {{name: r, unit: seed, correlate: {{x: dice, y: iou, over: [{over}]}}}}\n"
    )
    (preview,) = previews(study_in(tmp_path, text))
    assert preview.smallest == pytest.approx(least)
    is_testable = least <= 0.05
    assert (preview.verdict == "testable") == is_testable
    assert ("of these networks only" in preview.note) != is_testable
    contrast = correlation_over(tmp_path, seeds, over)
    assert contrast.only_these_networks != is_testable


@pytest.mark.parametrize(("seed", "is_shared"), [("0", True), ("trial", False)])
def test_one_pretraining_of_all_seeds_is_mentioned(
    tmp_path: Path, seed: str, is_shared: bool
) -> None:
    init = f"{{name: trained, fit: {{train_on: {{name: phantom, style: snemi}}, seed: {seed}}}}}"
    text = f"    init: {init}\nseeds: 8\ngrid:\n  fit.batch: [2, 4]\n"
    study = study_in(
        tmp_path, text + "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: seed}\n"
    )
    (verdict,) = judge(study, *results(study, score)).verdicts
    notes = [note for note in verdict.notes if "all 8 seeds start from one pretraining" in note]
    assert bool(notes) == is_shared
    assert ("`seed: trial`" in previews(study)[0].note) == is_shared
