"""Corrections, rank correlations, models, power, and what every statistic owes its caller."""

import ast
import subprocess
import sys
import time
from itertools import permutations, product
from math import factorial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests

from harness import registry
from harness.stats import clusters, corrections, models, post_hoc, ranks
from harness.stats.power import MANY, PAIRED, TESTS, attainable, power

RNG = np.random.default_rng(5)
EFFECTS = {name: registry.load("effect", name) for name in registry.catalogue("effect")}


@pytest.mark.parametrize("p", [RNG.uniform(size=7) ** 3, np.array([0.01, 0.01, 0.04, 1.0]), np.array([0.03])])
def test_corrections_are_statsmodels(p):
    names = {"bonferroni": "bonferroni", "holm": "holm", "bh": "fdr_bh", "by": "fdr_by"}
    for ours, theirs in names.items():
        assert getattr(corrections, ours)(p) == pytest.approx(multipletests(p, method=theirs)[1], abs=1e-12)


def test_shaffer_by_hand():
    # Four groups: 0, 1, 2, 3 or 6 of the six pairs can be equal at once, so the factors are 6, 3, 3, 3, 2, 1.
    p = np.array([0.001, 0.012, 0.004, 0.5, 0.02, 0.04])
    assert corrections.shaffer(p) == pytest.approx([0.006, 0.036, 0.012, 0.5, 0.06, 0.08], abs=1e-12)
    # Three groups: 0, 1 or 3, so the factors are 3, 1, 1.
    assert corrections.shaffer([0.01, 0.02, 0.03]) == pytest.approx([0.03, 0.03, 0.03], abs=1e-12)
    assert corrections._equal_pairs(5) == {0, 1, 2, 3, 4, 6, 10}
    with pytest.raises(ValueError, match="every pair of k groups"):
        corrections.shaffer([0.1, 0.2])


@pytest.mark.parametrize("k", [3, 4, 6])
def test_shaffer_lies_between_nothing_and_holm(k):
    p = RNG.uniform(size=k * (k - 1) // 2) ** 2
    assert (corrections.shaffer(p) <= corrections.holm(p) + 1e-15).all()
    assert (corrections.shaffer(p) >= p).all()
    assert (corrections.shaffer(p) < corrections.holm(p)).any()


def test_a_family_of_no_numbers_is_refused():
    for bad, words in (([], "empty"), ([0.5, float("nan")], "not finite"), ([0.5, 1.2], "between 0 and 1, not at 1.2")):
        for name in ("holm", "bonferroni", "bh", "by", "shaffer"):
            with pytest.raises(ValueError, match=words):
                getattr(corrections, name)(bad)


def permuted(x, y, statistic):
    drawn = np.array([statistic(x, y[list(order)]) for order in permutations(range(y.size))])
    observed = statistic(x, y)
    return min(1.0, 2 * min(np.mean(drawn <= observed + 1e-9), np.mean(drawn >= observed - 1e-9)))


SCORES = [(RNG.normal(size=6), RNG.normal(size=6)), (RNG.integers(0, 3, 6).astype(float), RNG.normal(size=6))]
THEIRS = {"kendall": stats.kendalltau, "spearman": stats.spearmanr, "pearson": stats.pearsonr}


@pytest.mark.parametrize("name", THEIRS)
@pytest.mark.parametrize(("x", "y"), SCORES)
def test_rank_correlations_are_scipys_with_p_by_every_order(name, x, y):
    found = getattr(ranks, name)(x, y)
    assert found.exact
    assert found.value == pytest.approx(THEIRS[name](x, y).statistic, abs=1e-12)
    assert found.p == pytest.approx(permuted(x, y, lambda a, b: THEIRS[name](a, b).statistic), abs=1e-12)
    assert found.low <= found.value <= found.high


def test_kendall_without_ties_is_scipys_exact_p_and_without_end():
    x, y = RNG.normal(size=40), RNG.normal(size=40)
    found = ranks.kendall(x, y)
    assert found.exact
    assert found.p == pytest.approx(stats.kendalltau(x, y, method="exact").pvalue, abs=1e-12)
    assert ranks.kendall(np.arange(6.0), np.arange(6.0)).p == pytest.approx(2 / factorial(6))


@pytest.mark.parametrize("name", THEIRS)
def test_correlations_of_more_scores_draw_orders_then_approximate(name):
    x = RNG.integers(0, 9, 25).astype(float)
    y = x + 6 * RNG.normal(size=25)
    drawn = getattr(ranks, name)(x, y)
    assert not drawn.exact
    assert "9999 random orders" in drawn.note
    assert drawn.p == pytest.approx(THEIRS[name](x, y).pvalue, abs=0.02)
    x = RNG.integers(0, 9, 200).astype(float)
    y = x + 30 * RNG.normal(size=200)
    many = getattr(ranks, name)(x, y)
    assert many.p == pytest.approx(THEIRS[name](x, y).pvalue, abs=1e-12)
    assert "approximate" in many.note


def test_pearsons_interval_is_scipys():
    x, y = RNG.normal(size=12), RNG.normal(size=12)
    found, theirs = ranks.pearson(x, y, level=0.9), stats.pearsonr(x, y).confidence_interval(0.9)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), abs=1e-12)
    assert ranks.pearson([1.0, 2, 4], [2.0, 1, 5]).low == -1.0


