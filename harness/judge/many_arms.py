"""Three or more arms at once: the units that they share, a test of all, and every pair of arms
after it.
"""

from collections.abc import Iterable

from harness.judge.arms import Levels
from harness.judge.choose_test import is_paired, post_hoc_of
from harness.judge.estimates import result_or_reason
from harness.judge.measured import Measured, Sample, shared_units
from harness.spec.catalogue import load_component
from harness.stats.post_hoc import POST_HOC
from harness.stats.result import Array, Result
from harness.study.comparison import Comparison


def samples_of(measured: Measured, stratum: Levels, arms: Iterable[Levels]) -> list[Sample]:
    """The samples of arms in a stratum; an arm that came to nothing has none."""
    samples = []
    for arm in arms:
        sample = measured.of_arm(stratum, arm)
        if sample is not None:
            samples.append(sample)
    return samples


def blocks(
    comparison: Comparison,
    measured: Measured,
    stratum: Levels,
    arms: list[Levels],
) -> list[Array] | None:
    """The arms over the units that all of them have; None where they share too few."""
    samples = samples_of(measured, stratum, arms)
    if len(samples) < max(2, len(arms)) or comparison.paired is False:
        return None
    shared = shared_units(samples)
    if len(shared) < 2:
        return None
    return [sample.array(shared) for sample in samples]


def _all_values(measured: Measured, stratum: Levels, arms: list[Levels]) -> list[Array]:
    """The values of each arm, also of units that only some of them have."""
    samples = samples_of(measured, stratum, arms)
    return [sample.array() for sample in samples]


def post_hoc_results(
    comparison: Comparison,
    measured: Measured,
    stratum: Levels,
    arms: list[Levels],
) -> dict[tuple[Levels, Levels], Result]:
    """Compares every pair of arms after a test of several groups; empty for a test of two."""
    if comparison.test_name is None:
        return {}
    name = post_hoc_of(comparison, comparison.test_name)
    if name is None:
        return {}
    if is_paired(comparison.test_name):
        tables = blocks(comparison, measured, stratum, arms)
    else:
        tables = _all_values(measured, stratum, arms)
    if tables is None or len(tables) < len(arms):
        return {}
    results, _ = result_or_reason(POST_HOC[name], *tables)
    by_arms = {}
    for (i, j), result in (results or {}).items():
        by_arms[arms[i], arms[j]] = result
        by_arms[arms[j], arms[i]] = result
    return by_arms


def omnibus(
    comparison: Comparison,
    measured: Measured,
    stratum: Levels,
    arms: list[Levels],
) -> Result | None:
    """Tests whether any of several arms differs at all: Friedman where they pair, else Kruskal-
    Wallis; neither of folds, which they would take for independent.
    """
    is_declared = comparison.test_name in ("friedman", "kruskal")
    if len(arms) < 3 or (comparison.unit == "fold" and not is_declared):
        return None
    tables = None
    if comparison.test_name is None or is_paired(comparison.test_name):
        tables = blocks(comparison, measured, stratum, arms)
    name = "friedman"
    if tables is None:
        name = "kruskal"
        tables = _all_values(measured, stratum, arms)
    result: Result | None = result_or_reason(load_component("test", name), *tables)[0]
    return result
