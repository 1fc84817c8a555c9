"""Trends along a dimension of the rows, and the areas under them."""

from pathlib import Path

import pytest

from harness.study.document import Mistakes
from tests.judge.layered import GRID, LAYERS, means_by_hand, study_asking, verdict_on
from tests.made.synthetic import study_in

pytestmark = pytest.mark.usefixtures("shifted_probe")


def test_a_trend_along_a_dimension(tmp_path: Path) -> None:
    study = study_asking(tmp_path, "metric: hellinger, trend: depth, where: {map: gradient}")
    (c,) = verdict_on(study).contrasts
    curve = [means_by_hand(study, (i,), (0,)) for i in range(3)]
    assert c.estimate == pytest.approx((curve[2] - curve[0]).mean())
    assert c.first == "depth 3"
    assert c.second == "depth 1"


def test_the_areas_under_a_trend_along_a_dimension_are_compared(tmp_path: Path) -> None:
    study = study_asking(
        tmp_path,
        "metric: hellinger, trend: depth, by: fit.batch, against: '2', where: {map: gradient}",
    )
    gone = {(2, 7): "failed"}
    verdict = verdict_on(study, lambda t: gone.get((t.fit.batch, t.fit.seed), "finished"))
    areas = {}
    for batch in (2, 4):
        first, middle, last = (means_by_hand(study, (i,), (0,), batch=batch) for i in range(3))
        # trapezia over depths 1, 2 and 3, per width
        areas[batch] = first / 4 + middle / 2 + last / 4
    (c,) = verdict.contrasts
    assert c.outcome == "differs"
    assert c.n == (7, 7)
    differences = areas[4] - areas[2]
    assert c.estimate == pytest.approx(differences[:7].mean())
    samples = {arm.name: arm.sample for arm in verdict.arms}
    assert samples["batch 4"].values == pytest.approx(areas[4])
    # one for each patch, and not one for each depth
    assert {len(runs) for runs in samples["batch 4"].runs} == {2}
    assert [note for note in verdict.notes if "without a complete value" in note] == [
        "batch 2: without a complete value: seed 7"
    ]


def test_areas_of_a_dimension_need_every_planned_level_of_a_setting(tmp_path: Path) -> None:
    study = study_asking(
        tmp_path, "metric: hellinger, trend: fit.patch, by: layer, within: [fit.batch]"
    )
    verdict = verdict_on(
        study, lambda t: "failed" if (t.fit.batch, t.fit.patch) == (4, 64) else "finished"
    )
    counts = {(arm.stratum, arm.name): len(arm.sample.units) for arm in verdict.arms}
    for layer in LAYERS:
        assert counts[("2",), layer] == 8
        assert counts[("4",), layer] == 0
    assert len(counts) == 2 * len(LAYERS)


def test_pooled_images_under_a_trend_stay_images_of_their_network(tmp_path: Path) -> None:
    entry = "  - {name: a, unit: image, metric: dice, trend: fit.patch, by: fit.batch}\n"
    study = study_in(tmp_path, GRID + entry)
    verdict = verdict_on(study)
    assert [(pooled.images, pooled.networks) for pooled in verdict.pooled] == [(16, 8), (16, 8)]


def test_a_trend_is_not_cut_up_by_the_setting_that_holds_it(tmp_path: Path) -> None:
    with pytest.raises(
        Mistakes, match=r"within: fit.net holds fit.net.width, so each curve would be one point"
    ):
        study_asking(tmp_path, "metric: dice, trend: fit.net.width, within: [fit.net]")
