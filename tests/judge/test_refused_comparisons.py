"""A comparison that makes no sense is refused, with its place."""

from pathlib import Path

import pytest

from harness.study.document import Mistakes
from tests.judge.two_batches import study_of_two
from tests.made.synthetic import study_in


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (", test: mann_witney", "test: no test named 'mann_witney'; did you mean 'mann_whitney'?"),
        (
            ", effect: clifs_delta",
            "effect: no effect named 'clifs_delta'; did you mean 'cliffs_delta'?",
        ),
        (", interval: bcaa", "interval: no interval named 'bcaa'; did you mean 'bca'?"),
        (", correct: hom", "correct: no correction named 'hom'; did you mean 'holm'?"),
        (", test: equivalence", "test: equivalence needs `margin`"),
        (", test: welch, margin: 0.1", "margin: belongs to a test of equivalence"),
        (
            ", test: mann_whitney, paired: true",
            "paired: mann_whitney takes independent samples; there is",
        ),
        (", test: mann_whitney, effect: rank_biserial", "effect: rank_biserial needs pairs"),
        (", test: page", "test: page looks for a trend; take `trend` for `by`"),
        (", test: t_one", "test: t_one takes one sample, not groups"),
        (", interval: hierarchical", "interval: hierarchical draws images within networks"),
        (", margin: 0.1, expect: 1", "expect: power is known for tests of a difference"),
        (", against: '2', correct: shaffer", "correct: shaffer holds for all pairs"),
        (", against: '7'", "against: fit.batch has no level '7'"),
        (", pairs: against", "pairs: needs `against`"),
        (
            ", within: [fit.bach]",
            "within: no setting 'fit.bach' in the study; did you mean 'fit.batch'?",
        ),
        (", post_hoc: dunn", "post_hoc: no 'dunn' here"),
        (", alpha: 0", "alpha: 0.0 should lie between 0 and 1"),
        (", model: dice ~ fit.batch", "by: model and by are two questions"),
        (", unt: 3", "unt: a comparison has no setting 'unt'; did you mean 'unit'?"),
    ],
)
def test_a_comparison_that_makes_no_sense_is_refused_with_its_place(
    tmp_path: Path,
    options: str,
    expected: str,
) -> None:
    with pytest.raises(Mistakes) as caught:
        study_of_two(tmp_path, seeds=4, options=options)
    problems = list(map(str, caught.value.problems))
    expected = f"compare.0.{expected}"
    assert any(expected in problem for problem in problems), problems


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        (
            "{name: a, metric: dice, unit: seed}",
            "compare.0: a comparison needs one of by, trend, correlate, model",
        ),
        ("{name: a, by: fit.batch, unit: seed}", "compare.0: a comparison needs `metric`"),
        (
            "{name: a, metric: dice, trend: fit.init, unit: seed}",
            "trend: fit.init has only the level",
        ),
        (
            "{name: a, metric: dice, trend: fit.batch, unit: seed, test: welch}",
            "test: welch knows no order of levels",
        ),
        (
            "{name: a, unit: seed, correlate: {x: dice, y: iuo, over: [fit.batch]}}",
            "correlate.y: no probe of the study",
        ),
        (
            "{name: a, unit: seed, correlate: {x: dice, y: iou}}",
            "compare.0.correlate: correlate needs `over`",
        ),
        (
            "{name: a, unit: seed, model: dice ~ fit.bach}",
            "model: no setting 'fit.bach' in the study",
        ),
        ("{name: a, metric: dice, by: fit.batch, unit: fold}", "unit: the study has no folds"),
    ],
)
def test_other_questions_are_checked_too(tmp_path: Path, entry: str, expected: str) -> None:
    with pytest.raises(Mistakes) as caught:
        study_in(tmp_path, f"seeds: 3\ngrid:\n  fit.batch: [2, 4]\ncompare:\n  - {entry}\n")
    problems = list(map(str, caught.value.problems))
    assert any(expected in problem for problem in problems), problems
