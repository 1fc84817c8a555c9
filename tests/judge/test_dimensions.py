"""Dimensions of rows, as layer and map: compared, kept apart, or averaged over and said so."""

from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.judge.preview import previews
from harness.measure.table import means as means_of_rows
from harness.spec.values import Part
from harness.study.document import Mistakes
from tests.judge.layered import (
    LAYERS,
    MAPS,
    layered_results,
    means_by_hand,
    study_asking,
    verdict_on,
)

pytestmark = pytest.mark.usefixtures("shifted_probe")


def test_layers_are_compared_within_each_map(tmp_path: Path) -> None:
    study = study_asking(
        tmp_path, "metric: hellinger, by: layer, within: [map], against: bottleneck"
    )
    verdict = verdict_on(study)
    strata = [(name,) for name in MAPS]
    arms = [(arm.stratum, arm.name) for arm in verdict.arms]
    assert arms == list(product(strata, LAYERS))
    contrasts = [(c.stratum, c.first, c.second) for c in verdict.contrasts]
    assert contrasts == list(product(strata, (LAYERS[0], LAYERS[2]), ["bottleneck"]))
    x = means_by_hand(study, (0,), (1,))
    y = means_by_hand(study, (1,), (1,))
    c = verdict.contrasts[2]
    assert c.stratum == ("occlusion",)
    assert c.first == "encoder 1"
    assert c.n == (8, 8)
    assert c.paired is True
    assert c.estimate == pytest.approx((x - y).mean())
    assert c.p == pytest.approx(stats.wilcoxon(x, y, method="exact").pvalue, abs=1e-12)
    assert c.sentence.startswith(
        "At occlusion: Hellinger distance is higher with encoder 1 than with bottleneck"
    )
    assert "n = 8 seed pairs" in c.sentence
    assert all(
        "averaged over depth" not in note for note in verdict.notes
    )  # one depth in each layer
    assert previews(study)[0].verdict == "not known before it is measured"


def test_a_setting_is_compared_within_dimensions_and_each_arm_counts_its_own_trials(
    tmp_path: Path,
) -> None:
    study = study_asking(
        tmp_path, "metric: hellinger, by: fit.batch, within: [layer, fit.patch], against: '2'"
    )
    gone = {(4, 0): "failed", (4, 1): "missing"}
    verdict = verdict_on(study, lambda t: gone.get((t.fit.batch, t.fit.seed), "finished"))
    assert {c.stratum for c in verdict.contrasts} == set(product(LAYERS, ("32", "64")))
    arms = {(a.stratum, a.name): a for a in verdict.arms}
    low, high = (arms[("bottleneck", "64"), f"batch {b}"] for b in (2, 4))
    assert low.tally.states["finished"] == 8
    assert sum(low.tally.states.values()) == 8
    assert {k: high.tally.states[k] for k in ("finished", "failed", "missing")} == {
        "finished": 6, "failed": 1, "missing": 1
    }  # fmt: skip
    assert high.tally.lost == ("seed 0", "seed 1")
    assert high.sample.values == pytest.approx(
        means_by_hand(study, (1,), (0, 1), batch=4, patch=64)[2:]
    )
    assert "averaged over map (2 levels)" in verdict.notes


def test_an_arm_without_any_result_is_told_of_in_each_stratum(tmp_path: Path) -> None:
    study = study_asking(tmp_path, "metric: hellinger, by: fit.batch, within: [map]")
    verdict = verdict_on(study, lambda t: "failed" if t.fit.batch == 4 else "finished")
    assert [(c.stratum, c.outcome) for c in verdict.contrasts] == [((m,), "no test") for m in MAPS]
    assert any(
        note.startswith("batch 4 at occlusion: 16 failed of 16 trials") for note in verdict.notes
    )


def test_what_is_averaged_over_is_said(tmp_path: Path) -> None:
    verdict = verdict_on(study_asking(tmp_path, "metric: hellinger, by: layer"))
    assert "averaged over map (2 levels)" in verdict.notes
    verdict = verdict_on(study_asking(tmp_path, "metric: hellinger, by: fit.batch"))
    assert {"averaged over layer (3 levels)", "averaged over map (2 levels)"} <= set(verdict.notes)
    verdict = verdict_on(study_asking(tmp_path, "metric: dice, by: fit.batch"))
    assert not any("averaged" in note for note in verdict.notes)


def test_a_model_and_a_correlation_over_dimensions(tmp_path: Path) -> None:
    study = study_asking(
        tmp_path,
        "model: hellinger ~ layer * fit.batch",
        "correlate: {x: hellinger, y: loss2, over: [layer, fit.batch], within: [map]}",
    )
    model, agree = judge(study, *layered_results(study)).verdicts
    terms = {c.first: c for c in model.contrasts}
    assert terms.keys() == {"layer", "fit.batch", "layer:fit.batch"}
    assert {terms["layer"].outcome, terms["fit.batch"].outcome} == {"differs"}
    assert [(c.stratum, c.n) for c in agree.contrasts] == [((name,), (6,)) for name in MAPS]
    assert [c.estimate for c in agree.contrasts] == pytest.approx([1] * len(MAPS))
    assert [p[0] for p in agree.contrasts[0].points][:2] == [
        "encoder 1 · batch 2",
        "bottleneck · batch 2",
    ]
    assert agree.notes.count("averaged over depth (3 levels)") == 0


def test_a_dimension_of_one_metric_confines_it_beside_another(tmp_path: Path) -> None:
    entry = "correlate: {x: hellinger, y: dice, over: [fit.batch, fit.patch], within: [layer]}"
    study = study_asking(tmp_path, f"where: {{map: gradient}}, {entry}")
    verdict = verdict_on(study)
    assert [contrast.stratum for contrast in verdict.contrasts] == [(name,) for name in LAYERS]
    for layer, contrast in enumerate(verdict.contrasts):
        assert contrast.n == (4,)
        first_name, distance, _ = contrast.points[0]
        by_hand = means_by_hand(study, (layer,), (0,), batch=2, patch=32)
        assert first_name == "batch 2 · patch 32"
        assert distance == pytest.approx(by_hand.mean())


def test_a_dimension_belongs_to_its_own_metric(tmp_path: Path) -> None:
    with pytest.raises(Mistakes, match=r"by: no setting 'layer' in the study"):
        study_asking(tmp_path, "metric: dice, by: layer")


def test_a_run_has_a_metric_for_each_combination_of_dimensions() -> None:
    from mlflow.utils.validation import _validate_metric_name

    rows = [
        ("swd", 1.0, "gradient", "wasserstein", 1.0),
        ("swd", 3.0, "gradient", "wasserstein", 1.0),
        ("swd", 5.0, "GradCAM++", "jensen/shannon", 2.0),
        ("dice", 0.5, None, None, np.nan),
        ("long", 7.0, "x" * 300, "..", 1.0),
    ]
    table = pd.DataFrame(rows, columns=["metric", "value", "map", "layer", "window"]).assign(
        image=None, seed=0
    )
    metrics = means_of_rows(table, [Part("probe", "shifted", {})])
    assert metrics == {
        "swd/wasserstein/gradient/1": 2.0,  # as the probe declares them: layer, map
        "swd/jensen_shannon/GradCAM__/2": 5.0,
        "dice": 0.5,
        f"long/__/{'x' * 242}": 7.0,
    }
    for name in metrics:
        _validate_metric_name(name)
    assert means_of_rows(pd.DataFrame(columns=["metric", "value"]), []) == {}
