"""The exact test of signs that may be looked at after every pair.

Where an arm makes no difference at all, each difference could as well have had the other sign. So
all choices of signs are listed, pair by pair, with the sizes that were seen: a look may reject as
many of those that no earlier look has rejected as its share of alpha pays for, the largest sums
first.
"""

import numpy as np

from harness.stats import exact
from harness.stats.result import Array
from harness.stats.sequential import Looks

LARGEST = 16  # pairs whose signs are all listed at every look
HALVINGS = 24  # of the logarithm of a level, in the search for a p value
LEAST_LEVEL = 1e-5


def p_of_signs(differences: Array, looks: Looks) -> Array:
    """The repeated p value after each look: the smallest level at which it was rejected by then."""
    if looks.most > LARGEST:
        raise ValueError(
            f"sequential_signs lists all signs of up to {LARGEST} pairs, not {looks.most}"
        )
    p = []
    for n in looks.sizes:
        if n > differences.size:
            break
        p.append(_smallest_level(differences[:n], looks))
    return np.minimum.accumulate(np.array(p))


def _smallest_level(differences: Array, looks: Looks) -> float:
    """The smallest level at which these differences are rejected; 1 where none is."""
    if not is_rejected(differences, looks, 1.0):
        return 1.0
    low, high = np.log(LEAST_LEVEL), 0.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if is_rejected(differences, looks, float(np.exp(middle))):
            high = middle
        else:
            low = middle
    return float(np.exp(high))


def is_rejected(differences: Array, looks: Looks, alpha: float) -> bool:
    """Whether a look at these differences, or an earlier one, rejects random signs."""
    sums = np.zeros(1)  # of every choice of signs that no look has rejected
    rejected = 0.0  # the share of all choices
    for n, (size, seen) in enumerate(zip(abs(differences), np.cumsum(differences), strict=True), 1):
        sums = np.concatenate([sums + size, sums - size])
        if n < looks.least:
            continue
        affordable = int((looks.spent(alpha, n) - rejected) * 2**n + 1e-9)
        slack = exact.slack(sums)
        bound = _least_rejected_sum(np.abs(sums), affordable, slack)
        if abs(seen) > bound - slack:
            return True
        remaining = sums[np.abs(sums) <= bound - slack]
        rejected += (sums.size - remaining.size) / 2**n
        sums = remaining
    return False


def _least_rejected_sum(sizes: Array, affordable: int, slack: float) -> float:
    """The smallest sum that is rejected, so that sums which tie are all rejected or all left."""
    if affordable < 1:
        return np.inf
    if affordable >= sizes.size:
        return 0.0
    ordered = np.sort(sizes)[::-1]
    first_left = ordered[affordable]
    paid = ordered[:affordable]
    clear = paid[paid > first_left + 2 * slack]
    return float(clear[-1]) if clear.size else np.inf
