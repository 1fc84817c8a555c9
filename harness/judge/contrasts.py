"""Samples -> contrasts: estimate, interval, p and effect of each pair of arms, trend, correlation
or model term.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from harness.judge.arms import (
    Layout,
    Levels,
    arm_names,
    contrasts,
    levels_text,
    planned_units,
)
from harness.judge.choose_test import (
    ChosenTest,
    choose_for_pair,
    is_paired,
    post_hoc_of,
    smallest,
)
from harness.judge.correlated_networks import smallest_p_of_correlation
from harness.judge.estimates import (
    NO_RESULT,
    effect_between,
    estimate,
    join_notes,
    pair_result,
    result_or_reason,
)
from harness.judge.looks import (
    NOT_LOOKED_AT,
    Looked,
    has_looks,
    in_order_of_seeds,
    looks_at,
    repeated_estimate,
)
from harness.judge.many_arms import post_hoc_results
from harness.judge.measured import (
    Measured,
    Sample,
    left_out,
    runs_behind,
    shared_units,
    strata,
)
from harness.stats.result import Effect, Result
from harness.study.comparison import Comparison

UnitsOfArms = Mapping[tuple[Levels, Levels], Collection[Any]]


@dataclass(frozen=True)
class Contrast:
    """One answer; p values are NaN where the data allow no test, and the note says why."""

    stratum: Levels
    first: str
    second: str
    n: tuple[int, ...]
    test: str
    why: str
    paired: bool
    p: float = np.nan
    statistic: float = np.nan
    exact: bool = False
    estimate: float = np.nan
    low: float = np.nan
    high: float = np.nan
    level: float = 0.95
    effect: Effect | None = None
    removed: tuple[str, ...] = ()  # units of one arm only, left out of a paired test
    pairing: str = ""
    note: str = ""
    corrected_by_test: bool = False  # p holds for all pairs together
    corrected: float = np.nan
    smallest: float = np.nan
    outcome: str = ""  # differs | open | equivalent | not shown | not testable | no test
    sentence: str = ""
    runs: tuple[str, ...] = ()
    taken_at: str = ""  # of a term of a model: where the numeric factors beside it stand
    points: tuple[tuple[str, float, float], ...] = ()  # of a correlation: name, x, y
    only_these_networks: bool = False  # says nothing of another training
    reference: float = np.nan  # the mean of the second arm, over the units that are compared
    transfer: str = ""  # negative transfer | positive transfer, where the comparison asks for it
    looked: Looked = NOT_LOOKED_AT  # of seeds that are trained until it is decided
    decided_after: int = 0  # seeds; 0: not yet, or nobody looks before the end
    claim: str = ""  # difference | equivalence, where it is decided seed by seed
    at: str = ""  # its stratum as people read it, in a verdict
    sides: str = ""  # metrics or the term of a model as people read them, in a verdict

    @property
    def name(self) -> str:
        """The contrast as a table names it."""
        text = f"{self.first} − {self.second}" if self.second else self.first
        if self.sides:
            text = self.sides
        if self.stratum:
            text += f" ({self.at or levels_text(self.stratum)})"
        return text


def groups(comparison: Comparison, layout: Layout, measured: Measured) -> Iterator[Contrast]:
    """Compares each arm with its reference, or all with all.

    Units are those planned where they are known before anything is measured, so that a failure
    changes no test.
    """
    planned: UnitsOfArms = {}
    if comparison.unit in ("seed", "fold") and not layout.dimensions:
        planned = planned_units(layout.trial_places, comparison)
    for stratum in strata(layout, measured.samples):
        arms = arms_of(layout, measured, stratum)
        names = arm_names(comparison, arms, layout.names)
        post_hoc = post_hoc_results(comparison, measured, stratum, arms)
        for first, second in contrasts(comparison, arms):
            labels = (stratum, names[first], names[second])
            x = measured.of_arm(stratum, first)
            y = measured.of_arm(stratum, second)
            if x is None or y is None:
                yield _without_values(labels, x, y)
                continue
            choice = choose_for_pair(
                comparison,
                planned.get((stratum, first), x.units),
                planned.get((stratum, second), y.units),
            )
            result = post_hoc.get((first, second))
            yield _contrast_of_pair(comparison, labels, x, y, choice, post_hoc=result)


def _without_values(
    labels: tuple[Levels, str, str],
    x: Sample | None,
    y: Sample | None,
) -> Contrast:
    """The contrast of two arms of which at least one came to nothing."""
    n = tuple(0 if sample is None else len(sample.units) for sample in (x, y))
    return Contrast(*labels, n, test="", why="", paired=False, note="an arm has no values")


def arms_of(layout: Layout, measured: Measured, stratum: Levels) -> list[Levels]:
    """The arms of a stratum as the grid orders them, those of a dimension as they come."""
    if layout.has_row_arms:
        return list(dict.fromkeys(sample.arm for sample in measured.of_stratum(stratum)))
    planned = layout.planned_stratum(stratum)
    arms: dict[Levels, None] = {}
    for trial in layout.trial_places:
        if trial.stratum == planned:
            arms[trial.arm] = None
    return list(arms)


def _contrast_of_pair(
    comparison: Comparison,
    labels: tuple[Levels, str, str],
    x: Sample,
    y: Sample,
    choice: ChosenTest,
    *,
    post_hoc: Result | None,
) -> Contrast:
    """Compares two samples; a result after a test of several groups stands in for a test of their
    own.
    """
    paired = choice.is_paired
    shared = None
    removed: tuple[str, ...] = ()
    if paired:
        shared = shared_units((x, y))
        removed = left_out((x, y))
    if shared is not None and has_looks(choice.test):
        shared = in_order_of_seeds(shared)
    a = x.array(shared)
    b = y.array(shared)
    result = post_hoc
    reason = ""
    if result is None:
        result, reason = result_or_reason(pair_result, comparison, choice.test, a, b)
    result = result or NO_RESULT
    sides = 1 if comparison.margin is None else 2
    level = 1 - sides * comparison.alpha
    effect, effect_reason = result_or_reason(effect_between, comparison, paired, a, b, level)
    networks = dict(zip(x.units, x.clusters, strict=True))
    looked = NOT_LOOKED_AT
    if has_looks(choice.test):
        looked = looks_at(comparison, choice.test, a - b)
        effect = effect and replace(effect, low=np.nan, high=np.nan)  # it would know of no looks
        difference = repeated_estimate(comparison, a - b)
    else:
        difference = estimate(
            comparison, paired, a, b, level, clusters=[networks[unit] for unit in shared or ()]
        )
    notes = [reason, result.note, effect_reason, difference.note]
    return Contrast(
        *labels,
        n=(a.size, b.size),
        test=result.test or choice.test,
        why=choice.why,
        paired=paired,
        p=result.p,
        statistic=result.statistic,
        exact=bool(result.exact),
        estimate=difference.value,
        low=difference.low,
        high=difference.high,
        level=level,
        effect=effect,
        removed=removed,
        pairing=choice.pairing,
        note=join_notes(notes),
        corrected_by_test=result.test == "nemenyi",
        runs=runs_behind((x, y)),
        reference=float(b.mean()) if b.size else np.nan,
        looked=looked,
    )


def smallest_p(comparison: Comparison, contrast: Contrast, arms: int) -> float:
    """The smallest p, not corrected, that a contrast of this size could have given; 0 where that is
    not known.
    """
    if contrast.n and min(contrast.n) < 2:
        return 1.0
    if comparison.kind == "trend" and len(contrast.n) == 1:  # one point is no trend
        return 1.0
    if not contrast.test or comparison.kind == "model":
        return 0.0
    if comparison.kind == "correlate":
        return smallest_p_of_correlation(comparison, contrast.why, contrast.n[0])
    test = contrast.test
    if comparison.test_name and post_hoc_of(comparison, comparison.test_name):
        test = comparison.test_name
    ns = contrast.n
    if post_hoc_of(comparison, test) and is_paired(test):
        ns = (contrast.n[0],) * arms
    if is_paired(test) and len(set(ns)) > 1:
        return 0.0
    return smallest(comparison, test, ns)
