"""Whether two scores order the same things alike: ties by tolerance, p values by permutation."""

from collections.abc import Callable
from functools import lru_cache
from itertools import permutations
from math import factorial

import numpy as np
import numpy.typing as npt
from scipy import stats

from harness.stats import exact, inputs, rank
from harness.stats.exact import Tails
from harness.stats.result import Array, Correlation

Orders = npt.NDArray[np.int8]
# Every order is tried up to the first n, random ones up to the second.
ALL = 8
SOME = 50


@rank
def kendall(
    x: Array,
    y: Array,
    *,
    tie_x: float = 0.0,
    tie_y: float = 0.0,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Correlation:
    """Pairs that two scores order alike less pairs that they order differently, corrected for ties
    (tau-b).
    """
    a, b = _ranks_with_ties(x, y, tie_x, tie_y)
    n = a.size
    if (still := _still("kendall", a, b)) is not None:
        return still
    i, j = np.triu_indices(n, 1)
    first = np.sign(a[i] - a[j])
    second = np.sign(b[:, None] - b)
    tails, note = _tails(lambda order: second[order[:, i], order[:, j]] @ first, n, resamples, seed)
    value = stats.kendalltau(a, b)
    untied = np.unique(a).size == np.unique(b).size == n
    if untied and n <= 170:  # scipy counts orders exactly where nothing ties
        p = float(stats.kendalltau(a, b, method="exact").pvalue)
        is_exact = True
        note = ""
    else:
        p, is_exact = (tails.two_sided, tails.exact) if tails else (float(value.pvalue), False)
    low, high = _score_bounds(float(value.statistic), 2 * (2 * n + 5) / (9 * n * (n - 1)), level)
    return Correlation(
        "kendall", float(value.statistic), p, low, high, n, is_exact, _note(note, a, b)
    )


@rank
def spearman(
    x: Array,
    y: Array,
    *,
    tie_x: float = 0.0,
    tie_y: float = 0.0,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Correlation:
    """The correlation of the ranks of two scores (rho)."""
    a, b = _ranks_with_ties(x, y, tie_x, tie_y)
    if (still := _still("spearman", a, b)) is not None:
        return still
    scipy_result = stats.spearmanr(a, b)
    tails, note = _products(a, b, resamples, seed)
    p, is_exact = (tails.two_sided, tails.exact) if tails else (float(scipy_result.pvalue), False)
    low, high = _score_bounds(float(scipy_result.statistic), 1 / (a.size - 1), level)
    return Correlation(
        "spearman", float(scipy_result.statistic), p, low, high, a.size, is_exact, _note(note, a, b)
    )


@rank
def pearson(
    x: Array,
    y: Array,
    *,
    level: float = 0.95,
    resamples: int = 9999,
    seed: int = 0,
) -> Correlation:
    """The linear correlation of two scores (r), with Fisher's interval."""
    x, y = inputs.pairs(x, y, least=3)
    inputs.probability(level)
    if (still := _still("pearson", x, y)) is not None:
        return still
    scipy_result = stats.pearsonr(x, y)
    tails, note = _products(x, y, resamples, seed)
    p, is_exact = (tails.two_sided, tails.exact) if tails else (float(scipy_result.pvalue), False)
    bounds = (
        scipy_result.confidence_interval(level) if x.size > 3 else (-1.0, 1.0)
    )  # three points bound nothing
    return Correlation(
        "pearson",
        float(scipy_result.statistic),
        p,
        float(bounds[0]),
        float(bounds[1]),
        x.size,
        is_exact,
        note,
    )


def tied_ranks(scores: Array, tolerance: float = 0.0) -> Array:
    """Midranks where scores within `tolerance` tie: the closest two merge into their mean, until
    none are close.
    """
    scores = inputs.sample(scores, least=1, name="a score")
    if not 0 <= tolerance < np.inf:
        raise ValueError(f"the tolerance of ties must be 0 or more, not {tolerance}")
    order = np.argsort(scores, kind="stable")
    means = scores[order].tolist()
    sizes = [1] * scores.size
    # Rounding must not decide whether .80 and .81 lie within .01.
    slack = inputs.ROUNDING * float(np.abs(scores).max())
    while tolerance and len(means) > 1:
        gaps = np.diff(means)
        k = int((gaps <= gaps.min() + slack).argmax())
        if gaps[k] > tolerance + slack:
            break
        size = sizes[k] + sizes[k + 1]
        means[k : k + 2] = [(means[k] * sizes[k] + means[k + 1] * sizes[k + 1]) / size]
        sizes[k : k + 2] = [size]
    ranks = np.empty(scores.size)
    ranks[order] = stats.rankdata(np.repeat(means, sizes))
    return ranks


def _ranks_with_ties(x: Array, y: Array, tie_x: float, tie_y: float) -> tuple[Array, Array]:
    x, y = inputs.pairs(x, y, least=3)
    return tied_ranks(x, tie_x), tied_ranks(y, tie_y)


def _still(name: str, a: Array, b: Array) -> Correlation | None:
    """The answer where one of the scores does not vary; None where both do."""
    if not (inputs.constant(a) or inputs.constant(b)):
        return None
    note = "a score that is the same everywhere orders nothing"
    return Correlation(name, 0.0, 1.0, -1.0, 1.0, a.size, True, note)


def _products(a: Array, b: Array, resamples: int, seed: int) -> tuple[Tails | None, str]:
    first = a - a.mean()
    second = b - b.mean()
    return _tails(lambda order: second[order] @ first, a.size, resamples, seed)


def _tails(
    statistic: Callable[[Orders], Array],
    n: int,
    resamples: int,
    seed: int,
) -> tuple[Tails | None, str]:
    """Tails of a statistic over the orders of one score; None where n is large enough to
    approximate.
    """
    observed = float(statistic(np.arange(n, dtype=np.int8)[None])[0]) if n <= SOME else 0.0
    if n <= ALL:
        return exact.tails(statistic(_orders(n)), np.ones(factorial(n)), observed), ""
    if n <= SOME:
        drawn = np.random.default_rng(seed).random((resamples, n)).argsort(axis=1).astype(np.int8)
        return exact.random_tails(statistic(drawn), observed), f"{resamples} random orders"
    return None, "approximate p"


@lru_cache(maxsize=4)
def _orders(n: int) -> Orders:
    return np.array(list(permutations(range(n))), dtype=np.int8)


def _score_bounds(value: float, null_variance: float, level: float) -> tuple[float, float]:
    """Bounds of a rank correlation by Wilson's construction."""
    # Fisher's z has no width at 1, which few models reach easily: it covered 63 % at n = 5.
    z = float(stats.norm.isf((1 - inputs.probability(level)) / 2))
    width = z**2 * null_variance
    centre = value / (1 + width)
    half = float(np.sqrt(max(0.0, width * (1 - value**2 + width)))) / (1 + width)
    return max(-1.0, centre - half), min(1.0, centre + half)


def _note(note: str, a: Array, b: Array) -> str:
    """A note, and how many ties the ranks hold."""
    ties = max(a.size - np.unique(a).size, b.size - np.unique(b).size)
    parts = [note] if note else []
    if ties:
        parts.append(f"{ties} ties")
    return "; ".join(parts)
