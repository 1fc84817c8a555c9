"""Mixed models against analysis of variance, statsmodels and the likelihood written out."""

from itertools import product

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.stats import models
from tests.stats.grids import grid, means_of_networks, unequal_rows


def test_mixed_model_of_images_within_networks_is_the_anova_of_network_means() -> None:
    table = grid(seeds=5)
    random = ("fit.init:arch:seed", "image")
    mixed = models.mixed_effects(table, "dice ~ fit.init * arch", random=random)
    means = means_of_networks(table)
    anova = models.anova(means, "dice ~ fit.init * arch", sums="III")
    for term, term_of_means in zip(mixed.terms, anova.terms, strict=True):
        assert term.name == term_of_means.name
        assert term.df == term_of_means.df
        assert term.p == pytest.approx(term_of_means.p, abs=1e-6)
    names = [name for name, _ in mixed.variances]
    assert names == ["fit.init:arch:seed", "image", "residual"]


def test_mixed_model_of_unequal_crossed_rows_finds_statsmodels_variances() -> None:
    from statsmodels.regression.mixed_linear_model import MixedLM

    table = unequal_rows()
    model = MixedLM.from_formula(
        "dice ~ arch",
        table,
        groups=np.ones(70),
        re_formula="0",
        vc_formula={"net": "0 + C(net)", "image": "0 + C(image)"},
    )
    expected = model.fit(method="powell", ftol=1e-12)
    image, net = expected.vcomp
    mixed = models.mixed_effects(table, "dice ~ arch", random=("net", "image"))
    variances = dict(mixed.variances)
    assert variances["image"] == pytest.approx(image, rel=1e-4)
    assert variances["net"] == pytest.approx(net, rel=1e-4)
    assert variances["residual"] == pytest.approx(expected.scale, rel=1e-4)


def test_mixed_model_is_the_restricted_likelihood_written_out() -> None:
    table = unequal_rows()
    mixed = models.mixed_effects(table, "dice ~ arch", random=("net", "image"))
    values = table.dice.to_numpy()
    contrast = np.where(table.arch == "unet", 1.0, -1.0)
    design = np.column_stack([np.ones(70), contrast])
    nets = table["net"].to_numpy()
    images = table["image"].to_numpy()
    same_net = np.equal.outer(nets, nets) * 1.0
    same_image = np.equal.outer(images, images) * 1.0

    def likelihood_and_statistic(variances: list[float]) -> tuple[float, float]:
        net, image, residual = variances
        covariance = net * same_net
        covariance = covariance + image * same_image
        covariance = covariance + residual * np.eye(70)
        inverse = np.linalg.inv(covariance)
        information = design.T @ inverse @ design
        estimate = np.linalg.solve(information, design.T @ inverse @ values)
        left = values - design @ estimate
        log_covariance = np.linalg.slogdet(covariance)[1]
        log_information = np.linalg.slogdet(information)[1]
        misfit = left @ inverse @ left
        likelihood = -(log_covariance + log_information + misfit) / 2
        variance = np.linalg.inv(information)[1, 1]
        return likelihood, estimate[1] ** 2 / variance

    best = [variance for _, variance in mixed.variances]
    highest, statistic = likelihood_and_statistic(best)
    assert mixed.terms[0].statistic == pytest.approx(statistic, rel=1e-9)
    for i, factor in product(range(3), (0.98, 1.02)):
        moved = list(best)
        moved[i] *= factor
        likelihood, _ = likelihood_and_statistic(moved)
        assert likelihood < highest


@pytest.mark.parametrize("seed", range(6))
def test_mixed_model_of_a_single_random_factor_is_exact_with_and_without_its_variance(
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for init, network, _ in product("ab", range(3), range(50)):
        rows.append((init, network, rng.normal()))
    table = pd.DataFrame(rows, columns=["init", "seed", "dice"])
    networks = table.groupby(["init", "seed"]).dice
    means = networks.mean()
    within = networks.var().mean()
    between = 50 * means.groupby("init").var().mean()
    mixed = models.mixed_effects(table, "dice ~ init", random=("init:seed",))
    if between > within:
        expected = stats.f_oneway(means["a"], means["b"])
        note = ""
    else:
        # The estimate of the variance between networks is zero.
        is_first = table.init == "a"
        expected = stats.f_oneway(table.dice[is_first], table.dice[~is_first])
        note = "no variance left for init:seed"
    assert mixed.terms[0].statistic == pytest.approx(expected.statistic, rel=1e-6)
    assert mixed.note == note
    assert mixed.terms[0].df == (1.0, 4.0)


def test_mixed_model_that_forgets_the_networks_is_overconfident() -> None:
    table = grid(seeds=3, images=40)
    honest = models.mixed_effects(table, "dice ~ arch", random=("fit.init:arch:seed",))
    blind = models.mixed_effects(table, "dice ~ arch", random=("image",))
    assert honest.terms[0].df[1] == 16
    assert blind.terms[0].df[1] > 600
