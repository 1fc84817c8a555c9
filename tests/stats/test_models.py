"""Analysis of variance and mixed models against hand calculations, and formulas that are refused."""

import time
from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.stats import models

RNG = np.random.default_rng(5)


def grid(seeds=4, images=6, effect=0.0):
    rows = []
    for init, arch, seed in [
        (i, a, s) for i in "abc" for a in ("unet", "ynet") for s in range(seeds)
    ]:
        network = RNG.normal()
        for image in range(images):
            dice = network + 0.3 * image + RNG.normal() + effect * (init == "c")
            rows.append(
                {"fit.init": init, "arch": arch, "seed": seed, "image": image, "dice": dice}
            )
    return pd.DataFrame(rows)


def test_anova_of_one_factor_is_scipys():
    table = grid().groupby(["fit.init", "arch", "seed"], as_index=False).dice.mean()
    model = models.anova(table, "dice ~ fit.init")
    theirs = stats.f_oneway(*(table.dice[table["fit.init"] == i] for i in "abc"))
    assert [t.name for t in model.terms] == ["fit.init"]
    assert (model.terms[0].statistic, model.terms[0].p) == pytest.approx(
        (theirs.statistic, theirs.pvalue), abs=1e-12
    )
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
    mixed = models.mixed_effects(
        table, "dice ~ fit.init * arch", random=("fit.init:arch:seed", "image")
    )
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
    theirs = MixedLM.from_formula(
        "dice ~ arch", table, groups=np.ones(70), re_formula="0", vc_formula=parts
    )
    theirs = theirs.fit(method="powell", ftol=1e-12)
    ours = dict(models.mixed_effects(table, "dice ~ arch", random=("net", "image")).variances)
    assert [ours["image"], ours["net"], ours["residual"]] == pytest.approx(
        [*theirs.vcomp, theirs.scale], rel=1e-4
    )


def test_mixed_model_is_the_restricted_likelihood_written_out():
    table = unequal_rows()
    found = models.mixed_effects(table, "dice ~ arch", random=("net", "image"))
    design = np.column_stack([np.ones(70), np.where(table.arch == "unet", 1.0, -1.0)])
    same = [
        np.equal.outer(table[c].to_numpy(), table[c].to_numpy()) * 1.0 for c in ("net", "image")
    ]

    def likelihood(net, image, residual):
        inverse = np.linalg.inv(net * same[0] + image * same[1] + residual * np.eye(70))
        information = design.T @ inverse @ design
        estimate = np.linalg.solve(information, design.T @ inverse @ table.dice)
        left = table.dice.to_numpy() - design @ estimate
        logs = -np.linalg.slogdet(inverse)[1] + np.linalg.slogdet(information)[1]
        return -(logs + left @ inverse @ left) / 2, estimate[1] ** 2 / np.linalg.inv(information)[
            1, 1
        ]

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
        [
            {"init": i, "seed": s, "dice": rng.normal()}
            for i in "ab"
            for s in range(3)
            for _ in range(50)
        ]
    )
    means = table.groupby(["init", "seed"]).dice.mean()
    nested = stats.f_oneway(means["a"], means["b"]).statistic
    pooled = stats.f_oneway(*(table.dice[table.init == i] for i in "ab")).statistic
    within = table.groupby(["init", "seed"]).dice.var().mean()
    between = (
        50 * means.groupby("init").var().mean() > within
    )  # else the estimate of the variance is zero
    found = models.mixed_effects(table, "dice ~ init", random=("init:seed",))
    assert found.terms[0].statistic == pytest.approx(nested if between else pooled, rel=1e-6)
    assert found.note == ("" if between else "no variance left for init:seed")
    assert found.terms[0].df == (1.0, 4.0)


def test_mixed_model_of_thousands_of_rows_takes_no_time():
    rows = [
        {"init": i, "seed": s, "image": k} for i in range(5) for s in range(10) for k in range(50)
    ]
    table = pd.DataFrame(rows).assign(dice=RNG.normal(size=2500))
    start = time.perf_counter()
    models.mixed_effects(table, "dice ~ C(init)", random=("init:seed", "image"))
    assert time.perf_counter() - start < 5


def test_mixed_model_that_forgets_the_networks_is_overconfident():
    table = grid(seeds=3, images=40)
    honest = models.mixed_effects(table, "dice ~ arch", random=("fit.init:arch:seed",)).terms[0]
    blind = models.mixed_effects(table, "dice ~ arch", random=("image",)).terms[0]
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
        models.anova(
            table.groupby(["fit.init", "arch"], as_index=False).dice.mean(),
            "dice ~ fit.init * arch",
        )
    with pytest.raises(ValueError, match="do not vary within"):
        models.anova(table.assign(dice=(table.arch == "unet") * 1.0), "dice ~ arch")
    with pytest.raises(ValueError, match="do not vary within"):
        models.mixed_effects(table.assign(dice=(table.arch == "unet") * 1.0), "dice ~ arch")
    with pytest.raises(ValueError, match="cell may be empty"):
        models.mixed_effects(
            table[(table.arch == "unet") | (table["fit.init"] == "a")], "dice ~ arch * fit.init"
        )
    with pytest.raises(ValueError, match="no column 'patient'"):
        models.mixed_effects(table, "dice ~ arch", random=("patient",))
    with pytest.raises(ValueError, match="at least 2 levels"):
        models.mixed_effects(table[table.seed == 0], "dice ~ arch", random=("seed",))


def test_numbers_become_factors_on_demand():
    table = grid()
    assert models.anova(table, "dice ~ image").terms[0].df[0] == 1
    found = models.anova(table, "dice ~ C(image) + arch").terms
    assert [(t.name, t.df[0]) for t in found] == [("image", 5), ("arch", 1)]
