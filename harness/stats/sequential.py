"""Bounds of a test that is looked at after every pair, and what they say of the pairs there are.

At look n of at most N, alpha (n / N)^2 of the error may have been spent. The bound of a look is
what the statistic exceeds, for the first time and by chance alone, as often as that look may spend.
Without a difference, t of normal differences is a Markov chain: with r = sum(d) / sqrt(n sum(d^2))
= sin(theta), t = sqrt(n - 1) tan(theta); and where the next difference has the share w = sin(phi)
of the length of all, r' = (sqrt(n) r cos(phi) + w) / sqrt(n + 1), and sqrt(n) tan(phi) follows t
with n degrees of freedom whatever r was. So bounds are integrated over theta, without simulation.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy import special

from harness.stats import inputs
from harness.stats.result import Array

Claim = Literal["difference", "equivalence"]

BINS = 480  # of theta, from -pi/2 to pi/2
EDGES = np.linspace(-np.pi / 2, np.pi / 2, BINS + 1)
FINE = np.linspace(-np.pi / 2, np.pi / 2, 20_001)  # angles of a table

# Levels whose bounds are calculated; a p value lies between two of them, or is one.
LEVELS = 0.05 * 1.2 ** np.arange(-45.0, 17.0)


@dataclass(frozen=True)
class Looks:
    """After how many pairs a study is looked at for the first time and for the last."""

    least: int
    most: int

    def __post_init__(self) -> None:
        """Refuses looks that are none."""
        if not 2 <= self.least <= self.most:
            raise ValueError(f"looks begin with 2 pairs or more, not {self.least} to {self.most}")

    @property
    def sizes(self) -> range:
        """How many pairs there are at each look."""
        return range(self.least, self.most + 1)

    def spent(self, alpha: float, n: int) -> float:
        """How much of alpha may have been spent after n pairs: early looks get little."""
        if n < self.least:
            return 0.0
        return alpha * (n / self.most) ** 2


def t_bounds(looks: Looks, alpha: float) -> Array:
    """The bound c_n of |t| at each look: what shows a difference."""
    return _bounds(looks, alpha, 2)


def one_sided_bounds(looks: Looks, alpha: float) -> Array:
    """The bound a_n of t at each look, to one side: what equivalence has to reach to both."""
    return _bounds(looks, alpha, 1)


@lru_cache(maxsize=1024)
def _bounds(looks: Looks, alpha: float, sides: int) -> Array:
    """The bounds of one level at all looks."""
    inputs.probability(alpha, "alpha")
    return _bounds_of_levels(looks, np.array([alpha]), sides)[0]


@lru_cache(maxsize=64)
def _table(looks: Looks, sides: int) -> Array:
    """The bounds of every level (rows) at every look (columns)."""
    return _bounds_of_levels(looks, LEVELS, sides)


def _bounds_of_levels(looks: Looks, levels: Array, sides: int) -> Array:
    """The bounds of some levels (rows) at all looks (columns), each from those before it."""
    df = looks.least - 1
    mass = np.tile(np.diff(special.stdtr(df, np.sqrt(df) * np.tan(EDGES))), (levels.size, 1))
    bounds = []
    for n in looks.sizes:
        if n > looks.least:
            mass = mass @ _step(n - 1)
        spend = looks.spent(1, n) - looks.spent(1, n - 1)
        angle = _angles_beyond(mass, levels * spend, sides)[:, None]
        bounds.append(np.sqrt(n - 1) * np.tan(angle[:, 0]))
        lowest = -angle if sides == 2 else -np.pi / 2
        inside = np.minimum(EDGES[1:], angle) - np.maximum(EDGES[:-1], lowest)
        mass = mass * np.clip(inside / (EDGES[1] - EDGES[0]), 0, 1)
    return np.array(bounds).T


def _angles_beyond(mass: Array, spend: Array, sides: int) -> Array:
    """For each level the angle beyond which, to one side or to both, so much of its mass lies."""
    first = BINS // 2 if sides == 2 else 0
    angles = []
    for of_level, share in zip(mass, spend, strict=True):
        below = np.concatenate([[0.0], np.cumsum(of_level)])
        beyond = below[-1] - below[first:]
        if sides == 2:
            beyond = beyond + below[first::-1]
        beyond = np.maximum(beyond, 1e-300)
        angles.append(np.interp(-np.log(share), -np.log(beyond), EDGES[first:]))
    return np.array(angles)


@lru_cache(maxsize=64)
def _step(n: int) -> Array:
    """The chance of each bin after n + 1 differences, from the middle of each bin after n."""
    r = np.sin((EDGES[1:] + EDGES[:-1]) / 2)[:, None]
    length = np.sqrt(1 + n * r**2)
    shift = np.arctan(np.sqrt(n) * r)
    ratio = np.sqrt(n + 1) * np.sin(EDGES)[None, :] / length
    angle = np.arcsin(np.clip(ratio, -1, 1))
    table = special.stdtr(n, np.sqrt(n) * np.tan(FINE))
    # sqrt(n + 1) r' = length sin(phi + shift), which exceeds an edge between two angles, and
    # where the edge is low also below a third
    beyond = np.interp(np.pi - angle - shift, FINE, table)
    beyond -= np.interp(angle - shift, FINE, table)
    beyond += np.interp(-np.pi - angle - shift, FINE, table)
    beyond[ratio >= 1] = 0
    beyond[ratio <= -1] = 1
    return np.asarray(-np.diff(beyond, axis=1))


def t_path(differences: Array, looks: Looks, mean: float = 0.0) -> Array:
    """t at each look that there are pairs for; infinite where all differences are one."""
    path = []
    for n in looks.sizes:
        if n > differences.size:
            break
        d = differences[:n] - mean
        spread = 0.0 if inputs.constant(differences[:n]) else d.std(ddof=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            path.append(
                np.nan_to_num(d.mean() * np.sqrt(n) / spread, posinf=np.inf, neginf=-np.inf)
            )
    return np.array(path)


def repeated_p(t: Array, looks: Looks, sides: int) -> Array:
    """The repeated p value after each look: the smallest level whose bound was reached by then.

    Whenever the study ends, it falls below alpha by chance in at most alpha of all studies.
    """
    table = _table(looks, sides)
    p = []
    for look, value in enumerate(np.abs(t) if sides == 2 else t):
        bounds = table[::-1, look]  # from the largest level, whose bound is the lowest
        level = np.exp(np.interp(value, bounds, np.log(LEVELS[::-1])))
        p.append(level if value >= bounds[0] else 1.0)
    return np.minimum.accumulate(np.array(p))


def p_of_difference(differences: Array, looks: Looks) -> Array:
    """The repeated p value after each look for a mean other than zero."""
    t = t_path(differences, looks)
    return repeated_p(t, looks, 2)


def p_of_equivalence(differences: Array, looks: Looks, margin: float) -> Array:
    """The repeated p value after each look for a mean within the margin to both sides."""
    above = t_path(differences, looks, -margin)
    below = -t_path(differences, looks, margin)
    return repeated_p(np.minimum(above, below), looks, 1)


def repeated_interval(
    differences: Array, looks: Looks, alpha: float, sides: int = 2
) -> tuple[float, float]:
    """The interval after the last pair there is; that of all looks at once holds the mean in
    1 - alpha of all studies, or in 1 - 2 alpha by the bounds of one side.
    """
    n = differences.size
    if n < looks.least:
        raise ValueError(f"{n} pairs, and the first look is at {looks.least}")
    look = min(n, looks.most) - looks.least
    bound = _bounds(looks, alpha, sides)[look]
    mean = float(differences.mean())
    half = float(bound * differences.std(ddof=1) / np.sqrt(n))
    return mean - half, mean + half
