"""Grids with several factors: factorial analysis of variance, and mixed effects with random
factors.
"""

from typing import Literal

import numpy as np
import pandas as pd
from scipy import stats

from harness.stats import reml
from harness.stats.formula import check_estimable, code, column_names
from harness.stats.result import Array, Model, Term


def anova(
    table: pd.DataFrame,
    formula: str,
    *,
    sums: Literal["sequential", "II", "III"] = "II",
) -> Model:
    """Main effects and interactions of a grid whose rows are units (one value per cell and seed),
    by least squares.
    """
    # statsmodels is slow to import, which a plan or a plain test should not pay.
    from statsmodels.formula.api import ols
    from statsmodels.stats.anova import anova_lm

    coded = code(table, formula)
    model = ols(coded.formula, coded.frame)
    check_estimable(formula, coded, np.asarray(model.exog))
    fitted = model.fit()
    if fitted.df_resid < 1:
        raise ValueError(
            f"{formula}: {len(table)} rows leave nothing to judge "
            f"{int(fitted.df_model) + 1} coefficients by"
        )
    if fitted.ssr <= 1e-12 * max(fitted.centered_tss, fitted.uncentered_tss * 1e-12):
        raise ValueError(
            f"{formula}: the values do not vary within the cells, so nothing can be judged"
        )
    lines = anova_lm(fitted, typ={"sequential": 1, "II": 2, "III": 3}[sums])
    rest = float(lines.loc["Residual", "sum_sq"])
    df = float(fitted.df_resid)
    terms = []
    for name, line in lines.drop(index=["Residual", "Intercept"], errors="ignore").iterrows():
        between = float(line["sum_sq"])
        terms.append(
            Term(
                coded.readable(name),
                (float(line["df"]), df),
                float(line["F"]),
                float(line["PR(>F)"]),
                between / (between + rest),
            )
        )
    variances = (("residual", float(fitted.scale)),)
    return Model(formula, coded.with_places(terms), variances, len(table))


def mixed_effects(
    table: pd.DataFrame,
    formula: str,
    *,
    random: tuple[str, ...] = ("seed",),
) -> Model:
    """Main effects and interactions over raw rows, with random intercepts (`init:seed` joins two
    columns).
    """
    from statsmodels.formula.api import ols

    coded = code(table, formula)
    levels = [_levels(table, name) for name in random]
    model = ols(coded.formula, coded.frame)
    design = np.asarray(model.exog)
    values = np.asarray(model.endog)
    check_estimable(formula, coded, design)
    if len(design) <= design.shape[1]:
        raise ValueError(f"{formula}: the rows are too few to tell all effects apart")
    fitted = reml.fit(design, values, levels)
    if fitted.residual <= 1e-12 * float(np.abs(values).max()) ** 2:
        raise ValueError(
            f"{formula}: the values do not vary within the cells, so nothing can be judged"
        )
    slices = {n: s for n, s in model.data.model_spec.term_name_slices.items() if n != "Intercept"}
    terms = []
    for name, where in slices.items():
        terms.append(_wald(coded.readable(name), where, design, fitted, levels))
    variances = tuple(zip((*random, "residual"), (*fitted.variances, fitted.residual), strict=True))
    note = _doubts(fitted, random)
    return Model(formula, coded.with_places(terms), variances, len(table), note)


def _levels(table: pd.DataFrame, name: str) -> Array:
    """The level of a random factor that each row has, as a number."""
    columns = name.split(":")
    for column in columns:
        if column not in table.columns:
            raise ValueError(
                f"no column {column!r} for a random factor; there are {column_names(table)}"
            )
    numbers = np.asarray(
        table.groupby(columns, sort=False, dropna=False).ngroup(), dtype=np.float64
    )
    if np.unique(numbers).size < 2:
        raise ValueError(f"the random factor {name} needs at least 2 levels")
    return numbers


def _wald(name: str, where: slice, design: Array, fitted: reml.Fitted, levels: list[Array]) -> Term:
    """F with the degrees of freedom of the level where the term varies: chi-square takes few
    networks for many.
    """
    estimate = fitted.estimate[where]
    width = where.stop - where.start
    statistic = float(estimate @ np.linalg.solve(fitted.covariance[where, where], estimate)) / width
    finest = [codes for codes in levels if not _is_coarser_than_any(codes, levels)]
    rest = [len(design) - design.shape[1] - sum(np.unique(codes).size - 1 for codes in finest)]
    for codes in levels:
        still = [_constant_within(column, codes) for column in design.T]
        if all(still[where]):
            rest.append(np.unique(codes).size - _rank_between(design[:, still], codes, levels))
    df = float(max(1, min(rest)))
    return Term(name, (float(width), df), statistic, float(stats.f.sf(statistic, width, df)))


def _is_coarser_than_any(codes: Array, levels: list[Array]) -> bool:
    """Whether a random factor is nested the other way: another one's levels decide its own."""
    size = np.unique(codes).size
    finer = [factor for factor in levels if np.unique(factor).size > size]
    return any(_constant_within(codes, factor) for factor in finer)


def _rank_between(fixed: Array, codes: Array, levels: list[Array]) -> int:
    """How many of a factor's levels are spent on fixed effects, and on the coarser random factors
    that hold its levels: of networks within seeds, the means of the seeds.
    """
    coarser = [factor for factor in levels if _is_coarser_than_any(factor, [codes])]
    columns = [fixed]
    for factor in coarser:
        columns.append((factor[:, None] == np.unique(factor)).astype(np.float64))
    _, first_rows = np.unique(codes, return_index=True)
    between = np.column_stack(columns)[first_rows]
    return int(np.linalg.matrix_rank(between))


def _constant_within(column: Array, codes: Array) -> bool:
    order = np.argsort(codes, kind="stable")
    same = np.diff(codes[order]) == 0
    return not np.diff(column[order])[same].any()


def _doubts(fitted: reml.Fitted, random: tuple[str, ...]) -> str:
    """What a reader must know of a fit: that it stopped early, or that a factor explains
    nothing.
    """
    doubts: list[str] = []
    if not fitted.converged:
        doubts.append("the fit did not converge")
    for name, variance in zip(random, fitted.variances, strict=True):
        if variance < 1e-6 * fitted.residual:
            doubts.append(f"no variance left for {name}")
    return "; ".join(doubts)
