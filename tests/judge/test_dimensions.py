"""Dimensions of rows (layer, map) in comparisons: compared, kept apart, chosen, or averaged over and said so."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.judge.verdicts import Verdict
from harness.measure.table import means
from harness.spec.catalogue import Component, catalogue
from harness.spec.facts import Facts
from harness.spec.values import Part, Trial, digest
from harness.study.comparison import Comparison
from harness.study.document import Mistakes
from harness.study.load import Study
from tests.made.synthetic import made, results

GRID = """  probes: [segmentation, shifted]
seeds: 8
grid:
  fit.batch: [2, 4]
  fit.patch: [32, 64]
compare:
"""
LAYERS, MAPS = ("encoder 1", "bottleneck", "decoder 1"), ("gradient", "occlusion")
State = Callable[[Trial], str]


@pytest.fixture(autouse=True)
def shifted(monkeypatch: pytest.MonkeyPatch) -> None:
    facts = Facts(metrics=("hellinger", "loss2"), dimensions=("layer", "map", "depth"))
    monkeypatch.setitem(
        catalogue("probe"), "shifted", Component("probe", "shifted", "tests", "S.", {}, facts)
    )


def asked(folder: Path, *entries: str) -> Study:
    return made(
        folder,
        GRID + "".join(f"  - {{name: c{i}, unit: seed, {e}}}\n" for i, e in enumerate(entries)),
    )


def value(trial: Trial, layer: int, shown: int) -> float:
    noise = np.random.default_rng([trial.fit.seed, trial.fit.batch, layer, shown]).normal(0, 0.02)
    return (
        0.5 - 0.1 * layer + 0.05 * shown + 0.03 * trial.fit.batch + 0.001 * trial.fit.patch + noise
    )


def measured(
    study: Study, state: State = lambda trial: "finished"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    runs, rows = results(study, lambda trial, rng: rng.normal(), images=2, state=state)
    trials = {cell.trial.key: cell.trial for cell in study.cells}
    lines = [
        {"metric": m, "value": value(trials[run.trial], i, j), "seed": trials[run.trial].fit.seed, "run": run.run,
         "layer": layer, "map": shown, "depth": i + 1}
        for run in runs[runs["state"] == "finished"].itertuples()
        for i, layer in enumerate(LAYERS) for j, shown in enumerate(MAPS) for m in ("hellinger", "loss2")
    ]  # fmt: skip
    return runs, pd.concat([rows, pd.DataFrame(lines)], ignore_index=True)


def verdict(study: Study, state: State = lambda trial: "finished") -> Verdict:
    (one,) = judge(study, *measured(study, state)).verdicts
    return one


def expected(
    study: Study, layers: tuple[int, ...], maps: tuple[int, ...], **only: int
) -> np.ndarray:
    """The mean of each seed over everything else."""
    trials = [cell.trial for cell in study.cells]
    kept = [t for t in trials if all(getattr(t.fit, k) == v for k, v in only.items())]
    return np.array([
        np.mean([value(t, i, j) for t in kept if t.fit.seed == seed for i in layers for j in maps]) for seed in range(8)
    ])  # fmt: skip


def test_layers_are_compared_within_each_map(tmp_path: Path) -> None:
    study = asked(tmp_path, "metric: hellinger, by: layer, within: [map], against: bottleneck")
    one = verdict(study)
    assert [(a.stratum, a.name) for a in one.arms] == [
        ((m,), layer) for m in MAPS for layer in LAYERS
    ]
    assert [(c.stratum, c.first, c.second) for c in one.contrasts] == [
        ((m,), layer, "bottleneck") for m in MAPS for layer in (LAYERS[0], LAYERS[2])
    ]
    x, y = expected(study, (0,), (1,)), expected(study, (1,), (1,))
    c = one.contrasts[2]
    assert (c.stratum, c.first, c.n, c.paired) == (("occlusion",), "encoder 1", (8, 8), True)
    assert c.estimate == pytest.approx((x - y).mean())
    assert c.p == pytest.approx(stats.wilcoxon(x, y, method="exact").pvalue, abs=1e-12)
    assert c.sentence.startswith(
        "At occlusion: hellinger is higher with encoder 1 than with bottleneck"
    )
    assert "n = 8 seed pairs" in c.sentence
    assert all("averaged over depth" not in note for note in one.notes)  # one depth in each layer
    assert previews(study)[0].verdict == "not known before it is measured"


def test_a_setting_is_compared_within_dimensions_and_each_arm_counts_its_own_trials(
    tmp_path: Path,
) -> None:
    study = asked(
        tmp_path, "metric: hellinger, by: fit.batch, within: [layer, fit.patch], against: '2'"
    )
    gone = {(4, 0): "failed", (4, 1): "missing"}
    one = verdict(study, lambda t: gone.get((t.fit.batch, t.fit.seed), "finished"))
    assert {c.stratum for c in one.contrasts} == {
        (layer, str(p)) for layer in LAYERS for p in (32, 64)
    }
    arms = {(a.stratum, a.name): a for a in one.arms}
    low, high = (arms[("bottleneck", "64"), f"batch {b}"] for b in (2, 4))
    assert (low.tally.states["finished"], sum(low.tally.states.values())) == (8, 8)
    assert {k: high.tally.states[k] for k in ("finished", "failed", "missing")} == {
        "finished": 6, "failed": 1, "missing": 1
    }  # fmt: skip
    assert high.tally.lost == ("seed 0", "seed 1")
    assert high.sample.values == pytest.approx(expected(study, (1,), (0, 1), batch=4, patch=64)[2:])
    assert "averaged over map (2 levels)" in one.notes


def test_an_arm_without_any_result_is_told_of_in_each_stratum(tmp_path: Path) -> None:
    study = asked(tmp_path, "metric: hellinger, by: fit.batch, within: [map]")
    one = verdict(study, lambda t: "failed" if t.fit.batch == 4 else "finished")
    assert [(c.stratum, c.outcome) for c in one.contrasts] == [((m,), "no test") for m in MAPS]
    assert any(
        note.startswith("batch 4 at occlusion: 16 failed of 16 trials") for note in one.notes
    )


def test_what_is_averaged_over_is_said(tmp_path: Path) -> None:
    one = verdict(asked(tmp_path, "metric: hellinger, by: layer"))
    assert "averaged over map (2 levels)" in one.notes
    one = verdict(asked(tmp_path, "metric: hellinger, by: fit.batch"))
    assert {"averaged over layer (3 levels)", "averaged over map (2 levels)"} <= set(one.notes)
    one = verdict(asked(tmp_path, "metric: dice, by: fit.batch"))
    assert not any("averaged" in note for note in one.notes)


def test_where_confines_a_comparison_to_one_level(tmp_path: Path) -> None:
    study = asked(
        tmp_path,
        "metric: hellinger, by: fit.batch, where: {map: occlusion, depth: 2, fit.patch: 64}",
    )
    one = verdict(study)
    assert one.comparison.where == {"map": "occlusion", "depth": "2", "fit.patch": "64"}
    (c,) = one.contrasts
    assert c.n == (8, 8)
    high, low = (expected(study, (1,), (1,), batch=b, patch=64) for b in (4, 2))
    assert c.estimate == pytest.approx((high - low).mean())
    assert all(sum(arm.tally.states.values()) == 8 for arm in one.arms)
    assert one.averaged == ()
    assert not any(
        "averaged over layer" in note or "averaged over map" in note for note in one.notes
    )
    assert {"only where map is occlusion", "only where fit.patch is 64"} <= set(one.notes)
    assert c.sentence.startswith(
        "At occlusion · depth 2 · patch 64: hellinger is higher with batch 4"
    )
    assert verdict(asked(tmp_path, "metric: hellinger, by: fit.batch")).averaged == ("fit.patch",)


def test_where_counts_in_the_plan_and_in_the_key_only_where_it_is_set(tmp_path: Path) -> None:
    plain = Comparison("a", "seed", "dice", by="fit.batch")
    assert plain.key == digest({"unit": "seed", "metric": "dice", "by": "fit.batch"})[:12]
    assert (
        Comparison("a", "seed", "dice", by="fit.batch", where={"fit.patch": "64"}).key != plain.key
    )
    text = GRID.replace("seeds: 8", "seeds: 8\nexclude: [{fit.patch: 64, fit.seed: [0, 1, 2]}]")
    entry = "  - {name: a, metric: dice, by: fit.batch, unit: seed, where: {fit.patch: 64}}\n"
    assert previews(made(tmp_path, text + entry))[0].n == (5, 5)


def test_a_model_and_a_correlation_over_dimensions(tmp_path: Path) -> None:
    study = asked(
        tmp_path,
        "model: hellinger ~ layer * fit.batch",
        "correlate: {x: hellinger, y: loss2, over: [layer, fit.batch], within: [map]}",
    )
    model, agree = judge(study, *measured(study)).verdicts
    terms = {c.first: c for c in model.contrasts}
    assert terms.keys() == {"layer", "fit.batch", "layer:fit.batch"}
    assert {terms["layer"].outcome, terms["fit.batch"].outcome} == {"differs"}
    assert [(c.stratum, c.n, c.estimate) for c in agree.contrasts] == [
        ((m,), (6,), pytest.approx(1)) for m in MAPS
    ]
    assert [p[0] for p in agree.contrasts[0].points][:2] == ["encoder 1 · 2", "bottleneck · 2"]
    assert agree.notes.count("averaged over depth (3 levels)") == 0


def test_a_trend_along_a_dimension(tmp_path: Path) -> None:
    study = asked(tmp_path, "metric: hellinger, trend: depth, where: {map: gradient}")
    (c,) = verdict(study).contrasts
    curve = [expected(study, (i,), (0,)) for i in range(3)]
    assert c.estimate == pytest.approx((curve[2] - curve[0]).mean())
    assert (c.first, c.second) == ("depth 3", "depth 1")


def test_the_areas_under_a_trend_along_a_dimension_are_compared(tmp_path: Path) -> None:
    study = asked(
        tmp_path,
        "metric: hellinger, trend: depth, by: fit.batch, against: '2', where: {map: gradient}",
    )
    gone = {(2, 7): "failed"}
    one = verdict(study, lambda t: gone.get((t.fit.batch, t.fit.seed), "finished"))
    areas = {}
    for batch in (2, 4):
        first, middle, last = (expected(study, (i,), (0,), batch=batch) for i in range(3))
        areas[batch] = (
            first / 4 + middle / 2 + last / 4
        )  # trapezia over depths 1, 2 and 3, per width
    (c,) = one.contrasts
    assert (c.outcome, c.n) == ("differs", (7, 7))
    assert c.estimate == pytest.approx((areas[4] - areas[2])[:7].mean())
    samples = {arm.name: arm.sample for arm in one.arms}
    assert samples["batch 4"].values == pytest.approx(areas[4])
    assert {len(runs) for runs in samples["batch 4"].runs} == {
        2
    }  # one for each patch, and not one for each depth
    assert [note for note in one.notes if "without a complete value" in note] == [
        "batch 2: without a complete value: seed 7"
    ]


def test_areas_of_a_dimension_need_every_planned_level_of_a_setting(tmp_path: Path) -> None:
    study = asked(tmp_path, "metric: hellinger, trend: fit.patch, by: layer, within: [fit.batch]")
    one = verdict(
        study, lambda t: "failed" if (t.fit.batch, t.fit.patch) == (4, 64) else "finished"
    )
    assert {(arm.stratum, arm.name): len(arm.sample.units) for arm in one.arms} == {
        ((batch,), layer): count for batch, count in (("2", 8), ("4", 0)) for layer in LAYERS
    }


def test_pooled_images_under_a_trend_stay_images_of_their_network(tmp_path: Path) -> None:
    entry = "  - {name: a, unit: image, metric: dice, trend: fit.patch, by: fit.batch}\n"
    study = made(tmp_path, GRID + entry)
    one = verdict(study)
    assert [(pooled.images, pooled.networks) for pooled in one.pooled] == [(16, 8), (16, 8)]


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (
            "{fit.bach: 2}",
            "where.fit.bach: no setting 'fit.bach' in the study; did you mean 'fit.batch'?",
        ),
        ("{mapp: occlusion}", "where.mapp: no setting 'mapp' in the study; did you mean 'map'?"),
        ("{fit.patch: 46}", "where.fit.patch: fit.patch has no level '46'; there is 32, 64"),
        ("{fit.batch: 2}", "by: fit.batch has only the level '2'; there is nothing to compare"),
        ("[map]", "where: ['map']: should be"),
        ("{fit.batch: 2, fit.patch: 64}", "where: no trial has all of these"),
    ],
)
def test_a_where_that_makes_no_sense_is_refused(tmp_path: Path, where: str, expected: str) -> None:
    with pytest.raises(Mistakes) as caught:
        made(tmp_path, GRID.replace("seeds: 8", "seeds: 2\nexclude: [{fit.batch: 2, fit.patch: 64}]")
             + f"  - {{name: a, unit: seed, metric: hellinger, by: fit.batch, where: {where}}}\n")  # fmt: skip
    assert any(f"compare.0.{expected}" in str(problem) for problem in caught.value.problems), (
        caught.value
    )


def test_a_trend_is_not_cut_up_by_the_setting_that_holds_it(tmp_path: Path) -> None:
    with pytest.raises(
        Mistakes, match=r"within: fit.net holds fit.net.width, so each curve would be one point"
    ):
        asked(tmp_path, "metric: dice, trend: fit.net.width, within: [fit.net]")


def test_a_dimension_belongs_to_its_own_metric(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r"by: no setting 'layer' in the study"):
        asked(tmp_path, "metric: dice, by: layer")


def test_a_run_has_a_metric_for_each_combination_of_dimensions() -> None:
    from mlflow.utils.validation import _validate_metric_name

    rows = [("swd", 1.0, "gradient", "wasserstein", 1.0), ("swd", 3.0, "gradient", "wasserstein", 1.0),
            ("swd", 5.0, "GradCAM++", "jensen/shannon", 2.0), ("dice", 0.5, None, None, np.nan),
            ("long", 7.0, "x" * 300, "..", 1.0)]  # fmt: skip
    table = pd.DataFrame(rows, columns=["metric", "value", "map", "layer", "window"]).assign(
        image=None, seed=0
    )
    found = means(table, [Part("probe", "shifted", {})])
    assert found == {
        "swd/wasserstein/gradient/1": 2.0,  # as the probe declares them: layer, map
        "swd/jensen_shannon/GradCAM__/2": 5.0,
        "dice": 0.5,
        f"long/__/{'x' * 242}": 7.0,
    }
    for name in found:
        _validate_metric_name(name)
    assert means(pd.DataFrame(columns=["metric", "value"]), []) == {}
