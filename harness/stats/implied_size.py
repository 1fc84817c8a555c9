"""How many values a printed p and a printed effect stand on, where a paper does not say."""

import math


def implied_size(p: float, delta: float) -> float:
    """The values in each of two equal arms for which Cliff's delta has this two-sided p of a
    Mann-Whitney test; nan where the two say nothing of it.

    By the normal approximation without ties: z = delta * n * sqrt(3 / (2 * n + 1)).
    """
    from scipy.stats import norm  # a second to load, which a study that asks nothing need not wait

    if not (0 < p < 1) or not delta:
        return math.nan
    square = float(norm.isf(p / 2)) ** 2
    root = math.sqrt(square * square + 3 * delta * delta * square)
    return (square + root) / (3 * delta * delta)
