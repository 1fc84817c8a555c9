"""What the statistics say of two arms: a difference, an effect, a test; or the reason why they say
nothing.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.judge.choose_test import declared_options, effect_of, options_of_test
from harness.judge.measured import Sample
from harness.spec.catalogue import catalogue, load_component
from harness.stats.result import Array, Effect, Interval, Result
from harness.study.comparison import Comparison

NO_RESULT = Result("", np.nan, np.nan, (), exact=False)


@dataclass(frozen=True)
class Estimate:
    """A difference in the metric's unit with its interval, NaN where there is none, and what to
    know of it.
    """

    value: float
    low: float
    high: float
    note: str


def result_or_reason(action: Callable[..., Any], *args: Any, **options: Any) -> tuple[Any, str]:
    """What a statistic says, or None and the reason of its refusal: too few values, no spread."""
    try:
        return action(*args, **options), ""
    except ValueError as error:
        return None, str(error)


def join_notes(notes: Iterable[str]) -> str:
    """Several notes as one; empty ones are none, and what two of them say is said once."""
    return "; ".join(dict.fromkeys(filter(None, notes)))


def pair_result(comparison: Comparison, test: str, a: Array, b: Array) -> Result:
    """The test of two arms, with its options, and the margin of the comparison where it has one."""
    options = options_of_test(comparison, test)
    if comparison.margin is not None:
        options["margin"] = comparison.margin
    result: Result = load_component("test", test)(a, b, **options)
    return result


def effect_between(
    comparison: Comparison,
    paired: bool,
    a: Array,
    b: Array,
    level: float,
) -> Effect:
    """How large the difference of two arms is, in the effect of the comparison."""
    name = effect_of(comparison, paired)
    if catalogue("effect")[name].facts.paired and not paired:
        raise ValueError(f"{name} needs pairs, and these arms are not paired")
    effect: Effect = load_component("effect", name)(
        a, b, level=level, **declared_options(comparison.effect)
    )
    if comparison.unit == "fold":  # its interval would take folds for independent
        return replace(effect, low=np.nan, high=np.nan)
    return effect


def estimate(
    comparison: Comparison,
    paired: bool,
    a: Array,
    b: Array,
    level: float,
    *,
    clusters: Iterable[str] = (),
) -> Estimate:
    """The difference of means in the metric's unit; a bootstrap serves pairs only, independent
    means take Welch's.
    """
    result: Interval | Effect | None
    if paired and a.size:
        interval = load_component("interval", comparison.interval_name)
        extra = _clustering(comparison, clusters)
        options = declared_options(comparison.interval)
        result, note = result_or_reason(interval, a - b, *extra, level=level, **options)
        if isinstance(result, Interval):
            note = result.note
    else:
        welch = load_component("effect", "mean_difference")
        result, note = result_or_reason(welch, a, b, level=level)
    if result is None:
        return Estimate(_difference_of_means(paired, a, b), np.nan, np.nan, note)
    return Estimate(result.value, result.low, result.high, note)


def _clustering(comparison: Comparison, clusters: Iterable[str]) -> list[Any]:
    """What a hierarchical interval is told beside the values: the network that each is of."""
    if comparison.interval_name != "hierarchical":
        return []
    return [np.array(clusters)]


def _difference_of_means(paired: bool, a: Array, b: Array) -> float:
    if not a.size or not b.size:
        return np.nan
    if paired:
        return float((a - b).mean())
    return float(a.mean() - b.mean())


def mean_of_sample(comparison: Comparison, sample: Sample) -> Interval | None:
    """The mean of an arm with its interval; None where its values allow none."""
    interval = load_component("interval", comparison.interval_name)
    extra = _clustering(comparison, sample.clusters)
    options = {"level": 1 - comparison.alpha, **declared_options(comparison.interval)}
    result: Interval | None = result_or_reason(interval, sample.array(), *extra, **options)[0]
    return result
