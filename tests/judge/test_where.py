"""A comparison may be confined to levels of a setting or of a dimension of the rows."""

from pathlib import Path

import pytest

from harness.judge.preview import previews
from harness.spec.values import digest
from harness.study.comparison import Comparison
from harness.study.document import Mistakes
from tests.judge.layered import GRID, means_by_hand, study_asking, verdict_on
from tests.made.synthetic import study_in

pytestmark = pytest.mark.usefixtures("shifted_probe")


def test_where_confines_a_comparison_to_one_level(tmp_path: Path) -> None:
    study = study_asking(
        tmp_path,
        "metric: hellinger, by: fit.batch, where: {map: occlusion, depth: 2, fit.patch: 64}",
    )
    verdict = verdict_on(study)
    assert verdict.comparison.where == {"map": "occlusion", "depth": "2", "fit.patch": "64"}
    (c,) = verdict.contrasts
    assert c.n == (8, 8)
    high, low = (means_by_hand(study, (1,), (1,), batch=b, patch=64) for b in (4, 2))
    assert c.estimate == pytest.approx((high - low).mean())
    assert all(sum(arm.tally.states.values()) == 8 for arm in verdict.arms)
    assert verdict.averaged == ()
    assert not any(
        "averaged over layer" in note or "averaged over map" in note for note in verdict.notes
    )
    assert {"only where map is occlusion", "only where fit.patch is 64"} <= set(verdict.notes)
    assert c.sentence.startswith(
        "At occlusion · depth 2 · patch 64: Hellinger distance is higher with batch 4"
    )
    assert verdict_on(study_asking(tmp_path, "metric: hellinger, by: fit.batch")).averaged == (
        "fit.patch",
    )


def test_where_counts_in_the_plan_and_in_the_key_only_where_it_is_set(tmp_path: Path) -> None:
    plain = Comparison("a", "seed", "dice", by="fit.batch")
    assert plain.key == digest({"unit": "seed", "metric": "dice", "by": "fit.batch"})[:12]
    assert (
        Comparison("a", "seed", "dice", by="fit.batch", where={"fit.patch": "64"}).key != plain.key
    )
    text = GRID.replace("seeds: 8", "seeds: 8\nexclude: [{fit.patch: 64, fit.seed: [0, 1, 2]}]")
    entry = "  - {name: a, metric: dice, by: fit.batch, unit: seed, where: {fit.patch: 64}}\n"
    assert previews(study_in(tmp_path, text + entry))[0].n == (5, 5)


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
    grid = GRID.replace("seeds: 8", "seeds: 2\nexclude: [{fit.batch: 2, fit.patch: 64}]")
    entry = f"  - {{name: a, unit: seed, metric: hellinger, by: fit.batch, where: {where}}}\n"
    with pytest.raises(Mistakes) as caught:
        study_in(tmp_path, grid + entry)
    problems = list(map(str, caught.value.problems))
    expected = f"compare.0.{expected}"
    assert any(expected in problem for problem in problems), problems