def test_a_perfect_ranking_of_five_models_is_not_certain():
    for correlation in (ranks.kendall, ranks.spearman):
        found = correlation(np.arange(5.0), np.arange(5.0))
        assert (found.value, found.high) == (pytest.approx(1.0), pytest.approx(1.0))
        assert 0 < found.low < 0.5


def test_ties_by_tolerance_merge_the_closest_first():
    # .50 and .51 merge into .505; .53 lies .025 from that, so it stays apart though it lies .02 from .51.
    assert ranks.tied_ranks([0.50, 0.51, 0.53], 0.02).tolist() == [1.5, 1.5, 3.0]
    assert ranks.tied_ranks([0.50, 0.52, 0.53], 0.02).tolist() == [1.0, 2.5, 2.5]
    assert ranks.tied_ranks([0.50, 0.51, 0.52], 0.02).tolist() == [2.0, 2.0, 2.0]
    # Of pairs that are equally close the lowest goes first, whatever rounding says of .3 - .2 and .2 - .1.
    assert ranks.tied_ranks([0.4, 0.1, 0.2, 0.3], 0.1).tolist() == [3.5, 1.5, 1.5, 3.5]
    assert ranks.tied_ranks([0.3, 0.1, 0.2]).tolist() == [3.0, 1.0, 2.0]
    assert ranks.tied_ranks([0.80, 0.81], 0.01).tolist() == [1.5, 1.5]
    assert ranks.tied_ranks([0.80, 0.82, 0.81 + 1e-6, 0.9], 0.005).tolist() == [1.0, 3.0, 2.0, 4.0]
    with pytest.raises(ValueError, match="tolerance"):
        ranks.tied_ranks([1.0, 2], -1.0)


def test_tolerance_makes_ties_in_the_correlation():
    x, y = np.array([0.70, 0.71, 0.80, 0.90]), np.array([0.2, 0.1, 0.3, 0.4])
    assert ranks.kendall(x, y).value == pytest.approx(4 / 6)
    found = ranks.kendall(x, y, tie_x=0.02)
    assert found.value == pytest.approx(stats.kendalltau([1, 1, 2, 3], y).statistic)
    assert found.note == "1 ties"
    assert ranks.spearman(x, y, tie_y=0.1).value == pytest.approx(stats.spearmanr(x, [1.5, 1.5, 3.5, 3.5]).statistic)


def test_a_constant_score_orders_nothing():
    for name in THEIRS:
        found = getattr(ranks, name)(np.full(5, 0.5), np.arange(5.0))
        assert (found.value, found.p, found.low, found.high) == (0.0, 1.0, -1.0, 1.0)
        assert "orders nothing" in found.note


@pytest.mark.parametrize("name", THEIRS)
def test_correlations_refuse_bad_input(name):
    correlation = getattr(ranks, name)
    for x, y, words in (
        ([1.0, 2], [1.0, 2], "at least 3"),
        ([1.0, 2, 3], [1.0, 2], "first|second|equally long"),
        ([1.0, 2, float("nan")], [1.0, 2, 3], "not finite"),
        ([], [], "empty"),
    ):
        with pytest.raises(ValueError, match=words):
            correlation(x, y)


def grid(seeds=4, images=6, effect=0.0):
    rows = []
    for init, arch, seed in [(i, a, s) for i in "abc" for a in ("unet", "ynet") for s in range(seeds)]:
        network = RNG.normal()
        for image in range(images):
            dice = network + 0.3 * image + RNG.normal() + effect * (init == "c")
            rows.append({"fit.init": init, "arch": arch, "seed": seed, "image": image, "dice": dice})
    return pd.DataFrame(rows)


