"""How often one group beats the other: Cliff's delta, probability of improvement, matched-pairs
rank-biserial.
"""

import numpy as np
from scipy import optimize, stats

from harness.stats import effect, inputs
from harness.stats.paired import signed_ranks
from harness.stats.result import Array, Effect

ROMANO = ((0.147, "negligible"), (0.33, "small"), (0.474, "medium"))
COHEN = ((0.2, "negligible"), (0.5, "small"), (0.8, "medium"))


@effect(paired=False)
def cliffs_delta(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """How much more often the first group is larger than smaller.

    It lies between -1 and 1, and is named by Romano's thresholds.
    """
    improvement = probability_of_improvement(x, y, level=level)
    value = 2 * improvement.value - 1
    low = 2 * improvement.low - 1
    high = 2 * improvement.high - 1
    return Effect("cliffs_delta", value, low, high, magnitude(value, ROMANO))


@effect(paired=False)
def probability_of_improvement(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The chance that a value of the first group beats one of the second, ties counting half."""
    x, y = inputs.two(x, y)
    inputs.probability(level)
    ordered = np.sort(y)
    below = np.searchsorted(ordered, x, "left").sum()
    not_above = np.searchsorted(ordered, x, "right").sum()
    share = float((below + not_above) / (2 * x.size * y.size))
    z = float(stats.norm.isf((1 - level) / 2))
    low, high = _share_interval(share, x.size, y.size, z)
    return Effect("probability_of_improvement", share, low, high)


def _share_interval(share: float, n: int, m: int, z: float) -> tuple[float, float]:
    """Newcombe's score interval (2006, method 5).

    A bootstrap has no width where groups do not overlap.
    """

    def excess(true: float) -> float:
        """How far a true share lies outside the interval; negative inside."""
        inflation = (1 - true) / (2 - true) + true / (1 + true)
        spread = 1 + ((n + m) / 2 - 1) * inflation
        variance = true * (1 - true) * spread / (n * m)
        return (share - true) ** 2 - z**2 * variance

    # At 0 and 1 the excess is zero in the estimate itself, which is not the root that bounds it.
    low = 0.0
    high = 1.0
    if share > 0:
        low = optimize.brentq(excess, 0, min(share, 1 - 1e-9), xtol=1e-12)
    if share < 1:
        high = optimize.brentq(excess, max(share, 1e-9), 1, xtol=1e-12)
    return float(low), float(high)


@effect(paired=True)
def rank_biserial(x: Array, y: Array, *, level: float = 0.95) -> Effect:
    """The share of signed ranks for the first of two paired samples less the share against it.

    It lies between -1 and 1.
    """
    difference, ranks = signed_ranks(inputs.differences(x, y))
    z = float(stats.norm.isf((1 - inputs.probability(level)) / 2))
    if not ranks.size:
        return Effect("rank_biserial", 0.0, -1.0, 1.0, "negligible")
    value = float((ranks * np.sign(difference)).sum() / ranks.sum())
    # Wilson's construction with the variance of signed ranks: Fisher's z, the usual choice, has
    # no width at -1 and 1.
    squares = float((ranks.astype(float) ** 2).sum())
    width = z**2 * squares / float(ranks.sum()) ** 2
    centre = value / (1 + width)
    half = float(np.sqrt(width * (1 - value**2 + width))) / (1 + width)
    return Effect("rank_biserial", value, centre - half, centre + half, magnitude(value, ROMANO))


def magnitude(value: float, names: tuple[tuple[float, str], ...]) -> str:
    """The word for the size of an effect."""
    return next((name for bound, name in names if abs(value) < bound), "large")
