"""Verdicts say what the statistics say, of the declared unit, and report everything that is missing."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.judge.answer import judge
from harness.judge.preview import preview_lines, previews
from harness.judge.verdicts import lines, value
from harness.spec.values import Trial
from harness.stats.clusters import icc1
from harness.stats.effects import cliffs_delta, rank_biserial
from harness.study.document import Mistakes
from harness.study.load import load_study
from tests.made.synthetic import BASE, made, recorded, results

TWO = """
seeds: {seeds}
grid:
  fit.batch: [2, 4]
compare:
  - {{name: a, metric: dice, by: fit.batch, unit: seed{more}}}
"""


def two(folder: Path, seeds: int = 8, more: str = "") -> object:
    return made(folder, TWO.format(seeds=seeds, more=more))


def score(trial: Trial, rng: np.random.Generator) -> float:
    network = np.random.default_rng([trial.fit.seed, trial.fit.batch]).normal(0, 0.02)
    return 0.6 + 0.03 * trial.fit.batch + network + rng.normal(0, 0.01)


def means(rows: pd.DataFrame, runs: pd.DataFrame, batch: int) -> np.ndarray:
    joined = rows[rows.metric == "dice"].merge(runs[["run", "fit.batch"]], on="run")
    return joined[joined["fit.batch"] == str(batch)].groupby("seed")["value"].mean().to_numpy()


def test_paired_numbers_are_those_of_the_statistics(tmp_path: Path) -> None:
    study = two(tmp_path, more=", test: wilcoxon")
    runs, rows = results(study, score)
    (one,) = judge(study, runs, rows).verdicts
    (c,) = one.contrasts
    x, y = means(rows, runs, 4), means(rows, runs, 2)
    assert c.p == pytest.approx(stats.wilcoxon(x, y, method="exact").pvalue, abs=1e-12)
    bounds = stats.ttest_rel(x, y).confidence_interval()
    assert (c.estimate, c.low, c.high) == pytest.approx(((x - y).mean(), bounds.low, bounds.high))
    assert c.effect == rank_biserial(x, y)
    assert (c.n, c.paired, c.exact, c.outcome) == ((8, 8), True, True, "differs")
    assert c.sentence.startswith("dice is higher with batch 4 than with batch 2: difference 0.0")
    assert "n = 8 seed pairs" in c.sentence
    assert one.arms[0].mean.value == pytest.approx(y.mean())
    assert set(c.runs) == set(runs["run"])


def test_unpaired_is_declared_and_default_is_exact_mann_whitney(tmp_path: Path) -> None:
    study = two(tmp_path, seeds=5, more=", paired: false, against: '2'")
    runs, rows = results(study, score)
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    x, y = means(rows, runs, 4), means(rows, runs, 2)
    assert c.test == "mann_whitney"
    assert c.p == pytest.approx(stats.mannwhitneyu(x, y, method="exact").pvalue, abs=1e-12)
    assert c.effect == cliffs_delta(x, y)
    welch = stats.ttest_ind(x, y, equal_var=False).confidence_interval()
    assert (c.low, c.high) == pytest.approx((welch.low, welch.high))


def test_holm_covers_all_contrasts_and_primary_ones_share_a_family(tmp_path: Path) -> None:
    study = made(tmp_path, (
        "seeds: 8\ngrid:\n  fit.batch: [2, 3, 4]\ncompare:\n"
        "  - {name: a, metric: dice, by: fit.batch, unit: seed, primary: true}\n"
        "  - {name: b, metric: iou, by: fit.batch, against: '2', unit: seed, primary: true}\n"
        "  - {name: c, metric: iou, by: fit.batch, against: '2', unit: seed, correct: bonferroni}\n"
    ))  # fmt: skip
    runs, rows = results(study, score)
    a, b, c = judge(study, runs, rows).verdicts
    raw = [one.p for v in (a, b) for one in v.contrasts]
    order, best = np.argsort(raw, kind="stable"), 0.0
    expected = dict.fromkeys(range(5), 0.0)
    for rank, i in enumerate(order):
        best = max(best, min(1, raw[i] * (5 - rank)))
        expected[int(i)] = best
    assert [one.corrected for v in (a, b) for one in v.contrasts] == pytest.approx(
        list(expected.values())
    )
    assert (a.family, b.family, c.family) == (5, 5, 2)
    assert [one.corrected for one in c.contrasts] == pytest.approx(
        [min(1, 2 * one.p) for one in c.contrasts]
    )


def test_a_failed_seed_takes_its_pair_with_it_and_is_reported(tmp_path: Path) -> None:
    study = two(tmp_path)
    ended = {(3, 4): "failed", (5, 2): "missing", (6, 4): "diverged"}
    runs, rows = results(
        study, score, state=lambda t: ended.get((t.fit.seed, t.fit.batch), "finished")
    )
    verdicts = judge(study, runs, rows)
    (one,) = verdicts.verdicts
    (c,) = one.contrasts
    assert c.n == (5, 5)
    assert c.removed == ("seed 3", "seed 5", "seed 6")
    assert verdicts.states == {
        "planned": 16, "finished": 13, "diverged": 1, "failed": 1, "missing": 1, "of earlier versions": 0
    }  # fmt: skip
    notes = "\n".join(one.notes)
    assert "batch 4: 1 diverged and 1 failed of 8 trials" in notes
    assert "batch 2: without a complete value: seed 5" in notes
    assert "left out, for an arm lacks them: seed 3, seed 5, seed 6" in notes
    assert "did not diverge, which flatters it" in notes


def test_an_arm_that_wholly_diverged_is_no_crash(tmp_path: Path) -> None:
    study = two(tmp_path, seeds=3)
    runs, rows = results(
        study, score, state=lambda t: "diverged" if t.fit.batch == 4 else "finished"
    )
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    assert c.outcome == "no test"
    assert "could not be compared" in c.sentence


@pytest.mark.parametrize("state", ["missing", "failed"])
def test_a_study_without_results_is_no_crash(tmp_path: Path, state: str) -> None:
    study = two(tmp_path)
    runs, _ = results(study, score, state=lambda t: state)
    rows = pd.DataFrame(columns=["run", "metric", "value"])
    found = judge(study, runs, rows)
    assert found.states[state] == 16
    json.dumps(value(found))


def test_undefined_values_are_counted_and_left_out(tmp_path: Path) -> None:
    study = two(tmp_path)
    runs, rows = results(study, score)
    rows.loc[
        (rows.run == "run0000") & (rows.metric == "dice") & (rows.image == "image 1"), "value"
    ] = np.nan
    (one,) = judge(study, runs, rows).verdicts
    assert sum(arm.tally.undefined for arm in one.arms) == 1
    assert any("1 undefined values were left out" in note for note in one.notes)
    assert one.contrasts[0].n == (8, 8)


def test_pooled_images_are_flagged_with_clusters_and_their_correlation(tmp_path: Path) -> None:
    study = two(tmp_path, seeds=3, more="").compare[0]
    study = replace(two(tmp_path, seeds=3), compare=(replace(study, unit="image"),))
    runs, rows = results(study, score, images=20)
    (one,) = judge(study, runs, rows).verdicts
    assert one.contrasts[0].n == (60, 60)
    for arm, pooled in zip(one.arms, one.pooled, strict=True):
        assert (pooled.images, pooled.networks) == (60, 3)
        assert pooled.icc == icc1(arm.sample.array(), np.array(arm.sample.clusters))
        assert "60 images pooled of 3 networks; intraclass correlation" in pooled.sentence
    (seedwise,) = judge(
        replace(study, compare=(replace(study.compare[0], unit="seed"),)), runs, rows
    ).verdicts
    assert seedwise.contrasts[0].n == (3, 3)
    assert seedwise.pooled == ()


def test_patients_are_averaged_over_networks(tmp_path: Path) -> None:
    study = two(tmp_path, seeds=3)
    study = replace(study, compare=(replace(study.compare[0], unit="patient"),))
    runs, rows = results(study, score, images=12)
    assert judge(study, runs, rows).verdicts[0].contrasts[0].n == (6, 6)


def test_equality_comes_from_equivalence_only(tmp_path: Path) -> None:
    def flat(trial: Trial, rng: np.random.Generator) -> float:
        return 0.7 + np.random.default_rng(trial.fit.seed).normal(0, 0.05) + rng.normal(0, 0.002)

    study = two(tmp_path, more=", margin: 0.01")
    runs, rows = results(study, flat)
    (c,) = judge(study, runs, rows).verdicts[0].contrasts
    assert (c.test, c.outcome, c.level) == ("equivalence_paired", "equivalent", pytest.approx(0.9))
    assert "are equivalent on dice within ±0.01" in c.sentence
    study = two(tmp_path)
    (c,) = judge(study, *results(study, flat)).verdicts[0].contrasts
    assert c.outcome == "open"
    assert "does not make them equal" in c.sentence
    study = two(tmp_path, more=", margin: 0.00001")
    (c,) = judge(study, *results(study, flat)).verdicts[0].contrasts
    assert "is not shown" in c.sentence


def test_five_paired_seeds_are_not_testable_and_plan_says_so(tmp_path: Path) -> None:
    study = two(tmp_path, seeds=5)
    (planned,) = previews(study)
    assert (planned.n, planned.smallest, planned.verdict) == (
        (5, 5),
        pytest.approx(0.0625),
        "not testable",
    )
    assert planned.note == "6 seeds would do"
    assert "not testable at 0.05; 6 seeds would do" in next(preview_lines([planned]))
    (c,) = judge(study, *results(study, score)).verdicts[0].contrasts
    assert c.outcome == "not testable"
    assert "cannot be tested" in c.sentence


def test_plan_knows_families_and_power(tmp_path: Path) -> None:
    text = "seeds: 8\ngrid:\n  fit.batch: [2, 3, 4, 5]\ncompare:\n"
    entry = "  - {name: a, metric: dice, by: fit.batch, unit: seed, test: t_paired, expect: 2, against: '2'}\n"
    found = previews(made(tmp_path, text + entry))
    assert [p.family for p in found] == [3, 3, 3]
    t, df, shift = stats.t.isf(0.05 / 6, 7), 7, 2 * np.sqrt(8)
    assert found[0].power == pytest.approx(
        stats.nct.sf(t, df, shift) + stats.nct.cdf(-t, df, shift)
    )
    found = previews(
        made(tmp_path, text + "  - {name: a, metric: dice, by: fit.batch, unit: seed}\n")
    )
    assert found[0].smallest == pytest.approx(6 * 2 / 2**8)
    assert found[0].verdict == "testable"


def test_a_trend_and_the_area_under_it(tmp_path: Path) -> None:
    text = (
        "seeds: 6\ngrid:\n  fit.batch: [2, 4, 8]\n  fit.method.loss: [bce, dice]\ncompare:\n"
        "  - {name: up, metric: dice, trend: fit.batch, unit: seed}\n"
        "  - {name: area, metric: dice, trend: fit.batch, by: fit.method.loss, unit: seed}\n"
    )
    study = made(tmp_path, text)
    runs, rows = results(study, score)
    up, area = judge(study, runs, rows).verdicts
    table = rows[rows.metric == "dice"].merge(
        runs[["run", "fit.batch", "fit.method.loss"]], on="run"
    )
    wide = table.groupby(["seed", "fit.batch"])["value"].mean().unstack()[["2", "4", "8"]]
    (c,) = up.contrasts
    assert c.p == pytest.approx(
        2 * stats.page_trend_test(wide.to_numpy(), method="exact").pvalue, rel=1e-6
    )
    assert c.estimate == pytest.approx((wide["8"] - wide["2"]).mean())
    assert "dice rises along fit.batch" in c.sentence
    of_bce = (
        table[table["fit.method.loss"] == "bce"]
        .groupby(["seed", "fit.batch"])["value"]
        .mean()
        .unstack()
    )
    curve = of_bce[["2", "4", "8"]].to_numpy()
    expected = (curve[:, 0] + curve[:, 1] + 2 * (curve[:, 1] + curve[:, 2])) / 6
    assert np.array(area.arms[0].sample.values) == pytest.approx(expected)


def test_a_correlation_has_a_point_for_each_combination(tmp_path: Path) -> None:
    text = "seeds: 3\ngrid:\n  fit.batch: [2, 3, 4, 5, 6]\ncompare:\n"
    study = made(
        tmp_path,
        text + "  - {name: r, unit: seed, correlate: {x: dice, y: iou, over: [fit.batch]}}\n",
    )
    (c,) = judge(study, *results(study, score)).verdicts[0].contrasts
    assert (c.n, c.test, len(c.points)) == ((5,), "kendall", 5)
    x, y = np.array([p[1:] for p in c.points]).T
    assert c.p == pytest.approx(stats.kendalltau(x, y).pvalue)


def test_a_model_has_a_line_for_each_term(tmp_path: Path) -> None:
    text = "seeds: 4\ngrid:\n  fit.batch: [2, 4]\n  fit.method.loss: [bce, dice]\ncompare:\n"
    study = made(
        tmp_path, text + "  - {name: m, unit: seed, model: dice ~ fit.batch * fit.method.loss}\n"
    )
    terms = {c.first: c for c in judge(study, *results(study, score)).verdicts[0].contrasts}
    assert terms.keys() == {"fit.batch", "fit.method.loss", "fit.batch:fit.method.loss"}
    assert terms["fit.batch"].outcome == "differs"


def test_friedman_gives_nemenyi_pairs_and_a_ranking(tmp_path: Path) -> None:
    text = "seeds: 8\ngrid:\n  fit.batch: [2, 4, 6]\ncompare:\n"
    study = made(
        tmp_path, text + "  - {name: f, metric: dice, by: fit.batch, unit: seed, test: friedman}\n"
    )
    (one,) = judge(study, *results(study, score)).verdicts
    columns = np.array(one.rankings[0].table)
    assert one.omnibus[0][1].statistic == pytest.approx(stats.friedmanchisquare(*columns).statistic)
    assert all(c.test == "nemenyi" and c.corrected == c.p for c in one.contrasts)


def test_arms_are_compared_over_the_same_of_everything_else(tmp_path: Path) -> None:
    text = (
        "seeds: 6\ngrid:\n  fit.batch: [2, 4]\n  fit.patch: [32, 64]\nexclude:\n  - {fit.batch: 4, fit.patch: 64}\n"
        "compare:\n  - {name: a, metric: dice, by: fit.batch, unit: seed}\n"
    )
    study = made(tmp_path, text)
    (one,) = judge(
        study, *results(study, lambda t, rng: score(t, rng) + (t.fit.patch == 64))
    ).verdicts
    assert one.notes == (
        "compared over the 1 of 2 combinations of other settings that every arm has",
    )
    assert all(arm.mean.value < 1 for arm in one.arms)


def test_a_comparison_written_after_the_first_trial_is_exploratory(tmp_path: Path) -> None:
    study = two(tmp_path)
    runs, rows = results(study, score)
    assert judge(study, runs, rows, recorded(study, runs)).verdicts[0].confirmatory
    changed = replace(study, compare=(replace(study.compare[0], test="t_paired"),))
    found = judge(changed, runs, rows, recorded(study, runs))
    assert not found.verdicts[0].confirmatory
    assert "exploratory: a" in found.changed
    assert "1 comparison declared before the first trial is no longer in the file" in found.changed
    renamed = replace(study, compare=(replace(study.compare[0], name="b"),))
    assert judge(renamed, runs, rows, recorded(study, runs)).verdicts[0].confirmatory
    assert any("exploratory" in line for line in lines(found))


@pytest.mark.parametrize(
    ("more", "expected"),
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
    tmp_path: Path, more: str, expected: str
) -> None:
    file = tmp_path / "s.yaml"
    file.write_text(BASE + TWO.format(seeds=4, more=more))
    with pytest.raises(Mistakes) as caught:
        load_study(file)
    found = [str(problem).replace(f"{tmp_path}/", "") for problem in caught.value.problems]
    assert any(f"compare.0.{expected}" in line for line in found), found


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
    with pytest.raises(Mistakes, match=r"s") as caught:
        made(tmp_path, f"seeds: 3\ngrid:\n  fit.batch: [2, 4]\ncompare:\n  - {entry}\n")
    assert any(expected in str(problem) for problem in caught.value.problems), caught.value
