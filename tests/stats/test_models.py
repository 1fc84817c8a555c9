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
    with pytest.raises(ValueError, match="cell may be empty"):
        models.mixed_effects(table[is_unet | is_first], "dice ~ arch * fit.init")


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