def test_anova_of_one_factor_is_scipys():
    table = grid().groupby(["fit.init", "arch", "seed"], as_index=False).dice.mean()
    model = models.anova(table, "dice ~ fit.init")
    theirs = stats.f_oneway(*(table.dice[table["fit.init"] == i] for i in "abc"))
    assert [t.name for t in model.terms] == ["fit.init"]
    assert (model.terms[0].statistic, model.terms[0].p) == pytest.approx((theirs.statistic, theirs.pvalue), abs=1e-12)
    assert model.terms[0].df == (2.0, 21.0)


def test_anova_of_a_balanced_grid_splits_the_squares_by_hand():
    table = grid().groupby(["fit.init", "arch", "seed"], as_index=False).dice.mean()
    cube = table.dice.to_numpy().reshape(3, 2, 4)
    grand = cube.mean()
    rows, columns, cells = cube.mean(axis=(1, 2)), cube.mean(axis=(0, 2)), cube.mean(axis=2)
    squares = [8 * ((rows - grand) ** 2).sum(), 12 * ((columns - grand) ** 2).sum()]
    squares.append(4 * ((cells - grand) ** 2).sum() - sum(squares))
    rest = ((cube - cells[:, :, None]) ** 2).sum() / 18
    for sums in ("sequential", "II", "III"):
        terms = models.anova(table, "dice ~ fit.init * arch", sums=sums).terms
        assert [t.name for t in terms] == ["fit.init", "arch", "fit.init:arch"]
        expected = [square / df / rest for square, df in zip(squares, (2, 1, 2), strict=True)]
        assert [t.statistic for t in terms] == pytest.approx(expected, abs=1e-9)
        shares = [square / (square + 18 * rest) for square in squares]
        assert [t.partial_eta2 for t in terms] == pytest.approx(shares, abs=1e-12)


def test_mixed_model_of_images_within_networks_is_the_anova_of_network_means():
    table = grid(seeds=5)
    mixed = models.mixed(table, "dice ~ fit.init * arch", random=("fit.init:arch:seed", "image"))
    means = table.groupby(["fit.init", "arch", "seed"], as_index=False).dice.mean()
    anova = models.anova(means, "dice ~ fit.init * arch", sums="III")
    for a, b in zip(mixed.terms, anova.terms, strict=True):
        assert (a.name, a.df) == (b.name, b.df)
        assert a.p == pytest.approx(b.p, abs=1e-6)
    assert [name for name, _ in mixed.variances] == ["fit.init:arch:seed", "image", "residual"]


def unequal_rows():
    table = grid(seeds=3, images=5).sample(70, random_state=1).rename(columns={"fit.init": "init"})
    return table.assign(net=table.init + table.arch + table.seed.astype(str))


def test_mixed_model_of_unequal_crossed_rows_finds_statsmodels_variances():
    from statsmodels.regression.mixed_linear_model import MixedLM

    table = unequal_rows()
    parts = {"net": "0 + C(net)", "image": "0 + C(image)"}
    theirs = MixedLM.from_formula("dice ~ arch", table, groups=np.ones(70), re_formula="0", vc_formula=parts)
    theirs = theirs.fit(method="powell", ftol=1e-12)
    ours = dict(models.mixed(table, "dice ~ arch", random=("net", "image")).variances)
    assert [ours["image"], ours["net"], ours["residual"]] == pytest.approx([*theirs.vcomp, theirs.scale], rel=1e-4)


def test_mixed_model_is_the_restricted_likelihood_written_out():
    table = unequal_rows()
    found = models.mixed(table, "dice ~ arch", random=("net", "image"))
    design = np.column_stack([np.ones(70), np.where(table.arch == "unet", 1.0, -1.0)])
    same = [np.equal.outer(table[c].to_numpy(), table[c].to_numpy()) * 1.0 for c in ("net", "image")]

    def likelihood(net, image, residual):
        inverse = np.linalg.inv(net * same[0] + image * same[1] + residual * np.eye(70))
        information = design.T @ inverse @ design
        estimate = np.linalg.solve(information, design.T @ inverse @ table.dice)
        left = table.dice.to_numpy() - design @ estimate
        logs = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(information)[1]
        return -(logs + left @ inverse @ left) / 2, estimate[1] ** 2 / np.linalg.inv(information)[1, 1]

    best = [variance for _, variance in found.variances]
    top, statistic = likelihood(*best)
    assert found.terms[0].statistic == pytest.approx(statistic, rel=1e-9)
    for place, factor in product(range(3), (0.98, 1.02)):
        moved = [v * factor if i == place else v for i, v in enumerate(best)]
        assert likelihood(*moved)[0] < top


