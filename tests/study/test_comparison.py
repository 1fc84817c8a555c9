"""A comparison makes sense and can be answered by its study, or each problem has its place."""

from pathlib import Path

import pytest

from tests.made.study_files import BASE, loaded_study, problem_text, problems_of

GRID = BASE + "seeds: 2\ngrid:\n  fit.batch: [2, 4]\n  fit.method.loss: [bce, dice]\n"
ENTRY = "compare:\n  - {name: a, unit: seed, %s}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "seeds: 2\ncompare:\n  - {name: a, metric: dise, by: fit.seed, unit: seed}\n",
            "s.yaml:8:23: compare.0.metric: no probe of the study measures 'dise'; "
            "did you mean 'dice'?",
        ),
        (
            "seeds: 2\ncompare:\n  - {name: a, metric: dice, by: fit.sed, unit: seed}\n",
            "s.yaml:8:33: compare.0.by: no setting 'fit.sed' in the study; "
            "did you mean 'fit.seed'?",
        ),
        (
            "compare:\n  - {name: a, metric: dice, by: fit.init}\n",
            "s.yaml:7:5: compare.0: a comparison needs `unit`: seed | fold | image | patient; "
            "what is one independent repetition?",
        ),
        (
            "compare:\n  - {name: a, metric: dice, by: fit.init, unit: seed}\n",
            "s.yaml:7:33: compare.0.by: fit.init has only the level 'random'; "
            "there is nothing to compare",
        ),
        ("compare: 3\n", "s.yaml:6:10: compare: should be a list of comparisons"),
        ("compare: [3]\n", "s.yaml:6:11: compare.0: should be a mapping"),
    ],
)
def test_a_problem_of_a_comparison_has_its_place(tmp_path: Path, text: str, expected: str) -> None:
    assert expected in problem_text(tmp_path, BASE + text)


CONTRADICTIONS = [
    ("metric: dice", "a comparison needs one of by, trend, correlate, model"),
    ("by: fit.batch", "a comparison needs `metric`"),
    ("model: 'dice ~ fit.batch', by: fit.batch", "model and by are two questions"),
    ("model: dice", "a formula reads 'metric ~ factor * factor'"),
    ("metric: dice, trend: fit.batch, against: 2", "means nothing without `by`"),
    ("metric: dice, by: fit.batch, pairs: against", "needs `against`, the level to compare with"),
    ("metric: dice, by: fit.batch, pairs: all, against: 2", "take one of the two"),
    ("metric: dice, trend: fit.batch, within: [fit.batch]", "each curve would be one point"),
    (
        "correlate: {x: dice, y: iou, over: [fit.batch]}, within: [fit.method.loss]",
        "belongs inside `correlate` here",
    ),
    ("correlate: {x: dice}", "correlate needs `over`"),
    (
        "metric: dice, by: fit.batch, correct: shaffer, within: [fit.method.loss]",
        "shaffer holds for all pairs of one set of groups; take holm",
    ),
    ("metric: dice, by: fit.batch, alpha: 0", "0.0 should lie between 0 and 1"),
    ("metric: dice, by: fit.batch, undr: 1", "a comparison has no setting 'undr'"),
]


@pytest.mark.parametrize(("entry", "expected"), CONTRADICTIONS)
def test_a_comparison_that_contradicts_itself_is_a_mistake(
    tmp_path: Path,
    entry: str,
    expected: str,
) -> None:
    assert expected in problem_text(tmp_path, GRID + ENTRY % entry)


STATISTICS = [
    ("test: welsh", "no test named 'welsh'; did you mean 'welch'?"),
    ("interval: tt", "no interval named 'tt'"),
    ("test: page", "page looks for a trend; take `trend` for `by`"),
    ("test: kruskal, post_hoc: tukey", "no 'tukey' here; after kruskal there is"),
    ("post_hoc: dunn", "no 'dunn' here; it follows kruskal or friedman"),
    ("test: equivalence_paired", "needs `margin`: how large a difference still counts as none?"),
    ("test: welch, margin: 0.1", "belongs to a test of equivalence of groups"),
    ("margin: 0.1, expect: 1", "power is known for tests of a difference or a trend only"),
    ("test: wilcoxon, paired: false", "wilcoxon takes paired samples; there is"),
    ("test: mann_whitney, paired: true", "mann_whitney takes independent samples; there is"),
    ("effect: rank_biserial, paired: false", "rank_biserial needs pairs, which are not compared"),
    ("interval: hierarchical", "hierarchical draws images within networks"),
]


