"""What a design that is looked at after every pair can be expected to show, before it is run."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from harness.stats.power import power
from harness.stats.result import Array
from harness.stats.sequential import Looks, one_sided_bounds, t_bounds
from harness.stats.sequential_signs import is_rejected

STUDIES = 4000  # simulated; a chance of a half is known to .016
STUDIES_OF_SIGNS = 400
MOST_FIXED = 200  # pairs of a fixed design that are tried


@dataclass(frozen=True)
class Expected:
    """The chance of a decision, and how many pairs studies take on average, decided or not."""

    chance: float
    pairs: float
    fixed: int  # pairs of a fixed design with the same chance; 0: more than were tried


def expect_in_looks(
    looks: Looks, alpha: float, effect: float, margin: float = 0.0, *, signs: bool = False
) -> Expected:
    """What is expected where the mean difference is `effect` of its standard deviations; `margin`
    counts in them too.
    """
    if signs:
        ends, decided = _ends_of_signs(looks, alpha, effect)
    else:
        ends, decided = _ends_of_t(looks, alpha, effect, margin)
    chance = float(decided.mean())
    return Expected(chance, float(ends.mean()), _pairs_fixed_before(alpha, effect, margin, chance))


@lru_cache(maxsize=256)
def _ends_of_t(looks: Looks, alpha: float, effect: float, margin: float) -> tuple[Array, Array]:
    """After how many pairs each simulated study ends, and whether it is decided then."""
    rng = np.random.default_rng(0)
    differences = rng.normal(effect, 1, (STUDIES, looks.most))
    n = np.array(looks.sizes)
    sums = np.cumsum(differences, axis=1)[:, looks.least - 1 :]
    squares = np.cumsum(differences**2, axis=1)[:, looks.least - 1 :]
    means = np.abs(sums / n)
    errors = np.sqrt((squares - n * means**2) / (n - 1) / n)
    is_decided = means >= t_bounds(looks, alpha) * errors
    if margin:
        is_decided |= means + one_sided_bounds(looks, alpha) * errors < margin
    decided = is_decided.any(axis=1)
    ends = np.where(decided, n[is_decided.argmax(axis=1)], looks.most)
    return ends, decided


@lru_cache(maxsize=256)
def _ends_of_signs(looks: Looks, alpha: float, effect: float) -> tuple[Array, Array]:
    """The same by the test of signs."""
    rng = np.random.default_rng(0)
    ends = np.full(STUDIES_OF_SIGNS, looks.most)
    decided = np.zeros(STUDIES_OF_SIGNS, dtype=bool)
    for number in range(STUDIES_OF_SIGNS):
        differences = rng.normal(effect, 1, looks.most)
        for n in looks.sizes:
            if is_rejected(differences[:n], looks, alpha):
                ends[number] = n
                decided[number] = True
                break
    return ends, decided


@lru_cache(maxsize=256)
def _pairs_fixed_before(alpha: float, effect: float, margin: float, chance: float) -> int:
    """How many pairs a t test needs whose number is fixed before, for the same chance."""
    if margin:
        return _pairs_of_equivalence(alpha, effect, margin, chance)
    for n in range(2, MOST_FIXED):
        if power("t_paired", (n, n), effect, alpha) >= chance:
            return n
    return 0


def _pairs_of_equivalence(alpha: float, effect: float, margin: float, chance: float) -> int:
    """The same of a test of equivalence."""
    for n in range(3, MOST_FIXED):
        power_of_n = power(
            "equivalence_paired", (n, n), effect, alpha, margin=margin, simulations=200
        )
        if power_of_n >= chance:
            return n
    return 0