@pytest.mark.parametrize("seed", range(6))
def test_mixed_model_of_one_random_factor_is_exact_with_and_without_its_variance(seed):
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        [{"init": i, "seed": s, "dice": rng.normal()} for i in "ab" for s in range(3) for _ in range(50)]
    )
    means = table.groupby(["init", "seed"]).dice.mean()
    nested = stats.f_oneway(means["a"], means["b"]).statistic
    pooled = stats.f_oneway(*(table.dice[table.init == i] for i in "ab")).statistic
    within = table.groupby(["init", "seed"]).dice.var().mean()
    between = 50 * means.groupby("init").var().mean() > within  # else the estimate of the variance is zero
    found = models.mixed(table, "dice ~ init", random=("init:seed",))
    assert found.terms[0].statistic == pytest.approx(nested if between else pooled, rel=1e-6)
    assert found.note == ("" if between else "no variance left for init:seed")
    assert found.terms[0].df == (1.0, 4.0)


def test_mixed_model_of_thousands_of_rows_takes_no_time():
    rows = [{"init": i, "seed": s, "image": k} for i in range(5) for s in range(10) for k in range(50)]
    table = pd.DataFrame(rows).assign(dice=RNG.normal(size=2500))
    start = time.perf_counter()
    models.mixed(table, "dice ~ C(init)", random=("init:seed", "image"))
    assert time.perf_counter() - start < 5


def test_mixed_model_that_forgets_the_networks_is_overconfident():
    table = grid(seeds=3, images=40)
    honest = models.mixed(table, "dice ~ arch", random=("fit.init:arch:seed",)).terms[0]
    blind = models.mixed(table, "dice ~ arch", random=("image",)).terms[0]
    assert honest.df[1] == 16
    assert blind.df[1] > 600


def test_a_formula_is_not_a_program():
    table = grid()
    for formula, words in (
        ("dice ~ __import__('os').getcwd()", 'not "\'"'),
        ("dice ~ fit.init[0]", r"not '\['"),
        ("dice ~ exit()", "no column 'exit'"),
        ("dice ~ dice.__class__", "no column"),
        ("dice ~ init", "no column 'init'; there are fit.init, arch"),
        ("dice", "reads 'metric ~"),
        ("~ arch", "reads 'metric ~"),
        ("dice ~ arch +", "not a formula"),
    ):
        with pytest.raises(ValueError, match=words):
            models.anova(table, formula)


def test_models_refuse_what_they_cannot_judge():
    table = grid(seeds=2)
    holes = table.assign(dice=table.dice.where(table.index > 3))
    with pytest.raises(ValueError, match="4 of 72 rows have no dice"):
        models.anova(holes, "dice ~ arch")
    with pytest.raises(ValueError, match="leave nothing to judge"):
        models.anova(table.groupby(["fit.init", "arch"], as_index=False).dice.mean(), "dice ~ fit.init * arch")
    with pytest.raises(ValueError, match="do not vary within"):
        models.anova(table.assign(dice=(table.arch == "unet") * 1.0), "dice ~ arch")
    with pytest.raises(ValueError, match="do not vary within"):
        models.mixed(table.assign(dice=(table.arch == "unet") * 1.0), "dice ~ arch")
    with pytest.raises(ValueError, match="cell may be empty"):
        models.mixed(table[(table.arch == "unet") | (table["fit.init"] == "a")], "dice ~ arch * fit.init")
    with pytest.raises(ValueError, match="no column 'patient'"):
        models.mixed(table, "dice ~ arch", random=("patient",))
    with pytest.raises(ValueError, match="at least 2 levels"):
        models.mixed(table[table.seed == 0], "dice ~ arch", random=("seed",))


def test_numbers_become_factors_on_demand():
    table = grid()
    assert models.anova(table, "dice ~ image").terms[0].df[0] == 1
    found = models.anova(table, "dice ~ C(image) + arch").terms
    assert [(t.name, t.df[0]) for t in found] == [("image", 5), ("arch", 1)]


