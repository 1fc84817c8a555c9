"""What a design can show before it is run: the smallest p it can attain, and its power for a stated effect."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from scipy import stats

from harness.stats import equivalence, folds, inputs, many_groups, paired, trend, two_groups
from harness.stats.result import Array, Result

TESTS: dict[str, Callable[..., Result]] = {
    function.__name__: function
    for function in (
        two_groups.mann_whitney,
        two_groups.welch,
        two_groups.student,
        two_groups.permutation_unpaired,
        two_groups.brunner_munzel,
        paired.wilcoxon,
        paired.sign,
        paired.permutation_paired,
        paired.t_paired,
        paired.t_one,
        folds.t_folds,
        equivalence.equivalence,
        equivalence.equivalence_paired,
        equivalence.equivalence_ranks,
        equivalence.equivalence_ranks_paired,
        many_groups.kruskal,
        many_groups.friedman,
        trend.page,
        trend.jonckheere,
    )
}
PAIRED = {
    "wilcoxon",
    "sign",
    "permutation_paired",
    "t_paired",
    "t_folds",
    "equivalence_paired",
    "equivalence_ranks_paired",
    "friedman",
    "page",
}
# A t statistic has no largest value, so that no n alone rules a small p out.
BOUNDLESS = {
    "welch",
    "student",
    "t_paired",
    "t_one",
    "t_folds",
    "equivalence",
    "equivalence_paired",
}
MANY = {"kruskal", "friedman", "page", "jonckheere"}


def attainable(test_name: str, ns: Sequence[int], comparisons: int = 1) -> float:
    """The smallest p that a test can give at these group sizes, times the size of its family (Holm's best case)."""
    _check(test_name, ns)
    if comparisons < 1:
        raise ValueError(f"a family has at least 1 comparison, not {comparisons}")
    floor = 0.0 if test_name in BOUNDLESS else _floor(test_name, tuple(ns))
    return min(1.0, floor * comparisons)


@lru_cache(maxsize=4096)
def _floor(name: str, ns: tuple[int, ...]) -> float:
    # The test itself judges the clearest data there are, so that this number cannot drift from what it will say.
    if name in ("equivalence_ranks", "equivalence_ranks_paired"):
        return TESTS[name](*(np.linspace(0, 1, n) for n in ns), margin=10.0).p
    return TESTS[name](*_separated(ns, name)).p


def _separated(ns: tuple[int, ...], name: str) -> list[Array]:
    if name in PAIRED:  # distinct differences, all of one sign
        return [g * np.arange(1, n + 1, dtype=np.float64) for g, n in enumerate(ns)]
    return [
        start + np.arange(n, dtype=np.float64)
        for start, n in zip(np.cumsum([0, *ns[:-1]]), ns, strict=True)
    ]


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
) -> float:
    """The chance of p <= alpha / comparisons on normal data whose outer means lie `effect` deviations apart.

    For paired tests the deviation is that of the differences; `margin` of an equivalence test counts in it too.
    """
    _check(test_name, ns)
    inputs.probability(alpha, "alpha")
    if not np.isfinite(effect):
        raise ValueError(f"the effect must be a finite number of standard deviations, not {effect}")
    each = alpha / comparisons
    if test_name in ("student", "t_paired", "t_one"):
        return _t_power(test_name, ns, effect, each)
    if attainable(test_name, ns) > each:
        return 0.0
    return _simulated(
        test_name, tuple(ns), effect, each, margin=margin, simulations=simulations, seed=seed
    )


def _t_power(name: str, ns: Sequence[int], effect: float, alpha: float) -> float:
    df, scale = (sum(ns) - 2, ns[0] * ns[1] / sum(ns)) if name == "student" else (ns[0] - 1, ns[0])
    bound, shift = stats.t.isf(alpha / 2, df), abs(effect) * np.sqrt(scale)
    # scipy's noncentral t gives NaN in the far tail of a large effect, where the chance is nil.
    return float(stats.nct.sf(bound, df, shift) + np.nan_to_num(stats.nct.cdf(-bound, df, shift)))


@lru_cache(maxsize=1024)
def _simulated(
    name: str,
    ns: tuple[int, ...],
    effect: float,
    alpha: float,
    *,
    margin: float,
    simulations: int,
    seed: int,
) -> float:
    rng = np.random.default_rng(seed)
    # Differences of two paired values have the stated deviation when each value has this one.
    spread = np.sqrt(0.5) if name in PAIRED else 1.0
    means = np.linspace(effect, 0, len(ns))
    options: dict[str, Any] = {"margin": margin} if name.startswith("equivalence") else {}
    if name.startswith("permutation") or name == "brunner_munzel":
        options["resamples"] = 999
    hits = sum(
        TESTS[name](
            *(rng.normal(m, spread, n) for m, n in zip(means, ns, strict=True)), **options
        ).p
        <= alpha
        for _ in range(simulations)
    )
    return hits / simulations


def _check(name: str, ns: Sequence[int]) -> None:
    if name not in TESTS:
        raise ValueError(f"no test is named {name!r}; there are {', '.join(sorted(TESTS))}")
    groups = 1 if name == "t_one" else 2
    if len(ns) < groups or (len(ns) > groups and name not in MANY):
        raise ValueError(
            f"{name} takes {groups}{' or more' if name in MANY else ''} group sizes, not {len(ns)}"
        )
    if min(ns) < 2:
        raise ValueError(f"{name} needs at least 2 values in every group, not {min(ns)}")
    if name in PAIRED and len(set(ns)) > 1:
        raise ValueError(
            f"{name} is paired and needs equal group sizes, not {', '.join(map(str, ns))}"
        )
