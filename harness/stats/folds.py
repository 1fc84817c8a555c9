"""Networks of one cross-validation: their training sets overlap, so they differ less than
independent ones would.

Nadeau and Bengio (2003) put the correlation of two folds at the share that is held out, 1 / n: the
variance of a mean over n folds is then 1 / n + 1 / (n - 1) of theirs, not 1 / n. Five folds need
one and a half times the plain t.
"""

import math
from dataclasses import replace

import numpy as np
from scipy import stats

from harness.stats import inputs, interval, test
from harness.stats.equivalence import CLAIM, STILL, check_margin
from harness.stats.result import Array, Interval, Model, Result, Term
from harness.stats.two_groups import unvarying


@test(paired=True, groups=2, boundless=True, folds=True)
def t_folds(x: Array, y: Array) -> Result:
    """Whether the mean of paired differences over all folds is zero (t, corrected for shared
    training images).
    """
    x, y = inputs.pairs(x, y)
    return _t("t_folds", x - y, rounded=inputs.differences(x, y), groups=2)


@test(paired=True, groups="many", ordered=True, boundless=True, folds=True)
def trend_folds(*groups: Array) -> Result:
    """Whether values rise or fall along ordered groups: the mean slope of all folds, one step for
    each group (t, corrected for shared training images).
    """
    table = inputs.blocks(groups)
    steps = np.arange(table.shape[1]) - (table.shape[1] - 1) / 2
    slopes = table @ steps / (steps @ steps)
    rounded = inputs.without_rounding(slopes, table)
    return _t("trend_folds", slopes, rounded=rounded, groups=table.shape[1])


@test(paired=True, groups=2, boundless=True, folds=True)
def equivalence_folds(x: Array, y: Array, *, margin: float = 0.0) -> Result:
    """Whether the mean of paired differences over all folds is smaller than a margin (two one-sided
    t tests, corrected for shared training images).
    """
    x, y = inputs.pairs(x, y)
    rounded = inputs.differences(x, y)
    check_margin(margin)
    n = (x.size, x.size)
    if inputs.constant(rounded):
        return unvarying("equivalence_folds", not rounded.any(), n, STILL)
    difference = x - y
    error = _error(difference)
    mean = float(difference.mean())
    above = (mean + margin) / error
    below = (mean - margin) / error
    statistic = above if above < -below else below
    p = float(stats.t.sf(min(above, -below), x.size - 1))
    return Result("equivalence_folds", statistic, p, n, exact=False, note=CLAIM)


@interval
def folds(x: Array, *, level: float = 0.95) -> Interval:
    """The mean over all folds of a cross-validation and its interval, corrected for shared training
    images.
    """
    x = inputs.sample(x)
    inputs.probability(level)
    value = float(x.mean())
    if inputs.constant(x):
        return Interval("folds", value, value, value, (x.size,), "all values are equal")
    half = float(stats.t.isf((1 - level) / 2, x.size - 1)) * _error(x)
    return Interval("folds", value, value - half, value + half, (x.size,))


def of_folds(model: Model, count: int) -> Model:
    """A model of which one random factor is the fold: its F are those of independent folds, and
    shrink as the square of t does.
    """
    terms = tuple(_smaller(term, 1 + count / (count - 1)) for term in model.terms)
    note = f"F divided by {1 + count / (count - 1):.3g}, for {count} folds share training images"
    notes = filter(None, [model.note, note])
    return replace(model, terms=terms, note="; ".join(notes))


def _smaller(term: Term, factor: float) -> Term:
    """A term whose F is smaller by a factor."""
    statistic = term.statistic / factor
    return replace(term, statistic=statistic, p=float(stats.f.sf(statistic, *term.df)))


def _t(name: str, values: Array, *, rounded: Array, groups: int) -> Result:
    """t of the mean of values of folds; rounding alone is no spread."""
    n = (values.size,) * groups
    if inputs.constant(rounded):
        return unvarying(name, not rounded.any(), n)
    statistic = float(values.mean()) / _error(values)
    p = float(2 * stats.t.sf(abs(statistic), values.size - 1))
    return Result(name, statistic, p, n, exact=False)


def _error(x: Array) -> float:
    return float(x.std(ddof=1)) * math.sqrt(1 / x.size + 1 / (x.size - 1))
