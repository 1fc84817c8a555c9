"""The comparisons of a report for machines (CSV): their arms, contrasts and values."""

import math
from collections.abc import Iterator
from typing import Any

from harness.judge.arms import levels_text
from harness.judge.contrasts import Contrast
from harness.judge.measured import Sample
from harness.judge.verdicts import Arm, Verdict, Verdicts
from harness.report.formats import csv_text
from harness.study.comparison import Comparison

STATES = ("finished", "diverged", "failed", "missing")  # columns of arms.csv

ARM_HEAD = (
    "comparison",
    "metric",
    "unit",
    "within",
    "arm",
    "n",
    "mean",
    "low",
    "high",
    "interval",
    *STATES,
    "undefined",
)
CONTRAST_HEAD = (
    "comparison",
    "primary",
    "confirmatory",
    "within",
    "first",
    "second",
    "n",
    "test",
    "exact",
    "statistic",
    "p",
    "corrected",
    "correct",
    "family",
    "estimate",
    "low",
    "high",
    "level",
    "effect",
    "effect_value",
    "effect_low",
    "effect_high",
    "outcome",
    "sentence",
    "runs",
    "decided_after",
    "most",
)
VALUE_HEAD = (
    "comparison",
    "metric",
    "within",
    "arm",
    "trend",
    "unit",
    "network",
    "value",
    "runs",
)


def arms_csv(verdicts: Verdicts) -> str:
    """A line for each arm."""
    lines = []
    for verdict in verdicts.verdicts:
        for arm in verdict.arms:
            lines.append(_arm_line(verdict.comparison, arm))
    return csv_text(ARM_HEAD, lines)


def _arm_line(comparison: Comparison, arm: Arm) -> list[Any]:
    """An arm with its mean and the fate of its trials."""
    value = low = high = math.nan
    if arm.mean is not None:
        value, low, high = arm.mean.value, arm.mean.low, arm.mean.high
    return [
        comparison.name,
        "+".join(comparison.metrics),
        comparison.unit,
        levels_text(arm.stratum),
        arm.full,
        len(arm.sample.units),
        value,
        low,
        high,
        comparison.interval_name,
        *(arm.tally.states.get(state, 0) for state in STATES),
        arm.tally.undefined,
    ]


def contrasts_csv(verdicts: Verdicts) -> str:
    """A line for each contrast."""
    lines = []
    for verdict in verdicts.verdicts:
        for contrast in verdict.contrasts:
            lines.append(_contrast_line(verdict, contrast))
    return csv_text(CONTRAST_HEAD, lines)


def _contrast_line(verdict: Verdict, contrast: Contrast) -> list[Any]:
    """A contrast with its test, estimate, effect and verdict."""
    comparison = verdict.comparison
    return [
        comparison.name,
        comparison.primary,
        verdict.confirmatory,
        levels_text(contrast.stratum),
        contrast.first,
        contrast.second,
        " ".join(map(str, contrast.n)),
        contrast.test,
        contrast.exact,
        contrast.statistic,
        contrast.p,
        contrast.corrected,
        comparison.correct or "",
        verdict.family,
        contrast.estimate,
        contrast.low,
        contrast.high,
        contrast.level,
        *_effect_cells(contrast),
        contrast.outcome,
        contrast.sentence,
        " ".join(contrast.runs),
        *_look_cells(contrast),
    ]


def _look_cells(contrast: Contrast) -> tuple[str | int, str | int]:
    """After how many seeds a contrast was decided, and of how many at most; empty where their
    number was fixed.
    """
    if not contrast.looked.most:
        return "", ""
    return contrast.decided_after or "", contrast.looked.most


def _effect_cells(contrast: Contrast) -> tuple[str, float, float, float]:
    """The name, value and interval of an effect size; empty where there is none."""
    effect = contrast.effect
    if effect is None:
        return "", math.nan, math.nan, math.nan
    return effect.name, effect.value, effect.low, effect.high


def values_csv(verdicts: Verdicts) -> str:
    """A line for each unit of each arm: what every test was made of."""
    lines: list[list[Any]] = []
    for verdict in verdicts.verdicts:
        for arm in verdict.arms:
            lines += _value_lines(verdict.comparison, arm.sample)
    return csv_text(VALUE_HEAD, lines)


def _value_lines(comparison: Comparison, sample: Sample) -> Iterator[list[Any]]:
    """The values of a sample with their units, networks and runs."""
    metric = "+".join(comparison.metrics)
    stratum, arm = levels_text(sample.stratum), levels_text(sample.arm)
    columns = (sample.units, sample.clusters, sample.values, sample.runs)
    for unit, cluster, value, runs in zip(*columns, strict=True):
        yield [
            comparison.name,
            metric,
            stratum,
            arm,
            sample.point,
            unit,
            cluster,
            value,
            " ".join(runs),
        ]