@pytest.mark.parametrize(("options", "expected"), STATISTICS)
def test_a_statistic_that_does_not_fit_the_question_is_a_mistake(
    tmp_path: Path,
    options: str,
    expected: str,
) -> None:
    entry = f"metric: dice, by: fit.batch, {options}"
    assert expected in problem_text(tmp_path, GRID + ENTRY % entry)


UNANSWERABLE = [
    ("by: fit.batch, against: 3", "fit.batch has no level '3'; there is 2, 4"),
    ("trend: fit.method.loss", "a trend needs numbers, and fit.method.loss has the level 'bce'"),
    ("by: fit.batch, where: {fit.method.los: bce}", "no setting 'fit.method.los' in the study"),
    ("by: fit.batch, where: {fit.method.loss: ce}", "fit.method.loss has no level 'ce'"),
    ("by: fit.batch, where: {fit.batch: 2}", "fit.batch has only the level '2'"),
    ("by: fit.batch, unit: fold", "the study has no folds; set `folds`, or take another unit"),
]


@pytest.mark.parametrize(("options", "expected"), UNANSWERABLE)
def test_a_comparison_that_the_study_cannot_answer_is_a_mistake(
    tmp_path: Path,
    options: str,
    expected: str,
) -> None:
    entry = (ENTRY % f"metric: dice, {options}").replace("unit: seed, ", "")
    if "unit" not in options:
        entry = entry.replace("name: a", "name: a, unit: seed")
    assert expected in problem_text(tmp_path, GRID + entry)


def test_a_family_is_corrected_in_one_way(tmp_path: Path) -> None:
    entries = (
        "compare:\n"
        "  - {name: wrong, unit: seed}\n"
        "  - {name: a, unit: seed, metric: dice, by: fit.batch, family: f}\n"
        "  - {name: b, unit: seed, metric: dice, by: fit.batch, family: f, correct: null}\n"
    )
    expected = "compare.2.correct: None here and holm in 'a', but both are of the family 'f'"
    assert expected in problem_text(tmp_path, GRID + entries)


def test_the_key_of_a_comparison_knows_what_it_asks_and_not_its_name(tmp_path: Path) -> None:
    entries = (
        "compare:\n"
        "  - {name: a, unit: seed, metric: dice, by: fit.batch}\n"
        "  - {name: b, unit: seed, metric: dice, by: fit.batch, correct: holm}\n"
        "  - {name: c, unit: seed, metric: dice, by: fit.batch, correct: null}\n"
        "  - {name: d, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch]}}\n"
        "  - {name: e, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch], tie_x: 1}}\n"
    )
    a, b, c, d, e = loaded_study(tmp_path, GRID + entries).compare
    assert a.key == b.key
    assert len({a.key, c.key, d.key, e.key}) == 4
    assert [comparison.kind for comparison in (a, d)] == ["groups", "correlate"]


def test_two_comparisons_have_two_names(tmp_path: Path) -> None:
    entry = "  - {name: a, unit: seed, metric: dice, by: fit.batch}\n"
    assert problems_of(tmp_path, GRID + "compare:\n" + entry + entry) == [
        "s.yaml:12:12: compare.1.name: 'a' is the name of an earlier comparison"
    ]


KINDS = (
    BASE
    + """seeds: 2
grid:
  perturb: [{name: noise, strength: 0.1}, {name: brightness, strength: 0.6}]
compare:
  - {name: a, metric: dice, unit: seed, trend: perturb.strength%s}
"""
)
STRENGTHS = KINDS.replace(
    "strength: 0.6}]", "strength: 0.6}, {name: noise, strength: 0.2}, {name: noise, strength: 0.3}]"
)


def test_strengths_of_two_perturbations_are_no_trend(tmp_path: Path) -> None:
    expected = (
        "compare.0.trend: perturb.strength is that of noise and of brightness, "
        "which have no common scale; say `within: [perturb.name]`"
    )
    assert expected in problem_text(tmp_path, KINDS % "")
    assert loaded_study(tmp_path, STRENGTHS % ", within: [perturb.name]").compare
    assert loaded_study(tmp_path, STRENGTHS % ", where: {perturb.name: noise}").compare
