"""What a design can show before it is run: the smallest p it can attain, and its power for a stated
effect.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from harness.spec.catalogue import catalogue, load_component
from harness.spec.facts import Facts
from harness.stats import inputs
from harness.stats.result import Array

NO_OPTIONS: Mapping[str, Any] = {}  # a test as it is where a comparison sets none of its options

Settings = tuple[tuple[str, Any], ...]  # options that can be remembered by


def attainable(
    test_name: str,
    ns: Sequence[int],
    comparisons: int = 1,
    *,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> float:
    """The smallest p that a test can give at these group sizes, times the size of its family
    (Holm's best case).
    """
    _check(test_name, ns)
    if comparisons < 1:
        raise ValueError(f"a family has at least 1 comparison, not {comparisons}")
    if _facts(test_name).boundless:
        return 0.0
    return min(1.0, _floor(test_name, tuple(ns), tuple(options.items())) * comparisons)


def _facts(name: str) -> Facts:
    """What the test of this name says of itself."""
    return catalogue("test")[name].facts


def _is_equivalence(name: str) -> bool:
    """Whether a test asks for a margin: it claims that a difference is smaller."""
    return "margin" in catalogue("test")[name].options


@lru_cache(maxsize=4096)
def _floor(name: str, ns: tuple[int, ...], settings: Settings) -> float:
    """The p of the clearest data there are."""
    options = dict(settings)
    # The test itself judges them, so that this number cannot drift from what it will say.
    test = load_component("test", name)
    if _is_equivalence(name):
        return float(test(*(np.linspace(0, 1, n) for n in ns), margin=10.0, **options).p)
    groups = _separated_groups(ns, name)
    if options.get("direction") == "down":
        groups = [-group for group in groups]
    return float(test(*groups, **options).p)


def _separated_groups(ns: tuple[int, ...], name: str) -> list[Array]:
    """Groups of which each lies wholly above the one before."""
    if _facts(name).paired:  # distinct differences, all of one sign
        return [g * np.arange(1, n + 1, dtype=np.float64) for g, n in enumerate(ns)]
    starts = np.cumsum([0, *ns[:-1]])
    return [start + np.arange(n, dtype=np.float64) for start, n in zip(starts, ns, strict=True)]


def power(
    test_name: str,
    ns: Sequence[int],
    effect: float,
    alpha: float = 0.05,
    *,
    comparisons: int = 1,
    margin: float = 1.0,
    simulations: int = 1000,
    seed: int = 0,
    options: Mapping[str, Any] = NO_OPTIONS,
) -> float:
    """The chance of p <= alpha / comparisons on normal data whose outer means lie `effect`
    deviations apart.

    For paired tests the deviation is that of the differences; `margin` of an equivalence test
    counts in it too. Tests of folds are tried on folds that correlate as they assume.
    """
    _check(test_name, ns)
    inputs.probability(alpha, "alpha")
    if not np.isfinite(effect):
        raise ValueError(f"the effect must be a finite number of standard deviations, not {effect}")
    alpha_of_each = alpha / comparisons
    if test_name in ("student", "t_paired", "t_one"):
        return _t_power(test_name, ns, effect, alpha_of_each)
    if attainable(test_name, ns, options=options) > alpha_of_each:
        return 0.0
    return _simulated_power(
        test_name,
        tuple(ns),
        effect,
        alpha_of_each,
        margin=margin,
        simulations=simulations,
        seed=seed,
        settings=tuple(options.items()),
    )


def _t_power(name: str, ns: Sequence[int], effect: float, alpha: float) -> float:
    """The power of a t test, by the noncentral t distribution."""
    if name == "student":
        df = sum(ns) - 2
        scale = ns[0] * ns[1] / sum(ns)
    else:
        df = ns[0] - 1
        scale = ns[0]
    bound = stats.t.isf(alpha / 2, df)
    shift = abs(effect) * np.sqrt(scale)
    above = stats.nct.sf(bound, df, shift)
    # scipy's noncentral t gives NaN in the far tail of a large effect, where the chance is nil.
    below = np.nan_to_num(stats.nct.cdf(-bound, df, shift))
    return float(above + below)


@lru_cache(maxsize=1024)
def _simulated_power(
    name: str,
    ns: tuple[int, ...],
    effect: float,
    alpha: float,
    *,
    margin: float,
    simulations: int,
    seed: int,
    settings: Settings,
) -> float:
    """The share of simulated studies in which the test rejects."""
    rng = np.random.default_rng(seed)
    # Differences of two paired values have the stated deviation when each value has this one.
    spread = np.sqrt(0.5) if _facts(name).paired else 1.0
    means = np.linspace(effect, 0, len(ns))
    test = load_component("test", name)
    options: dict[str, Any] = {}
    if "resamples" in catalogue("test")[name].options:
        options["resamples"] = 999
    options.update(settings)
    if options.get("direction") == "up":
        means = means[::-1]
    if _is_equivalence(name):
        options["margin"] = margin
    has_folds = _facts(name).folds
    hits = 0
    for _ in range(simulations):
        groups = [rng.normal(mean, spread, n) for mean, n in zip(means, ns, strict=True)]
        if has_folds:
            pairs = zip(groups, means, strict=True)
            groups = [_as_folds(group, mean, spread, rng) for group, mean in pairs]
        hits += test(*groups, **options).p <= alpha
    return hits / simulations


def _as_folds(group: Array, mean: float, spread: float, rng: np.random.Generator) -> Array:
    """Independent values as those of folds, which share 1 / n of their variance."""
    share = 1 / group.size
    own = (group - mean) * np.sqrt(1 - share)
    return np.asarray(mean + own + rng.normal(0, spread * np.sqrt(share)), dtype=np.float64)


def _check(name: str, ns: Sequence[int]) -> None:
    """Refuses an unknown test, and group sizes that it cannot take."""
    tests = catalogue("test")
    if name not in tests:
        raise ValueError(f"no test is named {name!r}; there are {', '.join(sorted(tests))}")
    facts = _facts(name)
    takes_many = facts.groups == "many"
    least = 2 if takes_many else int(facts.groups)
    if len(ns) < least or (len(ns) > least and not takes_many):
        or_more = " or more" if takes_many else ""
        raise ValueError(f"{name} takes {least}{or_more} group sizes, not {len(ns)}")
    if min(ns) < 2:
        raise ValueError(f"{name} needs at least 2 values in every group, not {min(ns)}")
    if facts.paired and len(set(ns)) > 1:
        sizes = ", ".join(map(str, ns))
        raise ValueError(f"{name} is paired and needs equal group sizes, not {sizes}")
