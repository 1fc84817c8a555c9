"""How much values of one cluster (images of one network) resemble each other, and what they amount
to.
"""

import numpy as np
from scipy import stats

from harness.stats import inputs
from harness.stats.result import Array, Effect


def icc1(x: Array, cluster: Array, *, level: float = 0.95) -> Effect:
    """The intraclass correlation ICC(1), with its F interval.

    It is the share of the variance that lies between clusters.
    """
    groups = inputs.clusters(x, cluster)
    inputs.probability(level)
    k = len(groups)
    total = sum(g.size for g in groups)
    if total == k:
        raise ValueError("an intraclass correlation needs clusters of more than one value")
    # Clusters of unequal size count as clusters of this size (Donner and Koval, 1980).
    size = (total - sum(g.size**2 for g in groups) / total) / (k - 1)
    values = np.concatenate(groups)
    grand = values.mean()
    between = sum(g.size * (g.mean() - grand) ** 2 for g in groups) / (k - 1)
    within = sum(((g - g.mean()) ** 2).sum() for g in groups) / (total - k)
    if inputs.constant(values):
        return Effect("icc1", 0.0, -np.inf, np.inf)
    ratio = between / within if within else np.inf
    tail = (1 - level) / 2
    df = (k - 1, total - k)
    low = ratio / stats.f.isf(tail, *df)
    high = ratio * stats.f.isf(tail, *df[::-1])
    return Effect("icc1", _share(ratio, size), _share(low, size), _share(high, size))


def effective_n(x: Array, cluster: Array) -> float:
    """How many independent values the clustered ones are worth.

    It is n over the design effect, and at least the number of clusters.
    """
    groups = inputs.clusters(x, cluster)
    total = sum(g.size for g in groups)
    if total == len(groups):
        return float(total)
    mean_size = sum(g.size**2 for g in groups) / total
    design = 1 + (mean_size - 1) * max(0.0, icc1(x, cluster).value)
    return float(max(len(groups), total / design))


def _share(ratio: float, size: float) -> float:
    return 1.0 if np.isinf(ratio) else float((ratio - 1) / (ratio + size - 1))
