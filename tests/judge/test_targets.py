"""A trial that looks at no target is compared with what was adapted to each of them."""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.tables import tabulate
from harness.judge.verdicts import Verdict
from harness.spec.values import Trial
from harness.study.load import Study
from tests.made.synthetic import results, study_in
from tests.made.targets import CROSSED, PAIRED, VNC, ZIPPED, method_that_adapts

GAINS = {"vnc": 0.1, "snemi": 0.3}


@pytest.fixture(autouse=True)
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with method_that_adapts(tmp_path, monkeypatch):
        yield


def score(trial: Trial, rng: np.random.Generator) -> float:
    """A score of each seed, with a gain for each target that is adapted to."""
    network = np.random.default_rng(trial.fit.seed)
    gain = 0.0
    if trial.fit.target is not None:
        gain = GAINS[trial.fit.target.level]
        network = np.random.default_rng([trial.fit.seed, int(10 * gain)])
    return float(0.5 + gain + network.normal(0, 0.01) + rng.normal(0, 1e-6))


def verdict_on(study: Study) -> Verdict:
    runs, rows = results(study, score)
    (verdict,) = judge(study, runs, rows).verdicts
    return verdict


@pytest.mark.parametrize("grid", [CROSSED, ZIPPED])
def test_source_only_is_paired_with_what_was_adapted_to_each_target(
    tmp_path: Path, grid: str
) -> None:
    study = study_in(tmp_path, "seeds: 8\n" + grid + PAIRED)
    verdict = verdict_on(study)
    assert [contrast.stratum for contrast in verdict.contrasts] == [("vnc",), ("snemi",)]
    for contrast in verdict.contrasts:
        assert contrast.n == (8, 8)
        assert contrast.paired
        assert contrast.estimate == pytest.approx(GAINS[contrast.stratum[0]], abs=0.02)
    counts = {(arm.stratum, arm.name): arm.tally.states["finished"] for arm in verdict.arms}
    assert counts == {
        (("vnc",), "supervised"): 8,
        (("vnc",), "adapting"): 8,
        (("snemi",), "supervised"): 8,
        (("snemi",), "adapting"): 8,
    }
    assert verdict.notes == ()
    assert [preview.n for preview in previews(study)] == [(8, 8), (8, 8)]


def test_source_only_shares_its_values_between_the_targets(tmp_path: Path) -> None:
    verdict = verdict_on(study_in(tmp_path, "seeds: 4\n" + CROSSED + PAIRED))
    samples = [arm.sample for arm in verdict.arms if arm.name == "supervised"]
    assert samples[0].values == samples[1].values
    assert samples[0].runs == samples[1].runs


def test_where_keeps_source_only_beside_the_target_that_it_names(tmp_path: Path) -> None:
    compare = PAIRED.replace("within: [fit.adapt_to]", "where: {fit.adapt_to: snemi}")
    verdict = verdict_on(study_in(tmp_path, "seeds: 8\n" + CROSSED + compare))
    (contrast,) = verdict.contrasts
    assert contrast.n == (8, 8)
    assert contrast.estimate == pytest.approx(GAINS["snemi"], abs=0.02)


def test_averaged_over_targets_source_only_counts_once(tmp_path: Path) -> None:
    compare = PAIRED.replace("within: [fit.adapt_to], ", "")
    verdict = verdict_on(study_in(tmp_path, "seeds: 8\n" + CROSSED + compare))
    (contrast,) = verdict.contrasts
    assert contrast.n == (8, 8)
    assert contrast.estimate == pytest.approx(0.2, abs=0.02)
    planned = {arm.name: sum(arm.tally.states.values()) for arm in verdict.arms}
    assert planned == {"supervised": 8, "adapting": 16}
    assert verdict.averaged == ("fit.adapt_to",)
    assert verdict.notes == ()


def test_targets_are_compared_without_the_trials_that_look_at_none(tmp_path: Path) -> None:
    compare = (
        "compare:\n  - {name: targets, metric: dice, by: fit.adapt_to, unit: seed, against: vnc}\n"
    )
    verdict = verdict_on(study_in(tmp_path, "seeds: 8\n" + CROSSED + compare))
    (contrast,) = verdict.contrasts
    assert contrast.n == (8, 8)
    assert contrast.estimate == pytest.approx(0.2, abs=0.02)
    assert verdict.notes == ("8 trials look at no target and were left out of every arm",)


def test_a_model_over_targets_says_that_it_has_one_method_left(tmp_path: Path) -> None:
    compare = "compare:\n  - {name: m, unit: seed, model: dice ~ fit.method * fit.adapt_to}\n"
    verdict = verdict_on(study_in(tmp_path, "seeds: 4\n" + CROSSED + compare))
    (contrast,) = verdict.contrasts
    assert math.isnan(contrast.p)
    assert "all rows have fit.method = adapting, so it has no effect" in contrast.note
    assert verdict.notes == ("4 trials look at no target and were left out of every arm",)


def test_source_only_is_a_flat_curve_beside_that_of_growing_targets(tmp_path: Path) -> None:
    grid = (
        f"    adapt_to: {VNC}\nseeds: 8\ngrid:\n  fit.method: [supervised, adapting]\n"
        "  fit.adapt_to.slices: [4, 8]\ncompare:\n"
        "  - {name: a, metric: dice, by: fit.method, trend: fit.adapt_to.slices, unit: seed}\n"
    )
    verdict = verdict_on(study_in(tmp_path, grid))
    (contrast,) = verdict.contrasts
    assert contrast.n == (8, 8)
    assert contrast.estimate == pytest.approx(GAINS["vnc"], abs=0.02)


def test_a_table_has_source_only_in_the_column_of_each_target(tmp_path: Path) -> None:
    table = (
        "tables:\n  - {name: t, title: Adaptation, rows: [fit.method], columns: [fit.adapt_to],"
        " metrics: [dice], unit: seed}\n"
    )
    study = study_in(tmp_path, "seeds: 4\n" + CROSSED + table)
    runs, rows = results(study, score)
    (tabulated,) = tabulate(study, runs, rows)
    assert tabulated.rows == (("supervised",), ("adapting",))
    assert [column.levels for column in tabulated.columns] == [("vnc",), ("snemi",)]
    source_only, adapted = tabulated.entries
    assert source_only[0].mean == source_only[1].mean
    gains = [entry.mean - source_only[0].mean for entry in adapted]
    assert gains == pytest.approx([0.1, 0.3], abs=0.02)
    assert [entry.n for entry in (*source_only, *adapted)] == [4, 4, 4, 4]
