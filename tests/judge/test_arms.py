"""Arms differ in nothing but their setting."""

from pathlib import Path

from harness.judge.answer import judge
from tests.judge.two_batches import score
from tests.made.synthetic import results, study_in


def test_arms_are_compared_over_the_same_of_everything_else(tmp_path: Path) -> None:
    text = (
        "seeds: 6\ngrid:\n  fit.batch: [2, 4]\n  fit.patch: [32, 64]\n"
        "exclude:\n  - {fit.batch: 4, fit.patch: 64}\n"
        "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: seed}\n"
    )
    study = study_in(tmp_path, text)
    runs, rows = results(study, lambda t, rng: score(t, rng) + (t.fit.patch == 64))
    (verdict,) = judge(study, runs, rows).verdicts
    assert verdict.notes == (
        "compared over the 1 of 2 combinations of other settings that every arm has",
    )
    for arm in verdict.arms:
        assert arm.mean is not None
        assert arm.mean.value < 1
