"""Analysis of variance against scipy and hand calculations, and models that are refused."""

from typing import Literal

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from harness.stats import models
from tests.stats.counting import close
from tests.stats.grids import grid, means_of_networks

BAD_FORMULAS = [
    ("dice ~ __import__('os').getcwd()", 'not "\'"'),
    ("dice ~ fit.init[0]", r"not '\['"),
    ("dice ~ exit()", "no column 'exit'"),
    ("dice ~ dice.__class__", "no column"),
    ("dice ~ init", "no column 'init'; there are fit.init, arch"),
    ("dice", "reads 'metric ~"),
    ("~ arch", "reads 'metric ~"),
    ("dice ~ arch +", "not a formula"),
]


def test_anova_of_a_single_factor_is_scipys() -> None:
    table = means_of_networks(grid())
    model = models.anova(table, "dice ~ fit.init")
    groups = [table.dice[table["fit.init"] == init] for init in "abc"]
    expected = stats.f_oneway(*groups)
    (term,) = model.terms
    assert term.name == "fit.init"
    assert term.statistic == close(expected.statistic)
    assert term.p == close(expected.pvalue)
    assert term.df == (2.0, 21.0)


@pytest.mark.parametrize("sums", ["sequential", "II", "III"])
def test_anova_of_a_balanced_grid_splits_the_squares_by_hand(
    sums: Literal["sequential", "II", "III"],
) -> None:
    table = means_of_networks(grid())
    cube = table.dice.to_numpy().reshape(3, 2, 4)
    grand = cube.mean()
    rows = cube.mean(axis=(1, 2))
    columns = cube.mean(axis=(0, 2))
    cells = cube.mean(axis=2)
    of_rows = 8 * ((rows - grand) ** 2).sum()
    of_columns = 12 * ((columns - grand) ** 2).sum()
    of_cells = 4 * ((cells - grand) ** 2).sum()
    squares = np.array([of_rows, of_columns, of_cells - of_rows - of_columns])
    degrees = np.array([2, 1, 2])
    residuals = cube - cells[:, :, None]
    of_residuals = (residuals**2).sum()
    terms = models.anova(table, "dice ~ fit.init * arch", sums=sums).terms
    assert [term.name for term in terms] == ["fit.init", "arch", "fit.init:arch"]
    expected = squares / degrees / (of_residuals / 18)
    assert [term.statistic for term in terms] == pytest.approx(expected, abs=1e-9)
    shares = squares / (squares + of_residuals)
    assert [term.partial_eta2 for term in terms] == close(shares)


@pytest.mark.parametrize(("formula", "words"), BAD_FORMULAS)
def test_a_formula_is_not_a_program(formula: str, words: str) -> None:
    table = grid()
    with pytest.raises(ValueError, match=words):
        models.anova(table, formula)


def test_rows_without_a_value_are_refused() -> None:
    table = grid(seeds=2)
    holes = table.assign(dice=table.dice.where(table.index > 3))
    with pytest.raises(ValueError, match="4 of 72 rows have no dice"):
        models.anova(holes, "dice ~ arch")


def test_as_many_terms_as_rows_leave_nothing_to_judge() -> None:
    table = grid(seeds=2).drop(columns=["seed", "image"])
    means = table.groupby(["fit.init", "arch"], as_index=False).mean()
    with pytest.raises(ValueError, match="leave nothing to judge"):
        models.anova(means, "dice ~ fit.init * arch")


def values_without_spread() -> pd.DataFrame:
    """Returns a grid in which every network of an architecture has the same value."""
    table = grid(seeds=2)
    is_unet = table.arch == "unet"
    return table.assign(dice=is_unet * 1.0)


def test_values_without_spread_are_refused() -> None:
    table = values_without_spread()
    with pytest.raises(ValueError, match="do not vary within"):
        models.anova(table, "dice ~ arch")
    with pytest.raises(ValueError, match="do not vary within"):
        models.mixed_effects(table, "dice ~ arch")


def test_an_empty_cell_is_refused() -> None:
    table = grid(seeds=2)
    is_unet = table.arch == "unet"
    is_first = table["fit.init"] == "a"
    with_hole = table[is_unet | is_first]
    sentence = "cannot tell all effects apart; there is no row with arch = ynet, fit.init = b"
    with pytest.raises(ValueError, match=sentence):
        models.mixed_effects(with_hole, "dice ~ arch * fit.init")
    with pytest.raises(ValueError, match=sentence):
        models.anova(means_of_networks(with_hole), "dice ~ arch * fit.init")
    additive = models.anova(means_of_networks(with_hole), "dice ~ arch + fit.init")
    assert [term.name for term in additive.terms] == ["arch", "fit.init"]


def crossing(first: float) -> pd.DataFrame:
    """Two arms that rise and fall along three strengths, of which this is the first."""
    rng = np.random.default_rng(3)
    rows = []
    for seed in range(8):
        for arm, slope in (("a", 1.0), ("b", -1.0)):
            for step in range(3):
                dice = slope * (step - 1) + rng.normal(0, 0.3)
                rows.append((arm, first + step, seed, dice))
    return pd.DataFrame(rows, columns=["arm", "strength", "seed", "dice"])


def test_a_main_effect_beside_a_number_is_that_at_its_mean() -> None:
    """Where it was taken at strength 0, its p depended on where the strengths begin."""
    formula = "dice ~ arm * strength"
    for first in (0.0, 100.0):
        table = crossing(first)
        for model in (
            models.anova(table, formula, sums="III"),
            models.anova(table, formula),
            models.mixed_effects(table, formula),
        ):
            arm, strength, interaction = model.terms
            assert arm.p > 0.05
            assert arm.taken_at == f"strength = {first + 1:g}"
            assert strength.taken_at == ""
            assert interaction.p < 1e-9
            assert interaction.taken_at == ""
    means = crossing(0.0).groupby(["seed", "arm"])["dice"].mean().unstack()
    paired = stats.ttest_rel(means["a"], means["b"])
    anova = models.anova(crossing(0.0), formula, sums="III").terms[0]
    mixed = models.mixed_effects(crossing(0.0), formula).terms[0]
    assert anova.p == pytest.approx(paired.pvalue, abs=0.1)
    assert mixed.p == pytest.approx(paired.pvalue, abs=0.1)


def test_a_random_factor_has_a_column_and_levels() -> None:
    table = grid(seeds=2)
    with pytest.raises(ValueError, match="no column 'patient'"):
        models.mixed_effects(table, "dice ~ arch", random=("patient",))
    first_seed = table[table.seed == 0]
    with pytest.raises(ValueError, match="at least 2 levels"):
        models.mixed_effects(first_seed, "dice ~ arch", random=("seed",))


def test_numbers_become_factors_on_demand() -> None:
    table = grid()
    (slope,) = models.anova(table, "dice ~ image").terms
    assert slope.df[0] == 1
    terms = models.anova(table, "dice ~ C(image) + arch").terms
    assert [term.name for term in terms] == ["image", "arch"]
    assert [term.df[0] for term in terms] == [5, 1]