@pytest.mark.parametrize(
    ("name", "ns", "p"),
    [
        ("mann_whitney", (3, 3), 0.1),
        ("mann_whitney", (5, 5), 2 / 252),
        ("mann_whitney", (3, 8), 2 / 165),
        ("wilcoxon", (5, 5), 0.0625),
        ("wilcoxon", (8, 8), 2 / 256),
        ("sign", (6, 6), 2 / 64),
        ("permutation_paired", (5, 5), 0.0625),
        ("permutation_unpaired", (4, 4), 2 / 70),
        ("brunner_munzel", (4, 4), 2 / 70),
        ("kruskal", (3, 3, 3), 6 / 1680),
        ("kruskal", (2, 3, 4), 6 / 1260),
        ("friedman", (4, 4, 4), 1 / 216),
        ("page", (3, 3, 3), 2 / 216),
        ("jonckheere", (3, 3, 3), 2 / 1680),
        ("equivalence_ranks", (4, 4), 1 / 70),
        ("equivalence_ranks_paired", (5, 5), 1 / 32),
        ("welch", (2, 2), 0.0),
        ("t_one", (3,), 0.0),
    ],
)
def test_smallest_attainable_p(name, ns, p):
    assert attainable(name, ns) == pytest.approx(p, abs=1e-12)


def test_five_seeds_carry_six_comparisons_unpaired_and_none_paired():
    assert attainable("mann_whitney", (5, 5), comparisons=6) < 0.05 < attainable("mann_whitney", (5, 5), comparisons=7)
    assert attainable("wilcoxon", (5, 5)) > 0.05
    assert attainable("wilcoxon", (5, 5), comparisons=100) == 1.0


@pytest.mark.parametrize("name", TESTS)
def test_no_data_beat_the_attainable_p(name):
    groups = 1 if name == "t_one" else 3 if name in MANY else 2
    floor = attainable(name, (4,) * groups)
    options = {"margin": 1.0} if name.startswith("equivalence") else {}
    found = [TESTS[name](*RNG.normal(size=(groups, 4)) * RNG.uniform(0, 3), **options).p for _ in range(200)]
    assert min(found) >= floor - 1e-12


def test_power_of_t_is_statsmodels():
    from statsmodels.stats.power import TTestIndPower, TTestPower

    for effect in (0.0, 0.5, 2.0, -1.0):
        theirs = TTestIndPower().power(abs(effect), 6, 0.05, ratio=9 / 6)
        assert power("student", (6, 9), effect) == pytest.approx(theirs, abs=1e-9)
        theirs = TTestPower().power(abs(effect), 7, 0.05)
        assert power("t_paired", (7, 7), effect) == pytest.approx(theirs, abs=1e-9)
    assert power("student", (5, 5), 1.0, comparisons=4) == pytest.approx(power("student", (5, 5), 1.0, alpha=0.0125))


def test_simulated_power_meets_the_closed_form():
    assert power("welch", (12, 12), 1.0) == pytest.approx(power("student", (12, 12), 1.0), abs=0.05)
    assert power("permutation_paired", (12, 12), 1.0) == pytest.approx(power("t_paired", (12, 12), 1.0), abs=0.05)
    assert power("mann_whitney", (30, 30), 1.0) == pytest.approx(power("student", (30, 30), 1.0), abs=0.05)
    assert power("mann_whitney", (8, 8), 1.5) == power("mann_whitney", (8, 8), 1.5)


def test_power_is_nil_where_nothing_can_be_attained():
    assert power("wilcoxon", (5, 5), 9.0) == 0.0
    assert power("mann_whitney", (5, 5), 9.0) > 0.99
    assert power("mann_whitney", (5, 5), 9.0, comparisons=7) == 0.0


def test_power_of_equivalence_falls_as_the_difference_nears_the_margin():
    near, far = power("equivalence", (10, 10), 0.9, margin=1.5), power("equivalence", (10, 10), 0.0, margin=1.5)
    assert near < 0.5 < 0.75 < far


def test_power_grows_with_n_for_tests_of_many_groups():
    for name in ("kruskal", "friedman", "page", "jonckheere"):
        assert power(name, (4,) * 3, 1.2, simulations=300) < power(name, (12,) * 3, 1.2, simulations=300)


def test_a_design_that_cannot_be_is_refused():
    for name, ns, words in (
        ("ttest", (3, 3), "no test is named 'ttest'"),
        ("welch", (3,), "takes 2 group sizes"),
        ("welch", (3, 3, 3), "takes 2 group sizes"),
        ("kruskal", (3,), "2 or more"),
        ("welch", (1, 3), "at least 2"),
        ("wilcoxon", (4, 5), "equal group sizes"),
    ):
        with pytest.raises(ValueError, match=words):
            attainable(name, ns)
    with pytest.raises(ValueError, match="alpha"):
        power("welch", (3, 3), 1.0, alpha=0.0)


@pytest.mark.parametrize("name", TESTS)
def test_every_test_refuses_bad_input_in_a_sentence(name):
    groups = 1 if name == "t_one" else 3 if name in MANY else 2
    options = {"margin": 1.0} if name.startswith("equivalence") else {}
    good = [np.arange(4.0) ** 2 + g for g in range(groups - 1)]
    for bad, words in (
        ([], "empty"),
        ([1.0], "n = 1, and at least 2"),
        ([1.0, 2.0, 3.0, float("nan")], "holds 1 values that are not finite"),
        ([1.0, 2.0, float("inf"), 3.0], "not finite"),
        (np.ones((2, 2)), "one dimension"),
    ):
        with pytest.raises(ValueError, match=words):
            TESTS[name](*good, bad, **options)
    if name in PAIRED:
        with pytest.raises(ValueError, match="equally long"):
            TESTS[name](*good, np.arange(5.0), **options)
    if name in MANY:
        with pytest.raises(ValueError, match="at least 2 groups"):
            TESTS[name](np.arange(4.0))


@pytest.mark.parametrize("name", [n for n in TESTS if not n.startswith("equivalence_ranks")])
def test_equal_values_give_p_one(name):
    groups = 1 if name == "t_one" else 3 if name in MANY else 2
    options = {"margin": 1.0} if name.startswith("equivalence") else {"mean": 0.7} if name == "t_one" else {}
    found = TESTS[name](*[np.full(4, 0.7)] * groups, **options)
    assert found.p == 1.0
    assert found.n == (4,) * groups


@pytest.mark.parametrize("name", ["welch", "student", "t_paired", "t_one", "equivalence", "equivalence_paired"])
def test_a_t_test_of_values_without_spread_is_refused_rather_than_certain(name):
    data = [np.full(4, 0.7)] if name == "t_one" else [np.full(4, 0.7), np.full(4, 0.6)]
    with pytest.raises(ValueError, match="vary within the groups"):
        TESTS[name](*data, **({"margin": 1.0} if name.startswith("equivalence") else {}))


@pytest.mark.parametrize("name", sorted({*EFFECTS}))
def test_every_effect_refuses_bad_input_in_a_sentence(name):
    for bad, words in (([], "empty"), ([1.0], "at least 2"), ([1.0, 2.0, float("nan")], "not finite")):
        with pytest.raises(ValueError, match=words):
            EFFECTS[name]([1.0, 2.0, 4.0], bad)
    with pytest.raises(ValueError, match="between 0 and 1"):
        EFFECTS[name]([1.0, 2.0, 4.0], [1.0, 3.0, 3.0], level=95)
    found = EFFECTS[name](RNG.normal(size=9), RNG.normal(size=9))
    assert found.name == name
    assert found.low <= found.value <= found.high


def test_clusters_need_a_name_for_every_value():
    for statistic in (clusters.icc1, clusters.effective_n, registry.load("interval", "hierarchical")):
        with pytest.raises(ValueError, match="every value needs its cluster"):
            statistic([1.0, 2, 3], [1, 2])
        with pytest.raises(ValueError, match="at least 2 clusters"):
            statistic([1.0, 2, 3], [1, 1, 1])


def test_the_catalogue_and_the_planner_know_the_same_tests():
    facts = {name: component.facts for name, component in registry.catalogue("test").items()}
    assert facts.keys() == TESTS.keys()
    assert {name for name, f in facts.items() if f["paired"]} == PAIRED
    assert {name for name, f in facts.items() if f["groups"] == "many"} == MANY
    assert {t for f in facts.values() for t in f.get("post_hoc", [])} == post_hoc.POST_HOC.keys()
    for kind in ("test", "effect", "interval", "correction", "rank"):
        assert all(component.sentence.endswith(".") for component in registry.catalogue(kind).values())


def test_statistics_import_nothing_heavy():
    folder = Path(registry.__file__).parent / "stats"
    modules = [f"harness.stats.{path.stem}" for path in folder.glob("[!_]*.py")]
    code = f"import sys, {', '.join(modules)}; print(*{{m.split('.')[0] for m in sys.modules}})"
    loaded = set(
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    )
    assert not loaded & {"torch", "mlflow", "statsmodels", "optuna", "streamlit"}
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("harness"):
                assert node.module.startswith(("harness.stats", "harness.registry")), path
